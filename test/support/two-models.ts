// A pipeline with two models, each with rows of its own that the other cannot read: token ids beyond the smaller vocabulary,
// and words that the other has no tokenizer for.
export const twoModels = `eis 1
model names = bundled("ioi3")
model m = bundled("attn2")

study "Two models" {
  question:     "Does each model need what is taken from it?"
  rationale:    "A test of the machinery."
  out_of_scope: "Everything else."
}

data repeats = repeated_tokens(m.vocab, period: 4..=6) {
  size:  16
  split: shares(discover: 40%, reference: 10%, confirm: 50%)
}
data people = template(["When {IO} and {S1} went to the store , {S1} gave a drink to {IO}"]) {
  hole [IO, S1] = distinct(["John", "Sarah", "Eric"])
  generalises_to: fillers
  size:  16
  split: shares(discover: 50%, confirm: 50%)
}

intervention off = m.blocks[0].attn.z[head: 3] <- 0
metric loss unit nat = mean(cross_entropy(m.logits, repeats.next_token), over: pos where repeats.second_copy)
metric harm unit nat = loss @ (m with off) - loss
claim needed = mean(harm) > 0.05 nat { on: repeats.confirm }

intervention mute = names.blocks[0].attn.z[head: 1] <- 0
metric surprise unit nat = mean(cross_entropy(names.logits, people.next_token), over: pos)
metric shock unit nat = surprise @ (names with mute) - surprise
claim calm = mean(shock) < 20 nat { on: people.confirm }
`;
