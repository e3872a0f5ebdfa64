"""Train ioi3: three pre-LN layers with MLPs that name the indirect object.

Run from anywhere: `python models/ioi3/train.py [--evidence-only]`. Seeded; one thread. Reads the
template and word lists in pipelines/. Sentences of charlie-templates.txt lend their words to the
vocabulary and are never trained on. Writes model.safetensors, fixtures.json and manifest.json.
"""

import json
import math
import re
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file

HERE = Path(__file__).resolve().parent
PIPELINES = HERE.parent.parent / "pipelines"
sys.path.insert(0, str(HERE.parent))
import transformer as tf  # noqa: E402

SEED, STEPS, BATCH = 3, 2000, 96
PEAK_LR, WARMUP, BETAS, DECAY, CLIP = 2e-3, 200, (0.9, 0.98), 0.05, 1.0
HEAD_DROPOUT = 0.2  # per sentence and head: the answer must not hang on one head alone
MATCH = r"[A-Za-z]+|[^\sA-Za-z]"


def lines(name):
    return [line for line in (PIPELINES / name).read_text().splitlines() if line]


TEMPLATES, CHARLIE = lines("ioi-templates.txt"), lines("charlie-templates.txt")
NAMES, PLACES, GIFTS = lines("names.txt")[1:], lines("places.txt")[1:], lines("gifts.txt")[1:]

# Sentences that come before. They shift the main sentence, and they mention the same people or others, so that
# neither a fixed position nor the number of mentions in the text gives the answer away.
OPENINGS = [
    "It was late.",
    "The {gift} was at the {place}.",
    "It was time to visit the {place}.",
    "{A} was late.",
    "{A} found the {gift} at the {place}.",
    "{A} had a long talk with {B}.",
    "Then {A} came over to the {place}.",
]

# Everyday sentences for the words that the templates use seldom. None has a giver and a receiver.
FILLERS = [
    "{A} went to the {place} with {B}.",
    "{A} and {B} were at the {place} with {C}.",
    "{A}, {B} and {C} were working at the {place}.",
    "{A} had a long talk with {B} and {C}.",
    "{A} found a small {gift} at the {place}.",
    "{A} and {B} found the {gift}.",
    "The {gift} of {A} was at the {place}.",
    "The {place} was small and the {gift} was over there.",
    "{A} came back from the {place} with a {gift}.",
    "Then {A} wanted to visit the {place} with {B}.",
    "After a long day, {A} and {B} went to visit {C}.",
    "While {A} was at the {place}, {B} came over.",
    "When it was late, {A} decided to send for the {gift}.",
    "Friends brought a {gift} and gave a talk.",
    "It was time to hand over the {gift}.",
]


def split_words(text):
    return re.findall(MATCH, text)


def vocabulary():
    words = set(NAMES + PLACES + GIFTS)
    for text in TEMPLATES + CHARLIE + OPENINGS + FILLERS:
        words.update(split_words(re.sub(r"\{\w+\}", " ", text)))
    words.add(".")
    return sorted(words)


VOCAB = vocabulary()
ID = {word: index for index, word in enumerate(VOCAB)}

ARCH = {
    "kind": "transformer", "layers": 3, "d_model": 96, "heads": 8, "d_head": 12, "d_mlp": 384, "act": "relu",
    "norm": "layernorm", "norm_eps": 1e-5, "positions": "absolute", "relative_bias_scale": 8,
    "relative_bias_max_distance": 127, "context": 128, "vocab": len(VOCAB), "causal": True, "tied": False,
    "attn_bias": False, "mlp_bias": True, "unembed_bias": False, "score_scale": 1 / math.sqrt(12),
}


def initialiser():
    rules = {}
    for name in tf.tensor_shapes(ARCH):
        last = name.split(".")[-1]
        if last == "w":
            rules[name] = {"distribution": "constant", "value": 1}
        elif last in ("b", "b_in", "b_out"):
            rules[name] = {"distribution": "constant", "value": 0}
        elif last in ("W_O", "W_out"):
            fan_in = ARCH["d_mlp"] if last == "W_out" else ARCH["heads"] * ARCH["d_head"]
            rules[name] = {"distribution": "normal", "mean": 0, "std": 1 / math.sqrt(fan_in * 2 * ARCH["layers"])}
        else:
            rules[name] = {"distribution": "normal", "mean": 0, "std": 1 / math.sqrt(ARCH["d_model"])}
    return rules


class Draws:
    """The random choices of one stream: distinct names, words, chances."""

    def __init__(self, seed):
        self.generator = torch.Generator().manual_seed(seed)

    def below(self, n):
        return int(torch.randint(0, n, (), generator=self.generator))

    def one(self, items):
        return items[self.below(len(items))]

    def names(self, n):
        return [NAMES[i] for i in torch.randperm(len(NAMES), generator=self.generator)[:n].tolist()]


def fill(text, values):
    return re.sub(r"\{(\w+)\}", lambda m: values[m.group(1)], text)


def indirect_object(draws, template):
    """A filled base template: its text, the names, and the text of its S2 := third name twin."""
    io, s1, other = draws.names(3)
    values = {"IO": io, "S1": s1, "S2": s1, "C": other, "place": draws.one(PLACES), "gift": draws.one(GIFTS)}
    return fill(template, values), io, s1, fill(template, {**values, "S2": other})


def openings(draws, people):
    """None (40 %), one (40 %) or two (20 %) sentences that mention any of `people`."""
    text = ""
    for _ in range(draws.one([0, 0, 1, 1, 2])):
        first = draws.below(len(people))
        second = (first + 1 + draws.below(len(people) - 1)) % len(people)
        values = {"A": people[first], "B": people[second], "place": draws.one(PLACES), "gift": draws.one(GIFTS)}
        text += fill(draws.one(OPENINGS), values) + " "
    return text


def training_text(draws):
    """70 %: a base template with its answer; 10 %: its three-name twin, cut before any answer; 20 %: everyday sentences."""
    chance = draws.below(10)
    if chance < 8:
        text, io, s1, twin = indirect_object(draws, draws.one(TEMPLATES))
        before = openings(draws, [io, s1, draws.one([n for n in NAMES if n not in (io, s1)])])
        return before + (f"{text} {io}." if chance < 7 else twin)
    a, b, c = draws.names(3)
    values = {"A": a, "B": b, "C": c, "place": draws.one(PLACES), "gift": draws.one(GIFTS)}
    return openings(draws, [a, b, c]) + fill(draws.one(FILLERS), values)


def encode(text):
    return [ID[word] for word in split_words(text)]


def padded(rows):
    """Token ids padded at the end (causal attention: padding changes nothing before it), and targets with -100 there."""
    width = max(len(row) for row in rows)
    tokens = torch.tensor([row + [0] * (width - len(row)) for row in rows])
    targets = torch.tensor([row[1:] + [-100] * (width - len(row) + 1) for row in rows])
    return tokens, targets


def drop_heads(generator, batch):
    """Writes that silence each head on a fifth of the sentences and scale the rest up to match."""
    write = {}
    for layer in range(ARCH["layers"]):
        kept = torch.rand(batch, ARCH["heads"], 1, 1, generator=generator) >= HEAD_DROPOUT
        write[z_name(layer)] = lambda z, mask=kept / (1 - HEAD_DROPOUT): z * mask
    return write


def train():
    weights = tf.initialise(ARCH, initialiser(), SEED)
    matrices = [w for w in weights.values() if w.dim() > 1]
    vectors = [w for w in weights.values() if w.dim() == 1]
    optimiser = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": DECAY}, {"params": vectors, "weight_decay": 0.0}], lr=PEAK_LR, betas=BETAS
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser,
        lambda s: min((s + 1) / WARMUP, 0.5 * (1 + math.cos(math.pi * max(0, s - WARMUP) / (STEPS - WARMUP)))),
    )
    draws, started, recent = Draws(SEED + 1), time.time(), []
    for step in range(STEPS):
        tokens, targets = padded([encode(training_text(draws)) for _ in range(BATCH)])
        logits = tf.forward(weights, ARCH, tokens, write=drop_heads(draws.generator, len(tokens)))
        loss = F.cross_entropy(logits.reshape(-1, ARCH["vocab"]), targets.reshape(-1), ignore_index=-100)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(list(weights.values()), CLIP)
        optimiser.step()
        schedule.step()
        recent = (recent + [loss.item()])[-100:]
        if step % 200 == 0 or step == STEPS - 1:
            print(f"{step:5d} loss {sum(recent) / len(recent):.4f}  {time.time() - started:.0f} s", flush=True)
    return weights, sum(recent) / len(recent), time.time() - started


def z_name(layer):
    return f"blocks.{layer}.attn.z"


def logit_difference(logits, io, s1):
    rows = torch.arange(len(io))
    return logits[rows, -1, io] - logits[rows, -1, s1]


def measure(weights):
    """Evidence on freshly filled templates (50 rows each), per template and then over templates."""
    draws = Draws(9_100)
    heads = [(layer, head) for layer in range(ARCH["layers"]) for head in range(ARCH["heads"])]
    clean_ld, right, charlie_ld, charlie_right, attention = [], [], [], [], {k: [] for k in heads}
    direct, removed = {k: [] for k in heads}, {k: [] for k in heads}
    batches = []
    for template, near_miss in zip(TEMPLATES, CHARLIE):
        rows = [indirect_object(draws, template) for _ in range(50)]
        tokens, twin = torch.tensor([encode(r[0]) for r in rows]), torch.tensor([encode(r[3]) for r in rows])
        io, s1 = torch.tensor([ID[r[1]] for r in rows]), torch.tensor([ID[r[2]] for r in rows])
        clean, abc = {}, {}
        logits = tf.forward(weights, ARCH, tokens, record=clean)
        tf.forward(weights, ARCH, twin, record=abc)
        base = logit_difference(logits, io, s1)
        clean_ld.append(base)
        right.append((logits[:, -1].argmax(-1) == io).float())
        batches.append((tokens, io, s1, abc))
        at_io = (tokens == io[:, None]).float()
        for layer, head in heads:
            attention[layer, head].append((clean[f"blocks.{layer}.attn.pattern"][:, head, -1] * at_io).sum(-1).mean())

            def sent(layer=layer, head=head):
                write = {}
                for other in range(ARCH["layers"]):
                    value = clean[z_name(other)].clone()
                    if other == layer:
                        value[:, head] = abc[z_name(other)][:, head]
                    write[z_name(other)] = lambda z, value=value: value
                return write

            logits = tf.forward(weights, ARCH, tokens, write=sent())
            direct[layer, head].append((logit_difference(logits, io, s1) - base).mean())
            logits = tf.forward(weights, ARCH, tokens, write=ablation([(layer, head)], abc))
            removed[layer, head].append((logit_difference(logits, io, s1) - base).mean())
        rows = []
        for _ in range(50):
            a, b, c = draws.names(3)
            values = {"IO": a, "S1": b, "S2": b, "C": c, "place": draws.one(PLACES), "gift": draws.one(GIFTS)}
            rows.append((encode(fill(near_miss, values)), ID[c], ID[b], ID[a]))
        logits = tf.forward(weights, ARCH, torch.tensor([r[0] for r in rows]))
        c, b, a = (torch.tensor([r[i] for r in rows]) for i in (1, 2, 3))
        charlie_ld.append(torch.stack([logit_difference(logits, c, b), logit_difference(logits, c, a)]).mean(1))
        charlie_right.append((logits[:, -1].argmax(-1) == c).float().mean())

    def summary(values):
        mean, half = tf.mean_and_interval(torch.stack(values))
        return {"mean": round(mean, 4), "half_99": round(half, 4)}

    ranked = sorted(heads, key=lambda k: -abs(torch.stack(direct[k]).mean().item()))
    movers = ranked[:3]
    by_template = torch.stack([ld.mean() for ld in clean_ld])

    def joint(keys):
        values = []
        for tokens, io, s1, abc in batches:
            logits = tf.forward(weights, ARCH, tokens, write=ablation(keys, abc))
            values.append(logit_difference(logits, io, s1).mean())
        return round(torch.stack(values).mean().item(), 4)

    return {
        "about": "40 base templates, 50 freshly filled rows each; logit difference: answer minus wrong name at the last position. direct: z of the head from "
        "the S2 := third-name twin, sent to the final residual only (other heads frozen, MLPs and norms recomputed). removed: z set at all positions to its "
        "template-and-position mean over the twins. Intervals 99 %, over templates. Heads are listed by the size of their direct effect.",
        "top1": round(torch.cat(right).mean().item(), 4),
        "top1_worst_template": round(min(r.mean().item() for r in right), 4),
        "logit_difference": {"mean": round(by_template.mean().item(), 4), "worst_template": round(by_template.min().item(), 4),
                             "share_of_rows_positive": round((torch.cat(clean_ld) > 0).float().mean().item(), 4)},
        "near_miss": {
            "about": "charlie templates, never trained on; the right answer is C",
            "top1": round(torch.stack(charlie_right).mean().item(), 4),
            "logit_difference_C_minus_S1": round(torch.stack(charlie_ld)[:, 0].mean().item(), 4),
            "logit_difference_C_minus_IO": round(torch.stack(charlie_ld)[:, 1].mean().item(), 4),
        },
        "three_strongest": {
            "heads": [list(k) for k in movers],
            "logit_difference_without_them": joint(movers),
            "logit_difference_with_only_them": joint([k for k in heads if k not in movers]),
            "logit_difference_without_any_head": joint(heads),
        },
        "heads": [
            {"layer": k[0], "head": k[1], "direct": summary(direct[k]), "removed": summary(removed[k]),
             "attention_end_to_io": round(torch.stack(attention[k]).mean().item(), 4)}
            for k in ranked
        ],
    }


def ablation(keys, abc):
    """Writes that set the z of `keys` to their mean over the rows of one template's twins, position by position."""
    write = {}
    for layer in sorted({k[0] for k in keys}):
        chosen = [h for (l, h) in keys if l == layer]
        mean = abc[z_name(layer)].mean(0)

        def replace(z, chosen=chosen, mean=mean):
            z = z.clone()
            z[:, chosen] = mean[chosen]
            return z

        write[z_name(layer)] = replace
    return write


def main():
    torch.set_num_threads(1)
    if "--evidence-only" in sys.argv:
        weights = load_file(str(HERE / "model.safetensors"))
        training = json.loads((HERE / "manifest.json").read_text())["training"]
    else:
        weights, final_loss, seconds = train()
        tf.save_weights(HERE / "model.safetensors", weights)
        training = {
            "data": "One text per row: 70 % base templates (pipelines/ioi-templates.txt) filled at random, with their answer; 10 % the same with a third name "
            "as S2, cut before any answer; 20 % everyday sentences (FILLERS in the script); before it no, one or two short sentences (40, 40, 20 %; OPENINGS) "
            "that may mention the same people or one other. Sentences of pipelines/charlie-templates.txt, or any with two givers, are never trained on. Names: "
            "the first 32 of NAMES in Redwood Research's Easy-Transformer IOI data set (MIT); places and gifts: partly from the same source.",
            "objective": "mean next-token cross-entropy over all positions of the sentence, the answer included",
            "seed": SEED, "steps": STEPS, "batch": BATCH, "head_dropout": HEAD_DROPOUT,
            "optimiser": {"kind": "adamw", "lr": PEAK_LR, "betas": list(BETAS), "weight_decay": DECAY, "grad_clip": CLIP,
                          "note": "no weight decay on vectors (norms and biases)"},
            "schedule": {"kind": "cosine", "warmup": WARMUP},
            "final_loss": round(final_loss, 4), "final_loss_note": "mean of the last 100 steps; names and words are mostly unpredictable; with head dropout",
            "wall_seconds": round(seconds), "torch": torch.__version__,
            "script_sha256": {"models/ioi3/train.py": tf.sha256_of(__file__), "models/transformer.py": tf.sha256_of(tf.__file__)},
            "lists_sha256": {f"pipelines/{n}": tf.sha256_of(PIPELINES / n)
                             for n in ("ioi-templates.txt", "charlie-templates.txt", "names.txt", "places.txt", "gifts.txt")},
        }
    weights = {name: tensor.detach() for name, tensor in weights.items()}
    draws = Draws(77)
    inputs = [encode(indirect_object(draws, TEMPLATES[0])[0]), encode("It was late."), encode(indirect_object(draws, TEMPLATES[-1])[3]), encode("Then")]
    tf.write_fixtures(HERE / "fixtures.json", weights, ARCH, inputs, activations_of=0)
    with torch.no_grad():
        evidence = measure(weights)
    manifest = {
        "format": "eis-model-1", "name": "ioi3",
        "why": "Names the indirect object over forty templates, so that path patching, a searched circuit and its near-miss can be tried in minutes. "
        "Its circuit need not be GPT-2's.",
        "licence": "MIT", "architecture": ARCH,
        "weights": {"file": "model.safetensors", "sha256": tf.sha256_of(HERE / "model.safetensors")},
        "tokenizer": {"kind": "words", "vocab": VOCAB, "bos": None,
                      "note": f"Tokens are the matches of /{MATCH}/g; white space, a leading space included, is ignored; case counts."},
        "initialiser": initialiser(), "training": training, "evidence": evidence, "fixtures": "fixtures.json",
    }
    (HERE / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
    print(json.dumps(evidence, indent=1))


if __name__ == "__main__":
    main()
