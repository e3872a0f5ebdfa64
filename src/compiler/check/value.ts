// What an expression can be while a file is checked. Everything a program says is evaluated symbolically: static values
// at once, tensors as values of a stage's graph. There is no second interpretation at run time.

import type { Digest } from '../base/digest.js';
import type { Span } from '../base/span.js';
import type { DataFacts } from '../data/data-facts.js';
import type { DataSpec } from '../data/data-spec.js';
import type { GraphBuilder, ValueId } from '../ir/graph.js';
import type { DType } from '../ir/tensor-type.js';
import type { ModelGraph } from '../model/model-graph.js';
import type { Declaration, Expr } from '../syntax/ast.js';

/** An expression with the names it was written under. It is evaluated in whatever world asks for it. */
export type Thunk = { readonly expr: Expr; readonly scope: Scope };

export type Value =
  | NumberValue
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'word'; readonly word: string; readonly span: Span }
  | { readonly kind: 'undecided' }
  | { readonly kind: 'list'; readonly items: readonly Value[]; readonly spans: readonly Span[] }
  | RangeValue
  | IndexValue
  | ElementValue
  | ModelValue
  | WorldValue
  | ComponentValue
  | PartsValue
  | RowsValue
  | ColumnValue
  | CircuitValue
  | WritesValue
  | AblationValue
  | FamilyValue
  | FunctionValue
  | ConstructValue
  | TensorValue
  | { readonly kind: 'error' };

export type NumberValue = { readonly kind: 'number'; readonly value: number; readonly unit: string | null };

/** The domain of a binder: what its values index. */
export type RangeDomain =
  | { readonly kind: 'layers' }
  | { readonly kind: 'axis'; readonly axis: string }
  | { readonly kind: 'roles'; readonly data: DataValue }
  | { readonly kind: 'numbers'; readonly unit: string | null }
  | { readonly kind: 'integers' }
  | { readonly kind: 'components'; readonly model: ModelValue }
  | { readonly kind: 'circuit'; readonly circuit: CircuitValue };

/** `values` are layer numbers, positions along an axis, role names, plain numbers or component paths, in order. */
export type RangeValue = {
  readonly kind: 'range';
  readonly domain: RangeDomain;
  readonly values: readonly (number | string)[];
};

/** The value of a binder: fixed for all members of a class, or read from a run-time input with one value per row. */
export type IndexValue = {
  readonly kind: 'index';
  readonly name: string;
  readonly domain: RangeDomain;
  readonly at: { readonly kind: 'fixed'; readonly value: number | string } | { readonly kind: 'dynamic' };
};

/** One element of a circuit: coordinates by the binder names of the family it was found in. */
export type ElementValue = {
  readonly kind: 'element';
  readonly coordinates: readonly { readonly name: string; readonly index: IndexValue }[];
};

/** A declared model. `replicate` distinguishes reinitialised copies, which share the graph and differ in weights. */
export type ModelValue = {
  readonly kind: 'model';
  readonly id: string;
  readonly declared: string;
  readonly graph: ModelGraph;
  readonly reinitialised: { readonly stream: string; readonly replicate: number } | null;
};

/** A model, possibly changed, on some rows. */
export type WorldValue = {
  readonly kind: 'world';
  readonly model: ModelValue;
  readonly writes: readonly WritePlan[];
  readonly rows: RowsValue | null;
};

/** `target <- value`, not yet evaluated. `except` are places that the write leaves alone. */
export type WritePlan = {
  readonly target: Thunk | PlaceSet;
  readonly value:
    | Thunk
    | { readonly kind: 'clean' }
    | { readonly kind: 'ablation'; readonly ablation: AblationValue }
    /** `random_directions(like: k)`: as far from what stands there as `instead` is, in a random direction. */
    | { readonly kind: 'direction'; readonly instead: Thunk | AblationValue };
  /** The rows whose run `self` and bare names on the right side mean. */
  readonly span: Span;
  /** Identity of the intervention that the write belongs to; for counting how often it changed something. */
  readonly owner: string;
};
/** Places that are computed rather than written down: `rest(from: …)`. */
export type PlaceSet = {
  readonly kind: 'places';
  readonly paths: readonly string[];
  readonly except: readonly Thunk[];
  readonly only: Thunk | null;
};

/** A path into a model, with the part of its tensor that is meant. It reads as a tensor and can be written. */
export type ComponentValue = {
  readonly kind: 'component';
  readonly model: ModelValue;
  readonly path: string;
  readonly constraints: readonly Constraint[];
  readonly span: Span;
  /** Set where a circuit indexed a hook: the elements of the circuit that lie on this path are meant. */
  readonly joint: readonly JointPlace[] | null;
};
export type JointPlace = { readonly path: string; readonly constraints: readonly Constraint[] };

/** All sites of some kind: `m.norms.scale`. */
export type PartsValue = {
  readonly kind: 'parts';
  readonly model: ModelValue;
  readonly part: string;
  readonly suffix: string | null;
  readonly span: Span;
};

/** A restriction along one axis. */
export type Constraint = {
  readonly axis: string;
  readonly at:
    | { readonly kind: 'fixed'; readonly index: number }
    | { readonly kind: 'set'; readonly indices: readonly number[] }
    /** A run-time input with one position per row of the context. */
    | { readonly kind: 'dynamic'; readonly name: string }
    /** A run-time input with one mask over the axis per row of the context. */
    | { readonly kind: 'mask'; readonly name: string }
    /** A position per example: `key: ioi.S1`. */
    | { readonly kind: 'perRow'; readonly rows: RowsValue; readonly role: string }
    | { readonly kind: 'roleIndex'; readonly rows: RowsValue; readonly name: string };
};

/** Which rows can give something to a row: donors from a split, by conditions on columns. */
export type DrawPlan = {
  readonly name: string;
  readonly split: string;
  readonly conditions: readonly { readonly donor: string; readonly row: string; readonly equal: boolean }[];
};
export type DataValue = {
  readonly kind: 'data';
  readonly declared: string;
  readonly declaration: Declaration;
  readonly spec: DataSpec;
  readonly facts: DataFacts;
  readonly digest: Digest;
};
/** Rows of a data set: a split, a variant, or the rows of the stage itself. */
export type RowsValue = {
  readonly kind: 'rows';
  readonly data: DataValue;
  readonly split: string | null;
  readonly variant: readonly string[];
  readonly draw: string | null;
};
export type ColumnValue = {
  readonly kind: 'column';
  readonly rows: RowsValue;
  readonly column: string;
  readonly span: Span;
};

/** Which units. `members` is null where a search has not run yet. */
export type CircuitValue = {
  readonly kind: 'circuit';
  readonly name: string;
  /** Binder names and ranges of the family whose members can be in it. */
  readonly universe: Universe;
  readonly members: readonly (readonly (number | string)[])[];
  /** False while the members stand in for those that a search will find. */
  readonly settled: boolean;
  /** A run-time circuit: one mask per row of the context and layer. */
  readonly dynamic: string | null;
  readonly complement: boolean;
  readonly label: ReadonlySet<string>;
};
export type Universe = readonly { readonly name: string; readonly range: RangeValue }[];

export type WritesValue = { readonly kind: 'writes'; readonly writes: readonly WritePlan[] };
export type AblationValue = {
  readonly kind: 'ablation';
  readonly declaration: Declaration;
  readonly scope: Scope;
  /** Null: everything the ablation's hook names. */
  readonly on: CircuitValue | null;
};

/** A declaration with binders, not yet indexed: a hook, metric or intervention family. */
export type FamilyValue = {
  readonly kind: 'family';
  readonly declaration: Declaration;
  readonly scope: Scope;
};
export type FunctionValue = {
  readonly kind: 'function';
  readonly declaration: Declaration;
  readonly scope: Scope;
};
/** A constructor call that only its consumer can read: `shares(…)`, `by(…)`, `max_t(…)`, `circuits(…)`, `reinitialised(…)`. */
export type ConstructValue = {
  readonly kind: 'construct';
  readonly name: string;
  readonly positional: readonly Thunk[];
  readonly named: ReadonlyMap<string, Thunk>;
  readonly span: Span;
};

/** How a number came about. Later kinds are stronger. */
export type Evidence = 'observed' | 'decoded' | 'attributed' | 'intervened' | 'edited';

/** What a tensor needs to know of the stage it lives in. */
export type StageHome = { readonly builder: GraphBuilder; readonly split: string; readonly data: DataValue };

/** A value of a stage's graph. */
export type TensorValue = {
  readonly kind: 'tensor';
  readonly stage: StageHome;
  readonly id: ValueId;
  readonly dtype: DType;
  readonly unit: string | null;
  /** Where the value exists; absent: everywhere. A bool tensor over some of the axes. */
  readonly valid: ValueId | null;
  readonly label: ReadonlySet<string>;
  readonly evidence: Evidence;
};

export type Place = { readonly path: string; readonly constraints: readonly Constraint[] };

export type Table = ReadonlyMap<string, Entry>;

/** What a declared name stands for: its declaration, or what a `given` or an alternative put in its place. */
export type Entry =
  | { readonly kind: 'declared'; readonly declaration: Declaration; readonly home: Table | null }
  | { readonly kind: 'replaced'; readonly original: Declaration; readonly by: Replacement };

export type Replacement =
  | { readonly kind: 'value'; readonly value: Value }
  /** A new body under the binder names that the substitution's path writes. */
  | {
      readonly kind: 'body';
      readonly expr: Expr;
      readonly binders: readonly string[];
      readonly scope: Scope;
    };

export type Local =
  | { readonly kind: 'value'; readonly value: Value }
  | { readonly kind: 'thunk'; readonly thunk: Thunk };

export type Scope = {
  /** Top-level names of the file, imports included. */
  readonly table: Table;
  readonly locals: ReadonlyMap<string, Local>;
};
