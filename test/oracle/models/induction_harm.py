"""Mean-ablation harm of every head of attn2, computed independently of eisc and of models/transformer.py.

`python test/oracle/models/induction_harm.py [count]` reads models/attn2/model.safetensors and prints JSON.
Own forward pass (one sequence length at a time), own sequences, own seeds. For every head:
  harm     loss with the head's z set at all positions to its reference mean, minus loss
  control  loss with z + a random direction, scaled per sequence and position to the norm of the
           change the mean ablation makes there, minus loss
  contrast harm - control, on the same sequence
in nats over second-copy tokens, with 99 % normal intervals over sequences.
"""

import json
import math
import struct
import sys
from pathlib import Path

import numpy as np
import torch

ROOT = Path(__file__).resolve().parents[3]
WEIGHTS = ROOT / "models" / "attn2" / "model.safetensors"
LAYERS, HEADS, D_HEAD, VOCAB, BIAS_SCALE = 2, 4, 32, 256, 8.0
Z99 = 2.5758293035489
REFERENCE_SEED, SEQUENCE_SEED, DIRECTION_SEED = 20_001, 20_002, 20_003


def read_safetensors(path):
    """The file format is an 8-byte length, a JSON header and raw little-endian bytes."""
    raw = Path(path).read_bytes()
    (size,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + size])
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        assert entry["dtype"] == "F32", name
        start, end = entry["data_offsets"]
        data = np.frombuffer(raw[8 + size + start : 8 + size + end], dtype="<f4").reshape(entry["shape"])
        tensors[name] = torch.from_numpy(data.copy())
    return tensors


def head_output(weights, layer, head, resid):
    """z of one head, [sequence, pos, d_head], straight from the definition of attention."""
    prefix = f"blocks.{layer}.attn."
    query = resid @ weights[prefix + "W_Q"][head]
    key = resid @ weights[prefix + "W_K"][head]
    value = resid @ weights[prefix + "W_V"][head]
    length = resid.shape[1]
    score = torch.bmm(query, key.transpose(1, 2)) / math.sqrt(D_HEAD)
    row = torch.arange(length).view(-1, 1).expand(length, length)
    back = row - row.t()
    score = score + BIAS_SCALE * weights[prefix + "rel_bias"][head][back.abs()]
    score = torch.where(back >= 0, score, torch.tensor(-1e30))
    return torch.bmm(torch.softmax(score, dim=2), value)


def run(weights, tokens, changed=None):
    """Logits and the z of every head; `changed` = (layer, head, function of z)."""
    resid = weights["embed.W_E"][tokens]
    z = {}
    for layer in range(LAYERS):
        written = resid
        for head in range(HEADS):
            value = head_output(weights, layer, head, resid)
            if changed is not None and changed[:2] == (layer, head):
                value = changed[2](value)
            z[layer, head] = value
            written = written + value @ weights[f"blocks.{layer}.attn.W_O"][head]
        resid = written
    return resid @ weights["unembed.W_U"], z


def loss_per_sequence(logits, tokens):
    """Mean over positions P..2P-2 of -log p(next token)."""
    period = tokens.shape[1] // 2
    log_p = torch.log_softmax(logits.double(), dim=2)
    positions = range(period, 2 * period - 1)
    total = sum(log_p[torch.arange(len(tokens)), at, tokens[:, at + 1]] for at in positions)
    return -total / len(positions)


def sequences(count, seed):
    """[s][s] for `count` random s of uniform period 12..40, one tensor per period."""
    rng = np.random.default_rng(seed)
    by_period = {}
    for _ in range(count):
        period = int(rng.integers(12, 41))
        block = rng.integers(0, VOCAB, period)
        by_period.setdefault(period, []).append(np.concatenate([block, block]))
    return [torch.from_numpy(np.stack(by_period[period])) for period in sorted(by_period)]


def interval(values):
    values = np.asarray(values)
    half = Z99 * values.std(ddof=1) / math.sqrt(len(values))
    return {"mean": round(float(values.mean()), 5), "low": round(float(values.mean() - half), 5), "high": round(float(values.mean() + half), 5)}


def main():
    torch.set_num_threads(1)
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2_400
    weights = read_safetensors(WEIGHTS)
    heads = [(layer, head) for layer in range(LAYERS) for head in range(HEADS)]
    sums, positions = {key: torch.zeros(D_HEAD, dtype=torch.float64) for key in heads}, 0
    with torch.no_grad():
        for tokens in sequences(1_000, REFERENCE_SEED):
            _, z = run(weights, tokens)
            positions += tokens.numel()
            for key in heads:
                sums[key] += z[key].double().sum((0, 1))
        means = {key: (sums[key] / positions).float() for key in heads}
        noise = torch.Generator().manual_seed(DIRECTION_SEED)
        clean, harm, control = [], {k: [] for k in heads}, {k: [] for k in heads}
        for tokens in sequences(count, SEQUENCE_SEED):
            logits, z = run(weights, tokens)
            base = loss_per_sequence(logits, tokens)
            clean += base.tolist()
            for key in heads:
                change = (means[key] - z[key]).norm(dim=2, keepdim=True)
                direction = torch.randn(z[key].shape, generator=noise)
                step = direction / direction.norm(dim=2, keepdim=True) * change
                knocked, _ = run(weights, tokens, (*key, lambda value, key=key: means[key].expand_as(value)))
                pushed, _ = run(weights, tokens, (*key, lambda value, step=step: value + step))
                harm[key] += (loss_per_sequence(knocked, tokens) - base).tolist()
                control[key] += (loss_per_sequence(pushed, tokens) - base).tolist()
    result = {
        "model": "attn2",
        "sequences": count,
        "reference_sequences": 1_000,
        "periods": "uniform 12..=40",
        "seeds": {"reference": REFERENCE_SEED, "sequences": SEQUENCE_SEED, "directions": DIRECTION_SEED},
        "interval": "99 %, normal, over sequences",
        "torch": torch.__version__,
        "loss_nat": interval(clean),
        "heads": [
            {
                "layer": key[0],
                "head": key[1],
                "harm_nat": interval(harm[key]),
                "control_nat": interval(control[key]),
                "contrast_nat": interval(np.asarray(harm[key]) - np.asarray(control[key])),
            }
            for key in heads
        ],
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
