// A stage: one graph over the rows of one split of one data set, with everything that must be fed to it. Worlds, metrics
// and members of families that are read on the same rows share a stage, and so share their work by content.
import { bug } from '../base/bug.js';
import type { Digest } from '../base/digest.js';
import { GraphBuilder, type ValueId } from '../ir/graph.js';
import { lift } from '../ir/named-select.js';
import type { Op } from '../ir/op.js';
import type { Axis, DType, TensorType } from '../ir/tensor-type.js';
import type { FamilyClass } from './family.js';
import type { DataValue, Evidence, ModelValue, RowsValue } from './value.js';

/** What a graph input is filled with. Every input of a stage's graph has exactly one. */
export type InputSpec =
  /** A column of the rows or of a variant or draw of them. */
  | { readonly kind: 'column'; readonly rows: RowsKey; readonly column: string }
  /** Position of a role in each row; -1 where there is none. */
  | { readonly kind: 'role'; readonly rows: RowsKey; readonly role: string }
  /** For each row of the context, the example it belongs to. */
  | { readonly kind: 'example-of-row'; readonly context: number }
  /** For each row of the context, its member's place in the class. */
  | { readonly kind: 'member-of-row'; readonly context: number }
  /** For each row of the context, the member's value of a binder. */
  | { readonly kind: 'binder'; readonly context: number; readonly binder: string }
  /** For each row of the context, the position of the role that the member's binder names. */
  | {
      readonly kind: 'binder-role';
      readonly context: number;
      readonly binder: string;
      readonly rows: RowsKey;
    }
  /** For each row of the context, which heads of a layer the member circuit holds. */
  | {
      readonly kind: 'circuit-mask';
      readonly context: number;
      readonly circuit: string;
      readonly fixed: readonly (number | string)[];
    }
  /** A value pooled over the rows of another stage; with `byMember` its first axis is the context's member. */
  | { readonly kind: 'pooled'; readonly pool: number; readonly byMember: boolean }
  /** A value pooled over the rows of the same cluster and position, looked up for each example. */
  | { readonly kind: 'cluster-pooled'; readonly pool: number }
  /** Standard normal numbers, one per element; keyed by item, position, element and member. */
  | { readonly kind: 'normal'; readonly stream: string; readonly context: number | null }
  /** Made up when a part is divided: an output of the other part. */
  | { readonly kind: 'captured'; readonly output: string }
  /** Made up by a pass: the positions of the rows of a call that may differ from the clean run, or those before. */
  | PositionsSpec;

export type PositionsSpec = {
  readonly kind: 'positions';
  readonly which: 'clean' | 'dirty';
  /** Null where there is no family: one run per example. */
  readonly context: number | null;
  /** The symbol of the number of positions, and that of those that may differ. */
  readonly positions: string;
  readonly dirty: string;
  readonly bounds: readonly PositionBound[];
  /** Members differ in what they write alone: those that change nothing have equal outputs. */
  readonly alike: boolean;
};

/** The first position that one write can change: `at`, but none before the first difference between two columns of tokens. */
export type PositionBound = {
  readonly at:
    | { readonly kind: 'end'; readonly back: number }
    | { readonly kind: 'fixed'; readonly index: number }
    | { readonly kind: 'input'; readonly input: StageInput }
    | { readonly kind: 'anywhere' };
  readonly differ: readonly (readonly [left: RowsKey, right: RowsKey, column: string])[] | null;
};

/** Rows that stand beside the stage's rows, one for one: the rows themselves, a variant, or a draw of donors. */
export type RowsKey = { readonly variant: string; readonly draw: string | null };

export type StageInput = { readonly name: string; readonly type: TensorType; readonly spec: InputSpec };

/** Members of one class of a family, run side by side as rows of the symbol `row:ID`. */
export type RowContext = {
  readonly id: number;
  readonly symbol: string;
  readonly members: FamilyClass;
};

export type StageOutput = {
  readonly name: string;
  readonly value: ValueId;
  readonly context: number | null;
  readonly purpose:
    | { readonly kind: 'outcome' }
    | { readonly kind: 'pooled'; readonly pool: number; readonly role: 'sum' | 'count' }
    | { readonly kind: 'changed'; readonly owner: string }
    /** Made up when a part is divided: another part reads it. */
    | { readonly kind: 'captured' };
};

/** How rows of a stage are reduced to one value that other stages read. */
export type Pool = {
  readonly id: number;
  readonly stage: Stage;
  readonly reduce: 'mean' | 'sum';
  /** `all`: over every row. `cluster`: within the clusters of the rows, position by position. */
  readonly over: 'all' | 'cluster';
  readonly context: RowContext | null;
  readonly axes: readonly Axis[];
};

/** Runs of a model that the stage's graph contains, for counting what a loop would have run. */
export type Execution = {
  readonly model: ModelValue;
  readonly world: string;
  /** The symbol of its number of positions. */
  readonly positions: string;
  readonly context: number | null;
  /** Nothing is written: the run is the same for every member. */
  readonly clean: boolean;
  /** What was written, as far as anything asked for it. Equal worlds that were evaluated twice have equal values. */
  readonly written: readonly ValueId[];
};

export class Stage {
  readonly key: string;
  readonly data: DataValue;
  readonly split: string;
  readonly builder = new GraphBuilder();
  readonly inputs = new Map<string, StageInput>();
  readonly #inputIds = new Map<string, ValueId>();
  readonly contexts: RowContext[] = [];
  readonly outputs: StageOutput[] = [];
  readonly executions: Execution[] = [];
  /** Clean runs by model, rows and context; see instance.ts. */
  readonly instances = new Map<string, Instance>();
  /** Operators of models by what their symbols are called; see replay.ts. */
  readonly #renames = new Map<string, Map<Op, Op>>();
  /** Per row, 1 where a write changed its tensor. */
  readonly changes: {
    readonly owner: string;
    readonly context: number | null;
    readonly value: ValueId;
    /** The site after the write. */
    readonly written: ValueId;
  }[] = [];

  /** Sites that worlds of this stage write. */
  readonly writtenPaths = new Set<string>();

  constructor(data: DataValue, split: string) {
    this.key = `${data.digest}/${split}`;
    this.data = data;
    this.split = split;
  }

  /** The graph input for a specification; the same one for equal specifications. */
  input(name: string, type: TensorType, spec: InputSpec): ValueId {
    const known = this.#inputIds.get(name);
    if (known !== undefined) return known;
    const id = this.builder.input(name, type);
    this.inputs.set(name, { name, type, spec });
    this.#inputIds.set(name, id);
    return id;
  }

  /** The operators that were renamed for these symbols so far. */
  renames(symbols: ReadonlyMap<string, string>): Map<Op, Op> {
    const key = [...symbols].join(' ');
    const known = this.#renames.get(key) ?? new Map<Op, Op>();
    this.#renames.set(key, known);
    return known;
  }

  openContext(members: FamilyClass): RowContext {
    const known = this.contexts.find((one) => one.members.key === members.key);
    if (known !== undefined) return known;
    const id = this.contexts.length;
    const context: RowContext = { id, symbol: `row:${id}`, members };
    this.contexts.push(context);
    return context;
  }

  /** int64 [example=row:ID]: the example that each row of the context belongs to. */
  exampleOfRow(context: RowContext): ValueId {
    return this.input(
      `example_of_row:${context.id}`,
      { dtype: 'i64', axes: [{ name: 'example', size: context.symbol }] },
      { kind: 'example-of-row', context: context.id },
    );
  }

  memberOfRow(context: RowContext): ValueId {
    return this.input(
      `member_of_row:${context.id}`,
      { dtype: 'i64', axes: [{ name: 'example', size: context.symbol }] },
      { kind: 'member-of-row', context: context.id },
    );
  }

  /** A per-example value seen from the rows of a context. */
  lifted(value: ValueId, context: RowContext | null): ValueId {
    if (context === null) return value;
    const first = this.builder.axesOf(value)[0];
    if (first?.name !== 'example' || first.size === context.symbol) return value;
    return lift(this.builder, value, this.exampleOfRow(context));
  }

  /** A column of the rows, one value per example or per position. */
  column(
    rows: RowsKey,
    column: string,
    type: { readonly dtype: DType; readonly perPosition: boolean },
  ): ValueId {
    const name = `data:${rowsText(rows)}:${column}`;
    const axes: Axis[] = [{ name: 'example', size: 'example' }];
    if (type.perPosition) axes.push({ name: 'pos', size: positionSize(this.data, rows) });
    return this.input(name, { dtype: type.dtype, axes }, { kind: 'column', rows, column });
  }

  role(rows: RowsKey, role: string): ValueId {
    const type: TensorType = { dtype: 'i64', axes: [{ name: 'example', size: 'example' }] };
    return this.input(`role:${rowsText(rows)}:${role}`, type, { kind: 'role', rows, role });
  }

  output(output: StageOutput): void {
    const same = this.outputs.find((one) => one.name === output.name);
    if (same !== undefined) {
      if (same.value !== output.value) bug(`two outputs are called ${output.name}`);
      return;
    }
    this.outputs.push(output);
  }
}

/** Identity of a set of rows beside the stage's: `base`, `abc`, `draw other`. */
export function rowsText(rows: RowsKey): string {
  const base = rows.variant === '' ? 'base' : rows.variant;
  return rows.draw === null ? base : `${base}~${rows.draw}`;
}

export function rowsKey(rows: RowsValue, shift: readonly string[]): RowsKey {
  return { variant: [...shift, ...rows.variant].join('.'), draw: rows.draw };
}

/** The symbol for the number of positions: variants with as many tokens as their base share it. */
export function positionSymbol(data: DataValue, rows: RowsKey): string {
  if (rows.draw !== null) return `pos:${rowsText(rows)}`;
  if (rows.variant === '') return 'pos';
  // `charlie.abc` has its own text's length, as `charlie` has: the longest prefix that is not aligned names it.
  const parts = rows.variant.split('.');
  for (let n = parts.length; n > 0; n--) {
    const path = parts.slice(0, n).join('.');
    const facts = data.facts.variants.find((one) => one.path === path);
    if (facts !== undefined && !facts.aligned) return `pos:${parts[0]}`;
  }
  return 'pos';
}

/** The number of positions: known where every row is cut or filled to the same length. */
function positionSize(data: DataValue, rows: RowsKey): Axis['size'] {
  const { spec } = data;
  return spec.kind === 'bytes' ? spec.head + spec.tail : positionSymbol(data, rows);
}

/** Stages and pools of one checked file, by the rows they are about. */
export class StageSet {
  readonly stages = new Map<string, Stage>();
  readonly pools: Pool[] = [];

  stage(data: DataValue, split: string, purpose: string): Stage {
    const key = `${data.digest}/${split}/${purpose}`;
    const known = this.stages.get(key);
    if (known !== undefined) return known;
    const stage = new Stage(data, split);
    this.stages.set(key, stage);
    return stage;
  }

  pool(make: (id: number) => Pool): Pool {
    const pool = make(this.pools.length);
    this.pools.push(pool);
    return pool;
  }
}

export type StageDigest = Digest;

export type Instance = {
  valueOf(path: string): ValueId;
  /** Splits whose outcomes shaped what was written. Grows as values are built. */
  label(): ReadonlySet<string>;
  evidence(): Evidence;
};
