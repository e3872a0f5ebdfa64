// Controls: those declared, those a claim inherits from its base, and those that are inserted by default. Each is a claim
// with something replaced.

import { bug } from '../base/bug.js';
import type { Declaration, Expr } from '../syntax/ast.js';
import { circuitControl } from './circuit-control.js';
import type { ClaimSpec, ControlKind, ControlSpec, OpenedClaim } from './claim-spec.js';
import type { ControlRequest } from './claims.js';
import { evaluateClaim, evaluateStatic, openClaim, withValue } from './claims.js';
import { refuse, type Session } from './context.js';
import { insertedControls } from './default-controls.js';
import { describe } from './describe.js';
import * as rule from './evidence-messages.js';
import { walkNames } from './mentions.js';
import * as say from './messages.js';
import { reinitialise } from './model-declaration.js';
import type { Scope } from './value.js';

export type Claimed = { readonly spec: ClaimSpec; readonly opened: OpenedClaim };

/** Every control of every claim, in the order of claims. */
export function controlsOf(
  declarations: readonly Declaration[],
  claims: readonly Claimed[],
  waivers: ReadonlyMap<string, string>,
  scope: Scope,
  request: ControlRequest,
): readonly ControlSpec[] {
  const controls: ControlSpec[] = [];
  for (const { spec, opened } of claims) {
    const own = declarations.filter((one) => baseOf(one) === spec.name);
    const inherited = declarations.filter((one) => spec.base !== null && baseOf(one) === spec.base);
    for (const declaration of own)
      controls.push(declared(declaration, spec, opened, waivers, scope, request, false));
    for (const declaration of inherited)
      controls.push(declared(declaration, spec, opened, waivers, scope, request, true));
    controls.push(...insertedControls(controlKind, spec, opened, controls, waivers, scope, request));
  }
  return controls;
}

/** The claim that a control is about. */
export function baseOf(declaration: Declaration): string | null {
  const { value } = declaration;
  const base = value?.kind === 'given' ? value.base : value;
  return base?.kind === 'name' ? base.name : null;
}

function declared(
  declaration: Declaration,
  claim: ClaimSpec,
  opened: OpenedClaim,
  waivers: ReadonlyMap<string, string>,
  scope: Scope,
  request: ControlRequest,
  inherited: boolean,
): ControlSpec {
  const { value } = declaration;
  if (value?.kind !== 'given') return refuse(rule.controlWithoutGiven(declaration));
  const own = declaration.name ?? '';
  const name = inherited ? `${own} (${claim.name})` : own;
  const waived = waivers.get(own) ?? null;
  const what = controlKind(value, name, claim, opened, scope, { ...request, waived: waived !== null });
  return { name, claim: claim.name, declaration, inserted: false, waived, what };
}

/** What kind of replacement a `given` makes decides how the control is read. */
export function controlKind(
  given: Extract<Expr, { kind: 'given' }>,
  name: string,
  claim: ClaimSpec,
  opened: OpenedClaim,
  scope: Scope,
  request: ControlRequest,
): ControlKind {
  for (const { path, value } of given.substitutions) {
    if (path.kind !== 'name' || path.name === 'on' || value.kind !== 'call') continue;
    const found = evaluateStatic(value, scope, request.session);
    if (found.kind !== 'construct') continue;
    if (found.name === 'reinitialised') return reinitialised(path.name, found, name, claim, opened, request);
    if (found.name === 'circuits') return circuitControl(path.name, found, name, opened, request);
  }
  if (request.waived === true) return { kind: 'paired', variant: claim };
  // Anything else is a claim of its own on the same rows, to be exceeded member by member.
  const replaced = given.substitutions.flatMap(({ path }) =>
    path.kind === 'name' && isCircuit(path.name, scope) ? [path.name] : [],
  );
  if (isOver(replaced, opened)) return refuse(rule.controlChangesFamily(given.span, claim.name));
  const substituted = openClaim(
    { ...claim.declaration, value: { ...given, base: nameExpr(claim, given) } },
    scope,
  );
  const variant = evaluateClaim(
    {
      ...substituted,
      scope: withCircuitsOf(claim, replaced, substituted.scope),
      declaration: { ...claim.declaration },
      on: opened.on,
    },
    {
      ...request,
      outputs: `control:${name}`,
    },
  );
  if (variant.family.members.length !== claim.family.members.length)
    return refuse(rule.controlChangesFamily(given.span, claim.name));
  if (variant.stage !== claim.stage) return bug('a paired control on other rows than its claim');
  return { kind: 'paired', variant };
}

/**
 * A pair has the members of its claim: what the claim's searches found stays, also where the score that they ranked by
 * reads what the control replaces. (Controls with other models search again; they are no pairs.)
 */
function withCircuitsOf(claim: ClaimSpec, replaced: readonly string[], scope: Scope): Scope {
  return claim.circuits
    .filter((one) => !replaced.includes(one.name) && scope.table.has(one.name))
    .reduce((inner, one) => withValue(inner, one.name, one), scope);
}

function isCircuit(name: string, { table }: Scope): boolean {
  const entry = table.get(name);
  const declaration = entry?.kind === 'declared' ? entry.declaration : entry?.original;
  return declaration?.keyword === 'circuit';
}

/** Do the members of a claim come from what is replaced? */
function isOver(replaced: readonly string[], { body, scope }: OpenedClaim): boolean {
  if (body.kind !== 'quantifier') return false;
  let found = false;
  for (const { range } of body.binders) {
    if (range === undefined) continue;
    walkNames(range, scope, (name, inner) => {
      if (!inner.locals.has(name) && replaced.includes(name)) found = true;
    });
  }
  return found;
}

function nameExpr(claim: ClaimSpec, given: Expr): Expr {
  return { kind: 'name', name: claim.name, span: given.span };
}

function reinitialised(
  modelName: string,
  construct: Extract<ReturnType<typeof evaluateStatic>, { kind: 'construct' }>,
  name: string,
  claim: ClaimSpec,
  opened: OpenedClaim,
  request: ControlRequest,
): ControlKind {
  const { session } = request;
  const seedsThunk =
    construct.named.get('seeds') ??
    refuse(say.missingArgument(construct.span, 'reinitialised', '`seeds:`, a number of models'));
  const seeds = evaluateStatic(seedsThunk.expr, seedsThunk.scope, session);
  if (seeds.kind !== 'number' || !Number.isInteger(seeds.value) || seeds.value < 1) {
    return refuse(say.expected(seedsThunk.expr.span, 'a whole number, at least 1', describe(seeds)));
  }
  const [modelThunk] = construct.positional;
  const model = modelThunk === undefined ? null : evaluateStatic(modelThunk.expr, modelThunk.scope, session);
  if (model?.kind !== 'model') return refuse(say.missingArgument(construct.span, 'reinitialised', 'a model'));
  const replicates = builtOf(request, seeds.value).map((replicate) => {
    session.effort.steps = 0; // each is as large as the claim, and there are as many as the file says
    const fresh = reinitialise(model, 'reinitialised', replicate, construct.span, { ...staticCtx(session) });
    const scope = withValue(opened.scope, modelName, fresh);
    return evaluateClaim(
      { ...opened, scope },
      {
        ...request,
        purpose: `replicate ${modelName} ${replicate}`,
        outputs: `${claim.name}:${name}`,
      },
    );
  });
  return { kind: 'reinitialised', model, seeds: seeds.value, replicates };
}

/** The numbers of the replicates that are built, of so many. */
function builtOf({ waived, replicates }: ControlRequest, seeds: number): readonly number[] {
  if (waived === true || replicates === 'none') return [];
  if (replicates === 'one') return [0];
  if (replicates !== 'all') return replicates.only.filter((one) => one < seeds);
  return Array.from({ length: seeds }, (_, replicate) => replicate);
}

function staticCtx(session: Session) {
  return { session } as Parameters<typeof reinitialise>[4]; // only the session is read
}
