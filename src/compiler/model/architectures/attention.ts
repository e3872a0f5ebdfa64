// Attention on values that are already projected by named heads. Every step is one value that all later steps read, so that what
// is written at a site reaches the output. Key/value groups keep an axis of their own and are repeated for the scores only.
import type { GraphBuilder, ValueId } from '../../ir/graph.js';
import { axis } from '../../ir/tensor-type.js';
import { add, matmul, multiply, scalar, transpose } from '../layers.js';
import type { Draft } from './draft.js';
import { type Letter, type OutputProjection, type Projection, wideAxis } from './projections.js';

export type AttentionRequest = {
  /** `blocks.0`. */
  readonly block: string;
  readonly query: Projection;
  readonly key: Projection;
  readonly value: Projection;
  readonly output: OutputProjection;
  /** Factor of the scores. */
  readonly scale: number;
  /** What is done to q and k before the scores (norms, rotation); each step marks its own site. */
  readonly prepare?: (letter: 'q' | 'k', x: ValueId) => ValueId;
  /** What is done to q, k and v before they are sites. */
  readonly clip?: number | null;
  readonly mask: Mask;
};

/** Which keys a query reads: all; none after it; none after it and only the last `window`. */
export type Mask = { readonly kind: 'none' } | { readonly kind: 'causal'; readonly window: number | null };

/** Attention of a block on x [example, pos, d_model], which is `attn.in`; returns its output, which is `attn_out`. */
export function attention(draft: Draft, x: ValueId, request: AttentionRequest): ValueId {
  const { b } = draft;
  const { block, query, prepare = (_, same) => same } = request;
  const attn = `${block}.attn`;
  const q = draft.mark(`${attn}.q`, 'heads', projected(draft, x, request, 'Q'));
  const k = draft.mark(`${attn}.k`, 'heads', projected(draft, x, request, 'K'));
  const v = draft.mark(`${attn}.v`, 'heads', projected(draft, x, request, 'V'));
  const queries = prepare('q', q);
  const keys = perQueryHead(b, prepare('k', k), query, request.key);
  const values = perQueryHead(b, v, query, request.value);
  // [example, head, query, d_head] x [example, head, d_head, key]
  const dots = matmul(b, transpose(b, queries, [0, 2, 1, 3]), transpose(b, keys, [0, 2, 3, 1]));
  const scores = draft.mark(
    `${attn}.attn_scores`,
    'heads',
    masked(draft, multiply(b, dots, scalar(b, request.scale)), request.mask),
  );
  const pattern = draft.mark(
    `${attn}.pattern`,
    'heads',
    b.add({ name: 'Softmax', attrs: { axis: 3 } }, scores),
  );
  const mixed = transpose(b, matmul(b, pattern, transpose(b, values, [0, 2, 1, 3])), [0, 2, 1, 3]);
  const names = ['example', 'pos', 'head', 'd_head'];
  const z = draft.mark(`${attn}.z`, 'heads', b.add({ name: 'Rename', attrs: { names } }, mixed));
  return draft.mark(`${block}.attn_out`, 'heads', output(draft, z, request));
}

/** q, k or v: [example, query or key, heads, d_head]. One flat product is several times faster than one per head. */
function projected(draft: Draft, x: ValueId, request: AttentionRequest, letter: Letter): ValueId {
  const { b } = draft;
  const role = letter === 'Q' ? 'query' : 'key';
  const { heads, matrix, bias } = { Q: request.query, K: request.key, V: request.value }[letter];
  const named = b.add({ name: 'Rename', attrs: { names: ['example', role, 'd_model'] } }, x);
  const axes = draft.perPosition(role, [heads.axis, heads.count], ['d_head', heads.width]);
  const split = b.add({ name: 'Reshape', attrs: { axes } }, matmul(b, named, matrix));
  const biased = bias === undefined ? split : add(b, split, bias);
  const { clip } = request;
  if (clip === undefined || clip === null) return biased;
  return b.add({ name: 'Clip', attrs: { min: -clip, max: clip } }, biased);
}

/** Keys or values with a copy per query head: query head h reads group floor(h * groups / heads). */
function perQueryHead(b: GraphBuilder, x: ValueId, query: Projection, own: Projection): ValueId {
  const heads = query.heads.count;
  const groups = own.heads.count;
  if (own.heads.axis === 'head') return x;
  const group = Array.from({ length: heads }, (_, head) => Math.floor((head * groups) / heads));
  const index = b.constant({ dtype: 'i64', axes: [axis('head', heads)] }, group);
  return b.add({ name: 'Gather', attrs: { axis: 2 } }, x, index);
}

function masked(draft: Draft, scores: ValueId, mask: Mask): ValueId {
  // Scores without a mask are the product itself, which is a value of its own already.
  if (mask.kind === 'none') return scores;
  const { b, sizes } = draft;
  const column = (role: 'query' | 'key', at: number, other: string): ValueId => {
    const index = b.add({ name: 'Iota', attrs: { axis: axis(role, sizes.positions) } });
    return b.add({ name: 'Unsqueeze', attrs: { at: [at], names: [other] } }, index);
  };
  const query = column('query', 1, 'key');
  const key = column('key', 0, 'query');
  let hidden = b.add({ name: 'Less', attrs: {} }, query, key);
  if (mask.window !== null) {
    const window = b.constant({ dtype: 'i64', axes: [] }, [mask.window]);
    const oldest = b.add({ name: 'Sub', attrs: {} }, query, window);
    const tooOld = b.add({ name: 'LessOrEqual', attrs: {} }, key, oldest);
    hidden = b.add({ name: 'Or', attrs: {} }, hidden, tooOld);
  }
  return b.add({ name: 'Where', attrs: {} }, hidden, scalar(b, '-Infinity'), scores);
}

/** The sum over heads of z W_O, and the bias. The per-head terms are the summand site `result`. */
function output(draft: Draft, z: ValueId, { block, query, output: out }: AttentionRequest): ValueId {
  const { b } = draft;
  const wide = b.add(
    { name: 'Reshape', attrs: { axes: draft.perPosition('pos', wideAxis(query.heads)) } },
    z,
  );
  const sum = matmul(b, wide, out.matrix);
  // [example, head, pos, d_head] x [head, d_head, d_model], then back to [example, pos, head, d_model]
  const perHead = transpose(b, matmul(b, transpose(b, z, [0, 2, 1, 3]), out.perHead), [0, 2, 1, 3]);
  draft.markSummand(`${block}.attn.result`, perHead, sum, 2);
  return out.bias === undefined ? sum : add(b, sum, out.bias);
}
