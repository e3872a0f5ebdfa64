"""Logits of SmolLM2-135M-Instruct by transformers, on the weights that eisc reads: the model itself is not committed.

`node --import tsx scripts/fetch-smollm2.ts && python test/oracle/models/smollm2_logits.py` writes smollm2_logits.json:
  columns   64 columns of the vocabulary, spread evenly
  prompts   text, ids (transformers' tokenizer of the same file), and per position: the columns' logits in float32 and in
            float64, and the id of the largest logit in float64 with its distance to the next
  float32Error  per prompt, the largest difference of float32 and float64 over all positions and the whole vocabulary
Before anything is computed every parameter is compared with the SHA-256 of gguf-py's own float32 numbers in
../model-files/smollm2.json. In the float64 run the places where transformers computes in float32 whatever the model's type are
float64 too (norms, rotation). Needs torch 2.13, transformers 5.24 and gguf 0.19; a minute and 3 GB.
"""

import hashlib
import json
from pathlib import Path

import torch
from architectures import all_in_double
from tokenizers import pre_tokenizers
from transformers import AutoTokenizer, LlamaForCausalLM

HERE = Path(__file__).resolve().parent
MODELS = HERE.parents[2] / ".models"
FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
PROMPTS = [
    "When Mary and John went to the store, John gave a drink to",
    "Then Alice and Tom had a long argument, and afterwards Tom said to",
    "The capital of France is Paris, and the capital of Italy is",
    "for i in range(12):\n    print(i + 340)\n",
]
COLUMNS = 64


def checked(model):
    """The model, whose every parameter is gguf-py's, bit for bit."""
    wanted = json.loads((HERE.parent / "model-files" / "smollm2.json").read_text())["tensors"]
    found = {name: hashlib.sha256(value.detach().numpy().tobytes()).hexdigest() for name, value in model.named_parameters()}
    assert found == wanted, [name for name in wanted if found.get(name) != wanted[name]]
    return model


def main():
    tokenizer = AutoTokenizer.from_pretrained(MODELS, gguf_file=FILE)
    # The conversion knows GPT-2's pre-tokenizer only; the model's own tokenizer.json splits off each digit first.
    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    ids = [tokenizer.encode(text, add_special_tokens=False) for text in PROMPTS]
    model = checked(LlamaForCausalLM.from_pretrained(MODELS, gguf_file=FILE, dtype=torch.float32, attn_implementation="sdpa").eval())
    columns = [int(at) for at in torch.linspace(0, model.config.vocab_size - 1, COLUMNS)]
    with torch.no_grad():
        single = [model(torch.tensor([one])).logits[0] for one in ids]
        model = model.double()
        with all_in_double():
            double = [model(torch.tensor([one])).logits[0] for one in ids]
    assert all(one.dtype is torch.float32 for one in single) and all(one.dtype is torch.float64 for one in double)
    prompts = []
    for text, one, narrow, wide in zip(PROMPTS, ids, single, double, strict=True):
        top = wide.topk(2).values
        prompts.append(
            {
                "text": text,
                "ids": one,
                "float32Error": float((narrow.double() - wide).abs().max()),
                "largest": wide.argmax(-1).tolist(),
                "margin": [round(float(first - second), 6) for first, second in top],
                "float32": [[float(f"{value:.9g}") for value in row] for row in narrow[:, columns].tolist()],
                "float64": [[float(f"{value:.12g}") for value in row] for row in wide[:, columns].tolist()],
            }
        )
    lines = ",\n".join(json.dumps(one, separators=(",", ":")) for one in prompts)
    (HERE / "smollm2_logits.json").write_text(f'{{"columns": {json.dumps(columns)},\n"prompts": [\n{lines}\n]}}\n')


if __name__ == "__main__":
    main()
