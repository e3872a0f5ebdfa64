// Does the description that verdicts are recomputed from say what the lock says? Outcomes alone would follow from any.
import { canonical, type Plain } from '../../compiler/base/canonical.js';
import type { Lock } from '../store/lock.js';
import { withoutProse } from '../store/without-prose.js';
import type { PartFacts, StudyFacts } from './facts.js';

/** What differs between the two, or null. */
export function testedOtherwise(basis: StudyFacts, { lock, meaning }: Lock): string | null {
  if (basis.root !== lock) return 'the flips do not derive from the lock';
  const described = {
    families: basis.families.map(({ name, method, rate, flips, claims }) => ({
      name,
      method,
      rate,
      flips,
      claims,
    })),
    claims: basis.claims.map(({ id, quantity, members }) => ({ id, quantity, members: members.length })),
    controls: basis.controls
      .map(({ claim, name, inserted, waived }) => ({ claim, name, inserted, waived: waived !== null }))
      .sort(byText),
  };
  const locked = {
    families: list(meaning.families),
    claims: list(meaning.claims).map(({ name, quantity, members }) => ({ id: name, quantity, members })),
    controls: list(withoutProse(meaning).controls)
      .map(({ claim, name, inserted, waived }) => ({ claim, name, inserted, waived }))
      .sort(byText),
  };
  for (const what of ['families', 'claims', 'controls'] as const) {
    if (canonical(described[what] as Plain) !== canonical(locked[what] as Plain))
      return `other ${what} than were locked`;
  }
  for (const [i, claim] of basis.claims.entries()) {
    const margins = canonical(list(meaning.claims)[i]?.margins ?? null);
    for (const { parts } of claim.members) {
      if (canonical(parts.map((one) => one.name)) !== margins)
        return `${claim.id}: other margins than were locked`;
      const misread = parts.find((one) => !isNamedSo(one));
      if (misread !== undefined)
        return `${claim.id}: \`${misread.name}\` was tested against ${misread.margin}`;
    }
  }
  return null;
}

/** The name of a part, which the lock holds, states its direction and margin: `mean > 0.05 nat`. */
function isNamedSo({ name, direction, margin, marginText }: PartFacts): boolean {
  const [, sign, stated] = /([<>]) (\S+)/.exec(name) ?? [];
  return (
    sign === (direction === 'above' ? '>' : '<') && stated === marginText && Number(marginText) === margin
  );
}

type Row = { readonly [key: string]: Plain | undefined };

function list(value: Plain | undefined): readonly Row[] {
  return Array.isArray(value) ? (value as readonly Row[]) : []; // `meaningOf` writes lists of objects
}

function byText(a: Row, b: Row): number {
  return textOf(a) < textOf(b) ? -1 : 1;
}

function textOf({ claim, name }: Row): string {
  return canonical([claim ?? null, name ?? null]);
}
