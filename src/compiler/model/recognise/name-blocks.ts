// Recognised blocks to marks: which value of the file is which site, with the field's names of axes and paths.
import type { ValueId } from '../../ir/graph.js';
import type { Part } from '../model-graph.js';
import type { Headed } from './attention.js';
import type { Block } from './blocks.js';
import type { GraphFacts, Product } from './graph-facts.js';
import type { Mark, WeightMark } from './marks.js';
import type { Norm } from './norms.js';

const STREAM = ['example', 'pos', 'd_model'];
const NEURONS = ['example', 'pos', 'd_mlp'];

export type NamedBlocks = {
  readonly marks: readonly Mark[];
  readonly weights: readonly WeightMark[];
  readonly norms: ReadonlyMap<ValueId, { readonly norm: Norm; readonly site: string }>;
};

/** Marks of all blocks in the order in which values are computed. `final`: the norm before the output. */
export function nameBlocks(facts: GraphFacts, blocks: readonly Block[], final: Norm | null): NamedBlocks {
  const marks: Mark[] = [];
  const weights: WeightMark[] = [];
  const norms = new Map<ValueId, { readonly norm: Norm; readonly site: string }>();
  const mark = (path: string, part: Part, value: ValueId, names: readonly string[]): void => {
    marks.push({ path, part, value, names });
  };
  for (const [layer, block] of blocks.entries()) {
    const name = `blocks.${layer}`;
    const { attention, mlp } = block;
    mark(`${name}.resid_pre`, 'resid', block.residPre, STREAM);
    if (block.ln1 !== null) norms.set(block.ln1.value, { norm: block.ln1, site: `${name}.ln1` });
    if (block.ln2 !== null) norms.set(block.ln2.value, { norm: block.ln2, site: `${name}.ln2` });
    marks.push(...headMarks(facts, block, name));
    mark(`${name}.attn_out`, 'heads', block.attnOut, STREAM);
    if (block.residMid !== null) mark(`${name}.resid_mid`, 'resid', block.residMid, STREAM);
    if (block.norms === 'after' && block.ln1 !== null)
      mark(`${name}.normalized_resid_mid`, 'resid', block.ln1.value, STREAM);
    if (mlp !== null) {
      const readers = readersToward(facts, mlp.input, [mlp.pre, mlp.linear ?? mlp.pre], [block.residPost]);
      marks.push({ path: `${name}.mlp.in`, part: 'mlps', value: mlp.input, names: STREAM, readers });
      mark(`${name}.mlp.pre`, 'mlps', mlp.pre, NEURONS);
      if (mlp.linear !== null) mark(`${name}.mlp.pre_linear`, 'mlps', mlp.linear, NEURONS);
      mark(`${name}.mlp.act`, 'mlps', mlp.act, NEURONS);
      mark(`${name}.mlp.out`, 'mlps', mlp.out, STREAM);
      weights.push(...productWeights(mlp.into, `weights.${name}.mlp`, 'in', ['d_model', 'd_mlp']));
      weights.push(...productWeights(mlp.from, `weights.${name}.mlp`, 'out', ['d_mlp', 'd_model']));
    }
    mark(`${name}.resid_post`, 'resid', block.residPost, STREAM);
    if (block.norms === 'after' && block.ln2 !== null)
      mark(`${name}.normalized_resid_post`, 'resid', block.ln2.value, STREAM);
    const { attention: own } = block;
    const inputs = [own.q.value, own.k.value, own.v.value];
    const others = [block.residMid, block.residPost].filter((one) => one !== null);
    const readers = readersToward(facts, attention.input, inputs, others);
    marks.push({ path: `${name}.attn.in`, part: 'heads', value: attention.input, names: STREAM, readers });
  }
  const last = blocks.at(-1);
  if (last !== undefined) {
    const end = last.norms === 'after' && last.ln2 !== null ? last.ln2.value : last.residPost;
    mark('final.resid_pre', 'resid', end, STREAM);
  }
  if (final !== null) {
    norms.set(final.value, { norm: final, site: 'final_norm' });
    mark('final_norm.out', 'other', final.value, STREAM);
  }
  return { marks: inOrder(marks), weights, norms };
}

/** The stream's marks follow each other where they are of one value: the end of a block before the beginning of the next. */
function inOrder(marks: readonly Mark[]): readonly Mark[] {
  const rank = (path: string): number => {
    if (/resid_post$/.test(path)) return 0;
    if (/resid_pre$/.test(path)) return 1;
    return /\.(mlp|attn)\.in$/.test(path) ? 3 : 2;
  };
  return marks.toSorted((a, b) => a.value - b.value || rank(a.path) - rank(b.path));
}

function headMarks(facts: GraphFacts, { attention }: Block, name: string): readonly Mark[] {
  const attn = `${name}.attn`;
  const { q, k, v, rotQ, rotK, z, scores, pattern } = attention;
  const keyHeads = k.heads === attention.heads ? 'head' : 'kv_head';
  const headed = (path: string, { value, perm }: Headed, names: readonly string[]): Mark => ({
    path: `${attn}.${path}`,
    part: 'heads',
    value,
    names,
    perm,
  });
  const query = ['example', 'query', 'head', 'd_head'];
  const key = ['example', 'key', keyHeads, 'd_head'];
  const square = ['example', 'head', 'query', 'key'];
  const marks = [
    headed('q', q, query),
    headed('k', k, key),
    headed('v', v, key),
    ...(rotQ === null ? [] : [headed('rot_q', rotQ, query)]),
    ...(rotK === null ? [] : [headed('rot_k', rotK, ['example', 'key', keyHeads, 'd_head'])]),
    { path: `${attn}.attn_scores`, part: 'heads', value: scores, names: square } as const,
    { path: `${attn}.pattern`, part: 'heads', value: pattern, names: square } as const,
    headed('z', z, ['example', 'pos', 'head', 'd_head']),
  ];
  return marks.filter((one) => facts.axes(one.value).length === one.names.length);
}

/** Those that read `value` on the way to one of `targets`, and are none of `others`. */
function readersToward(
  facts: GraphFacts,
  value: ValueId,
  targets: readonly ValueId[],
  others: readonly ValueId[],
): ReadonlySet<ValueId> {
  return new Set(
    facts
      .users(value)
      .filter((user) => !others.includes(user) && targets.some((target) => facts.dependsOn(target, user))),
  );
}

function productWeights(
  product: Product,
  path: string,
  side: 'in' | 'out',
  names: readonly [string, string],
): readonly WeightMark[] {
  const [rows, columns] = product.stored === 'in-out' ? names : [names[1], names[0]];
  const matrix = { path: `${path}.W_${side}`, value: product.weight, names: [rows, columns] };
  return product.bias === null
    ? [matrix]
    : [matrix, { path: `${path}.b_${side}`, value: product.bias, names: [names[1]] }];
}
