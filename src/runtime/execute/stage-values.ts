// Outputs of a stage over all its rows, put together from the results of calls by index, so that their order never matters.
import { bug } from '../../compiler/base/bug.js';
import type { Call } from '../../compiler/plan/cutter.js';
import { alikeOfSet, membersOfSet, ONE_RUN, runsAgain } from '../../compiler/plan/members.js';
import type { ProgramOutput, ProgramPart } from '../../compiler/plan/stage-program.js';
import { elementCount, type HostTensor } from '../backend/host-tensor.js';

type Numbers = Float32Array | Float64Array;

/** dims: [member, example, …] for outputs of a context (members in class order), [example, …] for the others. */
export type StageValues = {
  readonly kind: 'dense';
  /** Names of the axes within a row. */
  readonly axes: readonly string[];
  readonly byMember: boolean;
  readonly dims: readonly number[];
  readonly values: Numbers;
};
/** For outputs with positions, whose number differs between rows: one array per (member, example), members first. */
export type RaggedValues = {
  readonly kind: 'ragged';
  readonly axes: readonly string[];
  readonly byMember: boolean;
  readonly members: number;
  readonly rows: readonly RowCells[];
};
/** Every output of a stage is in one of the two. */
export type StageOutputs = {
  readonly outputs: ReadonlyMap<string, StageValues>;
  readonly ragged: ReadonlyMap<string, RaggedValues>;
};
export type RowCells = { readonly dims: readonly number[]; readonly cells: Numbers };

/** The values of one row (of one member, where the output is by member). */
export function rowCells(of: StageValues | RaggedValues, member: number, row: number): RowCells {
  if (of.kind === 'ragged') {
    const at = of.byMember ? member * (of.rows.length / of.members) + row : row;
    return of.rows[at] ?? bug(`no row ${row} of member ${member}`);
  }
  const dims = of.dims.slice(of.byMember ? 2 : 1);
  const width = elementCount(dims);
  const rows = of.dims[of.byMember ? 1 : 0] ?? 0;
  const at = (of.byMember ? member * rows : 0) + row;
  return { dims, cells: of.values.subarray(at * width, (at + 1) * width) };
}

/** Collects one output. */
export class OutputCollector {
  readonly output: ProgramOutput;
  readonly #members: number;
  readonly #rows: number;
  readonly #context: number | null;
  readonly #widths: readonly number[] | null;
  #dense: Numbers | null = null;
  readonly #ragged: RowCells[] = [];
  #notFinite = 0;

  constructor(part: ProgramPart, output: ProgramOutput, rows: number) {
    this.output = output;
    this.#rows = rows;
    const [batch, ...inner] = output.type.axes;
    const own = part.contexts.find((one) => one.symbol === batch?.size);
    if (own === undefined && batch?.size !== 'example') bug(`the output ${output.name} has no rows`);
    this.#context = own?.id ?? null;
    this.#members = own?.members.members.length ?? 1;
    const sizes = inner.map((axis) => axis.size);
    this.#widths = sizes.every((size) => typeof size === 'number') ? sizes.map(Number) : null;
  }

  /** Rows of this output with a number that is not finite. Final once every call is in. */
  get notFinite(): number {
    return this.#notFinite;
  }

  place(call: Call, tensor: HostTensor): void {
    // What is the same for all members is computed wherever they were divided; one copy is enough.
    if (this.#context === null && !call.isFirst) return;
    const examples = call.rows.length;
    const set = this.#context === null ? ONE_RUN : (call.members.get(this.#context) ?? bug('no members'));
    if (runsAgain(set)) return;
    const members = membersOfSet(set);
    const data = floatsOf(tensor);
    const inner = tensor.dims.slice(1);
    const width = elementCount(inner);
    if (tensor.dims[0] !== members.length * examples) bug(`${this.output.name} has ${tensor.dims[0]} rows`);
    const keep = (member: number, at: number): void => {
      for (const [example, row] of call.rows.entries())
        this.#keep(member * this.#rows + row, data, (at * examples + example) * width, inner);
    };
    for (const [at, member] of members.entries()) keep(member, at);
    for (const member of alikeOfSet(set)) keep(member, 0);
  }

  #keep(at: number, data: Numbers, from: number, inner: readonly number[]): void {
    const width = elementCount(inner);
    let finite = true;
    for (let i = from; i < from + width; i++) if (!Number.isFinite(data[i])) finite = false;
    if (!finite) this.#notFinite++;
    if (this.#widths === null) {
      this.#ragged[at] = { dims: inner, cells: data.slice(from, from + width) };
      return;
    }
    const total = this.#members * this.#rows * width;
    this.#dense ??= data instanceof Float64Array ? new Float64Array(total) : new Float32Array(total);
    for (let i = 0; i < width; i++) this.#dense[at * width + i] = data[from + i] ?? 0;
  }

  /** `members`: how many the output's context has, or null. An output that is the same for all of them is repeated. */
  values(members: number | null): StageValues | RaggedValues {
    const axes = this.output.type.axes.slice(1).map((axis) => axis.name);
    const byMember = members !== null;
    const copies = byMember && this.#context === null ? members : 1;
    if (this.#widths === null) {
      const rows = Array.from({ length: copies }, () => this.#ragged).flat();
      return { kind: 'ragged', axes, byMember, members: members ?? 1, rows };
    }
    const once = this.#dense ?? new Float32Array(0);
    const values = copies === 1 ? once : repeated(once, copies);
    const dims = byMember ? [members, this.#rows, ...this.#widths] : [this.#rows, ...this.#widths];
    return { kind: 'dense', axes, byMember, dims, values };
  }
}

function repeated(once: Numbers, copies: number): Numbers {
  const values =
    once instanceof Float64Array
      ? new Float64Array(once.length * copies)
      : new Float32Array(once.length * copies);
  for (let copy = 0; copy < copies; copy++) values.set(once, copy * once.length);
  return values;
}

function floatsOf({ data }: HostTensor): Numbers {
  if (data instanceof Float32Array || data instanceof Float64Array) return data;
  return Float64Array.from(data as ArrayLike<number | bigint>, Number); // all element types are numbers or big integers
}
