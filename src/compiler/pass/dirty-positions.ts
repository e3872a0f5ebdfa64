// A write at some position of a causal model leaves all earlier positions as they are in the clean run. So each value of a
// member's rows is computed for the later positions only (`dirty`), and where all positions are needed (keys and values of an
// attention, a mean) the earlier ones are taken from the clean run. Shrinks FLOPs; where the tail begins is known per call.
import { bug } from '../base/bug.js';
import { subtractDims } from '../ir/dim.js';
import { flopsOf } from '../ir/flops.js';
import { type Graph, GraphBuilder, type Node, type ValueId } from '../ir/graph.js';
import type { Op } from '../ir/op.js';
import { numbersOf } from '../ir/tensor.js';
import { type Bound, type Dirt, dirtinessOf, EXAMPLES, isRows, type Rows } from './dirtiness.js';
import { type Pass, type PassContext, representativeSizes } from './pass.js';
import { pushPick, withResultAxes } from './push-pick.js';

export const dirtyPositions: Pass = {
  name: 'dirty-positions',
  about: 'computes only the positions that a write can have changed; earlier ones are the clean run',
  // Worlds without a family come last: what families take from the examples must still be found there as it was.
  run: (graph, context) =>
    [...rowSymbols(graph), EXAMPLES].reduce((now, symbol) => forRows(now, symbol, context), graph),
};

/** Symbols of the rows of families, in order of first use. */
function rowSymbols(graph: Graph): readonly string[] {
  const found = new Set<string>();
  for (const { type } of graph.nodes) {
    const size = type.axes[0]?.size;
    if (typeof size === 'string' && /^row:\d+$/.test(size)) found.add(size);
  }
  return [...found];
}

function forRows(graph: Graph, symbol: string, context: PassContext): Graph {
  const sizes = new Set(
    graph.nodes.flatMap(({ type }) =>
      type.axes[0]?.size === symbol
        ? type.axes.flatMap(({ size }) => (typeof size === 'string' && /^pos(:|$)/.test(size) ? [size] : []))
        : [],
    ),
  );
  const [positions] = sizes;
  if (positions === undefined || sizes.size > 1) return graph;
  const rows: Rows = { symbol, positions };
  const dirt = dirtinessOf(graph, rows);
  const bounds = new Map<string, Bound>(dirt.flatMap((one) => [...(one?.bounds ?? [])]));
  if (bounds.size === 0) return graph;
  const dirty = `dirty:${suffixOf(symbol)}`;
  const after = new Tails(graph, { ...rows, dirty }, dirt).build();
  const before = flopsOf(graph, representativeSizes(graph, context.sizes));
  if (flopsOf(after, representativeSizes(after, context.sizes)) >= before) return graph;
  const alike = differInWritesAlone(graph, symbol, dirt);
  for (const which of ['clean', 'dirty'] as const) {
    const { name, type } = indexInput(which, { ...rows, dirty });
    context.addInput({
      name,
      type,
      rows: symbol,
      positions,
      dirty,
      which,
      bounds: [...bounds.values()],
      alike,
    });
  }
  return after;
}

/**
 * Whether members of a family are told apart by nothing but what they write: then all that change nothing in a row have the
 * outputs of the clean run. Followed from the outputs, past the masks and values of writes.
 */
function differInWritesAlone(graph: Graph, symbol: string, dirt: readonly (Dirt | undefined)[]): boolean {
  const needed = new Uint8Array(graph.nodes.length);
  for (const { value } of graph.outputs) needed[value] = 1;
  for (let id = graph.nodes.length - 1; id >= 0; id--) {
    if (needed[id] !== 1) continue;
    const { op, inputs, type } = graph.nodes[id] ?? bug(`no value %${id}`);
    const isOwn = type.axes[0]?.size === symbol || type.axes[0]?.size === `member:${suffixOf(symbol)}`;
    if (op.name === 'Input' && isOwn && op.attrs.name !== `example_of_row:${suffixOf(symbol)}`) return false;
    const read = dirt[id]?.from === 'write' ? inputs.slice(2) : inputs;
    for (const input of read) needed[input] = 1;
  }
  return true;
}

type Split = Rows & { readonly dirty: string };

function suffixOf(symbol: string): string {
  return symbol === EXAMPLES ? EXAMPLES : symbol.slice('row:'.length);
}

function indexInput(which: 'clean' | 'dirty', { symbol, positions, dirty }: Split) {
  const size = which === 'dirty' ? dirty : subtractDims(positions, dirty);
  return {
    name: `positions:${which}:${suffixOf(symbol)}`,
    type: { dtype: 'i64', axes: [{ name: 'pos', size }] },
  } as const;
}

/** The forms in which a value may be needed: of all positions, of the dirty ones, and its clean counterpart. */
type Form = 'full' | 'tail' | 'clean';
type Need = { readonly id: ValueId; readonly form: Form; readonly pickedAt?: number };

class Tails {
  readonly #graph: Graph;
  readonly #rows: Split;
  readonly #dirt: readonly (Dirt | undefined)[];
  readonly #builder = new GraphBuilder();
  readonly #built: Readonly<Record<Form, Map<number, ValueId>>> = {
    full: new Map(),
    tail: new Map(),
    clean: new Map(),
  };

  constructor(graph: Graph, rows: Split, dirt: readonly (Dirt | undefined)[]) {
    this.#graph = graph;
    this.#rows = rows;
    this.#dirt = dirt;
  }

  /** What each value is needed as is known from its readers: backwards first, then built in order. */
  build(): Graph {
    const { nodes, outputs } = this.#graph;
    const needed = nodes.map(() => new Set<Form>());
    for (const { value } of outputs) needed[value]?.add('full');
    for (let id = nodes.length - 1; id >= 0; id--) {
      const forms = needed[id] ?? bug(`no value %${id}`);
      if (forms.has('full') && this.#isMerged(id)) forms.add('clean').add('tail');
      for (const form of ['full', 'tail', 'clean'] as const) {
        if (!forms.has(form)) continue;
        for (const need of this.#needs(id, form)) needed[need.id]?.add(this.#formOf(need));
      }
    }
    for (const [id, forms] of needed.entries()) {
      // Merging reads the other two.
      for (const form of ['clean', 'tail', 'full'] as const)
        if (forms.has(form)) this.#built[form].set(id, this.#make(id, form));
    }
    return this.#builder.build(outputs.map(({ name, value }) => ({ name, value: this.#get(value, 'full') })));
  }

  #node(id: number): Node {
    return this.#graph.nodes[id] ?? bug(`no value %${id}`);
  }

  /** A value that is its own clean counterpart is built whole, and its dirty positions are picked of it. */
  #formOf({ id, form }: Need): Form {
    return this.#isItsOwn(id) ? 'full' : form;
  }

  #isItsOwn(id: number): boolean {
    const dirt = this.#dirt[id];
    if (dirt === undefined) return this.#rows.symbol === EXAMPLES;
    return dirt.from === 'self' || typeof dirt.from === 'object';
  }

  #get(id: number, form: Form): ValueId {
    if (this.#isItsOwn(id)) {
      const whole = this.#built.full.get(id) ?? bug(`%${id} was not built`);
      const { axis, from } = this.#dirt[id] ?? { axis: -1, from: 'self' };
      if (form === 'tail') return this.#picked(whole, axis, 'dirty');
      return form === 'clean' && typeof from === 'object'
        ? this.#builder.add(this.#node(from.sibling).op)
        : whole;
    }
    return this.#built[form].get(id) ?? bug(`%${id} was not built as ${form}`);
  }

  /** Whether all positions of a value are put together from the clean run's and its own. */
  #isMerged(id: number): boolean {
    const dirt = this.#dirt[id];
    return dirt !== undefined && dirt.bounds.size > 0 && !dirt.square && !this.#isItsOwn(id);
  }

  #needs(id: number, form: Form): readonly Need[] {
    const node = this.#node(id);
    const { inputs } = node;
    switch (form) {
      case 'full':
        if (this.#isMerged(id)) return [];
        return this.#readsLast(node)
          ? inputs.map((input, i) => ({ id: input, form: i === 0 ? 'tail' : 'full' }))
          : inputs.map((input) => ({ id: input, form: 'full' }));
      case 'tail':
        return this.#tailNeeds(id);
      case 'clean': {
        const from = this.#dirt[id]?.from ?? 'lift'; // without positions, only what is lifted is ever needed clean
        if (from === 'lift') return inputs.slice(0, 1).map((input) => ({ id: input, form: 'full' }));
        if (from === 'write')
          return [{ id: inputs[2] ?? bug('a write without a value in flight'), form: 'clean' }];
        return inputs.map((input) => ({ id: input, form: this.#isRows(input) ? 'clean' : 'full' }));
      }
    }
  }

  #isRows(id: number): boolean {
    return isRows(this.#node(id).type.axes, this.#rows);
  }

  /** In which form each input goes into the dirty positions of a value, and along which axis it is still to be picked. */
  #tailNeeds(id: number): readonly Need[] {
    const { op, inputs, type } = this.#node(id);
    const dirt = this.#dirt[id] ?? bug(`%${id} has no dirty positions`);
    if (dirt.from === 'lift')
      return inputs.map((input, i) => ({
        id: input,
        form: 'full',
        ...(i === 0 ? { pickedAt: dirt.axis } : {}),
      }));
    const types = inputs.map((input) => this.#node(input).type);
    const pushed =
      pushPick(op, { inputs: types, result: type, at: dirt.axis }) ?? bug(`${op.name} mixes positions`);
    return inputs.map((input, i): Need => {
      const place = pushed[i] ?? 'same';
      if (place === 'same') return { id: input, form: 'full' };
      return this.#dirt[input]?.axis === place
        ? { id: input, form: 'tail' }
        : { id: input, form: 'full', pickedAt: place };
    });
  }

  #make(id: number, form: Form): ValueId {
    const node = this.#node(id);
    const { op, inputs, type } = node;
    const builder = this.#builder;
    switch (form) {
      case 'full': {
        if (!this.#isMerged(id)) {
          const isLast = this.#readsLast(node);
          return builder.add(
            op,
            ...inputs.map((input, i) => this.#get(input, isLast && i === 0 ? 'tail' : 'full')),
          );
        }
        const { axis } = this.#dirt[id] ?? bug(`%${id} has no dirty positions`);
        const before = this.#lifted(this.#picked(this.#get(id, 'clean'), axis, 'clean'));
        const { name, size } = type.axes[axis] ?? bug(`no axis ${axis}`);
        return builder.add({ name: 'Concat', attrs: { axis, name, size } }, before, this.#get(id, 'tail'));
      }
      case 'tail': {
        const dirt = this.#dirt[id] ?? bug(`%${id} has no dirty positions`);
        const operands = this.#tailNeeds(id).map((need) => {
          const value = this.#get(need.id, need.form);
          return need.pickedAt === undefined ? value : this.#picked(value, need.pickedAt, 'dirty');
        });
        const axes = type.axes.map((one, i) => (i === dirt.axis ? { ...one, size: this.#rows.dirty } : one));
        return builder.add(withResultAxes(op, axes), ...operands);
      }
      case 'clean': {
        const [need] = this.#needs(id, 'clean');
        const from = this.#dirt[id]?.from ?? 'lift';
        if (from !== 'operator')
          return this.#get(need?.id ?? bug('nothing was lifted'), need?.form ?? 'full');
        const operands = inputs.map((input) => this.#get(input, this.#isRows(input) ? 'clean' : 'full'));
        return builder.add(ofExamples(op), ...operands);
      }
    }
  }

  #picked(x: ValueId, axis: number, which: 'clean' | 'dirty'): ValueId {
    const { name, type } = indexInput(which, this.#rows);
    const index = this.#builder.input(name, type);
    const own = this.#builder.axesOf(x)[axis]?.name ?? bug(`no axis ${axis}`);
    const named =
      own === 'pos' ? index : this.#builder.add({ name: 'Rename', attrs: { names: [own] } }, index);
    return this.#builder.add({ name: 'Gather', attrs: { axis } }, x, named);
  }

  #lifted(x: ValueId): ValueId {
    const { symbol } = this.#rows;
    if (symbol === EXAMPLES) return x;
    const name = `example_of_row:${symbol.slice('row:'.length)}`;
    const index = this.#builder.input(name, { dtype: 'i64', axes: [{ name: 'example', size: symbol }] });
    return this.#builder.add({ name: 'Gather', attrs: { axis: 0 } }, x, index);
  }

  /** Reads the last position, which is always among the dirty ones. */
  #readsLast({ op, inputs }: Node): boolean {
    const [data, index] = inputs;
    if (data === undefined || !this.#isMerged(data)) return false;
    const { axis } = this.#dirt[data] ?? bug(`%${data} has no dirty positions`);
    if (op.name === 'Slice') {
      const { start, end, step } = op.attrs;
      return op.attrs.axis === axis && start === -1 && end === null && step === 1;
    }
    if (op.name !== 'Gather' || op.attrs.axis !== axis || index === undefined) return false;
    const list = this.#node(index).op;
    return list.name === 'Constant' && Array.from(numbersOf(list.attrs.data)).every((one) => one === -1);
  }
}

/** The operator over examples instead of rows: attributes that spell out axis 0 follow. */
function ofExamples(op: Op): Op {
  if (op.name !== 'Reshape' && op.name !== 'Expand') return op;
  const axes = op.attrs.axes.map((one, i) => (i === 0 ? { ...one, size: 'example' } : one));
  return { name: op.name, attrs: { axes } };
}
