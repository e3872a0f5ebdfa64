"""What gguf-py and transformers make of SmolLM2-135M-Instruct, as hashes and ids: the model itself is not committed.

`node --import tsx scripts/fetch-smollm2.ts && python test/oracle/model-files/make_smollm2.py` writes smollm2.json beside itself:
  tensors   SHA-256 of each tensor as float32, dequantised by gguf-py, under the name and in the layout of transformers
  rows      texts and their ids by the tokenizer that transformers converts from the GGUF file, with each digit split off
            first as in the model's own tokenizer.json (the conversion knows GPT-2's pre-tokenizer only)
Needs gguf 0.19 and transformers 5.24.
"""

import hashlib
import json
from pathlib import Path

import gguf
import numpy as np
from make_tokenizers import texts
from tokenizers import pre_tokenizers
from transformers import AutoTokenizer

HERE = Path(__file__).resolve().parent
MODELS = HERE.parents[2] / ".models"
FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
MORE = ["When Mary and John went to the store, John gave a drink to", "<|im_start|>user\nHi<|im_end|>\n", "def f(x):\n    return x**2\n", "The quick brown fox jumps over 13 lazy dogs."]


def main():
    reader = gguf.GGUFReader(MODELS / FILE)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, 30)
    hf = ["model.embed_tokens.weight", "model.norm.weight"]
    for layer in range(30):
        parts = ["input_layernorm", "post_attention_layernorm", *[f"mlp.{x}_proj" for x in ("gate", "up", "down")], *[f"self_attn.{x}_proj" for x in "qkvo"]]
        hf += [f"model.layers.{layer}.{part}.weight" for part in parts]
    stored = {one.name: one for one in reader.tensors}
    tensors = {}
    for name in hf:
        tensor = stored.pop(names.get_name(name, try_suffixes=(".weight",)))
        data = gguf.dequantize(tensor.data, tensor.tensor_type).reshape(tuple(int(n) for n in tensor.shape[::-1]))
        heads = 9 if ".q_proj." in name else 3 if ".k_proj." in name else None
        if heads is not None:
            data = data.reshape(heads, data.shape[0] // heads // 2, 2, -1).swapaxes(1, 2).reshape(data.shape)
        tensors[name] = hashlib.sha256(np.ascontiguousarray(data, dtype=np.float32).tobytes()).hexdigest()
    assert not stored, stored
    tokenizer = AutoTokenizer.from_pretrained(MODELS, gguf_file=FILE)
    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    rows = [{"text": text, "ids": tokenizer.encode(text, add_special_tokens=False)} for text in MORE + texts()]
    lines = ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
    listed = ",\n".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in tensors.items())
    (HERE / "smollm2.json").write_text(f'{{"tensors": {{\n{listed}\n}},\n"rows": [\n{lines}\n]}}\n')


if __name__ == "__main__":
    main()
