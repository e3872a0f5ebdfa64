"""What an expert would write by hand in PyTorch for these sweeps: nothing is computed twice that members share, members run side by
side, only positions that can have changed are computed, and of the last layer only the last position.

A member starts in the residual stream behind the attention of its layer (or before its layer, for the residual stream), and joins
the members of earlier layers, so that matrix products are large. Keys and values of unchanged positions are those of the clean run
and are not copied per member.
"""

import sys
import time

import torch
import torch.nn.functional as F
from patching_common import Task, serve

TASK = Task(sys.argv[1])
# Rows of a matrix product beyond which nothing is gained.
ROWS = 2048


class Gpt2:
    """Weights of GPT-2 as functions of a block: x is [..., width], heads are [..., head, d_head]."""

    def __init__(self, model):
        body = model.transformer
        self.blocks, self.final = body.h, body.ln_f
        self.embed, self.positions = body.wte.weight, body.wpe.weight
        self.unembed = model.lm_head.weight
        self.heads = self.groups = model.config.n_head

    def start(self, tokens):
        return self.embed[tokens] + self.positions[: tokens.shape[1]]

    def query(self, layer, x, at):
        size = x.shape[-1]
        projection = self.blocks[layer].attn.c_attn
        normed = self.blocks[layer].ln_1(x)
        out = normed @ projection.weight[:, :size] + projection.bias[:size]
        return out.unflatten(-1, (self.heads, -1))

    def keys_values(self, layer, x, at):
        size = x.shape[-1]
        projection = self.blocks[layer].attn.c_attn
        normed = self.blocks[layer].ln_1(x)
        out = normed @ projection.weight[:, size:] + projection.bias[size:]
        return out.unflatten(-1, (2, self.heads, -1)).unbind(-3)

    def out(self, layer, z):
        return self.blocks[layer].attn.c_proj(z)

    def head_out(self, layer):
        """[head, d_head, width]"""
        return self.blocks[layer].attn.c_proj.weight.unflatten(0, (self.heads, -1))

    def mlp(self, layer, x):
        return self.blocks[layer].mlp(self.blocks[layer].ln_2(x))


class Llama:
    def __init__(self, model):
        body = model.model
        self.blocks, self.final = body.layers, body.norm
        self.embed, self.unembed = body.embed_tokens.weight, model.lm_head.weight
        config = model.config
        self.heads, self.groups = config.num_attention_heads, config.num_key_value_heads
        places = torch.arange(TASK.length)[None]
        cos, sin = body.rotary_emb(self.embed, places)
        self.cos, self.sin = cos[0], sin[0]

    def start(self, tokens):
        return self.embed[tokens]

    def turned(self, x, at):
        cos, sin = self.cos[at, None], self.sin[at, None]
        a, b = x.chunk(2, -1)
        return x * cos + torch.cat((-b, a), -1) * sin

    def query(self, layer, x, at):
        block = self.blocks[layer]
        q = block.self_attn.q_proj(block.input_layernorm(x)).unflatten(-1, (self.heads, -1))
        return self.turned(q, at)

    def keys_values(self, layer, x, at):
        block = self.blocks[layer]
        normed = block.input_layernorm(x)
        k = block.self_attn.k_proj(normed).unflatten(-1, (self.groups, -1))
        v = block.self_attn.v_proj(normed).unflatten(-1, (self.groups, -1))
        return self.turned(k, at), v

    def out(self, layer, z):
        return self.blocks[layer].self_attn.o_proj(z)

    def head_out(self, layer):
        return self.blocks[layer].self_attn.o_proj.weight.t().unflatten(0, (self.heads, -1))

    def mlp(self, layer, x):
        block = self.blocks[layer]
        return block.mlp(block.post_attention_layernorm(x))


HUGGING_FACE = TASK.hugging_face()
MODEL = Gpt2(HUGGING_FACE) if hasattr(HUGGING_FACE, "transformer") else Llama(HUGGING_FACE)
LAYERS, HEADS = len(MODEL.blocks), MODEL.heads
LENGTH = TASK.length
# Tokens before this position are equal in a row and its partner, in every row.
FIRST = int((TASK.tokens != TASK.partner).any(0).nonzero().min()) if TASK.sweep != "c" else 0
DIRECTION = MODEL.unembed[TASK.right] - MODEL.unembed[TASK.wrong]


def logit_difference(x, rows=slice(None)):
    """Of the last residual stream, [..., prompt, width]: all of the unembedding that is needed."""
    return (MODEL.final(x) * DIRECTION[rows]).sum(-1)


def attend(layer, x, first, before, last_only):
    """z of the positions `first`.. of x [member, prompt, position, width], or of the last one; `before` has keys and values of the
    earlier positions, [prompt, group, position, d_head], the same for all members."""
    m, n, t, _ = x.shape
    at = torch.arange(first, first + t)
    k, v = MODEL.keys_values(layer, x, at)
    queried = x[:, :, -1:] if last_only else x
    q = MODEL.query(layer, queried, at[-queried.shape[2] :])
    size, groups, each = q.shape[2], MODEL.groups, HEADS // MODEL.groups
    width = q.shape[-1]
    # [member, prompt, group, (head of the group, query), d_head]
    q = q.unflatten(3, (groups, each)).permute(0, 1, 3, 4, 2, 5).reshape(m, n, groups, each * size, width)
    own = q @ k.permute(0, 1, 3, 4, 2)
    mask = torch.ones(size, t, dtype=torch.bool).tril(t - size).logical_not().repeat(each, 1)
    own = own.masked_fill(mask, float("-inf"))
    v = v.permute(0, 1, 3, 2, 4)
    if first > 0:
        k_before, v_before = before
        folded = q.permute(1, 2, 0, 3, 4).reshape(n, groups, m * each * size, width)
        early = (folded @ k_before.transpose(2, 3)).unflatten(2, (m, each * size)).permute(2, 0, 1, 3, 4)
        weights = (torch.cat((early, own), -1) * width**-0.5).softmax(-1)
        early = weights[..., :first].permute(1, 2, 0, 3, 4).reshape(n, groups, m * each * size, first)
        z = (early @ v_before).unflatten(2, (m, each * size)).permute(2, 0, 1, 3, 4) + weights[..., first:] @ v
    else:
        z = (own * width**-0.5).softmax(-1) @ v
    return z.unflatten(3, (each, size)).permute(0, 1, 4, 2, 3, 5).reshape(m, n, size, -1)


class Clean:
    """Per layer: the residual stream before and behind the attention, z, keys and values of a run without changes. With `tail_of`,
    only the positions from `FIRST` on, on the keys and values of that run."""

    def __init__(self, tokens, tail_of=None):
        first = 0 if tail_of is None else FIRST
        x = MODEL.start(tokens)[None, :, first:]
        self.pre, self.mid, self.z, self.keys, self.values = [], [], [], [], []
        for layer in range(LAYERS):
            k, v = MODEL.keys_values(layer, x, torch.arange(first, tokens.shape[1]))
            self.keys.append(k[0].transpose(1, 2))
            self.values.append(v[0].transpose(1, 2))
            before = None if tail_of is None else tail_of.before(layer, first)
            z = attend(layer, x, first, before, last_only=False)
            mid = x + MODEL.out(layer, z)
            self.pre.append(x[0])
            self.z.append(z[0])
            self.mid.append(mid[0])
            x = mid + MODEL.mlp(layer, mid)
        self.last = x[0, :, -1]

    def before(self, layer, first):
        return self.keys[layer][:, :, :first], self.values[layer][:, :, :first]


def through(clean, starts, first, rows, attention=True):
    """Runs members from where they start to the logit difference, [member, prompt]. `starts(layer)`: the members that start at a
    layer, [member, prompt, position, width] in the middle of the block, or None. Without attention, what heads add is clean."""
    live = None
    for layer in range(LAYERS):
        last = layer == LAYERS - 1
        if live is not None and attention:
            before = tuple(one[rows] for one in clean.before(layer, first))
            z = attend(layer, live, first, before, last_only=last)
            live = live[:, :, -z.shape[2] :] + MODEL.out(layer, z)
        elif live is not None:
            live = live + (clean.mid[layer] - clean.pre[layer])[None, rows, -1:]
        new = starts(layer)
        if new is not None:
            new = new[:, :, -1:] if last else new
            live = new if live is None else torch.cat((live, new))
        if live is not None:
            live = live + MODEL.mlp(layer, live)
    return logit_difference(live[:, :, -1], rows)


def chunks(members, positions):
    """Prompts in parts of about as many rows as pay."""
    size = max(1, ROWS // (members * positions))
    return [slice(from_, min(TASK.prompts, from_ + size)) for from_ in range(0, TASK.prompts, size)]


def head_changes(layer, change):
    """What each head adds to the residual stream where its z changes so: [head, ..., width]."""
    per_head = change.unflatten(-1, (HEADS, -1)).movedim(-2, 0)
    matrix = MODEL.head_out(layer)
    return (per_head.flatten(1, -2) @ matrix).unflatten(1, per_head.shape[1:-1])


def patched_heads(clean, donor, first, wanted):
    """Heads changed from `first` on. `donor(layer)`: the new z of those positions; `wanted`: the heads by layer."""

    def starts_of(rows):
        def starts(layer):
            if not wanted[layer]:
                return None
            change = donor(layer)[rows] - clean.z[layer][rows, first:]
            return clean.mid[layer][rows, first:] + head_changes(layer, change)[wanted[layer]]

        return starts

    parts = chunks(sum(len(one) for one in wanted), LENGTH - first)
    return torch.cat([through(clean, starts_of(rows), first, rows) for rows in parts], 1)


def residual_grid(clean, partner, base):
    """Members of positions before the first difference change nothing."""
    found = torch.zeros(LAYERS, LENGTH, TASK.prompts)
    for position in range(FIRST, LENGTH):
        for rows in chunks(LAYERS, LENGTH - position):
            live = None
            for layer in range(LAYERS):
                new = clean.pre[layer][rows, position:].clone()
                new[:, 0] = partner.pre[layer][rows, position - FIRST]
                live = new[None] if live is None else torch.cat((live, new[None]))
                before = tuple(one[rows] for one in clean.before(layer, position))
                z = attend(layer, live, position, before, last_only=layer == LAYERS - 1)
                live = live[:, :, -z.shape[2] :] + MODEL.out(layer, z)
                live = live + MODEL.mlp(layer, live)
            found[:, position, rows] = logit_difference(live[:, :, -1], rows) - base[rows]
    return found.flatten(0, 1)


def sweep(asked):
    """The shared seconds, and the values. The mean ablation is long enough to be asked for some members, in the family's order; of
    the others all are run at once, since an expert has no use for one alone."""
    start = time.perf_counter()
    clean = Clean(TASK.tokens)
    base = logit_difference(clean.last)
    every = [list(range(HEADS)) for _ in range(LAYERS)]
    if TASK.sweep == "c":
        means = [one.mean((0, 1)) for one in Clean(TASK.reference).z]
        if asked is not None:
            every = [[one % HEADS for one in asked if one // HEADS == layer] for layer in range(LAYERS)]
        shared = time.perf_counter() - start
        return shared, patched_heads(clean, lambda layer: means[layer].expand_as(clean.z[layer]), 0, every) - base
    partner = Clean(TASK.partner, tail_of=clean)
    if TASK.sweep == "a":
        values = patched_heads(clean, lambda layer: partner.z[layer][:, -1:], LENGTH - 1, every) - base
    elif TASK.sweep == "a-all":
        values = patched_heads(clean, lambda layer: partner.z[layer], FIRST, every) - base
    elif TASK.sweep == "b":
        values = residual_grid(clean, partner, base)
    else:
        changes = [head_changes(layer, partner.z[layer][:, -1:] - clean.z[layer][:, -1:]) for layer in range(LAYERS)]
        if TASK.sweep == "d":
            values = logit_difference(clean.last + torch.cat(changes)[:, :, 0]) - base
        else:
            rows = slice(0, TASK.prompts)
            values = through(clean, lambda layer: clean.mid[layer][:, -1:] + changes[layer], LENGTH - 1, rows, False) - base
    # Nothing here is by member: a sample takes as long as all.
    return time.perf_counter() - start, values if asked is None else values[asked]


def run(asked):
    shared, values = sweep(asked)
    return shared, list(values)


serve(f"torch {torch.__version__}", run)
