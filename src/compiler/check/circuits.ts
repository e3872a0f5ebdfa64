// Circuits: sets of members of a hook family. Written down, combined from others, or found by a search, whose result
// carries the label of the split that chose it.

import { bug } from '../base/bug.js';
import { digest } from '../base/digest.js';
import type { CallExpr, Declaration, Expr, ListExpr } from '../syntax/ast.js';
import { type Ctx, evaluate, evaluateMember, refuse } from './context.js';
import { describe, refuseKind } from './describe.js';
import { bindersOf, classesOf, type Family, type MemberTuple } from './family.js';
import { knownNames } from './known-names.js';
import { walkNames } from './mentions.js';
import * as say from './messages.js';
import { perRow } from './per-row.js';
import { familyOf, universeOf } from './ranges.js';
import type { CircuitValue, RowsValue, Scope, Universe, Value } from './value.js';

/** Searches other than `top` are parsed and named here, so that they get one clear message. */
export const laterSearches = ['greedy', 'prune', 'bandit', 'beam', 'scan', 'eap'] as const;

export function circuitOf(declaration: Declaration, scope: Scope, ctx: Ctx): Value {
  const { value } = declaration;
  if (value === undefined) return refuse(say.missingValue(declaration));
  return circuitValue(declaration.name ?? 'circuit', value, scope, ctx);
}

/** The circuit that an expression means; with a name, it goes by that name from here on. */
export function circuitValue(name: string, value: Expr, scope: Scope, ctx: Ctx): CircuitValue {
  if (value.kind === 'list') return literalCircuit(name, value, scope, ctx);
  if (value.kind === 'call' && value.callee.kind === 'name') {
    const called = value.callee.name;
    if (called === 'top') return search(name, value, scope, ctx);
    const later = laterSearches.find((one) => one === called);
    if (later !== undefined) return refuse(say.notExecutableYet(value.span, `the search \`${later}\``));
  }
  const found = evaluate(value, scope, ctx);
  if (found.kind === 'circuit') return name === '' ? found : { ...found, name };
  return refuseKind(found, value.span, 'a circuit', scope);
}

/** `[z[1, 0], z[1, 3]]` */
function literalCircuit(name: string, list: ListExpr, scope: Scope, ctx: Ctx): CircuitValue {
  let universe: Universe | null = null;
  const members = list.items.map((item): MemberTuple => {
    if (item.kind !== 'index' || item.base.kind !== 'name')
      return refuse(say.expected(item.span, 'a member of a hook, such as `z[1, 0]`'));
    const hook = evaluate(item.base, scope, ctx);
    if (hook.kind !== 'family') return refuseKind(hook, item.base.span, 'a hook family', scope);
    universe ??= universeOf(hook.declaration, hook.scope, ctx);
    const own: Universe = universe;
    if (item.args.length !== own.length)
      return refuse(say.wrongIndexCount(item.span, hook.declaration, item.args.length));
    return item.args.map((arg, i) => {
      const value = arg.kind === 'positional' ? evaluate(arg.value, scope, ctx) : null;
      if (value?.kind !== 'number') return refuse(say.expected(arg.span, 'a number'));
      const { values } = own[i]?.range ?? bug('no range');
      if (!values.includes(value.value))
        return refuse(say.indexOutOfRange(arg.span, own[i]?.name ?? '', value.value, values.length));
      return value.value;
    });
  });
  if (universe === null) return refuse(say.expected(list.span, 'at least one member'));
  return {
    kind: 'circuit',
    name,
    universe,
    members: sortMembers(members),
    settled: true,
    dynamic: null,
    complement: false,
    label: new Set(),
  };
}

function sortMembers(members: readonly MemberTuple[]): readonly MemberTuple[] {
  const seen = new Map(members.map((one) => [one.join(','), one] as const));
  return [...seen.values()].toSorted((a, b) => {
    for (const [i, left] of a.entries()) {
      const right = b[i];
      if (left !== right) return Number(left) - Number(right);
    }
    return 0;
  });
}

/** Every other member. Of circuits run side by side, whose members differ from row to row, the complement is taken later. */
export function complementOf(circuit: CircuitValue): CircuitValue {
  const complement = { ...circuit, complement: !circuit.complement };
  return circuit.dynamic === null
    ? { ...circuit, members: membersOf(complement), complement: false }
    : complement;
}

/** Members of a circuit with its complement written out. */
export function membersOf(circuit: CircuitValue): readonly MemberTuple[] {
  if (!circuit.complement) return circuit.members;
  const own = new Set(circuit.members.map((one) => one.join(',')));
  return allMembers(circuit.universe).filter((one) => !own.has(one.join(',')));
}

export function allMembers(universe: Universe): readonly MemberTuple[] {
  return universe.reduce<readonly MemberTuple[]>(
    (members, { range }) => members.flatMap((member) => range.values.map((value) => [...member, value])),
    [[]],
  );
}

export type SetOperation = 'union' | 'intersection' | 'minus';

export function combine(operation: SetOperation, a: CircuitValue, b: CircuitValue, expr: Expr): CircuitValue {
  if (a.universe.length !== b.universe.length) return refuse(say.circuitsDiffer(expr.span));
  const right = new Set(membersOf(b).map((one) => one.join(',')));
  const left = membersOf(a);
  const members =
    operation === 'union'
      ? [...left, ...membersOf(b)]
      : left.filter((one) => right.has(one.join(',')) === (operation === 'intersection'));
  return {
    ...a,
    members: sortMembers(members),
    complement: false,
    settled: a.settled && b.settled,
    label: new Set([...a.label, ...b.label]),
  };
}

/**
 * Members that stand in for what a search will find, for checking and planning: spread over the layers from the first on, which
 * has the most matched circuits and the most work below. What is found may still cost more or less.
 */
function standIns(family: Family, k: number): readonly MemberTuple[] {
  const layerAt = family.universe.findIndex((one) => one.range.domain.kind === 'layers');
  if (layerAt < 0) return family.members.slice(0, k);
  const byLayer = new Map<MemberTuple[number] | undefined, MemberTuple[]>();
  for (const member of family.members) {
    const list = byLayer.get(member[layerAt]) ?? [];
    list.push(member);
    byLayer.set(member[layerAt], list);
  }
  const chosen: MemberTuple[] = [];
  for (let round = 0; chosen.length < k; round++) {
    for (const list of byLayer.values()) {
      const member = list[round];
      if (member !== undefined && chosen.length < k) chosen.push(member);
    }
  }
  return chosen;
}

/** `top(k, abs(mean(score)), on: split)`: the k members with the largest score, ties broken by member order. */
function search(name: string, call: CallExpr, scope: Scope, ctx: Ctx): CircuitValue {
  const [kArg, scoreArg] = call.args.filter((arg) => arg.kind === 'positional');
  const onArg = call.args.find((arg) => arg.kind === 'named' && arg.name === 'on');
  const unknown = call.args.find(
    (arg) => arg.kind === 'binder' || (arg.kind === 'named' && arg.name !== 'on'),
  );
  if (unknown !== undefined) {
    const named = unknown.kind === 'named';
    return refuse(
      say.unknownArgument(
        named ? unknown.nameSpan : unknown.span,
        'top',
        ['on'],
        named ? unknown.name : undefined,
      ),
    );
  }
  if (call.args.filter((arg) => arg.kind === 'positional').length > 2)
    return refuse(
      say.wrongArgumentCount(
        call.span,
        'top',
        2,
        call.args.filter((arg) => arg.kind === 'positional').length,
      ),
    );
  if (kArg === undefined || scoreArg === undefined)
    return refuse(say.missingArgument(call.span, 'top', 'a number of members and a score'));
  if (onArg === undefined || onArg.kind !== 'named')
    return refuse(say.missingArgument(call.span, 'top', '`on:`, the rows that choose'));
  const k = evaluate(kArg.value, scope, ctx);
  if (k.kind !== 'number' || !Number.isInteger(k.value) || k.value < 1)
    return refuse(say.expected(kArg.span, 'a whole number, at least 1'));
  const rows = evaluate(onArg.value, scope, ctx);
  if (rows.kind !== 'rows' || rows.split === null)
    return refuse(say.expected(onArg.value.span, 'a split of a data set'));
  const { absolute, family, declaration } = scoreOf(scoreArg.value, scope, ctx);
  if (k.value > family.members.length)
    return refuse(say.searchTooLarge(kArg.span, k.value, family.members.length));
  const label = new Set([`${rows.data.declared}.${rows.split}`]);
  const key = searchKey(name, call, rows, scope, ctx);
  const found = ctx.session.found.get(key);
  const circuit: CircuitValue = {
    kind: 'circuit',
    name,
    universe: family.universe,
    members: sortMembers(found ?? standIns(family, k.value)),
    settled: found !== undefined,
    dynamic: null,
    complement: false,
    label,
  };
  if (found === undefined && !ctx.session.searches.has(key)) {
    registerSearch(key, circuit, { k: k.value, absolute, family, declaration, rows }, ctx);
  }
  return circuit;
}

type Score = {
  readonly absolute: boolean;
  readonly family: Family;
  readonly declaration: Extract<Value, { kind: 'family' }>;
};

/** `mean(x)` or `abs(mean(x))` of a metric family. */
function scoreOf(expr: Expr, scope: Scope, ctx: Ctx): Score {
  const absolute = expr.kind === 'call' && expr.callee.kind === 'name' && expr.callee.name === 'abs';
  const inner = absolute ? positional(expr) : expr;
  const isMean = inner?.kind === 'call' && inner.callee.kind === 'name' && inner.callee.name === 'mean';
  const metric = isMean ? positional(inner) : undefined;
  if (metric === undefined)
    return refuse(say.expected(expr.span, '`mean(…)` or `abs(mean(…))` of a metric family'));
  const value = evaluate(metric, scope, ctx);
  if (value.kind === 'word') return refuse(say.unknownName(value.span, value.word, knownNames(scope)));
  if (value.kind !== 'family')
    return refuse(say.expected(metric.span, 'a metric with binders', describe(value)));
  const family = familyOf(value.declaration.binders, value.declaration.value, value.scope, ctx);
  return { absolute, family, declaration: value };
}

function positional(call: CallExpr): Expr | undefined {
  const first = call.args[0];
  return first?.kind === 'positional' ? first.value : undefined;
}

type SearchPlan = Score & { readonly k: number; readonly rows: RowsValue };

function registerSearch(key: string, circuit: CircuitValue, plan: SearchPlan, ctx: Ctx): void {
  const { session } = ctx;
  const split = plan.rows.split ?? bug('a search without a split');
  const stage = session.stages.stage(plan.rows.data, split, `search ${key.slice(0, 12)}`);
  const shift = plan.rows.variant;
  const outputs = classesOf(plan.family).map((members, i) => {
    const context =
      members.members.length === 1 && members.binders.length === 0 ? null : stage.openContext(members);
    const inner: Ctx = {
      ...ctx,
      stage,
      context,
      world: null,
      standsFor: null,
      shift,
      readAs: null,
      place: null,
      depth: 0,
    };
    const values = new Map(bindersOf(members));
    const arranged = plan.declaration.declaration.binders.map(
      (binder) => values.get(binder.name) ?? bug(`no binder ${binder.name}`),
    );
    const value = evaluateMember(plan.declaration.declaration, arranged, plan.declaration.scope, inner);
    const span = plan.declaration.declaration.nameSpan;
    const tensor = perRow(value, span, plan.declaration.scope, inner);
    const output = `score:${i}`;
    stage.output({
      name: output,
      value: tensor.id,
      context: context?.id ?? null,
      purpose: { kind: 'outcome' },
    });
    return { output, context };
  });
  session.searches.set(key, {
    key,
    circuit,
    run: {
      k: plan.k,
      absolute: plan.absolute,
      stage,
      outputs,
      members: plan.family.members,
      split,
      data: plan.rows.data,
    },
  });
}

/** What a search is: its text, its rows, and what stands behind the names it mentions. */
function searchKey(name: string, call: CallExpr, rows: RowsValue, scope: Scope, ctx: Ctx): string {
  const behind: string[] = [];
  walkNames(call, scope, (mentioned, inner) => {
    const entry = inner.locals.has(mentioned) ? undefined : inner.table.get(mentioned);
    if (entry?.kind === 'replaced') {
      behind.push(
        `${mentioned}=${entry.by.kind === 'value' && entry.by.value.kind === 'model' ? entry.by.value.id : JSON.stringify(entry.by.kind === 'body' ? [entry.by.expr.span.start, entry.by.expr.span.end] : entry.by.value.kind)}`,
      );
    } else if (entry?.kind === 'declared' && entry.declaration.keyword === 'model') {
      const model = evaluate({ kind: 'name', name: mentioned, span: call.span }, inner, ctx);
      if (model.kind === 'model') behind.push(`${mentioned}=${model.id}`);
    }
  });
  return digest('search', [
    name,
    call.span.start,
    rows.data.digest,
    rows.split ?? '',
    [...new Set(behind)].sort(),
  ]);
}
