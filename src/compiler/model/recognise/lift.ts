// The imported graph built again with what was recognised put in one form: norms and GELUs as one shape each, and every marked
// value in the order and with the names of its site. What follows reads the site, turned back to how the file had it.
import { bug } from '../../base/bug.js';
import { type Graph, GraphBuilder, type ValueId } from '../../ir/graph.js';
import { type Axis, axis, type TensorType } from '../../ir/tensor-type.js';
import type { ModelInput, Part } from '../model-graph.js';
import { renamedSize, renameSymbols } from '../replay.js';
import type { WrittenGelu } from './gelus.js';
import type { Mark, WeightMark } from './marks.js';
import type { KnownMask } from './masks.js';
import type { Norm } from './norms.js';

/** What stands for an input that a pipeline does not give: ones (a mask), zeros (segments), or the positions themselves. */
export type Filling = 'ones' | 'zeros' | 'positions';

export type LiftPlan = {
  readonly marks: readonly Mark[];
  readonly weights: readonly WeightMark[];
  /** Norms of the stream, by result, with the paths of their sites. */
  readonly norms: ReadonlyMap<ValueId, { readonly norm: Norm; readonly site: string }>;
  readonly gelus: ReadonlyMap<ValueId, WrittenGelu>;
  /** Masked scores whose mask is known, by value. */
  readonly masks: ReadonlyMap<ValueId, KnownMask>;
  readonly fillings: ReadonlyMap<string, Filling>;
  readonly symbols: ReadonlyMap<string, string>;
  /** The input that holds tokens, and what its axes are called. */
  readonly tokens: string | null;
};

export type Lifted = {
  readonly graph: Graph;
  readonly inputs: readonly ModelInput[];
  /** What a value of the imported graph is now, where anything is left of it. */
  readonly valueOf: (old: ValueId) => ValueId | undefined;
  readonly sites: readonly { readonly path: string; readonly part: Part; readonly value: ValueId }[];
  readonly weights: readonly { readonly path: string; readonly value: ValueId }[];
};

/** Builds the graph anew. `kept`: values that stay although no output needs them. */
export function lift(
  imported: { readonly graph: Graph; readonly inputs: readonly ModelInput[] },
  plan: LiftPlan,
  kept: readonly ValueId[],
): Lifted {
  const b = new GraphBuilder();
  const { nodes } = imported.graph;
  const plainly: ValueId[] = [];
  const forReader = new Map<string, ValueId>();
  const raw: ValueId[] = [];
  const sites: { readonly path: string; readonly part: Part; readonly value: ValueId }[] = [];
  const weights: { readonly path: string; readonly value: ValueId }[] = [];
  const inputs: ModelInput[] = [];
  const taken = new Set<ValueId>();
  const marksAt = grouped(plan.marks);
  const weightsAt = grouped(plan.weights);
  const read = (old: ValueId, reader: ValueId | null): ValueId =>
    (reader === null ? undefined : forReader.get(`${old} ${reader}`)) ??
    plainly[old] ??
    bug(`%${old} is read before it is built`);

  for (const [index, node] of nodes.entries()) {
    const old = index as ValueId; // position is identity
    let value = build(old);
    raw[old] = value;
    for (const weight of weightsAt.get(old) ?? []) {
      weights.push({ path: weight.path, value });
      value = unnamed(value, node.type.axes);
    }
    for (const mark of marksAt.get(old) ?? []) {
      const site = named(value, mark);
      sites.push({ path: mark.path, part: mark.part, value: site });
      const back = turnedBack(site, mark, node.type.axes);
      if (mark.readers === undefined) value = back;
      else for (const reader of mark.readers) forReader.set(`${old} ${reader}`, back);
    }
    plainly[old] = value;
  }

  function build(old: ValueId): ValueId {
    const node = nodes[old] ?? bug(`no value %${old}`);
    if (node.op.name === 'Input') return input(node.op.attrs.name, node.type);
    const norm = plan.norms.get(old);
    if (norm !== undefined) return writtenNorm(norm.norm, norm.site, node.type.axes);
    const gelu = plan.gelus.get(old);
    if (gelu !== undefined) {
      const { approximate } = gelu;
      return b.add({ name: 'Gelu', attrs: { approximate } }, read(gelu.input, null));
    }
    const mask = plan.masks.get(old);
    if (mask !== undefined) {
      const scores = read(mask.unmasked, old);
      return mask.kind === 'none' ? scores : causal(scores);
    }
    const label = weightsAt.get(old)?.[0];
    if (node.op.name === 'Weight' && label !== undefined) {
      const axes = node.type.axes.map(({ size }, i) =>
        axis(label.names[i] ?? bug('a weight axis without a name'), size),
      );
      return b.weight({ ...node.op.attrs, type: { ...node.op.attrs.type, axes } });
    }
    return b.add(renameSymbols(node.op, plan.symbols), ...node.inputs.map((one) => read(one, old)));
  }

  function input(name: string, given: TensorType): ValueId {
    const axes = given.axes.map(({ name: own, size }, i) =>
      axis(name === plan.tokens && i === 1 ? 'pos' : own, renamedSize(size, plan.symbols)),
    );
    const filling = plan.fillings.get(name);
    if (filling !== undefined) return filled(filling, { dtype: given.dtype, axes });
    const type = { dtype: given.dtype, axes };
    inputs.push({ name, type });
    return b.input(name, type);
  }

  function filled(filling: Filling, { dtype, axes }: TensorType): ValueId {
    const [, positions] = axes;
    if (filling !== 'positions' || positions === undefined) {
      const one = b.constant({ dtype, axes: [] }, [filling === 'ones' ? 1 : 0]);
      return b.add({ name: 'Expand', attrs: { axes } }, one);
    }
    const row = b.add({ name: 'Iota', attrs: { axis: axis('pos', positions.size) } });
    const whole = b.add({ name: 'Expand', attrs: { axes } }, row);
    return dtype === 'i64' ? whole : b.add({ name: 'Cast', attrs: { to: dtype } }, whole);
  }

  /** As ir: scale = sqrt(mean(x²) + eps) of the centred x; normalized = x / scale; then gain and bias. */
  function writtenNorm(norm: Norm, site: string, axes: readonly Axis[]): ValueId {
    const last = axes.length - 1;
    const x = read(norm.input, norm.value);
    const mean = (of: ValueId, keepdims: boolean): ValueId =>
      b.add({ name: 'ReduceMean', attrs: { axes: [last], keepdims } }, of);
    const centred = norm.kind === 'rms' ? x : b.add({ name: 'Sub', attrs: {} }, x, mean(x, true));
    const square = mean(b.add({ name: 'Mul', attrs: {} }, centred, centred), false);
    const dtype = b.typeOf(x).dtype;
    const epsilon = b.constant({ dtype, axes: [] }, [norm.epsilon]);
    const root = b.add({ name: 'Sqrt', attrs: {} }, b.add({ name: 'Add', attrs: {} }, square, epsilon));
    const scale = ofItsOwn(b.add({ name: 'Rename', attrs: { names: ['example', 'pos'] } }, root));
    sites.push({ path: `${site}.scale`, part: 'norms', value: scale });
    const column = b.add(
      { name: 'Unsqueeze', attrs: { at: [last], names: [`_${last}`] } },
      unnamed(scale, axes),
    );
    const divided = b.add({ name: 'Div', attrs: {} }, centred, column);
    const names = ['example', 'pos', 'd_model'];
    const normalized = ofItsOwn(b.add({ name: 'Rename', attrs: { names } }, divided));
    sites.push({ path: `${site}.normalized`, part: 'norms', value: normalized });
    let result = unnamed(normalized, axes);
    if (norm.gain !== null) result = b.add({ name: 'Mul', attrs: {} }, result, read(norm.gain, null));
    if (norm.bias !== null) result = b.add({ name: 'Add', attrs: {} }, result, read(norm.bias, null));
    return result;
  }

  function causal(scores: ValueId): ValueId {
    const [, , query, key] = b.axesOf(scores);
    if (query === undefined || key === undefined) return bug('scores without positions');
    const places = (of: Axis, at: number): ValueId => {
      const row = b.add({ name: 'Iota', attrs: { axis: of } });
      return b.add({ name: 'Unsqueeze', attrs: { at: [at], names: ['_'] } }, row);
    };
    const hidden = b.add({ name: 'Less', attrs: {} }, places(query, 1), places(key, 0));
    const { dtype } = b.typeOf(scores);
    const never = b.constant({ dtype, axes: [] }, ['-Infinity']);
    return b.add({ name: 'Where', attrs: {} }, hidden, never, scores);
  }

  /** Two sites must be two values, even where they are equal (the scales of two norms of one stream). */
  function ofItsOwn(value: ValueId): ValueId {
    let own = value;
    while (taken.has(own)) own = b.add({ name: 'Identity', attrs: {} }, own);
    taken.add(own);
    return own;
  }

  function named(value: ValueId, { perm, names }: Mark): ValueId {
    const isTurned = perm?.some((at, i) => at !== i) === true;
    const turned = isTurned ? b.add({ name: 'Transpose', attrs: { perm: perm ?? [] } }, value) : value;
    return ofItsOwn(b.add({ name: 'Rename', attrs: { names } }, turned));
  }

  function turnedBack(site: ValueId, { perm }: Mark, axes: readonly Axis[]): ValueId {
    const order = perm ?? axes.map((_, i) => i);
    const back = axes.map((_, i) => order.indexOf(i));
    const names = order.map((at) => anonymous(axes, at));
    const plain = b.add({ name: 'Rename', attrs: { names } }, site);
    return back.every((at, i) => at === i)
      ? plain
      : b.add({ name: 'Transpose', attrs: { perm: back } }, plain);
  }

  function unnamed(value: ValueId, axes: readonly Axis[]): ValueId {
    const names = b.axesOf(value).map((_, i) => anonymous(axes, i));
    return b.add({ name: 'Rename', attrs: { names } }, value);
  }

  return finished();

  function finished(): Lifted {
    const outputs = imported.graph.outputs.map(({ name, value }) => ({ name, value: read(value, null) }));
    const all = [
      ...outputs,
      ...sites.map((site) => ({ name: site.path, value: site.value })),
      ...weights.map((weight) => ({ name: weight.path, value: weight.value })),
      ...kept.map((old) => ({ name: `%${old}`, value: raw[old] ?? bug(`%${old} is not built`) })),
    ];
    const built = b.build(all);
    const now = new Map(all.map(({ value }, i) => [value, built.outputs[i]?.value ?? bug('a lost output')]));
    const moved = (value: ValueId): ValueId => now.get(value) ?? bug('a value that was not kept');
    return {
      graph: {
        nodes: built.nodes,
        outputs: outputs.map(({ name, value }) => ({ name, value: moved(value) })),
      },
      inputs,
      valueOf: (old) => {
        const value = raw[old];
        return value === undefined ? undefined : now.get(value);
      },
      sites: sites.map((site) => ({ ...site, value: moved(site.value) })),
      weights: weights.map((weight) => ({ ...weight, value: moved(weight.value) })),
    };
  }
}

function anonymous(axes: readonly Axis[], at: number): string {
  const name = axes[at]?.name ?? '';
  return name === 'example' ? name : `_${at}`;
}

function grouped<T extends { readonly value: ValueId }>(
  list: readonly T[],
): ReadonlyMap<ValueId, readonly T[]> {
  const groups = new Map<ValueId, T[]>();
  for (const one of list) {
    const group = groups.get(one.value);
    if (group === undefined) groups.set(one.value, [one]);
    else group.push(one);
  }
  return groups;
}
