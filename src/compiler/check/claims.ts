// A claim, evaluated: its members, its parts as outputs of a stage, what label it carries and what kind of evidence it is.

import { bug } from '../base/bug.js';
import type { Declaration, Expr, QuantifierExpr } from '../syntax/ast.js';
import type {
  AssaySpec,
  ClaimSpec,
  ClassOutputs,
  FamilySpec,
  OpenedClaim,
  PartSpec,
  Quantity,
} from './claim-spec.js';
import { type Ctx, evaluate, refuse, type Session } from './context.js';
import { refuseKind } from './describe.js';
import { refuseDoubleDip } from './double-dip.js';
import * as rule from './evidence-messages.js';
import { bindersOf, classesOf, type Family, type FamilyClass } from './family.js';
import { fieldOf } from './fields.js';
import { walkNames } from './mentions.js';
import * as say from './messages.js';
import { perRow } from './per-row.js';
import { powerSpec } from './power.js';
import { checkMargin, type PartDraft, partsOf } from './propositions.js';
import { familyOf } from './ranges.js';
import { fanIn } from './reach.js';
import { withReplaced, withValues } from './scope.js';
import type { Stage } from './stage.js';
import { strongest, unionLabels } from './tensors.js';
import type { CircuitValue, Evidence, Replacement, RowsValue, Scope, Value } from './value.js';

export type ReadMode = 'explore' | 'confirm';

export type ClaimRequest = {
  readonly session: Session;
  readonly mode: ReadMode;
  /** Which stage the outputs go to: `main`, or one of its own for a replicate. */
  readonly purpose: string;
  /** Prefix of output names. */
  readonly outputs: string;
  /** A circuit that stands for another one, run side by side. */
  readonly sideBySide: FamilyClass | null;
};

/** Follows `given` and names of claims down to the body. */
export function openClaim(declaration: Declaration, scope: Scope): OpenedClaim {
  const { value } = declaration;
  if (value === undefined) return refuse(say.missingValue(declaration));
  const opened = open(value, declaration, scope, 0);
  const own = fieldOf(declaration, 'on');
  return { ...opened, declaration, on: own === undefined ? opened.on : { expr: own, scope } };
}

function open(expr: Expr, declaration: Declaration, scope: Scope, depth: number): OpenedClaim {
  if (depth > 50) return refuse(say.cyclicDefinition(declaration, []));
  if (expr.kind === 'given') {
    let inner = scope;
    let on: OpenedClaim['on'] = null;
    for (const { path, value } of expr.substitutions) {
      if (path.kind === 'name' && path.name === 'on') {
        on = { expr: value, scope };
        continue;
      }
      inner = substitute(inner, path, value, scope);
    }
    const base = open(expr.base, declaration, inner, depth + 1);
    return { ...base, on: on ?? base.on };
  }
  if (expr.kind === 'name') {
    const entry = scope.table.get(expr.name);
    if (
      entry?.kind === 'declared' &&
      (entry.declaration.keyword === 'claim' || entry.declaration.keyword === 'control')
    ) {
      const inner = entry.declaration;
      if (inner.value === undefined) return refuse(say.missingValue(inner));
      const opened = open(inner.value, inner, { table: scope.table, locals: new Map() }, depth + 1);
      const own = fieldOf(inner, 'on');
      const on =
        own === undefined ? opened.on : { expr: own, scope: { table: scope.table, locals: new Map() } };
      return {
        ...opened,
        base: opened.base ?? expr.name,
        on,
        fields: inner.value.kind === 'given' || inner.value.kind === 'name' ? opened.fields : inner,
      };
    }
    if (entry === undefined) return refuse(say.unknownName(expr.span, expr.name, [...scope.table.keys()]));
    return refuse(rule.notAClaim(expr.span, expr.name));
  }
  return { declaration, base: null, body: expr, scope, on: null, fields: declaration };
}

/** One substitution of a `given`: right of `=`, names mean the original declarations. */
function substitute(scope: Scope, path: Expr, value: Expr, original: Scope): Scope {
  if (path.kind === 'member')
    return refuse(say.notExecutableYet(path.span, 'substitutions inside a declaration'));
  const name =
    path.kind === 'name' ? path : path.kind === 'index' && path.base.kind === 'name' ? path.base : null;
  if (name === null) return refuse(say.expected(path.span, 'the name of a declaration'));
  const entry = scope.table.get(name.name);
  if (entry === undefined) return refuse(say.unknownName(name.span, name.name, [...scope.table.keys()]));
  const declaration = entry.kind === 'declared' ? entry.declaration : entry.original;
  const binders: string[] = [];
  if (path.kind === 'index') {
    for (const arg of path.args) {
      if (arg.kind === 'positional' && arg.value.kind === 'name') binders.push(arg.value.name);
      else if (arg.kind === 'binder') binders.push(arg.name);
      else refuse(say.expected(arg.span, 'a binder name'));
    }
  }
  if (binders.length !== declaration.binders.length)
    return refuse(say.wrongIndexCount(path.span, declaration, binders.length));
  const by: Replacement = { kind: 'body', expr: value, binders, scope: original };
  return withReplaced(scope, name.name, { kind: 'replaced', original: declaration, by });
}

/** The same scope with a declared name bound to a value. */
export function withValue(scope: Scope, name: string, value: Value): Scope {
  const entry = scope.table.get(name);
  const original =
    entry === undefined
      ? bug(`no declaration ${name}`)
      : entry.kind === 'declared'
        ? entry.declaration
        : entry.original;
  return withReplaced(scope, name, { kind: 'replaced', original, by: { kind: 'value', value } });
}

const quantities = { each: 'each', all: 'all', some: 'some', at_least: 'at-least' } as const;

export function rootCtx(session: Session, stage: Stage, shift: readonly string[]): Ctx {
  return {
    session,
    stage,
    context: null,
    world: null,
    standsFor: null,
    shift,
    readAs: null,
    place: null,
    depth: 0,
  };
}

/** Evaluates a claim in the stage of the rows it is read on. */
export function evaluateClaim(opened: OpenedClaim, request: ClaimRequest): ClaimSpec {
  const { session } = request;
  const { declaration } = opened;
  const name = declaration.name ?? '';
  const rows = claimRows(opened, session);
  const split = rows.split ?? bug('a claim without a split');
  const readSplit = request.mode === 'confirm' ? split : exploratorySplit(rows, split);
  const stage = session.stages.stage(rows.data, readSplit, request.purpose);
  const root: Ctx = { ...rootCtx(session, stage, rows.variant), readAs: split };
  const quantifier = opened.body.kind === 'quantifier' ? opened.body : null;
  if (quantifier?.quantifier === 'count') refuse(say.notExecutableYet(opened.body.span, '`count` claims'));
  const body = quantifier?.body ?? opened.body;
  const family =
    quantifier === null ? { universe: [], members: [[]] } : claimFamily(quantifier, opened.scope, root);
  if (family.members.length === 0) return refuse(say.emptyFamily(quantifier?.span ?? opened.body.span));
  const nil = textField(opened, 'nil');
  const made = evaluateParts(body, family, opened.scope, root, request, nil !== null);
  const quantity: Quantity =
    quantifier === null ? 'single' : quantities[quantifier.quantifier as keyof typeof quantities];
  const circuits = circuitsBehind(opened.body, opened.scope, root);
  const label = unionLabels(made.label, ...circuits.map((one) => one.label));
  refuseDoubleDip(opened, label, { data: rows.data, split, circuits }, root);
  return {
    name,
    declaration,
    quantity,
    k: quantifier?.k?.value ?? 0,
    family,
    parts: made.parts,
    classes: made.classes,
    stage,
    data: rows.data,
    split,
    readSplit,
    shift: rows.variant,
    label,
    evidence: made.evidence,
    circuits,
    interventions: interventionsBehind(opened.body, opened.scope),
    assay: assayOf(opened, root, request),
    base: opened.base,
    because: textField(opened, 'because'),
    nil,
    power: powerSpec(fieldOf(opened.declaration, 'power') ?? fieldOf(opened.fields, 'power'), made.parts),
  };
}

/** `each l in m.layers, …` spelled, or inherited from what the body indexes. */
function claimFamily(quantifier: QuantifierExpr, scope: Scope, ctx: Ctx): Family {
  return familyOf(quantifier.binders, quantifier.body, scope, ctx);
}

export function textField(opened: OpenedClaim, name: string): string | null {
  const expr = fieldOf(opened.declaration, name) ?? fieldOf(opened.fields, name);
  return expr?.kind === 'string' ? expr.value : null;
}

export function claimRows(opened: OpenedClaim, session: Session): RowsValue {
  if (opened.on === null) return refuse(rule.claimWithoutRows(opened.declaration, confirmRows(session)));
  const { expr, scope } = opened.on;
  if (expr.kind === 'list') return refuse(say.notExecutableYet(expr.span, 'claims on two corpora at once'));
  if (expr.kind === 'hole') return refuse(say.undecidedHere(expr.span));
  const rows = evaluateStatic(expr, scope, session);
  if (rows.kind !== 'rows') return refuseKind(rows, expr.span, 'rows of a data set', scope);
  if (rows.split === null) return refuse(rule.claimNeedsSplit(expr.span, rows.data));
  return rows;
}

/** Rows that a claim could be tested on, for a suggestion. */
function confirmRows(session: Session): string | null {
  const all = [...session.data.values()].flatMap((data) =>
    data.facts.splits.flatMap((one) => (one.sealed ? [`${data.declared}.${one.name}`] : [])),
  );
  return all[0] ?? null;
}

/** An expression that needs no rows: names, members of data and models. */
export function evaluateStatic(expr: Expr, scope: Scope, session: Session): Value {
  // Static values never touch a stage: whatever asks for one here needs rows where there are none.
  const nowhere = new Proxy({} as Stage, { get: () => refuse(say.knownBeforeRun(expr.span)) }); // a Stage only to the type
  return evaluate(expr, scope, rootCtx(session, nowhere, []));
}

/** In a draft, claims are evaluated on the rows that may be explored. */
function exploratorySplit(rows: RowsValue, split: string): string {
  const facts = rows.data.facts.splits.find((one) => one.name === split);
  if (facts !== undefined && !facts.sealed) return split;
  const open =
    rows.data.facts.splits.find((one) => one.name === 'discover') ??
    rows.data.facts.splits.find((one) => !one.sealed);
  return open?.name ?? split;
}

type Made = {
  readonly parts: readonly PartSpec[];
  readonly classes: readonly ClassOutputs[];
  readonly label: ReadonlySet<string>;
  readonly evidence: Evidence;
};

function evaluateParts(
  body: Expr,
  family: Family,
  scope: Scope,
  root: Ctx,
  request: ClaimRequest,
  nil: boolean,
): Made {
  const { stage } = root;
  let parts: readonly PartSpec[] | null = null;
  let label: ReadonlySet<string> = new Set();
  let evidence: Evidence = 'observed';
  const groups = request.sideBySide === null ? classesOf(family) : [request.sideBySide];
  const classes = groups.map((members, classIndex): ClassOutputs => {
    const context =
      members.binders.length === 0 && request.sideBySide === null ? null : stage.openContext(members);
    const ctx: Ctx = { ...root, context };
    const inner = withValues(scope, bindersOf(members));
    const before = stage.executions.length;
    const drafts: readonly PartDraft[] = partsOf(body, inner, ctx);
    const evaluated = drafts.map((draft, partIndex) => {
      const value = evaluate(draft.x.expr, draft.x.scope, ctx);
      const x = perRow(value, draft.x.expr.span, draft.x.scope, ctx);
      label = unionLabels(label, x.label);
      evidence = strongest(evidence, x.evidence);
      checkMargin(draft, x.unit, nil);
      const output = `${request.outputs}:${classIndex}:${partIndex}`;
      const emit = (name: string, id: typeof x.id): string => {
        stage.output({ name, value: id, context: context?.id ?? null, purpose: { kind: 'outcome' } });
        return name;
      };
      let reference: string | null = null;
      if (draft.reference !== null) {
        const whole = evaluate(draft.reference.expr, draft.reference.scope, ctx);
        const y = perRow(whole, draft.reference.expr.span, draft.reference.scope, ctx);
        label = unionLabels(label, y.label);
        reference = emit(`${output}:of`, y.id);
      }
      return {
        part: { ...draft.part, unit: draft.part.kind === 'share' ? null : (draft.part.unit ?? x.unit) },
        x: emit(output, x.id),
        reference,
        id: x.id,
      };
    });
    parts ??= evaluated.map((one) => one.part);
    const touched = new Set(evaluated.flatMap((one) => [...fanIn(stage.builder, one.id)]));
    const live = stage.changes.filter(
      (one) => one.context === (context?.id ?? null) && touched.has(one.written),
    );
    const owners = [...new Set(live.map((one) => one.owner))];
    const changes = owners.map((owner) => {
      const all = live.filter((one) => one.owner === owner);
      const name = `${request.outputs}:${classIndex}:changed:${owner}`;
      const value = all
        .map((one) => one.value)
        .reduce((a, b) => (a === b ? a : stage.builder.add({ name: 'Max', attrs: {} }, a, b)));
      stage.output({ name, value, context: context?.id ?? null, purpose: { kind: 'changed', owner } });
      return { owner, output: name };
    });
    // A write below everything that is read is never even spliced in: the run in which it was asked for says so.
    const writing = stage.executions.slice(before).some((one) => !one.clean);
    return {
      context: context?.id ?? null,
      members: members.members,
      parts: evaluated.map((one) => ({
        x: one.x,
        reference: one.reference,
        structural: writing && live.length === 0,
      })),
      changes,
    };
  });
  if (parts === null) return bug('a claim without classes');
  return { parts, classes, label, evidence };
}

function assayOf(opened: OpenedClaim, root: Ctx, request: ClaimRequest): AssaySpec | null {
  const expr = fieldOf(opened.declaration, 'assay') ?? fieldOf(opened.fields, 'assay');
  if (expr === undefined || request.sideBySide !== null) return null;
  const single: Family = { universe: [], members: [[]] };
  const made = evaluateParts(
    expr,
    single,
    opened.scope,
    root,
    { ...request, outputs: `${request.outputs}:assay` },
    false,
  );
  return { text: 'assay', parts: made.parts, classes: made.classes };
}

/** Circuits that a claim is about, as declared; not those that one of them was made of. */
export function circuitsBehind(body: Expr, scope: Scope, ctx: Ctx): readonly CircuitValue[] {
  const found = new Map<string, CircuitValue>();
  walkNames(
    body,
    scope,
    (name, inner) => {
      if (inner.locals.has(name)) return;
      const entry = inner.table.get(name);
      const declaration = entry?.kind === 'declared' ? entry.declaration : entry?.original;
      if (declaration?.keyword !== 'circuit' || found.has(name)) return;
      const value = evaluate(
        { kind: 'name', name, span: body.span },
        { table: inner.table, locals: new Map() },
        ctx,
      );
      if (value.kind === 'circuit') found.set(name, value);
    },
    (declaration) => declaration.keyword !== 'circuit',
  );
  return [...found.values()];
}

function interventionsBehind(body: Expr, scope: Scope): readonly string[] {
  const found = new Set<string>();
  walkNames(body, scope, (name, inner) => {
    const entry = inner.locals.has(name) ? undefined : inner.table.get(name);
    const declaration = entry?.kind === 'declared' ? entry.declaration : entry?.original;
    if (declaration?.keyword === 'intervention' || declaration?.keyword === 'ablation') found.add(name);
  });
  return [...found];
}

/**
 * Which replicates of controls are built: every one (to run), one that stands for all (enough to check and plan), none (to look at a
 * draft, and for the searches of the file itself), or reinitialised models of these numbers alone (to search on some after the others).
 */
export type Replicates = 'all' | 'one' | 'none' | { readonly only: readonly number[] };

export type ControlRequest = ClaimRequest & {
  readonly replicates: Replicates;
  readonly families: readonly FamilySpec[];
  /** The control is waived: it is described, not built. */
  readonly waived?: boolean;
};
