// A claim must not be tested on rows that shaped it: every value carries the splits that shaped it (rigor D1, D2), and the
// split that a claim names must not be among them. The places where that split is spelled show the way of the flow.
import type { Edit } from '../base/diagnostic.js';
import type { Span } from '../base/span.js';
import type { BoundFile } from '../bind/bind.js';
import type { Declaration, Expr } from '../syntax/ast.js';
import type { OpenedClaim } from './claim-spec.js';
import { type Ctx, Refusal, refuse, type Session } from './context.js';
import { replaceAt } from './edits.js';
import * as rule from './evidence-messages.js';
import { blockExprs, childrenOf, walkExprs } from './mentions.js';
import type { CircuitValue, DataValue, Scope, Table } from './value.js';

export type Tested = {
  readonly data: DataValue;
  readonly split: string;
  readonly circuits: readonly CircuitValue[];
};

export function refuseDoubleDip(
  opened: OpenedClaim,
  label: ReadonlySet<string>,
  tested: Tested,
  ctx: Ctx,
): void {
  const { data, split, circuits } = tested;
  const name = `${data.declared}.${split}`;
  if (!label.has(name)) return;
  const { scope } = opened;
  const span = opened.on?.expr.span ?? opened.declaration.nameSpan;
  const chooser = circuits.find((one) => one.label.has(name));
  if (chooser !== undefined) {
    const declaration = declarationOf(chooser.name, scope.table);
    const places = declaration?.value === undefined ? [] : spellings(declaration.value, scope, data, split);
    const [place] = places;
    const said = ctx.session.reporter.diagnostics.some(
      (one) => one.code === 'EIS3001' && one.secondary.some((label) => label.span === place),
    );
    if (said) throw new Refusal(null); // the same choice, tested by another claim
    refuse(
      rule.chosenAndTested(span, name, {
        circuit: chooser.name,
        origin: places[0] ?? declaration?.nameSpan ?? null,
        edits: instead(places, data, 'discover'),
      }),
    );
  }
  const places = spellings(opened.body, scope, data, split);
  refuse(rule.pooledAndTested(span, name, places[0] ?? null, instead(places, data, 'reference')));
}

/** Where `data.split` is written in an expression or behind the names it mentions. */
function spellings(expr: Expr, scope: Scope, data: DataValue, split: string): readonly Span[] {
  const found: Span[] = [];
  walkExprs(expr, scope, (one) => {
    if (isSpelled(one, data, split)) found.push(one.span);
  });
  return found;
}

function isSpelled(expr: Expr, data: DataValue, split: string): boolean {
  return (
    expr.kind === 'member' &&
    expr.name === split &&
    expr.base.kind === 'name' &&
    expr.base.name === data.declared
  );
}

function instead(places: readonly Span[], data: DataValue, wanted: string): readonly Edit[] {
  const { splits } = data.facts;
  const other = splits.find((one) => one.name === wanted) ?? splits.find((one) => !one.sealed);
  return other === undefined ? [] : places.map((span) => replaceAt(span, `${data.declared}.${other.name}`));
}

function declarationOf(name: string, table: Table): Declaration | null {
  const entry = table.get(name);
  return entry?.kind === 'declared' ? entry.declaration : null;
}

/** Sealed rows are read by the claims tested on them and by nothing else, whether or not a claim asks for it. */
export function refuseSealedReads(bound: BoundFile, session: Session): void {
  if (session.reporter.hasErrors) return;
  for (const declaration of bound.declarations) {
    const fields = (declaration.block ?? []).filter(
      (one) => !(one.kind === 'field' && one.name === 'on' && declaration.keyword === 'claim'),
    );
    const exprs = [...(declaration.value === undefined ? [] : [declaration.value]), ...blockExprs(fields)];
    for (const expr of exprs) reportSealed(expr, session);
  }
}

function reportSealed(expr: Expr, session: Session): void {
  for (const data of session.data.values()) {
    for (const { name, sealed } of data.facts.splits) {
      if (!sealed || !isSpelled(expr, data, name)) continue;
      session.reporter.report(
        rule.sealedRead(expr.span, `${data.declared}.${name}`, instead([expr.span], data, 'discover')),
      );
      return;
    }
  }
  if (expr.kind === 'given') {
    reportSealed(expr.base, session);
    for (const { path, value } of expr.substitutions)
      if (path.kind !== 'name' || path.name !== 'on') reportSealed(value, session);
    return;
  }
  for (const child of childrenOf(expr)) reportSealed(child, session);
}
