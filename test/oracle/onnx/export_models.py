"""The tiny models of test/oracle/models, and a few more, as ONNX files: what PyTorch's two exporters make of them.

`python test/oracle/onnx/export_models.py [name ...]` writes test/oracle/onnx/<name>.onnx (each below 100 kB). The transformers are
the folders beside (test/oracle/models/<model>), so that what PyTorch computes inside them is already stored there.
The rest is drawn from a seed, and <name>.json holds its input and what PyTorch computes.
Needs torch 2.13, transformers 5.24, onnx 1.18 and, for the newer exporter, onnxscript 0.7. The tests read the files only.
"""

import contextlib
import io
import json
import sys
import warnings
from pathlib import Path

import onnx
import torch
import transformers
from torch import nn

HERE = Path(__file__).resolve().parent
MODELS = HERE.parent / "models"

# name: (model folder, exporter, operator set, names of inputs)
TRANSFORMERS = {
    "gpt2-legacy-11": ("gpt2", "legacy", 11, ["input_ids", "attention_mask"]),
    "gpt2-legacy-17": ("gpt2", "legacy", 17, ["input_ids", "attention_mask"]),
    "gpt2-dynamo-18": ("gpt2", "dynamo", 18, ["input_ids"]),
    "gpt2-dynamo-23": ("gpt2", "dynamo", 23, ["input_ids"]),
    "bert-legacy-13": ("bert", "legacy", 13, ["input_ids", "attention_mask", "token_type_ids"]),
    "bert-dynamo-20": ("bert", "dynamo", 20, ["input_ids", "attention_mask", "token_type_ids"]),
    "llama-legacy-16": ("llama", "legacy", 16, ["input_ids", "attention_mask"]),
    "llama-dynamo-18": ("llama", "dynamo", 18, ["input_ids"]),
    "qwen3-dynamo-18": ("qwen3", "dynamo", 18, ["input_ids"]),
    "neox-legacy-17": ("neox-parallel", "legacy", 17, ["input_ids", "attention_mask"]),
    "vit-legacy-17": ("vit", "legacy", 17, ["pixel_values"]),
}


class Logits(nn.Module):
    """Only the first output of a Hugging Face model, and no cache."""

    def __init__(self, model, names):
        super().__init__()
        self.model = model
        self.names = names

    def forward(self, *inputs):
        cache = {} if "pixel_values" in self.names else {"use_cache": False}
        return self.model(**dict(zip(self.names, inputs)), **cache, return_dict=False)[0]


def transformer(folder, exporter, opset, names):
    config = transformers.AutoConfig.from_pretrained(MODELS / folder)
    kind = getattr(transformers, config.architectures[0])
    model = kind.from_pretrained(MODELS / folder, attn_implementation="eager").eval()
    example = {
        "input_ids": torch.arange(12).reshape(2, 6) % 7,
        "attention_mask": torch.ones(2, 6, dtype=torch.int64),
        "token_type_ids": torch.zeros(2, 6, dtype=torch.int64),
    }
    if "pixel_values" in names:
        size = config.image_size
        example = {"pixel_values": torch.randn(2, config.num_channels, size, size)}
        axes = {"pixel_values": {0: "batch"}}
    else:
        axes = {name: {0: "batch", 1: "sequence"} for name in names}
    return export(Logits(model, names), tuple(example[name] for name in names), names, axes, exporter, opset)


def export(model, inputs, names, axes, exporter, opset):
    out = io.BytesIO()
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        if exporter == "legacy":
            torch.onnx.export(model, inputs, out, input_names=names, output_names=["logits"],
                              dynamic_axes=axes, opset_version=opset, dynamo=False)
        else:
            dims = {}
            shapes = tuple({i: dims.setdefault(d, torch.export.Dim(d)) for i, d in axes[name].items()} for name in names)
            program = torch.onnx.export(model, inputs, input_names=names, output_names=["logits"],
                                        dynamic_shapes=(shapes,) if isinstance(model, Logits) else shapes,
                                        opset_version=opset, dynamo=True, verbose=False)
            program.save(out)
    return stripped(onnx.load_from_string(out.getvalue()))


def stripped(model):
    """Without the notes that exporters leave for debugging: paths of this machine, and most of the size."""
    model.doc_string = ""
    model.ClearField("metadata_props")
    model.graph.ClearField("metadata_props")
    model.graph.doc_string = ""
    for node in model.graph.node:
        node.doc_string = ""
        node.name = ""  # its results have names
        node.ClearField("metadata_props")
    for value in [*model.graph.value_info, *model.graph.input, *model.graph.output, *model.graph.initializer]:
        value.ClearField("metadata_props")
    return model


class Block(nn.Module):
    """A residual block of the ResNets for CIFAR: two convolutions with batch norms, and the input added."""

    def __init__(self, channels, out, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(out)
        self.conv2 = nn.Conv2d(out, out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out)
        self.short = nn.Sequential() if stride == 1 else nn.Conv2d(channels, out, 1, stride)

    def forward(self, x):
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(y + self.short(x))


class Tiny(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3, 1, 1)
        self.blocks = nn.Sequential(Block(4, 4, 1), Block(4, 8, 2))
        self.head = nn.Linear(8, 5)

    def forward(self, x):
        return self.head(self.blocks(torch.relu(self.stem(x))).mean((2, 3)))


class Recurrent(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.embed = nn.Embedding(12, 6)
        self.cell = kind(6, 5, batch_first=True, bidirectional=kind is nn.LSTM)
        self.head = nn.Linear(10 if kind is nn.LSTM else 5, 4)

    def forward(self, tokens):
        return self.head(self.cell(self.embed(tokens))[0])


@torch.jit.script
def doubled(x, turns: int, given):
    for _ in range(turns):
        x = x * 2
    # Known long before what the branches read from around them.
    if given.sum() > 0:
        x = x + 1
    else:
        x = x - 1
    return x


class Control(nn.Module):
    """A loop and a condition in the middle, as scripted models have them."""

    def __init__(self):
        super().__init__()
        self.before = nn.Linear(4, 4)
        self.after = nn.Linear(4, 3)

    def forward(self, x):
        return self.after(doubled(torch.tanh(torch.sin(torch.sin(self.before(x)))), x.shape[1] - 1, x))


OTHERS = {
    "resnet-legacy-9": (Tiny, "legacy", 9, "image", lambda: torch.randn(2, 3, 8, 8), {0: "batch"}),
    "resnet-dynamo-18": (Tiny, "dynamo", 18, "image", lambda: torch.randn(2, 3, 8, 8), {0: "batch"}),
    "lstm-legacy-14": (lambda: Recurrent(nn.LSTM), "legacy", 14, "tokens",
                       lambda: torch.arange(12).reshape(2, 6), {0: "batch", 1: "sequence"}),
    "gru-legacy-17": (lambda: Recurrent(nn.GRU), "legacy", 17, "tokens",
                      lambda: torch.arange(12).reshape(2, 6), {0: "batch", 1: "sequence"}),
    "control-legacy-17": (Control, "legacy", 17, "x", lambda: torch.randn(2, 4), {0: "batch"}),
}


def other(name):
    make, exporter, opset, input_name, draw, axes = OTHERS[name]
    torch.manual_seed(5)
    model = make().eval()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.running_mean, std=0.1)
            nn.init.uniform_(module.running_var, 0.5, 2)
            nn.init.normal_(module.bias, std=0.1)
    given = draw()
    with torch.no_grad():
        expected = model(given)
    facts = {
        "input": {"name": input_name, "dims": list(given.shape), "data": given.flatten().tolist()},
        "output": {"dims": list(expected.shape), "data": expected.flatten().tolist()},
    }
    (HERE / f"{name}.json").write_text(json.dumps(facts) + "\n")
    return export(model, (given,), [input_name], {input_name: axes}, exporter, opset)


def main(asked):
    for name in asked or [*TRANSFORMERS, *OTHERS]:
        model = transformer(*TRANSFORMERS[name]) if name in TRANSFORMERS else other(name)
        (HERE / f"{name}.onnx").write_bytes(model.SerializeToString())


if __name__ == "__main__":
    main(sys.argv[1:])
