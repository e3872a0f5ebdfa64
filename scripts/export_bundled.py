"""The bundled transformers as ONNX files, as PyTorch users would write and export them.

`python scripts/export_bundled.py [FOLDER]` writes FOLDER/attn2.onnx and FOLDER/ioi3.onnx (pipelines/made unless it is given) with
dynamic batch and positions, and says how far their logits are from those of models/transformer.py.
Needs torch 2.13, safetensors and onnx 1.18.
"""

import json
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import nn

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "models"))
from transformer import forward  # noqa: E402


class Attention(nn.Module):
    def __init__(self, arch, weights, block):
        super().__init__()
        self.arch = arch
        self.heads, self.width = arch["heads"], arch["d_head"]
        get = lambda name: weights[f"{block}.attn.{name}"]
        flat = lambda w: nn.Parameter(w.permute(1, 0, 2).reshape(arch["d_model"], -1).contiguous())
        self.q, self.k, self.v = flat(get("W_Q")), flat(get("W_K")), flat(get("W_V"))
        self.o = nn.Parameter(get("W_O").reshape(-1, arch["d_model"]).contiguous())
        self.bias = nn.Parameter(get("rel_bias")) if arch["positions"] == "relative_bias" else None

    def forward(self, x):
        batch, length = x.shape[:2]
        split = lambda y: y.view(batch, length, self.heads, self.width).transpose(1, 2)
        q, k, v = split(x @ self.q), split(x @ self.k), split(x @ self.v)
        scores = q @ k.transpose(-1, -2) * self.arch["score_scale"]
        places = torch.arange(length)
        distance = places[:, None] - places[None, :]
        if self.bias is not None:
            index = distance.clamp(0, self.arch["relative_bias_max_distance"])
            scores = scores + self.arch["relative_bias_scale"] * self.bias[:, index]
        pattern = scores.masked_fill(distance < 0, float("-inf")).softmax(-1)
        return (pattern @ v).transpose(1, 2).reshape(batch, length, -1) @ self.o


class Mlp(nn.Module):
    def __init__(self, weights, block):
        super().__init__()
        for name in ("W_in", "b_in", "W_out", "b_out"):
            self.register_parameter(name, nn.Parameter(weights[f"{block}.mlp.{name}"]))

    def forward(self, x):
        return F.relu(x @ self.W_in + self.b_in) @ self.W_out + self.b_out


def norm(arch, weights, name):
    if arch["norm"] == "none":
        return nn.Identity()
    layer = nn.LayerNorm(arch["d_model"], eps=arch["norm_eps"])
    layer.load_state_dict({"weight": weights[f"{name}.w"], "bias": weights[f"{name}.b"]})
    return layer


class Transformer(nn.Module):
    def __init__(self, arch, weights):
        super().__init__()
        self.embed = nn.Parameter(weights["embed.W_E"])
        self.places = nn.Parameter(weights["pos_embed.W_pos"]) if arch["positions"] == "absolute" else None
        self.unembed = nn.Parameter(weights["unembed.W_U"])
        blocks = [f"blocks.{layer}" for layer in range(arch["layers"])]
        self.ln1 = nn.ModuleList(norm(arch, weights, f"{block}.ln1") for block in blocks)
        self.attn = nn.ModuleList(Attention(arch, weights, block) for block in blocks)
        self.ln2 = nn.ModuleList(norm(arch, weights, f"{block}.ln2") for block in blocks)
        self.mlp = nn.ModuleList(Mlp(weights, block) for block in blocks) if arch["d_mlp"] > 0 else None
        self.last = norm(arch, weights, "ln_final")

    def forward(self, tokens):
        x = F.embedding(tokens, self.embed)
        if self.places is not None:
            x = x + self.places[torch.arange(tokens.shape[1])]
        for layer in range(len(self.attn)):
            x = x + self.attn[layer](self.ln1[layer](x))
            if self.mlp is not None:
                x = x + self.mlp[layer](self.ln2[layer](x))
        return self.last(x) @ self.unembed


def main(folder=ROOT / "pipelines" / "made"):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("attn2", "ioi3"):
        arch = json.loads((ROOT / "models" / name / "manifest.json").read_text())["architecture"]
        weights = load_file(ROOT / "models" / name / "model.safetensors")
        model = Transformer(arch, weights).eval()
        tokens = torch.arange(24).reshape(2, 12) % arch["vocab"]
        with torch.no_grad():
            gap = (model(tokens) - forward(weights, arch, tokens)).abs().max().item()
        print(f"{name}: largest difference of a logit {gap:.1e}")
        torch.onnx.export(model, (tokens,), str(folder / f"{name}.onnx"), input_names=["tokens"], output_names=["logits"],
                          dynamic_axes={"tokens": {0: "batch", 1: "sequence"}}, opset_version=17, dynamo=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
