"""Tiny random models of every architecture, run by Hugging Face transformers: logits, every activation, patched logits.

`python test/oracle/models/architectures.py [name ...]` writes test/oracle/models/<name>/:
  config.json, model.safetensors   as `save_pretrained` writes them
  expected.safetensors             `input`, `site/<path>` (what eisc calls blocks.0.attn.z and so on), `patched/<kind>`
  expected.json                    the output's site, the interventions, and per tensor the largest difference between the
                                   float32 and the float64 run of transformers itself
All numbers are of the float64 run, in which the places where transformers computes in float32 whatever the model's type are
float64 too. Values are taken with forward hooks, by wrapping softmax (scores, pattern) and the rotation (rot_q, rot_k); the
scale of a norm is computed from its input by its formula, and checked against the norm's output.
Needs torch 2.13 and transformers 5.24. The tests read the files only.
"""

import contextlib
import json
import shutil
import sys
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file

HERE = Path(__file__).resolve().parent
LAYERS, WIDTH, HEADS, MLP, VOCAB, LENGTH, ROWS = 2, 16, 4, 24, 24, 6, 2
DECODER = {
    "hidden_size": WIDTH,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": HEADS,
    "intermediate_size": MLP,
    "vocab_size": VOCAB,
    "max_position_embeddings": 16,
    "pad_token_id": None,
    "bos_token_id": 0,
    "eos_token_id": 1,
}
LLAMA3 = {
    "rope_type": "llama3",
    "rope_theta": 10000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 16,
}


def decoder(name, **changes):
    config = getattr(transformers, f"{name}Config")(**{**DECODER, **changes})
    return getattr(transformers, f"{name}ForCausalLM")(config)


def gpt2(**changes):
    sizes = {"n_embd": WIDTH, "n_layer": LAYERS, "n_head": HEADS, "n_positions": 16, "vocab_size": VOCAB}
    return transformers.GPT2LMHeadModel(transformers.GPT2Config(**sizes, n_inner=MLP, bos_token_id=0, eos_token_id=1, **changes))


def bert(head):
    return getattr(transformers, head)(transformers.BertConfig(**{**DECODER, "pad_token_id": 0}))


def vit():
    sizes = {"hidden_size": WIDTH, "num_hidden_layers": LAYERS, "num_attention_heads": HEADS, "intermediate_size": MLP}
    config = transformers.ViTConfig(**sizes, image_size=8, patch_size=4, num_channels=2, num_labels=3)
    return transformers.ViTForImageClassification(config)


MODELS = {
    "gpt2": lambda: gpt2(),
    "gpt2-scaled": lambda: gpt2(scale_attn_by_inverse_layer_idx=True, tie_word_embeddings=False, activation_function="quick_gelu"),
    "neox-parallel": lambda: decoder("GPTNeoX", rope_parameters={"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 0.5}),
    "neox-serial": lambda: decoder("GPTNeoX", use_parallel_residual=False, hidden_act="gelu_new", rope_parameters={"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 1.0}),
    "llama": lambda: decoder("Llama", num_key_value_heads=2, max_position_embeddings=32, rope_parameters=LLAMA3),
    "llama-tied": lambda: decoder("Llama", num_key_value_heads=HEADS, attention_bias=True, mlp_bias=True, tie_word_embeddings=True, rope_parameters={"rope_type": "linear", "rope_theta": 500.0, "factor": 2.0}),
    "mistral": lambda: decoder("Mistral", num_key_value_heads=1, head_dim=6, sliding_window=3),
    "qwen2": lambda: decoder("Qwen2", num_key_value_heads=2, tie_word_embeddings=True),
    "qwen3": lambda: decoder("Qwen3", num_key_value_heads=2, head_dim=6),
    "olmo": lambda: decoder("Olmo", num_key_value_heads=HEADS, clip_qkv=1.5),
    "olmo2": lambda: decoder("Olmo2", num_key_value_heads=2),
    "bert": lambda: bert("BertForMaskedLM"),
    "minilm": lambda: bert("BertModel"),
    "vit": lambda: vit(),
}


def draw(model, seed):
    """Weights large enough that every part of the model matters; gains near one."""
    noise = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            values = torch.randn(parameter.shape, generator=noise)
            gain = parameter.ndim == 1 and name.endswith("weight")
            scale = 0.2 if parameter.ndim == 1 else 1.0 if "embed" in name or "wte" in name else 1.2 / WIDTH**0.5
            parameter.copy_(1 + scale * values if gain else scale * values)


@contextlib.contextmanager
def all_in_double():
    """Where transformers asks for float32 it gets float64."""
    to, as_float = torch.Tensor.to, torch.Tensor.float
    wide = lambda value: torch.float64 if value is torch.float32 else value
    torch.Tensor.to = lambda self, *args, **named: to(self, *map(wide, args), **{k: wide(v) for k, v in named.items()})
    torch.Tensor.float = torch.Tensor.double
    try:
        yield
    finally:
        torch.Tensor.to, torch.Tensor.float = to, as_float


class Taps:
    """Reads values at sites, and replaces them where `writes` has a function."""

    def __init__(self, writes=None):
        self.seen, self.writes, self.handles = {}, writes or {}, []

    def at(self, path, value):
        value = self.writes[path](value) if path in self.writes else value
        self.seen[path] = value.detach().clone()
        return value

    def out(self, module, path, shape=lambda x: x, back=lambda x: x):
        def hook(_, args, result):
            value = result[0] if isinstance(result, tuple) else result
            new = back(self.at(path, shape(value)))
            return (new, *result[1:]) if isinstance(result, tuple) else new

        self.handles.append(module.register_forward_hook(hook))

    def into(self, module, path, shape=lambda x: x, back=lambda x: x):
        def hook(_, args, named):
            if args:
                return (back(self.at(path, shape(args[0]))), *args[1:]), named
            return args, {**named, "hidden_states": back(self.at(path, shape(named["hidden_states"])))}

        self.handles.append(module.register_forward_pre_hook(hook, with_kwargs=True))

    def norm(self, module, site, kind, eps, axes=1, shape=lambda x: x, gain=lambda w: w):
        def hook(_, args, result):
            x = shape(args[0])
            over = tuple(range(-axes, 0))
            centred = x - x.mean(over, keepdim=True) if kind == "layer" else x
            scale = ((centred**2).mean(over, keepdim=True) + eps).sqrt()
            self.seen[f"{site}.scale"] = scale.reshape(scale.shape[: scale.ndim - axes])
            self.seen[f"{site}.normalized"] = normalized = centred / scale
            weight, bias = getattr(module, "weight", None), getattr(module, "bias", None)
            full = normalized * (1 if weight is None else gain(weight)) + (0 if bias is None else bias)
            assert torch.allclose(full, shape(result), rtol=1e-4, atol=1e-5), site

        self.handles.append(module.register_forward_hook(hook))


def split(heads):
    return lambda x: x.reshape(*x.shape[:-1], heads, -1)


def join(x):
    return x.reshape(*x.shape[:-2], -1)


def run(model, inputs, writes=None):
    """Logits (or the pooled output) and the values of all sites."""
    taps = Taps(writes)
    original = torch.nn.functional.softmax
    layer_of = iter(range(LAYERS))

    def softmax(scores, dim=None, dtype=None, **_):
        layer = next(layer_of)
        scores = torch.where(scores < -1e30, torch.tensor(-torch.inf, dtype=scores.dtype), scores)
        scores = taps.at(f"blocks.{layer}.attn.attn_scores", scores)
        return taps.at(f"blocks.{layer}.attn.pattern", original(scores, dim=dim))

    module = sys.modules[type(model).__module__]
    rotate = getattr(module, "apply_rotary_pos_emb", None)
    rotated_layer = iter(range(LAYERS))

    def rotation(q, k, *args, **named):
        layer = next(rotated_layer)
        q, k = rotate(q, k, *args, **named)
        turn = lambda x: x.transpose(1, 2)
        q = turn(taps.at(f"blocks.{layer}.attn.rot_q", turn(q)))
        return q, turn(taps.at(f"blocks.{layer}.attn.rot_k", turn(k)))

    attach(model, taps)
    torch.nn.functional.softmax = softmax
    if rotate is not None:
        module.apply_rotary_pos_emb = rotation
    try:
        with torch.no_grad():
            result = model(**inputs)
    finally:
        torch.nn.functional.softmax = original
        if rotate is not None:
            module.apply_rotary_pos_emb = rotate
        for handle in taps.handles:
            handle.remove()
    return taps.seen


def attach(model, taps):
    kind = model.config.model_type
    {"gpt2": attach_gpt2, "gpt_neox": attach_neox, "bert": attach_bert, "vit": attach_vit}.get(kind, attach_llama)(model, taps)


def attach_gpt2(model, taps):
    base, eps = model.transformer, model.config.layer_norm_epsilon
    taps.out(base.wte, "embed")
    taps.out(base.wpe, "pos_embed", lambda x: x.expand(ROWS, *x.shape[1:]))
    for l, block in enumerate(base.h):
        name = f"blocks.{l}"
        taps.into(block, f"{name}.resid_pre")
        taps.norm(block.ln_1, f"{name}.ln1", "layer", eps)
        taps.out(block.ln_1, f"{name}.attn.in")
        for index, letter in enumerate("qkv"):
            third = lambda x, index=index: split(HEADS)(x[..., index * WIDTH : (index + 1) * WIDTH])
            tap_part(taps, block.attn.c_attn, f"{name}.attn.{letter}", third)
        taps.into(block.attn.c_proj, f"{name}.attn.z", split(HEADS), join)
        taps.out(block.attn, f"{name}.attn_out")
        taps.into(block.ln_2, f"{name}.resid_mid")
        taps.norm(block.ln_2, f"{name}.ln2", "layer", eps)
        taps.out(block.ln_2, f"{name}.mlp.in")
        taps.out(block.mlp.c_fc, f"{name}.mlp.pre")
        taps.into(block.mlp.c_proj, f"{name}.mlp.act")
        taps.out(block.mlp, f"{name}.mlp.out")
        taps.out(block, f"{name}.resid_post")
    attach_end(taps, base.ln_f, model.lm_head, "layer", eps)


def tap_part(taps, module, path, take):
    """Read only: a part of a fused product."""

    def hook(_, args, result):
        taps.at(path, take(result))

    taps.handles.append(module.register_forward_hook(hook))


def attach_end(taps, norm, unembed, kind, eps):
    taps.into(norm, "final.resid_pre")
    taps.norm(norm, "final_norm", kind, eps)
    taps.out(norm, "final_norm.out")
    taps.out(unembed, "logits")


def attach_neox(model, taps):
    base, eps = model.gpt_neox, model.config.layer_norm_eps
    taps.out(base.embed_in, "embed")
    for l, block in enumerate(base.layers):
        name = f"blocks.{l}"
        taps.into(block, f"{name}.resid_pre")
        taps.norm(block.input_layernorm, f"{name}.ln1", "layer", eps)
        taps.out(block.input_layernorm, f"{name}.attn.in")
        for index, letter in enumerate("qkv"):
            third = lambda x, index=index: x.reshape(*x.shape[:-1], HEADS, 3, -1)[..., index, :]
            tap_part(taps, block.attention.query_key_value, f"{name}.attn.{letter}", third)
        taps.into(block.attention.dense, f"{name}.attn.z", split(HEADS), join)
        taps.out(block.attention, f"{name}.attn_out")
        if not model.config.use_parallel_residual:
            taps.into(block.post_attention_layernorm, f"{name}.resid_mid")
        taps.norm(block.post_attention_layernorm, f"{name}.ln2", "layer", eps)
        taps.out(block.post_attention_layernorm, f"{name}.mlp.in")
        taps.out(block.mlp.dense_h_to_4h, f"{name}.mlp.pre")
        taps.into(block.mlp.dense_4h_to_h, f"{name}.mlp.act")
        taps.out(block.mlp, f"{name}.mlp.out")
        taps.out(block, f"{name}.resid_post")
    attach_end(taps, base.final_layer_norm, unembedding(model), "layer", eps)


def unembedding(model):
    return model.get_output_embeddings()


def attach_llama(model, taps):
    base, config = model.model, model.config
    kind = "layer" if config.model_type == "olmo" else "rms"
    eps = 1e-5 if kind == "layer" else config.rms_norm_eps
    groups = config.num_key_value_heads
    after = config.model_type == "olmo2"
    clip = getattr(config, "clip_qkv", None)
    taps.out(base.embed_tokens, "embed")
    for l, block in enumerate(base.layers):
        name, attn = f"blocks.{l}", block.self_attn
        taps.into(block, f"{name}.resid_pre")
        if not after:
            taps.norm(block.input_layernorm, f"{name}.ln1", kind, eps)
        taps.into(attn, f"{name}.attn.in")
        for letter, heads in (("q", HEADS), ("k", groups), ("v", groups)):
            projection = getattr(attn, f"{letter}_proj")
            clipped = lambda x, heads=heads: split(heads)(x if clip is None else x.clamp(-clip, clip))
            taps.out(projection, f"{name}.attn.{letter}", clipped, join)
            own = getattr(attn, f"{letter}_norm", None)
            if own is None:
                continue
            if config.model_type == "qwen3":
                taps.norm(own, f"{name}.attn.{letter}_norm", "rms", eps)
                taps.out(own, f"{name}.attn.{letter}_norm.out")
            else:
                gain = lambda w, heads=heads: w.reshape(heads, -1)
                taps.norm(own, f"{name}.attn.{letter}_norm", "rms", eps, 2, split(heads), gain)
                taps.out(own, f"{name}.attn.{letter}_norm.out", split(heads), join)
        taps.into(attn.o_proj, f"{name}.attn.z", split(HEADS), join)
        taps.out(attn, f"{name}.attn_out")
        if after:
            taps.norm(block.post_attention_layernorm, f"{name}.ln1_post", kind, eps)
            taps.out(block.post_attention_layernorm, f"{name}.attn_out_post")
            tap_sum(taps, block.mlp, f"{name}.resid_mid")
        else:
            taps.into(block.post_attention_layernorm, f"{name}.resid_mid")
            taps.norm(block.post_attention_layernorm, f"{name}.ln2", kind, eps)
        taps.into(block.mlp, f"{name}.mlp.in")
        taps.out(block.mlp.gate_proj, f"{name}.mlp.pre")
        taps.out(block.mlp.up_proj, f"{name}.mlp.pre_linear")
        taps.into(block.mlp.down_proj, f"{name}.mlp.act")
        taps.out(block.mlp, f"{name}.mlp.out")
        if after:
            taps.norm(block.post_feedforward_layernorm, f"{name}.ln2_post", kind, eps)
            taps.out(block.post_feedforward_layernorm, f"{name}.mlp.out_post")
        taps.out(block, f"{name}.resid_post")
    attach_end(taps, base.norm, unembedding(model), kind, eps)


def tap_sum(taps, module, path):
    """Where no norm stands between, the MLP reads the stream itself."""

    def hook(_, args):
        taps.seen[path] = args[0].detach().clone()

    taps.handles.append(module.register_forward_pre_hook(hook))


def attach_bert(model, taps):
    base, eps = getattr(model, "bert", model), model.config.layer_norm_eps
    wide = lambda x: x.expand(ROWS, LENGTH, WIDTH)
    embeddings = base.embeddings
    taps.out(embeddings.word_embeddings, "embed")
    taps.out(embeddings.token_type_embeddings, "segment_embed", wide)
    taps.out(embeddings.position_embeddings, "pos_embed", wide)
    taps.into(embeddings.LayerNorm, "embed_sum")
    taps.norm(embeddings.LayerNorm, "embed_norm", "layer", eps)
    for l, block in enumerate(base.encoder.layer):
        name, attn = f"blocks.{l}", block.attention
        taps.into(block, f"{name}.resid_pre")
        taps.into(getattr(attn, "self"), f"{name}.attn.in")
        for letter, module in (("q", "query"), ("k", "key"), ("v", "value")):
            taps.out(getattr(getattr(attn, "self"), module), f"{name}.attn.{letter}", split(HEADS), join)
        taps.into(attn.output.dense, f"{name}.attn.z", split(HEADS), join)
        taps.out(attn.output.dense, f"{name}.attn_out")
        taps.into(attn.output.LayerNorm, f"{name}.resid_mid")
        taps.norm(attn.output.LayerNorm, f"{name}.ln1", "layer", eps)
        taps.out(attn.output.LayerNorm, f"{name}.normalized_resid_mid")
        taps.into(block.intermediate, f"{name}.mlp.in")
        taps.out(block.intermediate.dense, f"{name}.mlp.pre")
        taps.into(block.output.dense, f"{name}.mlp.act")
        taps.out(block.output.dense, f"{name}.mlp.out")
        taps.into(block.output.LayerNorm, f"{name}.resid_post")
        taps.norm(block.output.LayerNorm, f"{name}.ln2", "layer", eps)
        taps.out(block.output.LayerNorm, f"{name}.normalized_resid_post")
    if hasattr(model, "cls"):
        taps.into(model.cls, "final.resid_pre")
        transform = model.cls.predictions.transform
        taps.out(transform.dense, "mlm_head.pre")
        taps.into(transform.LayerNorm, "mlm_head.act")
        taps.norm(transform.LayerNorm, "final_norm", "layer", eps)
        taps.out(transform.LayerNorm, "final_norm.out")
        taps.out(model.cls.predictions.decoder, "logits")
    else:
        taps.into(base.pooler, "final.resid_pre")
        taps.out(base.pooler.dense, "pooler.pre")
        taps.out(base.pooler, "pooler.out")


def attach_vit(model, taps):
    base, eps = model.vit, model.config.layer_norm_eps
    positions = base.embeddings.position_embeddings
    tap_embeddings(taps, base.embeddings, positions)
    for l, block in enumerate(base.layers):
        name, attn = f"blocks.{l}", block.attention
        taps.into(block, f"{name}.resid_pre")
        taps.norm(block.layernorm_before, f"{name}.ln1", "layer", eps)
        taps.out(block.layernorm_before, f"{name}.attn.in")
        for letter in "qkv":
            taps.out(getattr(attn, f"{letter}_proj"), f"{name}.attn.{letter}", split(HEADS), join)
        taps.into(attn.o_proj, f"{name}.attn.z", split(HEADS), join)
        taps.out(attn, f"{name}.attn_out")
        taps.into(block.layernorm_after, f"{name}.resid_mid")
        taps.norm(block.layernorm_after, f"{name}.ln2", "layer", eps)
        taps.out(block.layernorm_after, f"{name}.mlp.in")
        taps.out(block.mlp.fc1, f"{name}.mlp.pre")
        taps.into(block.mlp.fc2, f"{name}.mlp.act")
        taps.out(block.mlp, f"{name}.mlp.out")
        taps.out(block, f"{name}.resid_post")
    attach_end(taps, base.layernorm, model.classifier, "layer", eps)


def tap_embeddings(taps, embeddings, positions):
    def hook(_, args, result):
        taps.at("pos_embed", positions.expand_as(result))
        taps.at("embed", result - positions)

    taps.handles.append(embeddings.register_forward_hook(hook))


def interventions(clean, other):
    """Name of each kind, the site, what a reader needs to do it again, and the function."""
    direction = [0.5 if i % 3 == 0 else -0.25 for i in range(WIDTH)]
    last = f"blocks.{LAYERS - 1}"

    def zero(z):
        return torch.cat([z[:, :, :1], torch.zeros_like(z[:, :, 1:2]), z[:, :, 2:]], 2)

    def head_of_other_row(z):
        return torch.cat([z.flip(0)[:, :, :1], z[:, :, 1:]], 2)

    def mean(x):
        return x.mean((0, 1), keepdim=True).expand_as(x)

    def add(x):
        return x + torch.tensor(direction, dtype=x.dtype)

    return {
        "zero": ("blocks.0.attn.z", {"head": 1}, zero, clean),
        "mean": (f"{last}.mlp.act", {}, mean, clean),
        "add": (f"{last}.resid_pre", {"vector": direction}, add, clean),
        "interchange": (f"{last}.attn.z", {"head": 0}, head_of_other_row, clean),
        "scale": (f"{last}.attn_out", {"factor": 0.5}, lambda x: 0.5 * x, clean),
        "freeze": ("blocks.0.attn.pattern", {}, "clean", other),
    }


def fixture(name, make):
    torch.manual_seed(0)
    model = make().eval()
    model.set_attn_implementation("eager")
    draw(model, seed=sorted(MODELS).index(name))
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder, safe_serialization=True)
    (folder / "generation_config.json").unlink(missing_ok=True)

    noise = torch.Generator().manual_seed(77)
    if model.config.model_type == "vit":
        # Eighths, so that float32 holds them exactly.
        images = (torch.randn((ROWS, 2, 8, 8), generator=noise) * 8).round() / 8
        inputs = lambda dtype, x=images: {"pixel_values": x.to(dtype)}
        others = lambda dtype: {"pixel_values": images.flip(3).to(dtype)}
        raw, raw_other = images, images.flip(3).contiguous()
    else:
        tokens = torch.randint(0, VOCAB, (ROWS, LENGTH), generator=noise)
        inputs, others = lambda dtype: {"input_ids": tokens}, lambda dtype: {"input_ids": tokens.flip(1)}
        raw, raw_other = tokens, tokens.flip(1).contiguous()

    def everything(dtype):
        seen = run(model, inputs(dtype))
        output = "pooler.out" if "pooler.out" in seen else "logits"
        patched = {}
        for kind, (path, _, change, given) in interventions(inputs, others).items():
            write = (lambda _, path=path: seen[path]) if change == "clean" else change
            result = run(model, given(dtype), {path: write})
            patched[kind] = result[output]
            assert not torch.allclose(result[output], seen[output]), kind
        return seen, patched, output

    narrow, narrow_patched, output = everything(torch.float32)
    model.double()
    with all_in_double():
        exact, exact_patched, _ = everything(torch.float64)

    tensors, errors = {"input": raw, "other_input": raw_other}, {}

    def store(key, wide, single):
        finite = torch.isfinite(wide)
        errors[key] = float((wide[finite] - single[finite].double()).abs().max())
        assert wide.dtype == torch.float64, key
        tensors[key] = wide.float().contiguous()

    for path in exact:
        store(f"site/{path}", exact[path], narrow[path])
    for kind in exact_patched:
        store(f"patched/{kind}", exact_patched[kind], narrow_patched[kind])
    save_file(tensors, folder / "expected.safetensors")
    facts = {
        "transformers": transformers.__version__,
        "torch": torch.__version__,
        "output": output,
        "interventions": {kind: {"site": path, **facts} for kind, (path, facts, *_) in interventions(inputs, others).items()},
        "float32_error": errors,
    }
    for path in folder.glob("*.safetensors"):
        path.chmod(0o644)
    (folder / "expected.json").write_text(json.dumps(facts, indent=1) + "\n")


def main():
    torch.set_num_threads(1)
    for name in sys.argv[1:] or MODELS:
        fixture(name, MODELS[name])
        print(name, sum(path.stat().st_size for path in (HERE / name).iterdir()), "bytes")


if __name__ == "__main__":
    main()
