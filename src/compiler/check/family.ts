// Families: all combinations of their binders' values. Members that differ only in a position along an axis (a head, a
// neuron, a role, a strength) form one class and run through one graph, which reads the member's values from inputs.
import { bug } from '../base/bug.js';
import type { IndexValue, RangeDomain, Universe, Value } from './value.js';

export type Coordinate = number | string;
export type MemberTuple = readonly Coordinate[];

/** The members of a class, with what they share fixed. `rows[i]` are the coordinates of member i, in binder order. */
export type FamilyClass = {
  /** Equal keys: same binders, same members. */
  readonly key: string;
  readonly binders: readonly { readonly name: string; readonly domain: RangeDomain }[];
  readonly fixed: ReadonlyMap<string, Coordinate>;
  readonly members: readonly MemberTuple[];
  /** For circuits run side by side: the members of each, by circuit name. */
  readonly circuits: ReadonlyMap<string, readonly (readonly MemberTuple[])[]>;
};

/** A family's universe with its members in order. */
export type Family = { readonly universe: Universe; readonly members: readonly MemberTuple[] };

/** Whether members with different values of this binder need different graphs. */
export function isStructural(domain: RangeDomain): boolean {
  switch (domain.kind) {
    case 'layers':
    case 'components':
      return true;
    case 'axis':
    case 'roles':
    case 'numbers':
    case 'integers':
      return false;
    case 'circuit':
      return bug('a circuit binder is opened into its coordinates first');
  }
}

/** Groups members into classes, in the order of each class's first member. */
export function classesOf(family: Family): readonly FamilyClass[] {
  const binders = family.universe.map((one) => ({ name: one.name, domain: one.range.domain }));
  const groups = new Map<string, MemberTuple[]>();
  for (const member of family.members) {
    const key = binders.map((b, i) => (isStructural(b.domain) ? String(member[i]) : '*')).join(',');
    const list = groups.get(key);
    if (list === undefined) groups.set(key, [member]);
    else list.push(member);
  }
  return [...groups.entries()].map(([key, members]) => {
    const fixed = new Map<string, Coordinate>();
    for (const [i, binder] of binders.entries()) {
      const value = members[0]?.[i];
      if (isStructural(binder.domain) && value !== undefined) fixed.set(binder.name, value);
    }
    const names = binders.map((b) => b.name).join(',');
    return { key: `${names}|${key}|${memberDigest(members)}`, binders, fixed, members, circuits: new Map() };
  });
}

/** Identity of a member list; long lists are summarised by their ends and a rolling hash. */
function memberDigest(members: readonly MemberTuple[]): string {
  if (members.length <= 64) return members.map((m) => m.join('.')).join(' ');
  let hash = 0x811c9dc5;
  for (const member of members) {
    for (const c of member) {
      const text = String(c);
      for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
      hash = Math.imul(hash ^ 0x2e, 0x01000193);
    }
  }
  return `${members.length}:${members[0]?.join('.')}..${members.at(-1)?.join('.')}:${hash >>> 0}`;
}

/** What the binders of a class are to the expressions inside it. `c.l` and `c.h` together are the element `c`. */
export function bindersOf(members: FamilyClass): readonly (readonly [string, Value])[] {
  const bound: (readonly [string, Value])[] = [];
  const elements = new Map<string, { readonly name: string; readonly index: IndexValue }[]>();
  for (const { name, domain } of members.binders) {
    const value = members.fixed.get(name);
    const index: IndexValue = {
      kind: 'index',
      name,
      domain,
      at: value === undefined ? { kind: 'dynamic' } : { kind: 'fixed', value },
    };
    const dot = name.indexOf('.');
    if (dot < 0) {
      bound.push([name, index]);
      continue;
    }
    const element = name.slice(0, dot);
    const coordinates = elements.get(element) ?? [];
    coordinates.push({ name: name.slice(dot + 1), index });
    elements.set(element, coordinates);
  }
  for (const [name, coordinates] of elements) bound.push([name, { kind: 'element', coordinates }]);
  return bound;
}
