// Feeds that follow from which member a row belongs to: its place in the class, its coordinates, its circuit, its own random
// numbers. Rows of a context go member by member, and within a member example by example.
import { bug } from '../../compiler/base/bug.js';
import { digest } from '../../compiler/base/digest.js';
import type { FamilyClass } from '../../compiler/check/family.js';
import type { InputSpec } from '../../compiler/check/stage.js';
import { type HostTensor, hostTensor } from '../backend/host-tensor.js';
import { streamKey } from '../stats/rng.js';
import { roleFeed } from './column-feeds.js';
import { type Feed, type FeedPlace, membersIn, setNumber } from './feed.js';
import { fillNormals } from './normals.js';

type Spec<K extends InputSpec['kind']> = Extract<InputSpec, { readonly kind: K }>;

function forRows(
  id: number,
  place: FeedPlace,
  visit: (row: number, example: number, member: number, place: number) => void,
): void {
  const examples = place.call.rows.length;
  for (const [at, member] of membersIn(place.call, id).entries()) {
    for (let example = 0; example < examples; example++) visit(at * examples + example, example, member, at);
  }
}

/** Determined by the sizes of the call alone. */
export function indexFeed(
  id: number,
  place: FeedPlace,
  /** `at`: the member's place among those of the call. */
  value: (example: number, at: number) => number,
): Feed {
  const make = (): HostTensor => {
    const tensor = hostTensor(place.input.type.dtype, place.dims);
    forRows(id, place, (row, example, _, at) => setNumber(tensor, row, value(example, at)));
    return tensor;
  };
  return { key: `index ${place.input.spec.kind} ${place.dims.join()}`, make };
}

/** The number that a member has for a binder. */
export function coordinatesOf(members: FamilyClass, binder: string): (member: number) => number {
  const at = members.binders.findIndex((one) => one.name === binder);
  const { domain } = members.binders[at] ?? bug(`no binder ${binder}`);
  const roles = domain.kind === 'roles' ? domain.data.facts.roles : [];
  return (member) => {
    const value = members.members[member]?.[at] ?? bug(`member ${member} has no ${binder}`);
    if (typeof value === 'number') return value;
    const place = roles.indexOf(value);
    return place < 0 ? bug(`${binder} = ${value} is no number`) : place;
  };
}

export function binderFeed(id: number, binder: string, place: FeedPlace): HostTensor {
  const coordinate = coordinatesOf(place.contextOf(id).members, binder);
  const tensor = hostTensor(place.input.type.dtype, place.dims);
  forRows(id, place, (row, _, member) => setNumber(tensor, row, coordinate(member)));
  return tensor;
}

export function binderRoleFeed(spec: Spec<'binder-role'>, place: FeedPlace): HostTensor {
  const { members } = place.contextOf(spec.context);
  const at = members.binders.findIndex((one) => one.name === spec.binder);
  const byRole = new Map<string, HostTensor>();
  const examples = [place.call.rows.length];
  const rolesAt = (member: number): HostTensor => {
    const role = String(members.members[member]?.[at] ?? bug(`member ${member} has no ${spec.binder}`));
    const known = byRole.get(role);
    if (known !== undefined) return known;
    const made = roleFeed({ kind: 'role', rows: spec.rows, role }, { ...place, dims: examples });
    byRole.set(role, made);
    return made;
  };
  const tensor = hostTensor(place.input.type.dtype, place.dims);
  forRows(spec.context, place, (row, example, member) =>
    setNumber(tensor, row, Number(rolesAt(member).data[example] ?? -1)),
  );
  return tensor;
}

/** True for the positions along the axis that the member's circuit holds, in the layer that is meant. */
export function circuitMaskFeed(spec: Spec<'circuit-mask'>, place: FeedPlace): HostTensor {
  const { members } = place.contextOf(spec.context);
  const circuits = members.circuits.get(spec.circuit) ?? bug(`no circuits ${spec.circuit}`);
  const tensor = hostTensor(place.input.type.dtype, place.dims);
  const width = place.dims[1] ?? bug('a mask without an axis');
  forRows(spec.context, place, (row, _, member) => {
    for (const element of circuits[member] ?? bug(`no circuit ${member}`)) {
      // A layer, where there is one, comes first; the axis that is masked comes last.
      if (spec.fixed.some((value, i) => element[i] !== value)) continue;
      setNumber(tensor, row * width + Number(element.at(-1) ?? bug('an empty element')), 1);
    }
  });
  return tensor;
}

/** Each row has numbers of its own: keyed by item and member, so that neither batch nor order matters. */
export function normalFeed(spec: Spec<'normal'>, place: FeedPlace): Feed {
  const { call, world, dims } = place;
  const context = spec.context === null ? null : place.contextOf(spec.context);
  const hashOf = (example: number) =>
    world.rows.itemHashes[call.rows[example] ?? -1] ?? bug('a row without an item hash');
  const memberText = (member: number) =>
    context === null ? '' : (context.members.members[member] ?? bug(`no member ${member}`)).join(',');
  const members = (context === null ? [0] : membersIn(call, context.id)).map(memberText);
  const key = digest('feed normal', {
    root: world.root,
    stream: spec.stream,
    dims,
    items: Array.from(call.rows, (_, example) => hashOf(example)),
    members,
  });
  const make = (): HostTensor => {
    const tensor = hostTensor('f32', dims);
    const { data } = tensor;
    if (!(data instanceof Float32Array)) return bug('normal numbers are f32');
    const width = dims.slice(1).reduce((product, size) => product * size, 1);
    for (const [m, member] of members.entries()) {
      for (let example = 0; example < call.rows.length; example++) {
        const row = m * call.rows.length + example;
        const stream = streamKey(world.root, `${spec.stream}/${hashOf(example)}/${member}`);
        fillNormals(stream, data.subarray(row * width, (row + 1) * width));
      }
    }
    return tensor;
  };
  return { key, make };
}

/** The dirty positions of a call, or those before them. Determined by its sizes. */
export function positionsFeed(spec: Spec<'positions'>, place: FeedPlace): Feed {
  const length = place.call.sizes.get(spec.positions) ?? bug(`no size for the symbol ${spec.positions}`);
  const dirty = place.call.sizes.get(spec.dirty) ?? bug(`no size for the symbol ${spec.dirty}`);
  const from = spec.which === 'dirty' ? length - dirty : 0;
  const make = (): HostTensor => {
    const tensor = hostTensor(place.input.type.dtype, place.dims);
    for (let i = 0; i < (place.dims[0] ?? 0); i++) setNumber(tensor, i, from + i);
    return tensor;
  };
  return { key: `positions ${spec.which} ${length} ${dirty}`, make };
}
