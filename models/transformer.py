"""The small transformers that ship with eisc, as plain functions over a dict of named tensors.

Tensor names and shapes are those of the model manifest (TransformerLens style), so what is trained
here is saved as it stands. `forward` is the numerical reference that fixtures.json records.
"""

import hashlib
import json
import math
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file


def tensor_shapes(arch):
    """Name -> shape of every tensor of an architecture, in the order they are drawn."""
    vocab, d_model, heads = arch["vocab"], arch["d_model"], arch["heads"]
    d_head, d_mlp = arch["d_head"], arch["d_mlp"]
    shapes = {"embed.W_E": [vocab, d_model]}
    if arch["positions"] == "absolute":
        shapes["pos_embed.W_pos"] = [arch["context"], d_model]
    norm = arch["norm"] == "layernorm"
    for layer in range(arch["layers"]):
        block = f"blocks.{layer}"
        if norm:
            shapes[f"{block}.ln1.w"] = [d_model]
            shapes[f"{block}.ln1.b"] = [d_model]
        for name in ("W_Q", "W_K", "W_V"):
            shapes[f"{block}.attn.{name}"] = [heads, d_model, d_head]
        shapes[f"{block}.attn.W_O"] = [heads, d_head, d_model]
        if arch["attn_bias"]:
            for name in ("b_Q", "b_K", "b_V"):
                shapes[f"{block}.attn.{name}"] = [heads, d_head]
            shapes[f"{block}.attn.b_O"] = [d_model]
        if arch["positions"] == "relative_bias":
            shapes[f"{block}.attn.rel_bias"] = [heads, arch["relative_bias_max_distance"] + 1]
        if d_mlp > 0:
            if norm:
                shapes[f"{block}.ln2.w"] = [d_model]
                shapes[f"{block}.ln2.b"] = [d_model]
            shapes[f"{block}.mlp.W_in"] = [d_model, d_mlp]
            if arch["mlp_bias"]:
                shapes[f"{block}.mlp.b_in"] = [d_mlp]
            shapes[f"{block}.mlp.W_out"] = [d_mlp, d_model]
            if arch["mlp_bias"]:
                shapes[f"{block}.mlp.b_out"] = [d_model]
    if norm:
        shapes["ln_final.w"] = [d_model]
        shapes["ln_final.b"] = [d_model]
    shapes["unembed.W_U"] = [d_model, vocab]
    if arch["unembed_bias"]:
        shapes["unembed.b_U"] = [vocab]
    return shapes


def initialise(arch, initialiser, seed):
    """Draw every tensor from the distribution the manifest states for it, with one seeded stream."""
    generator = torch.Generator().manual_seed(seed)
    weights = {}
    for name, shape in tensor_shapes(arch).items():
        rule = initialiser[name]
        tensor = torch.empty(shape)
        if rule["distribution"] == "normal":
            tensor.normal_(rule["mean"], rule["std"], generator=generator)
        elif rule["distribution"] == "uniform":
            tensor.uniform_(rule["low"], rule["high"], generator=generator)
        else:
            tensor.fill_(rule["value"])
        weights[name] = tensor.requires_grad_(True)
    return weights


def layer_norm(x, weight, bias, eps):
    """Normalised x and its scale, sqrt(variance + eps), over the last axis."""
    centred = x - x.mean(-1, keepdim=True)
    scale = torch.sqrt(centred.square().mean(-1, keepdim=True) + eps)
    return centred / scale * weight + bias, scale


ACTIVATIONS = {
    "relu": F.relu,
    "gelu": F.gelu,
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "silu": F.silu,
}


def forward(weights, arch, tokens, record=None, write=None):
    """Logits [batch, pos, vocab] for token ids [batch, pos].

    `record`, a dict, receives every named activation; `write` maps a name to a function of the
    value in flight. Heads are the second axis of q, k, v, z: [batch, head, pos, d_head].
    """

    def site(name, value):
        if write is not None and name in write:
            value = write[name](value)
        if record is not None:
            record[name] = value
        return value

    length = tokens.shape[1]
    eps = arch["norm_eps"]
    norm = arch["norm"] == "layernorm"
    resid = weights["embed.W_E"][tokens]
    if arch["positions"] == "absolute":
        resid = resid + weights["pos_embed.W_pos"][:length]
    position = torch.arange(length)
    distance = position[:, None] - position[None, :]
    future = distance < 0
    for layer in range(arch["layers"]):
        block = f"blocks.{layer}"
        attn = f"{block}.attn"
        resid = site(f"{block}.resid_pre", resid)
        x = resid
        if norm:
            x, scale = layer_norm(resid, weights[f"{block}.ln1.w"], weights[f"{block}.ln1.b"], eps)
            site(f"{block}.ln1.scale", scale)
        heads = {}
        for name in ("q", "k", "v"):
            value = torch.einsum("bpm,hmd->bhpd", x, weights[f"{attn}.W_{name.upper()}"])
            if arch["attn_bias"]:
                value = value + weights[f"{attn}.b_{name.upper()}"][:, None, :]
            heads[name] = site(f"{attn}.{name}", value)
        scores = torch.einsum("bhqd,bhkd->bhqk", heads["q"], heads["k"]) * arch["score_scale"]
        if arch["positions"] == "relative_bias":
            bias = weights[f"{attn}.rel_bias"][:, distance.clamp(0, arch["relative_bias_max_distance"])]
            scores = scores + arch["relative_bias_scale"] * bias
        scores = site(f"{attn}.attn_scores", scores)
        pattern = site(f"{attn}.pattern", scores.masked_fill(future, -math.inf).softmax(-1))
        z = site(f"{attn}.z", torch.einsum("bhqk,bhkd->bhqd", pattern, heads["v"]))
        out = torch.einsum("bhqd,hdm->bqm", z, weights[f"{attn}.W_O"])
        if arch["attn_bias"]:
            out = out + weights[f"{attn}.b_O"]
        resid = resid + site(f"{block}.attn_out", out)
        if arch["d_mlp"] > 0:
            x = resid = site(f"{block}.resid_mid", resid)
            if norm:
                x, scale = layer_norm(resid, weights[f"{block}.ln2.w"], weights[f"{block}.ln2.b"], eps)
                site(f"{block}.ln2.scale", scale)
            pre = x @ weights[f"{block}.mlp.W_in"]
            if arch["mlp_bias"]:
                pre = pre + weights[f"{block}.mlp.b_in"]
            act = site(f"{block}.mlp_act", ACTIVATIONS[arch["act"]](site(f"{block}.mlp_pre", pre)))
            out = act @ weights[f"{block}.mlp.W_out"]
            if arch["mlp_bias"]:
                out = out + weights[f"{block}.mlp.b_out"]
            resid = resid + site(f"{block}.mlp_out", out)
        resid = site(f"{block}.resid_post", resid)
    x = resid
    if norm:
        x, scale = layer_norm(resid, weights["ln_final.w"], weights["ln_final.b"], eps)
        site("ln_final.scale", scale)
    logits = x @ weights["unembed.W_U"]
    if arch["unembed_bias"]:
        logits = logits + weights["unembed.b_U"]
    return site("logits", logits)


def sha256_of(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def rounded(tensor):
    """Nested lists of 9 significant digits: enough to recover every float32 exactly."""
    if tensor.dim() == 0:
        return float(f"{tensor.item():.9g}")
    return [rounded(row) for row in tensor]


# The float64 copy keeps 12 digits: three more than float32 can tell apart.
def rounded64(tensor):
    if tensor.dim() == 0:
        return float(f"{tensor.item():.12g}")
    return [rounded64(row) for row in tensor]


def write_fixtures(path, weights, arch, inputs, activations_of):
    """PyTorch's own numbers on `inputs` (lists of token ids); activations for one of them."""
    double = {name: tensor.detach().double() for name, tensor in weights.items()}
    cases = []
    with torch.no_grad():
        for index, tokens in enumerate(inputs):
            record = {}
            batch = torch.tensor([tokens])
            logits = forward(weights, arch, batch, record=record)[0]
            case = {
                "tokens": tokens,
                "logits": rounded(logits),
                "logits_float64": rounded64(forward(double, arch, batch)[0]),
            }
            if index == activations_of:
                named = {}
                for name, value in record.items():
                    if name == "logits":
                        continue
                    value = value[0]
                    # q, k, v, z are stored [pos, head, d_head]; scores and pattern [head, query, key].
                    if name.split(".")[-1] in ("q", "k", "v", "z"):
                        value = value.transpose(0, 1)
                    named[name] = {"shape": list(value.shape), "values": rounded(value.reshape(-1))}
                case["activations"] = named
            cases.append(case)
    document = {
        "format": "eis-fixtures-1",
        "torch": torch.__version__,
        "note": "logits: float32, [pos][vocab]. activations: flat, row-major, with their shape; attn_scores are "
        "scaled, with the relative bias, before the causal mask; norm scales are sqrt(variance + eps).",
        "cases": cases,
    }
    Path(path).write_text(json.dumps(document, separators=(",", ":")) + "\n")


def save_weights(path, weights):
    save_file({name: tensor.detach().float().contiguous() for name, tensor in weights.items()}, str(path))


def mean_and_interval(values, z=2.5758293035489):
    """Mean and half-width of its 99 % normal interval over independent sequences."""
    return values.mean().item(), z * (values.std(unbiased=True) / math.sqrt(len(values))).item()
