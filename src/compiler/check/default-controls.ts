// Controls that a claim gets without asking: a knock-out is compared with a random direction of the same size, a named
// circuit with others of its size, a search with the same search on untrained models. Each has a name and can be waived.
import type { Declaration, Expr } from '../syntax/ast.js';
import type { ClaimSpec, ControlKind, ControlSpec, OpenedClaim } from './claim-spec.js';
import type { ControlRequest } from './claims.js';
import { childrenOf } from './mentions.js';
import type { Scope } from './value.js';

/** The smallest number of replicates whose rank can reach 0.05: 1 / (19 + 1). */
const fewestReplicates = 19;

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
  const add = (name: string, value: Extract<Expr, { kind: 'given' }>): void => {
    const waived = waivers.get(name) ?? null;
    const what: ControlKind = kindOf(value, name, claim, opened, scope, {
      ...request,
      waived: waived !== null,
    });
    made.push({ name, claim: claim.name, declaration: null, inserted: true, waived, what });
  };
  const superiority = claim.parts.every((part) => part.direction === 'above');
  if (superiority && !own.some((one) => one.what.kind === 'paired')) {
    const knockOut = claim.interventions
      .map((name) => declarationOf(name, scope))
      .find((one) => one !== null && isKnockOut(one));
    if (knockOut?.value?.kind === 'write') add(`direction_${claim.name}`, directionInstead(claim, knockOut));
  }
  for (const circuit of claim.circuits) {
    const joint = claim.family.members.length === 1 && claim.family.universe.length === 0;
    if (joint && !own.some((one) => one.what.kind === 'circuits')) {
      add(
        `random_${circuit.name}_${claim.name}`,
        given(
          claim,
          circuit.name,
          call(
            'circuits',
            [named('like', nameOf(circuit.name, opened), opened), named('n', number(999, opened), opened)],
            opened,
          ),
          opened,
        ),
      );
    }
    const searched = circuit.label.size > 0;
    if (searched && superiority && !own.some((one) => one.what.kind === 'reinitialised')) {
      const [model] = [...request.session.models.values()];
      if (model !== undefined) {
        add(
          `searched_${circuit.name}_${claim.name}`,
          given(
            claim,
            model.declared,
            call(
              'reinitialised',
              [
                { kind: 'positional', value: nameOf(model.declared, opened), span: opened.body.span },
                named('seeds', number(fewestReplicates, opened), opened),
              ],
              opened,
            ),
            opened,
          ),
        );
      }
    }
  }
  return made;
}

function declarationOf(name: string, scope: Scope): Declaration | null {
  const entry = scope.table.get(name);
  if (entry === undefined) return null;
  return entry.kind === 'declared' ? entry.declaration : entry.original;
}

/** A site replaced by a constant, a mean, zero, or another run's value of the same site. */
function isKnockOut(declaration: Declaration): boolean {
  const { value } = declaration;
  if (declaration.keyword !== 'intervention' || value?.kind !== 'write') return false;
  const written = value.value;
  if (written.kind === 'number' || (written.kind === 'unary' && written.operand.kind === 'number'))
    return true;
  if (mentions(written, 'self')) return false;
  const plain = written.kind === 'at' ? written.base : written;
  const isMean = plain.kind === 'call' && plain.callee.kind === 'name' && plain.callee.name === 'mean';
  return isMean || (written.kind === 'at' && sameTarget(written.base, value.target));
}

function mentions(expr: Expr, name: string): boolean {
  return (expr.kind === 'name' && expr.name === name) || childrenOf(expr).some((one) => mentions(one, name));
}

function sameTarget(a: Expr, b: Expr): boolean {
  if (a.kind === 'name' && b.kind === 'name') return a.name === b.name;
  return a.kind === 'index' && b.kind === 'index' && sameTarget(a.base, b.base);
}

type Given = Extract<Expr, { kind: 'given' }>;
type Arg = Extract<Expr, { kind: 'call' }>['args'][number];

/** `claim given knock[l, h] = site <- self + random_direction(norm: change(knock[l, h]))` */
function directionInstead(claim: ClaimSpec, knock: Declaration): Given {
  const { span } = knock;
  const self: Expr = { kind: 'name', name: 'self', span };
  const name: Expr = { kind: 'name', name: knock.name ?? '', span };
  const args = knock.binders.map(
    (one): Arg => ({ kind: 'positional', value: { kind: 'name', name: one.name, span }, span }),
  );
  const indexed: Expr = args.length === 0 ? name : { kind: 'index', base: name, args, span };
  const callOf = (callee: string, list: readonly Arg[]): Expr => ({
    kind: 'call',
    callee: { kind: 'name', name: callee, span },
    args: list,
    span,
  });
  const change = callOf('change', [{ kind: 'positional', value: indexed, span }]);
  const direction = callOf('random_direction', [
    { kind: 'named', name: 'norm', value: change, span, nameSpan: span },
  ]);
  const sum: Expr = { kind: 'binary', operator: '+', left: self, right: direction, span, operatorSpan: span };
  const target = knock.value?.kind === 'write' ? knock.value.target : self;
  const write: Expr = { kind: 'write', target, value: sum, span };
  const base: Expr = { kind: 'name', name: claim.name, span };
  return { kind: 'given', base, substitutions: [{ path: indexed, value: write, span }], span };
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
