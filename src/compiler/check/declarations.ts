// Every declaration is evaluated once even if nothing asks for it, so that a mistake in it is found where it stands.
import { bug } from '../base/bug.js';
import { digest } from '../base/digest.js';
import type { DataFacts } from '../data/data-facts.js';
import type { DataSpec } from '../data/data-spec.js';
import type { Declaration } from '../syntax/ast.js';
import { ablationFacts } from './ablations.js';
import { circuitOf } from './circuits.js';
import { evaluateStatic, rootCtx } from './claims.js';
import { type Ctx, evaluateMember, Refusal, refuse, type Session, toTensor } from './context.js';
import { describe } from './describe.js';
import { bindersOf, classesOf } from './family.js';
import { fieldOf } from './fields.js';
import { placesOfValue } from './instance.js';
import { evaluateBody, evaluateDeclaration } from './lookup.js';
import { mentionedData, mentionedModels } from './mentions.js';
import * as say from './messages.js';
import { familyOf } from './ranges.js';
import { withValues } from './scope.js';
import { Stage } from './stage.js';
import { unitFits } from './units.js';
import type { DataValue, Scope, Value } from './value.js';

export function checkDeclaration(declaration: Declaration, scope: Scope, session: Session): void {
  const name = declaration.name ?? '';
  switch (declaration.keyword) {
    case 'param':
    case 'model':
    case 'data':
    case 'draw':
      evaluateStatic({ kind: 'name', name, span: declaration.nameSpan }, scope, session);
      return;
    case 'hook':
      refuseView(declaration);
      checkFamily(declaration, scope, session);
      return;
    case 'metric':
    case 'intervention':
      checkFamily(declaration, scope, session);
      return;
    case 'ablation': {
      const value = evaluateDeclaration(
        name,
        declaration,
        declaration.nameSpan,
        scope,
        scratch(declaration, scope, session),
      );
      if (value.kind === 'ablation') ablationFacts(value, scratch(declaration, scope, session));
      return;
    }
    case 'circuit':
      circuitOf(declaration, scope, scratch(declaration, scope, session));
      return;
    case 'let':
      if (declaration.binders.length === 0)
        evaluateBody(declaration, scope, scratch(declaration, scope, session));
      else checkFamily(declaration, scope, session);
      return;
    case 'fit':
    case 'gallery':
      refuse(say.notExecutableYet(declaration.keywordSpan, `\`${declaration.keyword}\` declarations`));
      return;
    case 'study':
    case 'import':
    case 'claim':
    case 'control':
    case 'correction':
    case 'predict':
    case 'report':
    case 'waive':
    case 'fn':
    case 'hole':
    case 'variant':
    case 'variable':
      return;
  }
}

/** `{ back: …, rest: keep }`: a hook that is a view of the site underneath. */
function refuseView(declaration: Declaration): void {
  const fields = ['back', 'rest'];
  for (const entry of declaration.block ?? []) {
    if (entry.kind !== 'field')
      refuse(say.unknownField(entry.span, entry.kind === 'view' ? 'a view' : entry.keyword, fields));
    else if (!fields.includes(entry.name)) refuse(say.unknownField(entry.nameSpan, entry.name, fields));
  }
  const back = fieldOf(declaration, 'back');
  if (back === undefined) return;
  if (fieldOf(declaration, 'rest') === undefined)
    refuse(
      say.missingField(declaration, 'rest', '`keep` or `drop`: what becomes of what the view does not see'),
    );
  refuse(say.notExecutableYet(back.span, 'hooks that are views (`back:`)'));
}

/** A context in a stage that nothing runs. All share it, and so what they build of equal parts. */
export function scratch(declaration: Declaration, scope: Scope, session: Session): Ctx {
  const data = rootData(declaration, scope, session);
  const split = data.facts.splits.find((one) => !one.sealed)?.name ?? data.facts.splits[0]?.name ?? '';
  const stage = session.stages.stage(data, split, 'scratch');
  return rootCtx(session, stage, []);
}

/** Where the hooks of a file without data are looked up: a hook names places in a model, whatever rows it will run on. */
function stageWithoutRows(declaration: Declaration): Stage {
  const id = digest('data', 'no rows');
  const facts: DataFacts = {
    digest: id,
    columns: [{ name: 'tokens', kind: 'tokens', partial: false }],
    roles: ['end'],
    splits: [],
    variants: [],
    length: { low: 1, high: 1 },
    clusterBy: 'row',
  };
  const spec: DataSpec = { kind: 'rows', rows: [], oneToken: [], split: { kind: 'shares', shares: [] } };
  return new Stage({ kind: 'data', declared: '', declaration, spec, facts, digest: id }, '');
}

/** The data set whose columns a metric reads; if none, the only one of the file. */
export function rootData(declaration: Declaration, scope: Scope, session: Session): DataValue {
  const names = new Set<string>();
  if (declaration.value !== undefined)
    for (const one of mentionedData(declaration.value, scope)) names.add(one);
  const wanted = names.size === 1 ? [...names][0] : undefined;
  for (const name of names) {
    const entry = scope.table.get(name);
    if (entry?.kind === 'declared' && session.failed.has(entry.declaration)) throw new Refusal(null); // said at the data
  }
  const all = [...session.data.values()];
  const found =
    wanted === undefined
      ? all.length === 1 || names.size > 1
        ? all[0]
        : undefined
      : session.data.get(wanted);
  if (found !== undefined) return found;
  if (all.length === 0) {
    const declared = [...scope.table.values()].some(
      (entry) => entry.kind === 'declared' && entry.declaration.keyword === 'data',
    );
    if (declared) throw new Refusal(null); // what is wrong with it was said there
    return refuse(say.noData(declaration.nameSpan));
  }
  return all[0] ?? bug('no data');
}

/** One class per structure is enough: members of a class differ only in what is fed. */
function checkFamily(declaration: Declaration, scope: Scope, session: Session): void {
  const declaresData = [...scope.table.values()].some(
    (one) => one.kind === 'declared' && one.declaration.keyword === 'data',
  );
  const needsNoRows = declaration.keyword === 'hook' && !declaresData;
  const root = needsNoRows
    ? rootCtx(session, stageWithoutRows(declaration), [])
    : scratch(declaration, scope, session);
  const family = familyOf(declaration.binders, declaration.value, scope, root);
  const declared = declaration.unit?.name ?? null;
  for (const members of classesOf(family)) {
    const context = members.binders.length === 0 ? null : root.stage.openContext(members);
    const ctx: Ctx = { ...root, context };
    const bound = new Map(bindersOf(members));
    const values = declaration.binders.map((one): Value => bound.get(one.name) ?? { kind: 'error' });
    const value = evaluateMember(declaration, values, scope, ctx);
    switch (declaration.keyword) {
      case 'hook':
        if (value.kind !== 'component' && value.kind !== 'parts')
          refuse(say.notASite(declaration.value?.span ?? declaration.span, describe(value)));
        else placesOfValue(value, declaration.value?.span ?? declaration.span, ctx);
        break;
      case 'intervention': {
        if (value.kind !== 'writes' && value.kind !== 'list')
          refuse(
            say.expected(
              declaration.value?.span ?? declaration.span,
              'a write `site <- value`',
              describe(value),
            ),
          );
        checkWrites(value, declaration, withValues(scope, bound), ctx);
        break;
      }
      default: {
        const tensor = toTensor(value, declaration.value?.span ?? declaration.span, scope, ctx);
        if (!unitFits(tensor.unit, declared))
          refuse(
            say.unitDeclared(
              declaration.unit?.span ?? declaration.nameSpan,
              declared ?? '',
              tensor.unit ?? '',
            ),
          );
      }
    }
  }
}

/** Splices the writes into a run of each model that they are about, so that values that do not fit and sites that overlap are found. */
function checkWrites(value: Value, declaration: Declaration, scope: Scope, ctx: Ctx): void {
  const writes =
    value.kind === 'writes'
      ? value.writes
      : value.kind === 'list'
        ? value.items.flatMap((one) => (one.kind === 'writes' ? one.writes : []))
        : [];
  const named = writes.flatMap((one) => {
    const targets = 'expr' in one.target ? [one.target] : one.target.except;
    return targets.flatMap((thunk) => [...mentionedModels(thunk.expr, thunk.scope)]);
  });
  const models = [...ctx.session.models.values()];
  const meant = models.filter((one) => named.includes(one.declared));
  for (const model of meant.length > 0 ? meant : models.slice(0, 1)) {
    const last = model.graph.sites.at(-1);
    if (last === undefined) continue;
    const component: Value = {
      kind: 'component',
      model,
      path: last.path,
      constraints: [],
      span: declaration.nameSpan,
      joint: null,
    };
    toTensor(component, declaration.nameSpan, scope, {
      ...ctx,
      world: { kind: 'world', model, writes, rows: null },
    });
  }
}
