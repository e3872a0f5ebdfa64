"""GGUF files of the tiny models in test/oracle/models, and blocks of every element type with what gguf-py makes of them.

`python test/oracle/model-files/make_gguf.py` writes, beside itself:
  gguf/<model>.gguf       the weights of test/oracle/models/<model>, under the names of gguf-py's own map and with the rows
                          moved as llama.cpp's convert_hf_to_gguf.py moves them (written here from its text, with numpy)
  blocks.safetensors      <TYPE>.bytes: random blocks; <TYPE>.values: gguf.dequantize of them; and of weights, quantised
  llama3-factors.json     what transformers computes for the rotary frequencies of Llama 3.1 and 3.2
The tests read the files only. Needs gguf 0.19, safetensors, transformers 5.24 and torch.
"""

import json
from pathlib import Path

import gguf
import numpy as np
from gguf.quants import dequantize, quantize
from safetensors.numpy import load_file, save_file

HERE = Path(__file__).resolve().parent
MODELS = HERE.parent / "models"
ARCH = gguf.MODEL_ARCH
KINDS = {
    "llama": (ARCH.LLAMA, "llama"),
    "qwen2": (ARCH.QWEN2, "qwen2"),
    "qwen3": (ARCH.QWEN3, "qwen3"),
    "olmo": (ARCH.OLMO, "olmo"),
    "olmo2": (ARCH.OLMO2, "olmo2"),
    "gpt2": (ARCH.GPT2, "gpt2"),
    "gpt_neox": (ARCH.GPTNEOX, "gptneox"),
    "bert": (ARCH.BERT, "bert"),
}
NAMES = ["llama-tied", "qwen2", "qwen3", "olmo", "olmo2", "gpt2", "neox-parallel", "neox-serial", "minilm"]


def permute(weights, heads):
    """LlamaModel.permute of the converter."""
    return weights.reshape(heads, 2, weights.shape[0] // heads // 2, *weights.shape[1:]).swapaxes(1, 2).reshape(weights.shape)


def moved(kind, name, data, config):
    heads = config.get("num_attention_heads", config.get("n_head"))
    if kind in ("llama", "olmo"):
        if ".q_proj." in name:
            return permute(data, heads)
        if ".k_proj." in name:
            return permute(data, config["num_key_value_heads"])
    if kind == "gpt2" and name.endswith((".c_attn.weight", ".c_proj.weight", ".c_fc.weight")):
        return data.T
    if kind == "gpt_neox" and "query_key_value" in name:
        parts = data.reshape(heads, 3, config["hidden_size"] // heads, *data.shape[1:])
        return np.concatenate([parts[:, i].reshape(-1, *data.shape[1:]) for i in range(3)])
    return data


def write(name):
    config = json.loads((MODELS / name / "config.json").read_text())
    kind = config["model_type"]
    arch, prefix = KINDS[kind]
    layers = config.get("num_hidden_layers", config.get("n_layer"))
    heads = config.get("num_attention_heads", config.get("n_head"))
    writer = gguf.GGUFWriter(HERE / "gguf" / f"{name}.gguf", prefix)
    writer.add_block_count(layers)
    writer.add_context_length(config.get("max_position_embeddings", config.get("n_positions")))
    writer.add_embedding_length(config.get("hidden_size", config.get("n_embd")))
    writer.add_feed_forward_length(config.get("intermediate_size", config.get("n_inner")))
    writer.add_head_count(heads)
    if "num_key_value_heads" in config:
        writer.add_head_count_kv(config["num_key_value_heads"])
    if "head_dim" in config:
        writer.add_key_length(config["head_dim"])
        writer.add_value_length(config["head_dim"])
    if "rms_norm_eps" in config:
        writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    elif kind == "olmo":
        writer.add_layer_norm_eps(1e-5)
        writer.add_clamp_kqv(config["clip_qkv"])
    else:
        writer.add_layer_norm_eps(config.get("layer_norm_eps", config.get("layer_norm_epsilon")))
    rope = config.get("rope_parameters")
    if rope is not None:
        writer.add_rope_freq_base(rope["rope_theta"])
        if rope["rope_type"] == "linear":
            writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
            writer.add_rope_scaling_factor(rope["factor"])
    if kind == "gpt_neox":
        width = config["hidden_size"] // heads
        writer.add_rope_dimension_count(int(width * rope["partial_rotary_factor"]))
        writer.add_parallel_residual(config["use_parallel_residual"])
    names = gguf.get_tensor_name_map(arch, layers)
    for key, data in load_file(MODELS / name / "model.safetensors").items():
        if key.startswith("pooler."):
            continue  # the converter drops it
        to = names.get_name(key, try_suffixes=(".weight", ".bias"))
        writer.add_tensor(to, np.ascontiguousarray(moved(kind, key, data, config)))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def blocks():
    rng = np.random.default_rng(5)
    out = {}
    halves = {"F16": [0], "Q8_0": [0], "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208]}
    for name in ["F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q4_K", "Q5_K", "Q6_K"]:
        kind = gguf.GGMLQuantizationType[name]
        elements, size = gguf.GGML_QUANT_SIZES[kind]
        count = max(4, 512 // elements)
        # Any bytes are a valid block as long as its scales are finite: tiny, large, negative and denormal ones included.
        raw = rng.integers(0, 256, (count, size), dtype=np.uint8)
        for at in halves.get(name, []):
            bits = rng.integers(0, 1 << 16, count, dtype=np.uint16)
            bits = np.where((bits & 0x7C00) == 0x7C00, bits & 0x83FF, bits)
            raw[:, at : at + 2] = bits[:, None].view(np.uint8)
        if name == "F32":
            raw = rng.standard_normal(count).astype(np.float32).view(np.uint8).reshape(count, size)
        if name == "BF16":
            raw = (rng.standard_normal(count).astype(np.float32).view(np.uint32) >> 16).astype(np.uint16).view(np.uint8).reshape(count, size)
        flat = raw.reshape(-1)
        values = dequantize(flat if elements > 1 else flat.view({"F32": np.float32, "F16": np.float16}.get(name, np.uint8)), kind)
        out[f"{name}.bytes"] = flat
        out[f"{name}.values"] = values.astype(np.float32).reshape(-1)
    # A row of weights through the quantisers that gguf-py has.
    weights = rng.standard_normal((2, 256)).astype(np.float32)
    for name in ["Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1"]:
        packed = quantize(weights, gguf.GGMLQuantizationType[name])
        out[f"{name}.weights.bytes"] = packed.reshape(-1)
        out[f"{name}.weights.values"] = dequantize(packed, gguf.GGMLQuantizationType[name]).reshape(-1)
    save_file({key: np.ascontiguousarray(value) for key, value in out.items()}, HERE / "blocks.safetensors")


def llama3_factors():
    from transformers import LlamaConfig
    from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

    made = []
    for factor, width in [(8.0, 128), (32.0, 64)]:
        rope = {"rope_type": "llama3", "rope_theta": 500000.0, "factor": factor, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8192}
        config = LlamaConfig(head_dim=width, hidden_size=width * 2, num_attention_heads=2, rope_parameters=rope)
        scaled, _ = ROPE_INIT_FUNCTIONS["llama3"](config, "cpu")
        plain = 1.0 / 500000.0 ** (np.arange(0, width, 2, dtype=np.float64) / width)
        made.append({"factor": factor, "theta": 500000.0, "width": width, "factors": (plain / scaled.double().numpy()).tolist()})
    (HERE / "llama3-factors.json").write_text(json.dumps(made, indent=1) + "\n")


if __name__ == "__main__":
    (HERE / "gguf").mkdir(exist_ok=True)
    for one in NAMES:
        write(one)
    blocks()
    llama3_factors()
