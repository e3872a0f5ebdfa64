// What an opaque node keeps of the file: its attributes, and, where inputs are left out or inner graphs read from around them,
// which. Written again, the inner graphs read the same values under the names they have then.
import protobuf from 'protobufjs/light.js';
import { nodeProto, type RawAttribute, type RawGraph, type RawNode } from './wire-raw.js';

/** Names that a graph reads and does not define: what it captures from the graph around it. */
export function freeNames(raw: RawGraph): readonly string[] {
  const own = new Set<string>([...raw.input, ...raw.initializer].map((one) => one.name));
  for (const node of raw.node) for (const name of node.output) own.add(name);
  const used = raw.node.flatMap((node) => [
    ...node.input,
    ...node.attribute.flatMap((one) => (one.g === null ? [] : freeNames(one.g))),
  ]);
  return [...new Set([...used, ...raw.output.map((o) => o.name)])].filter(
    (name) => name !== '' && !own.has(name),
  );
}

/** What an opaque node keeps, as base64 of its wire form. */
export function pack({ attribute, input }: RawNode, captured: readonly string[]): string {
  const given = input.slice(0, input.findLastIndex((name) => name !== '') + 1);
  const isPlain = captured.length === 0 && given.every((name) => name !== '');
  const places = isPlain
    ? {}
    : { input: given.map((name) => (name === '' ? '' : '_')), output: [...captured] };
  const bytes = nodeProto.encode({ attribute: [...attribute], ...places }).finish();
  return protobuf.util.base64.encode(bytes, 0, bytes.length);
}

export type Unpacked = { readonly inputs: readonly string[]; readonly attributes: readonly RawAttribute[] };

/** Inputs in their places and attributes, with captured names as they are called now. */
export function unpack({
  packed,
  inputs,
}: {
  readonly packed?: string;
  readonly inputs: readonly string[];
}): Unpacked {
  if (packed === undefined || packed === '') return { inputs, attributes: [] };
  const bytes = new Uint8Array(protobuf.util.base64.length(packed));
  protobuf.util.base64.decode(packed, bytes, 0);
  const kept = nodeProto.decode(bytes) as unknown as RawNode; // the descriptor fixes these fields
  if (kept.input.length === 0 && kept.output.length === 0) return { inputs, attributes: kept.attribute };
  const [given, captured] = [[...inputs], kept.output];
  const placed = kept.input.map((place) => (place === '' ? '' : (given.shift() ?? '')));
  const names = new Map(captured.map((name, i) => [name, given[i] ?? '']));
  return { inputs: placed, attributes: kept.attribute.map((one) => inScope(one, names)) };
}

/** A graph that reads names from around it, where those are called otherwise. Its own names hide them. */
function inScope(attribute: RawAttribute, names: ReadonlyMap<string, string>): RawAttribute {
  const { g } = attribute;
  if (g === null) return attribute;
  const own = new Set<string>([...g.input, ...g.initializer].map((one) => one.name));
  for (const node of g.node) for (const name of node.output) own.add(name);
  const outer = new Map([...names].filter(([name]) => !own.has(name)));
  const called = (name: string): string => outer.get(name) ?? name;
  const node = g.node.map((one) => ({
    ...one,
    input: one.input.map(called),
    attribute: one.attribute.map((inner) => inScope(inner, outer)),
  }));
  // An output that is captured goes through a node: outputs of a graph are its own.
  const passed = g.output.filter((one) => outer.has(one.name));
  const copies = passed.map(({ name }) => ({
    name: '',
    opType: 'Identity',
    domain: '',
    input: [called(name)],
    output: [name],
    attribute: [],
  }));
  return { ...attribute, g: { ...g, node: [...node, ...copies] } };
}
