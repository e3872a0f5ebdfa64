// Families that are changed in different layers run the same operators from where the later one is changed. Their rows are then
// computed side by side: one product with a weight instead of one per family, so that each weight is read (and kept) once.
//
// What meets is found by rank: a value that one operator of each family reads (a weight, a clean key) says how far the family has
// come. Ranks grow along every edge, so that operators of equal rank never depend on each other.
import { bug } from '../base/bug.js';
import { canonical } from '../base/canonical.js';
import { addDims, symbolsOfDim } from '../ir/dim.js';
import { type Graph, GraphBuilder, type Node, type ValueId } from '../ir/graph.js';
import type { Dim, TensorType } from '../ir/tensor-type.js';
import { typeText } from '../ir/tensor-type.js';
import { type BatchFacts, isBatchParallel } from './batch-parallel.js';
import { withResultAxes } from './push-pick.js';

/** The same outputs, with operators of several families as one. A graph of one family is returned as it is. */
export function stackRows(graph: Graph): Graph {
  const facts = factsOf(graph);
  if (new Set(facts.rows.flatMap((one) => (one === null ? [] : [one.symbol]))).size < 2) return graph;
  return new Stacker(graph, facts).build();
}

/** The family whose rows an axis of a value counts: `row:0`. */
type Rows = { readonly symbol: string; readonly axis: number };
type Facts = {
  readonly rows: readonly (Rows | null)[];
  /** 1 for what depends on rows of a family. */
  readonly own: Uint8Array;
  /** 1 for operators that treat rows one by one. */
  readonly parallel: Uint8Array;
  readonly ranks: readonly Rank[];
};
type Rank = { readonly stamp: number; readonly step: number };

function factsOf(graph: Graph): Facts {
  const rows: (Rows | null)[] = [];
  const own = new Uint8Array(graph.nodes.length);
  const parallel = new Uint8Array(graph.nodes.length);
  for (const [id, node] of graph.nodes.entries()) {
    rows.push(rowsOf(node.type));
    const symbols = node.type.axes.flatMap(({ size }) => symbolsOfDim(size));
    if (symbols.some((one) => /^(row|member):/.test(one)) || node.inputs.some((input) => own[input] === 1))
      own[id] = 1;
    if (isParallel(graph, id, rows, own)) parallel[id] = 1;
  }
  return { rows, own, parallel, ranks: ranksOf(graph, rows, own) };
}

function rowsOf({ axes }: TensorType): Rows | null {
  const found = axes.flatMap(({ size }, axis) =>
    typeof size === 'string' && /^row:\d+$/.test(size) ? [{ symbol: size, axis }] : [],
  );
  return found.length === 1 ? (found[0] ?? null) : null;
}

function isParallel(graph: Graph, id: number, rows: readonly (Rows | null)[], own: Uint8Array): boolean {
  const { op, inputs, type } = nodeOf(graph, id);
  const result = rows[id];
  if (result === null || result === undefined || inputs.length === 0) return false;
  const operands = inputs.map((input) => ({
    type: nodeOf(graph, input).type,
    lifted: rows[input]?.symbol === result.symbol,
    shared: own[input] !== 1,
    axis: rows[input]?.axis ?? 0,
  }));
  if (!operands.every(({ lifted, shared }) => lifted || shared) || !operands.some((one) => one.lifted))
    return false;
  // Columns of a weight picked by rows, until they stand in the order of rows.
  if (op.name === 'Transpose' || op.name === 'Rename') return true;
  if (op.name === 'Gather' && operands[0]?.shared === true && operands[1]?.type.axes.length === 1)
    return true;
  if (result.axis !== 0 || operands.some(({ lifted, axis }) => lifted && axis !== 0)) return false;
  const facts: BatchFacts = { inputs: operands, result: type };
  return isBatchParallel(op, facts);
}

function ranksOf(graph: Graph, rows: readonly (Rows | null)[], own: Uint8Array): readonly Rank[] {
  const depths = new Int32Array(graph.nodes.length);
  const uses = new Map<number, Map<string, number>>();
  const latest = new Map<number, number>();
  for (const [id, { inputs }] of graph.nodes.entries()) {
    if (own[id] !== 1) continue;
    const before = inputs.map((input) => depths[input] ?? 0);
    const depth = 1 + Math.max(0, ...before);
    depths[id] = depth;
    const symbol = rows[id]?.symbol;
    if (symbol === undefined) continue;
    for (const input of new Set(inputs)) {
      if (own[input] === 1) continue;
      const counts = uses.get(input) ?? new Map<string, number>();
      counts.set(symbol, (counts.get(symbol) ?? 0) + 1);
      uses.set(input, counts);
      latest.set(input, Math.max(latest.get(input) ?? 0, depth));
    }
  }
  const stampOf = (input: number): number => {
    const counts = uses.get(input);
    // What a family reads in several places (an epsilon, a mask) says nothing of how far it has come.
    const isLandmark = counts !== undefined && [...counts.values()].every((count) => count === 1);
    return isLandmark ? (latest.get(input) ?? 0) : -1;
  };
  const ranks: Rank[] = [];
  for (const [id, { inputs }] of graph.nodes.entries()) {
    if (own[id] !== 1) {
      ranks.push({ stamp: -1, step: -1 });
      continue;
    }
    const stamps = inputs.map((input) => (own[input] === 1 ? (ranks[input]?.stamp ?? -1) : -1));
    const before = Math.max(-1, ...stamps);
    const stamp = Math.max(before, ...inputs.map((input) => (own[input] === 1 ? -1 : stampOf(input))));
    const steps = inputs.map((input) => (ranks[input]?.stamp === stamp ? (ranks[input]?.step ?? -1) : -1));
    ranks.push({ stamp, step: stamp > before ? 0 : 1 + Math.max(-1, ...steps) });
  }
  return ranks;
}

/** Operators that become one, in the order of their rows. */
type Stack = {
  readonly members: readonly number[];
  readonly sizes: readonly Dim[];
  readonly axis: number;
  readonly value: ValueId;
};

class Stacker {
  readonly #graph: Graph;
  readonly #facts: Facts;
  readonly #builder = new GraphBuilder();
  readonly #single = new Map<number, ValueId>();
  readonly #stacks = new Map<number, { readonly stack: Stack; readonly at: number }>();
  /** Numbers for keys: what is equal but for its rows. */
  readonly #classes = new Map<string, number>();
  readonly #classOf = new Map<number, number>();
  /** Shared values come before the first that reads them, and no earlier. */
  #nextShared = 0;

  constructor(graph: Graph, facts: Facts) {
    this.#graph = graph;
    this.#facts = facts;
  }

  build(): Graph {
    for (const members of this.#units()) {
      const [first] = members;
      if (first !== undefined && members.length === 1) this.#single.set(first, this.#alone(first));
      else this.#stack(members);
    }
    return this.#builder.build(
      this.#graph.outputs.map(({ name, value }) => ({ name, value: this.#valueOf(value) })),
    );
  }

  /** What is computed together, each after all that it reads. */
  #units(): readonly (readonly number[])[] {
    const { own, parallel, ranks } = this.#facts;
    const byKey = new Map<string, number[]>();
    const met = new Map<string, number>();
    for (const [id] of this.#graph.nodes.entries()) {
      if (own[id] !== 1) continue;
      const key = parallel[id] === 1 ? this.#keyOf(id) : `alone ${id}`;
      this.#classify(id, key);
      // The logits of two tokens are alike: the first of one family goes with the first of another.
      const place = `${this.#facts.rows[id]?.symbol} ${key}`;
      const time = met.get(place) ?? 0;
      met.set(place, time + 1);
      const list = byKey.get(`${time} ${key}`) ?? [];
      byKey.set(`${time} ${key}`, list);
      list.push(id);
    }
    const rankOf = (members: readonly number[]): Rank =>
      ranks[members[0] ?? bug('nothing to compute')] ?? bug('no rank');
    return [...byKey.values()].toSorted((a, b) => {
      const [left, right] = [rankOf(a), rankOf(b)];
      return left.stamp - right.stamp || left.step - right.step || (a[0] ?? 0) - (b[0] ?? 0);
    });
  }

  /** Equal for operators that differ in their rows alone. Of what they read, only that counts which came after the last landmark. */
  #keyOf(id: number): string {
    const { op, inputs, type } = nodeOf(this.#graph, id);
    const { rows, ranks, own } = this.#facts;
    const { stamp, step } = ranks[id] ?? bug(`no rank of %${id}`);
    const operands = inputs.map((input) => {
      if (own[input] !== 1) return `%${input}`;
      const text = typeText(withRows(nodeOf(this.#graph, input).type, rows[input], '#'));
      return ranks[input]?.stamp === stamp ? `${text} of ${this.#classOf.get(input)}` : text;
    });
    const attrs = withResultAxes(op, withRows(type, rows[id], '#').axes).attrs;
    return `${stamp} ${step} ${op.name} ${canonical(attrs)} ${operands.join(' ')}`;
  }

  #classify(id: number, key: string): void {
    const { op, type } = nodeOf(this.#graph, id);
    const text =
      op.name === 'Input'
        ? `${op.attrs.name.replaceAll(/\d+/g, '#')} ${typeText(withRows(type, this.#facts.rows[id], '#'))}`
        : key;
    const number = this.#classes.get(text) ?? this.#classes.size;
    this.#classes.set(text, number);
    this.#classOf.set(id, number);
  }

  #alone(id: number): ValueId {
    const { op, inputs } = nodeOf(this.#graph, id);
    return this.#builder.add(op, ...inputs.map((input) => this.#valueOf(input)));
  }

  #stack(members: readonly number[]): void {
    const nodes = members.map((id) => nodeOf(this.#graph, id));
    const first = nodes[0] ?? bug('a stack of nothing');
    const rows = members.map((id) => this.#facts.rows[id] ?? bug('rows without an axis'));
    const sizes = rows.map(({ symbol }) => symbol);
    const axis = rows[0]?.axis ?? 0;
    const operands = first.inputs.map((input, slot) => {
      const ids = nodes.map((node) => node.inputs[slot] ?? bug(`no input ${slot}`));
      return this.#facts.own[input] === 1 ? this.#together(ids) : this.#valueOf(input);
    });
    const op = withResultAxes(first.op, withRows(first.type, rows[0], sumOf(sizes)).axes);
    const stack: Stack = { members, sizes, axis, value: this.#builder.add(op, ...operands) };
    for (const [at, id] of members.entries()) this.#stacks.set(id, { stack, at });
  }

  /** The rows of these values one after the other: whole stacks as they are, parts of stacks cut out. */
  #together(ids: readonly number[]): ValueId {
    const pieces: ValueId[] = [];
    for (let from = 0; from < ids.length; ) {
      const found = this.#stacks.get(ids[from] ?? bug('no value'));
      let length = 1;
      if (found !== undefined) {
        const { members } = found.stack;
        while (from + length < ids.length && members[found.at + length] === ids[from + length]) length++;
        pieces.push(this.#cut(found.stack, found.at, found.at + length));
      } else pieces.push(this.#valueOf(ids[from] ?? bug('no value')));
      from += length;
    }
    const [only] = pieces;
    if (only !== undefined && pieces.length === 1) return only;
    const axis = this.#facts.rows[ids[0] ?? -1]?.axis ?? bug('rows without an axis');
    const axes = pieces.map((piece) => this.#builder.axesOf(piece)[axis] ?? bug('rows without an axis'));
    const attrs = { axis, name: axes[0]?.name ?? 'example', size: sumOf(axes.map(({ size }) => size)) };
    return this.#builder.add({ name: 'Concat', attrs }, ...pieces);
  }

  #cut({ members, sizes, axis, value: whole }: Stack, from: number, to: number): ValueId {
    if (from === 0 && to === members.length) return whole;
    const builder = this.#builder;
    const { name } = builder.axesOf(whole)[axis] ?? bug('rows without an axis');
    const own = builder.add({
      name: 'Iota',
      attrs: { axis: { name, size: sumOf(sizes.slice(from, to)) } },
    });
    const before = sumOf(sizes.slice(0, from));
    const index =
      before === 0 ? own : builder.add({ name: 'Add', attrs: {} }, own, this.#count(name, before));
    return builder.add({ name: 'Gather', attrs: { axis } }, whole, index);
  }

  /** A size as a number: one more than the last index. */
  #count(name: string, size: Dim): ValueId {
    const builder = this.#builder;
    const all = builder.add({ name: 'Iota', attrs: { axis: { name, size } } });
    const last = builder.add({ name: 'ReduceMax', attrs: { axes: [0], keepdims: true } }, all);
    const one = builder.constant({ dtype: 'i64', axes: [] }, [1]);
    return builder.add({ name: 'Add', attrs: {} }, last, one);
  }

  #valueOf(id: number): ValueId {
    if (this.#facts.own[id] !== 1) return this.#shared(id);
    const known = this.#single.get(id);
    if (known !== undefined) return known;
    const { stack, at } = this.#stacks.get(id) ?? bug(`%${id} was not computed`);
    const value = this.#cut(stack, at, at + 1);
    this.#single.set(id, value);
    return value;
  }

  #shared(id: number): ValueId {
    for (; this.#nextShared <= id; this.#nextShared++) {
      if (this.#facts.own[this.#nextShared] === 1) continue;
      const { op, inputs } = nodeOf(this.#graph, this.#nextShared);
      const operands = inputs.map((input) => this.#single.get(input) ?? bug(`%${input} was not computed`));
      this.#single.set(this.#nextShared, this.#builder.add(op, ...operands));
    }
    return this.#single.get(id) ?? bug(`%${id} was not computed`);
  }
}

function nodeOf(graph: Graph, id: number): Node {
  return graph.nodes[id] ?? bug(`no value %${id}`);
}

function withRows(type: TensorType, rows: Rows | null | undefined, size: Dim): TensorType {
  return { ...type, axes: type.axes.map((axis, i) => (i === rows?.axis ? { ...axis, size } : axis)) };
}

function sumOf(sizes: readonly Dim[]): Dim {
  return sizes.reduce(addDims, 0);
}
