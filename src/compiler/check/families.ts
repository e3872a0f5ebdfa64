// Which claims form one family, under which method and error rate. Claims that no correction names form the default one.

import type { Span } from '../base/span.js';
import { suggest } from '../base/suggest.js';
import type { CallExpr, Declaration, Expr } from '../syntax/ast.js';
import type { ClaimSpec, FamilySpec } from './claim-spec.js';
import type { Session } from './context.js';
import * as rule from './evidence-messages.js';
import { fieldOf } from './fields.js';
import * as say from './messages.js';

/** Where the number of flips is written. */
export function flipsSpan(declaration: Declaration | null): Span | null {
  const call = declaration?.value?.kind === 'call' ? declaration.value : null;
  const arg = call?.args.find((one) => one.kind === 'named' && one.name === 'flips');
  return arg?.kind === 'named' ? arg.value.span : null;
}

export const methods = ['max_t', 'holm', 'bonferroni', 'hochberg', 'hommel', 'bh', 'by'] as const;
const defaultFlips = 9_999;

export function familiesOf(
  declarations: readonly Declaration[],
  claims: readonly ClaimSpec[],
  session: Session,
): readonly FamilySpec[] {
  const families: FamilySpec[] = [];
  const taken = new Map<string, Declaration>();
  let someFailed = false;
  for (const one of declarations) {
    if (one.keyword !== 'correction') continue;
    const made = session.failed.has(one) ? null : familyOf(one, declarations, session);
    if (made === null) {
      someFailed = true;
      continue;
    }
    for (const claim of made.claims) {
      const other = taken.get(claim);
      if (other !== undefined)
        session.reporter.report(rule.claimInTwoFamilies(one.nameSpan, other.nameSpan, claim));
      taken.set(claim, one);
    }
    families.push(made);
  }
  const rest = claims.filter((one) => !taken.has(one.name)).map((one) => one.name);
  // What a correction that failed would have counted is not known.
  if (rest.length === 0 || someFailed) return families;
  const [only] = claims.filter((one) => rest.includes(one.name));
  const method = rest.length === 1 && only?.quantity === 'each' ? 'max_t' : 'holm';
  return [
    ...families,
    { name: 'default', method, rate: '0.05', flips: defaultFlips, claims: rest, declaration: null },
  ];
}

function familyOf(
  declaration: Declaration,
  declarations: readonly Declaration[],
  session: Session,
): FamilySpec | null {
  const { value } = declaration;
  const call: CallExpr | null = value?.kind === 'call' ? value : null;
  const name = call?.callee.kind === 'name' ? call.callee.name : '';
  const method = methods.find((one) => one === name);
  if (method === undefined || call === null) {
    session.reporter.report(
      rule.unknownMethod(
        call?.callee.span ?? value?.span ?? declaration.span,
        name,
        methods,
        suggest(name, methods),
      ),
    );
    return null;
  }
  const over = fieldOf(declaration, 'over');
  const words = over === undefined ? [] : over.kind === 'list' ? over.items : [over];
  const claims: string[] = [];
  for (const one of words) {
    if (
      one.kind === 'name' &&
      declarations.some((other) => other.keyword === 'claim' && other.name === one.name)
    ) {
      if (claims.includes(one.name))
        session.reporter.report(rule.claimInTwoFamilies(one.span, declaration.nameSpan, one.name));
      else claims.push(one.name);
      continue;
    }
    const names = declarations.flatMap((other) =>
      other.keyword === 'claim' && other.name !== undefined ? [other.name] : [],
    );
    session.reporter.report(
      rule.unknownClaim(
        one.span,
        one.kind === 'name' ? one.name : '',
        suggest(one.kind === 'name' ? one.name : '', names),
      ),
    );
  }
  if (over === undefined) session.reporter.report(rule.correctionWithoutClaims(declaration.nameSpan));
  const allowed = [method === 'bh' || method === 'by' ? 'fdr' : 'fwer', 'flips'];
  const stray = call.args.find((arg) => arg.kind !== 'named' || !allowed.includes(arg.name));
  if (stray !== undefined) {
    const named = stray.kind === 'named';
    session.reporter.report(
      say.unknownArgument(
        named ? stray.nameSpan : stray.span,
        method,
        allowed,
        named ? stray.name : undefined,
      ),
    );
    return null;
  }
  const rate = numberArg(call, method === 'bh' || method === 'by' ? 'fdr' : 'fwer');
  if (rate === null || !(rate.value > 0 && rate.value < 1)) {
    session.reporter.report(rule.badRate(call.span, method));
    return null;
  }
  const flips = numberArg(call, 'flips');
  const written = flipsSpan(declaration);
  if (written !== null && (flips === null || !Number.isInteger(flips.value) || flips.value < 1)) {
    session.reporter.report(say.expected(written, 'a whole number, at least 1'));
    return null;
  }
  return {
    name: declaration.name ?? '',
    method,
    rate: rate.text,
    flips: flips === null ? defaultFlips : flips.value,
    claims,
    declaration,
  };
}

function numberArg(call: CallExpr, name: string): { readonly value: number; readonly text: string } | null {
  const arg = call.args.find((one) => one.kind === 'named' && one.name === name);
  const expr: Expr | null = arg?.kind === 'named' ? arg.value : null;
  if (expr?.kind !== 'number') return null;
  const text = expr.percent ? String(Number(expr.value.toPrecision(12))) : expr.text.replaceAll('_', '');
  return { value: expr.value, text };
}
