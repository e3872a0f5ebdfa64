// A transformer of toy size built straight from operators, with sites that a test may replace. Shares no code with the model builder.
import type { GraphBuilder, ValueId } from '../../src/compiler/ir/graph.js';
import {
  elementwise,
  renameAxis,
  softmaxNamed,
  transposeNamed,
  unary,
  whereNamed,
} from '../../src/compiler/ir/named.js';
import { dotNamed } from '../../src/compiler/ir/named-dot.js';
import type { Axis, Dim } from '../../src/compiler/ir/tensor-type.js';

export const TINY = { layers: 3, heads: 2, d_head: 3, d_model: 6, d_mlp: 8, vocab: 7 } as const;
export type Site = (path: string, value: ValueId) => ValueId;

/** Logits [example, pos, vocab] of tokens [example, pos]. `site` sees `l.z`, `l.attn_out`, `l.mlp`, `l.resid` and returns what is used instead. */
/** `triangle`: the mask stands on queries and keys as the last two axes, which passes know to be causal; `named`: as names order it. */
export function tinyTransformer(
  b: GraphBuilder,
  tokens: ValueId,
  site: Site = (_, value) => value,
  mask: 'named' | 'triangle' = 'named',
): ValueId {
  const { layers, heads, d_head, d_model, d_mlp, vocab } = TINY;
  const size: Readonly<Record<string, Dim>> = { d_model, head: heads, d_head, d_mlp, vocab, pos: 16 };
  const axis = (name: string): Axis => ({ name, size: size[name] ?? 'pos' });
  const weight = (name: string, ...axes: readonly string[]) =>
    b.weight({ name, digest: name, type: { dtype: 'f32', axes: axes.map(axis) } });
  const norm = (x: ValueId, name: string) =>
    b.add(
      { name: 'LayerNormalization', attrs: { axis: 2, epsilon: 1e-5 } },
      x,
      weight(`${name}.w`, 'd_model'),
      weight(`${name}.b`, 'd_model'),
    );
  const add = (x: ValueId, y: ValueId) => elementwise(b, 'Add', x, y);
  const pos: Axis = { name: 'pos', size: 'pos' };
  const iota = b.add({ name: 'Iota', attrs: { axis: pos } });
  const embed = b.add({ name: 'Gather', attrs: { axis: 0 } }, weight('W_E', 'vocab', 'd_model'), tokens);
  const place = b.add({ name: 'Gather', attrs: { axis: 0 } }, weight('W_pos', 'pos', 'd_model'), iota);
  let x = add(embed, place);
  const causal = elementwise(
    b,
    'GreaterOrEqual',
    renameAxis(b, iota, 'pos', 'query'),
    renameAxis(b, iota, 'pos', 'key'),
  );
  const masked = b.constant({ dtype: 'f32', axes: [] }, ['-Infinity']);
  for (let l = 0; l < layers; l++) {
    const normed = norm(x, `${l}.ln1`);
    const project = (letter: string, role: string) =>
      dotNamed(
        b,
        renameAxis(b, normed, 'pos', role),
        weight(`${l}.W_${letter}`, 'head', 'd_model', 'd_head'),
        'd_model',
      );
    const scores = dotNamed(b, project('Q', 'query'), project('K', 'key'), 'd_head');
    const pattern = softmaxNamed(
      b,
      mask === 'named' ? whereNamed(b, causal, scores, masked) : triangle(b, scores, masked),
      'key',
    );
    const mixed = dotNamed(b, pattern, project('V', 'key'), 'key');
    const byPosition = renameAxis(
      b,
      transposeNamed(b, mixed, ['example', 'query', 'head', 'd_head']),
      'query',
      'pos',
    );
    const z = site(`${l}.z`, byPosition);
    const attnOut = site(
      `${l}.attn_out`,
      dotNamed(b, z, weight(`${l}.W_O`, 'head', 'd_head', 'd_model'), ['head', 'd_head']),
    );
    x = add(x, attnOut);
    const hidden = unary(
      b,
      { name: 'Gelu', attrs: { approximate: 'none' } },
      dotNamed(b, norm(x, `${l}.ln2`), weight(`${l}.W_in`, 'd_model', 'd_mlp'), 'd_model'),
    );
    x = site(
      `${l}.resid`,
      add(x, site(`${l}.mlp`, dotNamed(b, hidden, weight(`${l}.W_out`, 'd_mlp', 'd_model'), 'd_mlp'))),
    );
  }
  return dotNamed(b, norm(x, 'ln_f'), weight('W_U', 'd_model', 'vocab'), 'd_model');
}

/** Scores [example, head, query, key] where the key is not after the query. */
function triangle(b: GraphBuilder, scores: ValueId, masked: ValueId): ValueId {
  const along = (name: string) => b.add({ name: 'Iota', attrs: { axis: { name, size: 'pos' } } });
  const query = b.add({ name: 'Unsqueeze', attrs: { at: [1], names: ['key'] } }, along('query'));
  const causal = b.add({ name: 'GreaterOrEqual', attrs: {} }, query, along('key'));
  const laidOut = transposeNamed(b, scores, ['example', 'head', 'query', 'key']);
  return b.add({ name: 'Where', attrs: {} }, causal, laidOut, masked);
}
