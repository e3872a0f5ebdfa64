// A write at some position of a causal model leaves all earlier positions as they are in the clean run. So each value of a
// member's rows is computed for the later positions only (`dirty`), and where all positions are needed (keys and values of an
// attention, a mean) the earlier ones are taken from the clean run. Shrinks FLOPs; where the tail begins is known per call.
import { bug } from '../base/bug.js';
import { subtractDims } from '../ir/dim.js';
import { flopsOfNodes } from '../ir/flops.js';
import { type Graph, GraphBuilder, type Node, type ValueId } from '../ir/graph.js';
import type { Op } from '../ir/op.js';
import type { SymbolSizes } from '../ir/symbols.js';
import { numbersOf } from '../ir/tensor.js';
import { type Bound, type Dirt, dirtinessOf, EXAMPLES, isRows, type Rows } from './dirtiness.js';
import { type Pass, type PassContext, representativeSizes } from './pass.js';
import { pushPick, withResultAxes } from './push-pick.js';

export const dirtyPositions: Pass = {
  name: 'dirty-positions',
  about: 'computes only the positions that a write can have changed; earlier ones are the clean run',
  // Worlds without a family come last: what families take from the examples must still be found there as it was.
  run: (graph, context) => {
    const now = withTails(graph, familiesOf(graph, rowSymbols(graph)), context);
    return withTails(now, familiesOf(now, [EXAMPLES]), context);
  },
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

/** Rows with one number of positions, of which something is known. */
type Family = {
  readonly split: Split;
  readonly dirt: readonly (Dirt | undefined)[];
  readonly bounds: readonly Bound[];
};

function familiesOf(graph: Graph, symbols: readonly string[]): readonly Family[] {
  const lengths = new Map(symbols.map((symbol) => [symbol, new Set<string>()] as const));
  for (const { type } of graph.nodes) {
    const found = lengths.get(String(type.axes[0]?.size));
    if (found === undefined) continue;
    for (const { size } of type.axes) if (typeof size === 'string' && /^pos(:|$)/.test(size)) found.add(size);
  }
  const known = new Map<string, string>();
  return [...lengths].flatMap(([symbol, sizes]): Family[] => {
    const [positions] = sizes;
    if (positions === undefined || sizes.size > 1) return [];
    const rows: Rows = { symbol, positions };
    const dirt = dirtinessOf(graph, rows);
    const byText = new Map<string, Bound>(dirt.flatMap((one) => [...(one?.bounds ?? [])]));
    const bounds = [...byText.values()];
    if (bounds.length === 0) return [];
    // Families that begin to differ by the same rule share a symbol, so that their rows can be computed together.
    const rule = ruleOf(rows, bounds);
    const tail = known.get(rule) ?? suffixOf(symbol);
    known.set(rule, tail);
    return [{ split: { ...rows, tail, dirty: `dirty:${tail}` }, dirt, bounds }];
  });
}

/** The graph with tails for those families to which they save something. */
function withTails(graph: Graph, families: readonly Family[], context: PassContext): Graph {
  if (families.length === 0) return graph;
  const sizes = context.sizes;
  const after = new Tails(graph, families).build();
  const [flopsBefore, flopsAfter] = [graph, after].map((one) => flopsByRows(one, sizes));
  const saved = families.filter(
    ({ split: { symbol } }) => (flopsAfter?.get(symbol) ?? 0) < (flopsBefore?.get(symbol) ?? 0),
  );
  if (saved.length < families.length) return withTails(graph, saved, context);
  for (const { split, dirt, bounds } of families) {
    const alike = differInWritesAlone(graph, split.symbol, dirt);
    for (const which of ['clean', 'dirty'] as const) {
      const { name, type } = indexInput(which, split);
      const { symbol: rows, positions, dirty } = split;
      context.addInput({ name, type, rows, positions, dirty, which, bounds, alike });
    }
  }
  return after;
}

/** By the symbol of axis 0. What has no rows counts for the examples. */
function flopsByRows(graph: Graph, given: SymbolSizes): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const [id, flops] of flopsOfNodes(graph, representativeSizes(graph, given)).entries()) {
    const size = graph.nodes[id]?.type.axes[0]?.size;
    const symbol = typeof size === 'string' && size.startsWith('row:') ? size : EXAMPLES;
    found.set(symbol, (found.get(symbol) ?? 0) + flops);
  }
  return found;
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

/** `tail`: what the dirty positions are called. */
type Split = Rows & { readonly dirty: string; readonly tail: string };

/** Equal for families that begin to differ by the same rule: the position that an input holds is each family's own. */
function ruleOf({ symbol, positions }: Rows, bounds: readonly Bound[]): string {
  if (symbol === EXAMPLES) return symbol;
  const texts = bounds.map(({ at, differ }) =>
    JSON.stringify([at.kind === 'input' ? at.name.replace(/^(binder[^:]*:)\d+:/, '$1') : at, differ]),
  );
  return [positions, ...texts.toSorted()].join(' ');
}

function suffixOf(symbol: string): string {
  return symbol === EXAMPLES ? EXAMPLES : symbol.slice('row:'.length);
}

function indexInput(which: 'clean' | 'dirty', { tail, positions, dirty }: Split) {
  const size = which === 'dirty' ? dirty : subtractDims(positions, dirty);
  return {
    name: `positions:${which}:${tail}`,
    type: { dtype: 'i64', axes: [{ name: 'pos', size }] },
  } as const;
}

/** The forms in which a value may be needed: of all positions, of the dirty ones, and its clean counterpart. */
type Form = 'full' | 'tail' | 'clean';
type Need = { readonly id: ValueId; readonly form: Form; readonly pickedAt?: number };

class Tails {
  readonly #graph: Graph;
  readonly #splits: ReadonlyMap<string, Split>;
  readonly #dirt: readonly (Dirt | undefined)[];
  readonly #builder = new GraphBuilder();
  readonly #built: Readonly<Record<Form, Map<number, ValueId>>> = {
    full: new Map(),
    tail: new Map(),
    clean: new Map(),
  };

  constructor(graph: Graph, families: readonly Family[]) {
    this.#graph = graph;
    this.#splits = new Map(families.map(({ split }) => [split.symbol, split]));
    const known = new Map(families.map(({ split, dirt }) => [split.symbol, dirt]));
    // Something is known of a value in its own family alone.
    this.#dirt = graph.nodes.map(({ type }, id) => known.get(String(type.axes[0]?.size))?.[id]);
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
    if (dirt === undefined) return this.#splits.has(EXAMPLES);
    return dirt.from === 'self' || typeof dirt.from === 'object';
  }

  #get(id: number, form: Form): ValueId {
    if (this.#isItsOwn(id)) {
      const whole = this.#built.full.get(id) ?? bug(`%${id} was not built`);
      const { axis, from } = this.#dirt[id] ?? { axis: -1, from: 'self' };
      if (form === 'tail') return this.#picked(whole, axis, 'dirty', this.#splitOf(id));
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
        return inputs.map((input) => ({ id: input, form: this.#isBeside(id, input) ? 'clean' : 'full' }));
      }
    }
  }

  /** The family whose rows a value has. */
  #splitOf(id: number): Split {
    return this.#splits.get(String(this.#node(id).type.axes[0]?.size)) ?? bug(`%${id} is of no family`);
  }

  /** Whether another value has the same rows. */
  #isBeside(id: number, other: number): boolean {
    return isRows(this.#node(other).type.axes, this.#splitOf(id));
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
        const split = this.#splitOf(id);
        const before = this.#lifted(this.#picked(this.#get(id, 'clean'), axis, 'clean', split), split);
        const { name, size } = type.axes[axis] ?? bug(`no axis ${axis}`);
        return builder.add({ name: 'Concat', attrs: { axis, name, size } }, before, this.#get(id, 'tail'));
      }
      case 'tail': {
        const dirt = this.#dirt[id] ?? bug(`%${id} has no dirty positions`);
        const split = this.#splitOf(id);
        const operands = this.#tailNeeds(id).map((need) => {
          const value = this.#get(need.id, need.form);
          return need.pickedAt === undefined ? value : this.#picked(value, need.pickedAt, 'dirty', split);
        });
        const axes = type.axes.map((one, i) => (i === dirt.axis ? { ...one, size: split.dirty } : one));
        return builder.add(withResultAxes(op, axes), ...operands);
      }
      case 'clean': {
        const [need] = this.#needs(id, 'clean');
        const from = this.#dirt[id]?.from ?? 'lift';
        if (from !== 'operator')
          return this.#get(need?.id ?? bug('nothing was lifted'), need?.form ?? 'full');
        const operands = inputs.map((input) =>
          this.#get(input, this.#isBeside(id, input) ? 'clean' : 'full'),
        );
        return builder.add(ofExamples(op), ...operands);
      }
    }
  }

  #picked(x: ValueId, axis: number, which: 'clean' | 'dirty', split: Split): ValueId {
    const { name, type } = indexInput(which, split);
    const index = this.#builder.input(name, type);
    const own = this.#builder.axesOf(x)[axis]?.name ?? bug(`no axis ${axis}`);
    const named =
      own === 'pos' ? index : this.#builder.add({ name: 'Rename', attrs: { names: [own] } }, index);
    return this.#builder.add({ name: 'Gather', attrs: { axis } }, x, named);
  }

  #lifted(x: ValueId, { symbol }: Split): ValueId {
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
