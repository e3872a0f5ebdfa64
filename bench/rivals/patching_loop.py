"""The plain PyTorch loop: the model of transformers, one whole forward pass with hooks per member, all prompts at once."""

import sys
import time
from contextlib import ExitStack

import torch
import transformers
from patching_common import Task, serve

TASK = Task(sys.argv[1])
MODEL = TASK.hugging_face()
CONFIG = MODEL.config
LAYERS, HEADS = CONFIG.num_hidden_layers, CONFIG.num_attention_heads
BASE = MODEL.base_model
BLOCKS = BASE.h if hasattr(BASE, "h") else BASE.layers


def projection(layer):
    """The linear map whose input is all heads' z, side by side."""
    block = BLOCKS[layer]
    return block.attn.c_proj if hasattr(block, "attn") else block.self_attn.o_proj


def forward(tokens, inputs=(), outputs=()):
    """The logits, with functions of a module's input and of its output in the way."""
    with ExitStack() as hooks:
        for module, change in inputs:
            hook = module.register_forward_pre_hook(lambda _, args, change=change: (change(args[0]), *args[1:]))
            hooks.callback(hook.remove)
        for module, change in outputs:
            hooks.callback(module.register_forward_hook(lambda _, args, out, change=change: change(out)).remove)
        return MODEL(tokens, use_cache=False).logits


def capture(tokens, modules, side):
    """What goes into each module, or comes out of it."""
    found = {}

    def keeping(module):
        def keep(value):
            found[module] = value
            return value

        return keep

    hooks = [(module, keeping(module)) for module in modules]
    logits = forward(tokens, **{side: hooks})
    return [found[module] for module in modules], logits


def constant(value):
    return lambda _: value


def replacing(part, value):
    def change(whole):
        whole = whole.clone()
        whole[part] = value
        return whole

    return change


def run(asked):
    start = time.perf_counter()
    projections = [projection(layer) for layer in range(LAYERS)]
    width = projections[0].weight.shape[0 if hasattr(BASE, "h") else 1] // HEADS
    members = TASK.members(LAYERS, HEADS)
    frozen = TASK.sweep in ("d", "d-mlps")
    z, logits = capture(TASK.tokens, projections, "inputs") if frozen else (None, MODEL(TASK.tokens).logits)
    clean = TASK.logit_difference(logits)
    if TASK.sweep == "c":
        reference, _ = capture(TASK.reference, projections, "inputs")
        donor = [one.mean((0, 1)) for one in reference]
    elif TASK.sweep == "b":
        donor, _ = capture(TASK.partner, list(BLOCKS), "inputs")
    else:
        donor, _ = capture(TASK.partner, projections, "inputs")
    mlps = [block.mlp for block in BLOCKS]
    mlp_out = capture(TASK.tokens, mlps, "outputs")[0] if TASK.sweep == "d" else None
    shared = time.perf_counter() - start
    values = []
    for layer, other in members if asked is None else [members[one] for one in asked]:
        columns = slice(other * width, (other + 1) * width)
        inputs, outputs = [], []
        if TASK.sweep == "b":
            inputs = [(BLOCKS[layer], replacing((slice(None), other), donor[layer][:, other]))]
        elif TASK.sweep == "a":
            part = (slice(None), -1, columns)
            inputs = [(projections[layer], replacing(part, donor[layer][part]))]
        else:
            part = (..., columns)
            inputs = [(projections[layer], replacing(part, donor[layer][part]))]
        if frozen:
            patched = inputs[0][1](z[layer])
            inputs = [(projections[at], constant(patched if at == layer else z[at])) for at in range(LAYERS)]
            if TASK.sweep == "d":
                outputs = [(mlp, constant(out)) for mlp, out in zip(mlps, mlp_out)]
        values.append(TASK.logit_difference(forward(TASK.tokens, inputs, outputs)) - clean)
    return shared, values


serve(f"torch {torch.__version__}, transformers {transformers.__version__}", run)
