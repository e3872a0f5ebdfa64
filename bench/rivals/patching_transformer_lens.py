"""TransformerLens: its documented functions of activation patching where it has one for the sweep, otherwise a loop over
`run_with_hooks` as in its demonstrations. The partner is what it calls the clean run: its activations go into the row's."""

import os
import sys
import time
from functools import partial
from importlib.metadata import version

os.environ["TQDM_DISABLE"] = "1"

import pandas as pd  # noqa: E402
import torch  # noqa: E402
from patching_common import Task, serve  # noqa: E402
from transformer_lens import patching  # noqa: E402
from transformer_lens.model_bridge import TransformerBridge  # noqa: E402
from transformers import AutoTokenizer  # noqa: E402

TASK = Task(sys.argv[1])


def boot():
    model = TASK.hugging_face()
    model.set_attn_implementation("eager")  # as the bridge loads it by itself: hooks need scores and patterns
    folder, file = TASK.model["folder"], TASK.model["gguf"]
    options = {} if file is None else {"tokenizer": AutoTokenizer.from_pretrained(folder, gguf_file=file)}
    bridge = TransformerBridge.boot_transformers(folder, hf_model=model, dtype=torch.float32, **options)
    bridge.enable_compatibility_mode(disable_warnings=True)
    return bridge


MODEL = boot()
LAYERS, HEADS = MODEL.cfg.n_layers, MODEL.cfg.n_heads


def z_name(layer):
    return f"blocks.{layer}.attn.hook_z"


def cached(tokens, names):
    """The logits and the activations of these names alone."""
    return MODEL.run_with_cache(tokens, names_filter=lambda name: name in names)


def set_last_position(activation, index, clean):
    layer, head = index
    activation[:, -1, head] = clean[:, -1, head]
    return activation


DOCUMENTED = {
    "a": (partial(patching.generic_activation_patch, patch_setter=set_last_position, activation_name="z"), ["layer", "head"]),
    "a-all": (patching.get_act_patch_attn_head_out_all_pos, ["layer", "head"]),
    "b": (patching.get_act_patch_resid_pre, ["layer", "pos"]),
}


def documented(members):
    function, names = DOCUMENTED[TASK.sweep]
    start = time.perf_counter()
    if TASK.sweep == "b":
        wanted = {f"blocks.{layer}.hook_resid_pre" for layer in range(LAYERS)}
    else:
        wanted = {z_name(layer) for layer in range(LAYERS)}
    _, cache = cached(TASK.partner, wanted)
    base = TASK.logit_difference(MODEL(TASK.tokens))
    shared = time.perf_counter() - start
    # Given the members, a function runs those alone; without, it makes the same list from the names of its axes.
    result = patching.generic_activation_patch(
        MODEL,
        TASK.tokens,
        cache,
        TASK.logit_difference,
        function.keywords["patch_setter"],
        function.keywords["activation_name"],
        index_df=pd.DataFrame(members, columns=names),
        reduce="none",
    )
    return shared, list(result.values - base)


def replaced(activation, hook, head, value):
    activation[:, :, head] = value
    return activation


def mean_ablation(members):
    start = time.perf_counter()
    _, cache = cached(TASK.reference, {z_name(layer) for layer in range(LAYERS)})
    means = [cache[z_name(layer)].mean((0, 1)) for layer in range(LAYERS)]
    base = TASK.logit_difference(MODEL(TASK.tokens))
    shared = time.perf_counter() - start
    values = []
    for layer, head in members:
        hook = partial(replaced, head=head, value=means[layer][head])
        logits = MODEL.run_with_hooks(TASK.tokens, fwd_hooks=[(z_name(layer), hook)])
        values.append(TASK.logit_difference(logits) - base)
    return shared, values


def frozen(activation, hook, value):
    return value


def path_patching(members):
    """Every head's z is that of the row, except the sender's; the last residual reads what the sender alone changes."""
    start = time.perf_counter()
    names = {z_name(layer) for layer in range(LAYERS)}
    mlps = {f"blocks.{layer}.hook_mlp_out" for layer in range(LAYERS)} if TASK.sweep == "d" else set()
    logits, cache = cached(TASK.tokens, names | mlps)
    _, partner = cached(TASK.partner, names)
    base = TASK.logit_difference(logits)
    freezing = [(name, partial(frozen, value=cache[name])) for name in sorted(names | mlps)]
    shared = time.perf_counter() - start
    values = []
    for layer, head in members:
        name = z_name(layer)
        sent = cache[name].clone()
        sent[:, :, head] = partner[name][:, :, head]
        hooks = [one for one in freezing if one[0] != name] + [(name, partial(frozen, value=sent))]
        logits = MODEL.run_with_hooks(TASK.tokens, fwd_hooks=hooks)
        values.append(TASK.logit_difference(logits) - base)
    return shared, values


HOW = {"a": documented, "a-all": documented, "b": documented, "c": mean_ablation, "d": path_patching, "d-mlps": path_patching}


def run(asked):
    members = TASK.members(LAYERS, HEADS)
    return HOW[TASK.sweep](members if asked is None else [members[one] for one in asked])


serve(f"transformer_lens {version('transformer-lens')}, torch {torch.__version__}", run)
