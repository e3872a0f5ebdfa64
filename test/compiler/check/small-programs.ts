// Two small programs that check without a word: one like `pipelines/induction.eis`, one like `pipelines/ioi.eis`. Tests of
// a rule break one line of them.

export const copying = `eis 1
study "Copying" { question: "Which heads?" }
param size = 600
model m = bundled("tiny")
data d = repeated_tokens(m.vocab, period: 3..=4) {
  size: size
  split: shares(discover: 40%, reference: 10%, confirm: 50%)
}
hook pattern[l in m.layers, h in m.heads] = m.blocks[l].attn.pattern[head: h]
hook z[l in m.layers, h in m.heads] = m.blocks[l].attn.z[head: h]
let follows = (previous(d.tokens) as key) == (d.tokens as query)
metric loss unit nat = mean(cross_entropy(m.logits, d.next_token), over: pos where d.second_copy)
metric matching[l, h] unit probability = mean(sum(pattern[l, h] * follows, over: key), over: query where d.second_copy as query)
intervention knock[l, h] = z[l, h] <- mean(z[l, h], over: [example, pos]) @ (m on d.reference)
metric harm[l, h] unit nat = loss @ (m with knock[l, h]) - loss
claim needed = each l in m.layers, h in m.heads: mean(harm[l, h]) > 0.05 nat { on: d.confirm }
correction family = max_t(fwer: 0.05, flips: 9_999) { over: [needed] }
control direction = needed given knock[l, h] = z[l, h] <- self + random_direction(norm: change(knock[l, h]))
control untrained = needed given m = reinitialised(m, seeds: 19)
`;

export const naming = `eis 1
import [logit_difference] from "std/metrics"
import [sent] from "std/paths"
import [faithful, necessary] from "std/circuits"
study "Naming" { question: "Which heads?" }
model m = bundled("tiny")
data d = template(lines("templates.txt")) {
  hole [IO, S1] = distinct(column("names.txt"))
  hole S2 = S1
  answer: " {IO}"
  wrong: " {S1}"
  variant abc { hole S2 = distinct(column("names.txt")) }
  variant charlie { text: lines("other-templates.txt"), hole C = distinct(column("names.txt")), answer: " {C}" }
  size: 400
  split: by(template, discover: 40%, reference: 10%, confirm: 50%)
}
hook z[l in m.layers, h in m.heads] = m.blocks[l].attn.z[head: h]
hook out = m.final.resid_pre[pos: end]
metric ld unit logit = logit_difference(m.logits, d.answer, d.wrong, at: end)
intervention direct[l, h] = out <- sent(from: z[l, h], value: z[l, h] @ (m on d.abc), to: out, redo: [mlps, norms])
metric effect[l, h] unit logit = ld @ (m with direct[l, h]) - ld
circuit movers = top(2, abs(mean(effect)), on: d.discover)
ablation abc_mean = mean { of: z, on: d.abc, by: [template, role] }
claim matter = each c in movers: abs(mean(effect[c])) > 0.1 logit { on: d.confirm }
claim enough = faithful(movers, ld, ablation: abc_mean, within: 10%, distance: 0.5 logit) {
  on: d.confirm
  assay: necessary(movers, ld, ablation: abc_mean, at_least: 50%)
  because: "fewer than 1% of answers flip"
}
claim general = enough given on = d.confirm.charlie
predict enough = refuted
correction family = holm(fwer: 0.05) { over: [matter, enough, general] }
control others = enough given movers = circuits(like: movers, match: [size, layer], n: 999)
control searched = matter given m = reinitialised(m, seeds: 59)
`;

/** The text with `from` replaced by `to`. Throws when `from` is not there exactly once. */
export function change(text: string, from: string, to: string): string {
  const parts = text.split(from);
  if (parts.length !== 2) throw new Error(`\`${from}\` occurs ${parts.length - 1} times`);
  return parts.join(to);
}
