// Where an expression is evaluated: on which rows, for which members, in which world, and inside which write.

import type { Diagnostic } from '../base/diagnostic.js';
import type { Reporter } from '../base/reporter.js';
import type { Span } from '../base/span.js';
import type { CompileHost } from '../host.js';
import type { Declaration, Expr } from '../syntax/ast.js';
import type { MemberTuple } from './family.js';
import type { RowContext, Stage, StageSet } from './stage.js';
import type {
  CircuitValue,
  Constraint,
  DataValue,
  DrawPlan,
  ModelValue,
  Scope,
  Table,
  TensorValue,
  Value,
  WorldValue,
} from './value.js';

/** A user's mistake, on its way to the declaration it belongs to. `null`: already reported at its origin. */
export class Refusal extends Error {
  readonly diagnostic: Diagnostic | null;
  constructor(diagnostic: Diagnostic | null) {
    super(diagnostic?.message ?? 'refused before');
    this.diagnostic = diagnostic;
  }
}

export function refuse(diagnostic: Diagnostic): never {
  throw new Refusal(diagnostic);
}

/** What the whole check shares. Memo tables are private to one check of one file. */
export type Session = {
  readonly semantics: Semantics;
  readonly host: CompileHost;
  readonly reporter: Reporter;
  readonly file: string;
  readonly stages: StageSet;
  readonly models: Map<string, ModelValue>;
  readonly data: Map<string, DataValue>;
  readonly draws: Map<string, DrawPlan>;
  /** Declarations whose own check failed: whoever names them is silent. */
  readonly failed: Set<Declaration>;
  /** Of those, the ones that this version cannot run yet: what is made from them cannot run either, and says nothing. */
  readonly later: Set<Declaration>;
  /** Declarations being evaluated, for cycles. */
  readonly active: Declaration[];
  /** How much has been evaluated for the declaration at hand, and how deep: absurd programs are refused, not run for ever. */
  readonly effort: { steps: number; depth: number };
  /** Values of declarations without binders, by where they were evaluated. */
  readonly bodies: WeakMap<Ctx, Map<Declaration, { readonly table: Table; readonly value: Value }>>;
  /** Parameters set from outside (`--set n=200`). */
  readonly settings: ReadonlyMap<string, string>;
  /** Results of searches that have run, by circuit key; empty while checking. */
  readonly found: ReadonlyMap<string, readonly MemberTuple[]>;
  /** Searches that were met, by key, in the order in which they must run. */
  readonly searches: Map<string, SearchRequest>;
  readonly usedParams: Set<string>;
};

export type SearchRequest = {
  readonly key: string;
  readonly circuit: CircuitValue;
  readonly run: SearchRun;
};
export type SearchRun = {
  readonly k: number;
  readonly absolute: boolean;
  readonly stage: Stage;
  readonly outputs: readonly { readonly output: string; readonly context: RowContext | null }[];
  readonly members: readonly MemberTuple[];
  readonly split: string;
  readonly data: DataValue;
};

export type Ctx = {
  readonly session: Session;
  readonly stage: Stage;
  readonly context: RowContext | null;
  /** The world asked for with `@`; null: every model runs clean on the stage's rows. */
  readonly world: WorldValue | null;
  /** The model that the world's model stands for, where it is another one. */
  readonly standsFor: string | null;
  /** The variant that stands for the base rows (a claim `on` a variant). */
  readonly shift: readonly string[];
  /** The split that a claim names, where the stage reads another in its place (a draft). */
  readonly readAs: string | null;
  /** Inside the right side of `<-`. */
  readonly place: PlaceContext | null;
  /** How many poolings surround the expression. */
  readonly depth: number;
};

export type PlaceContext = {
  readonly path: string;
  readonly constraints: readonly Constraint[];
  /** The value in flight, whole. */
  readonly inflight: TensorValue;
  readonly span: Span;
};

/** Counts what happens between two expressions, such as the splicing of a write, as so many levels of expressions. */
export function deeper<T>(ctx: Ctx, levels: number, run: () => T): T {
  ctx.session.effort.depth += levels;
  const value = run();
  ctx.session.effort.depth -= levels; // as in `evaluate`
  return value;
}

/** The parts of the evaluator that need each other: one table, so that each can stand in a file of its own. */
export type Semantics = {
  evaluate(expr: Expr, scope: Scope, ctx: Ctx): Value;
  toTensor(value: Value, span: Span, scope: Scope, ctx: Ctx): TensorValue;
  evaluateMember(declaration: Declaration, values: readonly Value[], scope: Scope, ctx: Ctx): Value;
  readSite(model: ModelValue, path: string, span: Span, ctx: Ctx): TensorValue;
};

/** What an expression means where it stands. */
export function evaluate(expr: Expr, scope: Scope, ctx: Ctx): Value {
  return ctx.session.semantics.evaluate(expr, scope, ctx);
}

/** A value as a tensor of the stage. Refuses what cannot be one. */
export function toTensor(value: Value, span: Span, scope: Scope, ctx: Ctx): TensorValue {
  return ctx.session.semantics.toTensor(value, span, scope, ctx);
}

/** A family's body with its binders bound. */
export function evaluateMember(
  declaration: Declaration,
  values: readonly Value[],
  scope: Scope,
  ctx: Ctx,
): Value {
  return ctx.session.semantics.evaluateMember(declaration, values, scope, ctx);
}

/** A whole site in the world that is asked for. */
export function readSite(model: ModelValue, path: string, span: Span, ctx: Ctx): TensorValue {
  return ctx.session.semantics.readSite(model, path, span, ctx);
}
