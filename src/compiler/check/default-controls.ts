// Controls that a claim gets without asking: what an intervention does is compared with random directions of the same size, a
// named circuit with others of its size, a search with the same search on untrained models. Each has a name and can be waived.
import { bug } from '../base/bug.js';
import type { Declaration, Expr } from '../syntax/ast.js';
import type { ClaimSpec, ControlKind, ControlSpec, FamilySpec, OpenedClaim } from './claim-spec.js';
import type { ControlRequest } from './claims.js';
import { mentionedModels } from './mentions.js';
import type { Scope } from './value.js';

/** What kind of control a `given` makes: `controlKind` of controls.ts. */
export type KindOf = (
  given: Extract<Expr, { kind: 'given' }>,
  name: string,
  claim: ClaimSpec,
  opened: OpenedClaim,
  scope: Scope,
  request: ControlRequest,
) => ControlKind;

export function insertedControls(
  kindOf: KindOf,
  claim: ClaimSpec,
  opened: OpenedClaim,
  before: readonly ControlSpec[],
  waivers: ReadonlyMap<string, string>,
  scope: Scope,
  request: ControlRequest,
): readonly ControlSpec[] {
  const own = before.filter((one) => one.claim === claim.name);
  const made: ControlSpec[] = [];
  const add = (name: string, value: Given): void => {
    const waived = waivers.get(name) ?? null;
    const what: ControlKind = kindOf(value, name, claim, opened, scope, {
      ...request,
      waived: waived !== null,
    });
    made.push({ name, claim: claim.name, declaration: null, inserted: true, waived, what });
  };
  const replicates = replicatesFor(request.families.find((one) => one.claims.includes(claim.name)));
  const intervenes = claim.evidence === 'intervened' || claim.evidence === 'edited';
  if (isSuperiority(claim) && intervenes && !own.some((one) => one.what.kind === 'paired')) {
    const changed = claim.interventions.flatMap((name) => {
      const declaration = declarationOf(name, scope);
      return declaration?.keyword === 'intervention' ? [declaration] : [];
    });
    if (changed.length > 0) add(directionControl(claim.name), directionsInstead(claim, changed));
  }
  for (const circuit of claim.circuits) {
    const joint = claim.family.members.length === 1 && claim.family.universe.length === 0;
    if (joint && !own.some((one) => one.what.kind === 'circuits')) {
      const like = named('like', nameOf(circuit.name, opened), opened);
      const n = named('n', number(Math.max(999, replicates), opened), opened);
      add(
        `random_${circuit.name}_${claim.name}`,
        given(claim, circuit.name, call('circuits', [like, n], opened), opened),
      );
    }
    const searched = circuit.label.size > 0;
    if (searched && isSuperiority(claim) && !own.some((one) => one.what.kind === 'reinitialised')) {
      // The models that the search reads: those of the circuit, not of the claim.
      const models = [...mentionedModels(nameOf(circuit.name, opened), opened.scope)];
      for (const model of models) {
        const which = models.length === 1 ? '' : `_${model}`;
        const seeds = named('seeds', number(replicates, opened), opened);
        const fresh = call(
          'reinitialised',
          [{ kind: 'positional', value: nameOf(model, opened), span: opened.body.span }, seeds],
          opened,
        );
        add(`searched_${circuit.name}_${claim.name}${which}`, given(claim, model, fresh, opened));
      }
    }
  }
  // A claim that gets none can be waived by the name of the one it lacks: the report then says so.
  const lacking = directionControl(claim.name);
  const waived = waivers.get(lacking);
  if (isSuperiority(claim) && intervenes && own.length + made.length === 0 && waived !== undefined) {
    const what: ControlKind = { kind: 'paired', variant: claim };
    made.push({ name: lacking, claim: claim.name, declaration: null, inserted: true, waived, what });
  }
  return made;
}

/** The name of the control that compares a claim's interventions with random directions. */
export function directionControl(claim: string): string {
  return `direction_${claim}`;
}

/** Does the claim say that something exceeds a margin, and nothing else? */
export function isSuperiority(claim: ClaimSpec): boolean {
  return claim.parts.every((part) => part.direction === 'above');
}

/** The smallest number of replicates whose rank can reach the rate, 1 / (N + 1), and at least 19. */
function replicatesFor(family: FamilySpec | undefined): number {
  return family === undefined ? 19 : Math.max(19, Math.ceil(1 / Number(family.rate) - 1e-9) - 1);
}

function declarationOf(name: string, scope: Scope): Declaration | null {
  const entry = scope.table.get(name);
  if (entry === undefined) return null;
  return entry.kind === 'declared' ? entry.declaration : entry.original;
}

type Given = Extract<Expr, { kind: 'given' }>;
type Arg = Extract<Expr, { kind: 'call' }>['args'][number];

/** `claim given knock[l, h] = random_directions(like: knock[l, h])`, for every intervention of the claim. */
function directionsInstead(claim: ClaimSpec, interventions: readonly Declaration[]): Given {
  const [first] = interventions;
  const { span } = first ?? bug('a direction control without an intervention');
  const substitutions = interventions.map((one): Given['substitutions'][number] => {
    const name: Expr = { kind: 'name', name: one.name ?? '', span: one.span };
    const args = one.binders.map(
      (binder): Arg => ({
        kind: 'positional',
        value: { kind: 'name', name: binder.name, span: one.span },
        span: one.span,
      }),
    );
    const path: Expr = args.length === 0 ? name : { kind: 'index', base: name, args, span: one.span };
    const value: Expr = {
      kind: 'call',
      callee: { kind: 'name', name: 'random_directions', span: one.span },
      args: [{ kind: 'named', name: 'like', value: path, span: one.span, nameSpan: one.span }],
      span: one.span,
    };
    return { path, value, span: one.span };
  });
  return { kind: 'given', base: { kind: 'name', name: claim.name, span }, substitutions, span };
}

function given(claim: ClaimSpec, name: string, value: Expr, opened: OpenedClaim): Given {
  const { span } = opened.body;
  const base: Expr = { kind: 'name', name: claim.name, span };
  return { kind: 'given', base, substitutions: [{ path: { kind: 'name', name, span }, value, span }], span };
}

function call(name: string, args: readonly Arg[], opened: OpenedClaim): Expr {
  const { span } = opened.body;
  return { kind: 'call', callee: { kind: 'name', name, span }, args, span };
}

function nameOf(name: string, opened: OpenedClaim): Expr {
  return { kind: 'name', name, span: opened.body.span };
}

function named(name: string, value: Expr, opened: OpenedClaim): Arg {
  return { kind: 'named', name, value, span: opened.body.span, nameSpan: opened.body.span };
}

function number(value: number, opened: OpenedClaim): Expr {
  return { kind: 'number', value, text: String(value), percent: false, span: opened.body.span };
}
