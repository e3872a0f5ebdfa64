"""Program 2.1 as a plain PyTorch loop: one forward pass with a hook per member and batch of rows of equal length.

Reads rows and paths as JSON from standard input, prints numbers and times as JSON. The claim's numbers are the same as those of
eisc, row by row; the controls do the same work with random numbers of PyTorch's own. No statistics, no report, no store.
"""

import json
import resource
import sys
import time

START = time.perf_counter()

import torch  # noqa: E402  (its import is part of what is timed)
import torch.nn.functional as F  # noqa: E402
from safetensors.torch import load_file  # noqa: E402

TASK = json.load(sys.stdin)
sys.path.insert(0, TASK["models"])
from transformer import forward, initialise  # noqa: E402

torch.set_num_threads(TASK["threads"])
torch.set_grad_enabled(False)


def batches(rows):
    """Rows of equal length as tensors: tokens, the tokens to predict, the positions that count."""
    by_length = {}
    for row in rows:
        by_length.setdefault(len(row["tokens"]), []).append(row)
    return [
        tuple(torch.tensor([row[key] for row in group]) for key in ("tokens", "next", "counts"))
        for _, group in sorted(by_length.items())
    ]


def loss(weights, arch, batch, write=None):
    """Per row: the mean cross-entropy over the positions that count."""
    tokens, following, counts = batch
    logits = forward(weights, arch, tokens, write=write)
    entropy = F.cross_entropy(logits.flatten(0, 1), following.flatten(), reduction="none").view(tokens.shape)
    return (entropy * counts).sum(1) / counts.sum(1)


def means(weights, arch, rows):
    """Mean output of every head over all positions of all rows: [layer][head, d_head]."""
    sums = [torch.zeros(arch["heads"], arch["d_head"], dtype=torch.float64) for _ in range(arch["layers"])]
    count = 0
    for tokens, _, _ in rows:
        record = {}
        forward(weights, arch, tokens, record=record)
        for layer in range(arch["layers"]):
            sums[layer] += record[f"blocks.{layer}.attn.z"].double().sum((0, 2))
        count += tokens.numel()
    return [(total / count).float() for total in sums]


def replacing(head, value):
    def write(z):
        z = z.clone()
        z[:, head] = value(z[:, head])
        return z

    return write


def random_direction(mean):
    """The head's output plus a random vector as long as the change that the mean would make."""

    def value(z):
        noise = torch.randn_like(z)
        return z + noise * ((mean - z).norm(dim=-1, keepdim=True) / noise.norm(dim=-1, keepdim=True))

    return value


def harms(weights, arch, rows, value_of):
    """Mean over rows of loss with the head replaced, less loss: by [layer, head]."""
    clean = [loss(weights, arch, batch) for batch in rows]
    found = {}
    for layer in range(arch["layers"]):
        for head in range(arch["heads"]):
            write = {f"blocks.{layer}.attn.z": replacing(head, value_of(layer, head))}
            found[f"[{layer},{head}]"] = torch.cat(
                [loss(weights, arch, batch, write) - base for batch, base in zip(rows, clean)]
            )
    return {name: values.double().mean().item() for name, values in found.items()}


def constant(mean):
    return lambda z: mean.expand_as(z)


def main():
    manifest = json.load(open(TASK["manifest"]))
    arch = manifest["architecture"]
    weights = load_file(TASK["weights"])
    rows, reference = batches(TASK["rows"]), batches(TASK["reference"])
    loaded = time.perf_counter()
    mean = means(weights, arch, reference)
    harm = harms(weights, arch, rows, lambda layer, head: constant(mean[layer][head]))
    claims = time.perf_counter()
    torch.manual_seed(0)
    harms(weights, arch, rows, lambda layer, head: random_direction(mean[layer][head]))
    for seed in range(TASK["seeds"]):
        drawn = {name: tensor.detach() for name, tensor in initialise(arch, manifest["initialiser"], seed).items()}
        own = means(drawn, arch, reference)
        harms(drawn, arch, rows, lambda layer, head: constant(own[layer][head]))
    end = time.perf_counter()
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(
        json.dumps(
            {
                "torch": torch.__version__,
                "harm": harm,
                "start_up_seconds": loaded - START,
                "claim_seconds": claims - loaded,
                "control_seconds": end - claims,
                "cpu_seconds": usage.ru_utime + usage.ru_stime,
            }
        )
    )


main()
