// Views of the report: which metric families are drawn, over which axes, with which claim's verdicts marked.

import { bug } from '../base/bug.js';
import { reduceNamed } from '../ir/named.js';
import type { Arg, Declaration, Expr } from '../syntax/ast.js';
import type { ClaimSpec, ViewMetric, ViewSpec } from './claim-spec.js';
import { rootCtx } from './claims.js';
import { type Ctx, evaluate, evaluateMember, Refusal, refuse, type Session, toTensor } from './context.js';
import { rootData } from './declarations.js';
import { describe } from './describe.js';
import * as rule from './evidence-messages.js';
import { bindersOf, classesOf } from './family.js';
import * as say from './messages.js';
import { perRow } from './per-row.js';
import { familyOf } from './ranges.js';
import { axesOf, castTo, strongest } from './tensors.js';
import type { Evidence, RangeDomain, Scope, Value } from './value.js';

const kinds = ['heatmap', 'scatter', 'table', 'curve'] as const;

const argumentsOf = {
  heatmap: ['x', 'y', 'mark'],
  scatter: ['mark'],
  table: ['mark'],
  curve: ['x', 'mark'],
} as const satisfies Record<(typeof kinds)[number], readonly string[]>;

/** What a binder is called along an axis of a view: by the axis of the model that it counts, else by its own name. */
export function axisTitle(name: string, domain: RangeDomain): string {
  if (domain.kind === 'layers') return 'layer';
  if (domain.kind === 'axis') return domain.axis;
  return domain.kind === 'roles' ? 'role' : name;
}

/** `x: head`: a binder of the metric, by its name or by its axis. */
function refuseStrangeAxes(args: readonly Arg[], metric: ViewMetric | undefined): void {
  const names =
    metric?.family.universe.flatMap(({ name, range }) => [axisTitle(name, range.domain), name]) ?? [];
  for (const arg of args) {
    if (arg.kind !== 'named' || arg.name === 'mark' || arg.value.kind !== 'name') continue;
    if (!names.includes(arg.value.name))
      refuse(say.unknownWord(arg.value.span, arg.value.name, [...new Set(names)]));
  }
}

export function viewsOf(
  declarations: readonly Declaration[],
  scope: Scope,
  session: Session,
  claims: readonly ClaimSpec[],
  attempt: <T>(declaration: Declaration | null, run: () => T) => T | null,
): readonly ViewSpec[] {
  const views: ViewSpec[] = [];
  for (const report of declarations) {
    if (report.keyword !== 'report' || session.failed.has(report)) continue;
    for (const entry of report.block ?? []) {
      if (entry.kind !== 'view') continue;
      const made = attempt(null, () => viewOf(entry.call, scope, session, claims));
      if (made !== null) views.push(made);
    }
  }
  return views;
}

function viewOf(expr: Expr, scope: Scope, session: Session, claims: readonly ClaimSpec[]): ViewSpec {
  if (expr.kind !== 'call' || expr.callee.kind !== 'name') return refuse(say.notAView(expr.span, kinds));
  const { callee } = expr;
  const kind = kinds.find((one) => one === callee.name);
  if (kind === undefined) {
    if (['graph', 'units'].includes(callee.name))
      return refuse(say.notExecutableYet(callee.span, `\`${callee.name}\` views`));
    return refuse(say.notAView(callee.span, kinds));
  }
  const metrics: ViewMetric[] = [];
  const words = new Map<string, string>();
  for (const arg of expr.args) {
    if (arg.kind === 'positional') metrics.push(viewMetric(arg.value, scope, session));
    else if (arg.kind === 'binder') refuse(say.binderHere(arg.span));
    else {
      const allowed: readonly string[] = argumentsOf[kind];
      if (!allowed.includes(arg.name)) refuse(say.unknownArgument(arg.nameSpan, kind, allowed, arg.name));
      if (arg.value.kind !== 'name') refuse(say.expected(arg.value.span, 'a word'));
      else words.set(arg.name, arg.value.name);
    }
  }
  const mark = words.get('mark') ?? null;
  if (mark !== null && !claims.some((one) => one.name === mark)) {
    const entry = scope.table.get(mark);
    if (entry?.kind === 'declared' && session.failed.has(entry.declaration)) throw new Refusal(null);
    const arg = expr.args.find((one) => one.kind === 'named' && one.name === 'mark');
    return refuse(
      rule.unknownClaim(
        arg?.span ?? expr.span,
        mark,
        claims.map((one) => one.name),
      ),
    );
  }
  if (metrics.length < (kind === 'scatter' ? 2 : 1)) return refuse(say.viewNeedsMetrics(expr.span, kind));
  refuseStrangeAxes(expr.args, metrics[0]);
  return { kind, metrics, x: words.get('x') ?? null, y: words.get('y') ?? null, mark, text: callee.name };
}

/** A metric family over the rows that may be explored, averaged over whatever axes it keeps beside the example. */
function viewMetric(expr: Expr, scope: Scope, session: Session): ViewMetric {
  const entry = expr.kind === 'name' ? scope.table.get(expr.name) : undefined;
  if (expr.kind !== 'name' || entry?.kind !== 'declared' || entry.declaration.keyword !== 'metric') {
    return refuse(say.expected(expr.span, 'the name of a metric'));
  }
  const { declaration } = entry;
  const data = rootData(declaration, scope, session);
  const split =
    data.facts.splits.find((one) => one.name === 'discover') ?? data.facts.splits.find((one) => !one.sealed);
  if (split === undefined) return refuse(rule.nothingToExplore(expr.span, data));
  const stage = session.stages.stage(data, split.name, 'main');
  const root = rootCtx(session, stage, []);
  const family = familyOf(declaration.binders, declaration.value, scope, root);
  let evidence: Evidence = 'observed';
  let unit: string | null = declaration.unit?.name ?? null;
  const classes = classesOf(family).map((members, i) => {
    const context = members.binders.length === 0 ? null : stage.openContext(members);
    const ctx: Ctx = { ...root, context };
    const bound = new Map(bindersOf(members));
    const values = declaration.binders.map(
      (one): Value => bound.get(one.name) ?? bug(`no binder ${one.name}`),
    );
    const value =
      declaration.binders.length === 0
        ? evaluate(expr, scope, ctx)
        : evaluateMember(declaration, values, scope, ctx);
    if (value.kind === 'writes') return refuse(say.expected(expr.span, 'a metric', describe(value)));
    let x = castTo(toTensor(value, expr.span, scope, ctx), 'f32');
    const extra = axesOf(x).flatMap((axis) => (axis.name === 'example' ? [] : [axis.name]));
    if (extra.length > 0) x = { ...x, id: reduceNamed(x.stage.builder, 'ReduceMean', x.id, extra) };
    const flat = perRow(x, expr.span, scope, ctx);
    evidence = strongest(evidence, flat.evidence);
    unit = unit ?? flat.unit;
    const output = `view:${declaration.name}:${i}`;
    stage.output({
      name: output,
      value: flat.id,
      context: context?.id ?? null,
      purpose: { kind: 'outcome' },
    });
    return { context: context?.id ?? null, members: members.members, output };
  });
  return { name: expr.name, unit, evidence, family, stage, classes };
}
