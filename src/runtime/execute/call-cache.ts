// Results of calls in the store. Calls are kept in groups of about a second's work: a killed run loses little, and many tiny
// calls cost one file. What a group holds follows from its key, so the file is the outputs' bytes one after the other.
import { bug } from '../../compiler/base/bug.js';
import type { Digest } from '../../compiler/base/digest.js';
import { dimsOf } from '../../compiler/ir/symbols.js';
import type { Call } from '../../compiler/plan/cutter.js';
import type { ProgramPart } from '../../compiler/plan/stage-program.js';
import {
  bytesOf,
  elementCount,
  type HostTensor,
  hostTensor,
  tensorFromBytes,
} from '../backend/host-tensor.js';
import { getBytes, putBytes, type Store } from '../store/cas.js';
import { keyOf } from '../store/key.js';
import type { Feed } from './feed.js';

export type CallOutputs = ReadonlyMap<string, HostTensor>;

/** About a second on one core. A partition makes calls of a few tenths of that at most, unless one row takes longer. */
const FLOPS_PER_GROUP = 2e10;
/** Keys are hashed and results held per group, so its calls are bounded too. */
const CALLS_PER_GROUP = 256;

/** Consecutive calls, grouped by what they cost: the same for every run of the same partition. */
export function groupCalls(calls: readonly Call[]): readonly (readonly Call[])[] {
  const groups: Call[][] = [];
  let current: Call[] = [];
  let flops = 0;
  for (const call of calls) {
    current.push(call);
    flops += call.flops;
    if (flops < FLOPS_PER_GROUP && current.length < CALLS_PER_GROUP) continue;
    groups.push(current);
    current = [];
    flops = 0;
  }
  if (current.length > 0) groups.push(current);
  return groups;
}

export type GroupKeyParts = {
  /** The graph with its weights. */
  readonly graph: Digest;
  /** The backend and its version: others round differently. */
  readonly backend: string;
  /** Of the store; see there. */
  readonly namespace: string | undefined;
  readonly calls: readonly { readonly call: Call; readonly feeds: readonly Feed[] }[];
};

export function groupKey({ graph, backend, namespace, calls }: GroupKeyParts): Digest {
  const parts = calls.map(({ call, feeds }) => ({
    sizes: [...call.sizes].map(([symbol, size]) => [symbol, size]),
    feeds: feeds.map((feed) => feed.key),
  }));
  const inputs = { graph, backend, calls: parts };
  return keyOf({ what: 'stage-calls', inputs: namespace === undefined ? inputs : { ...inputs, namespace } });
}

/** The outputs of the group's calls, or undefined where they must be computed. */
export function readGroup(
  store: Store,
  key: Digest,
  part: ProgramPart,
  calls: readonly Call[],
): readonly CallOutputs[] | undefined {
  const found = getBytes(store, key);
  if (found.kind === 'missing') return undefined;
  let at = 0;
  const results = calls.map((call) => {
    const outputs = new Map<string, HostTensor>();
    for (const { name, type } of part.outputs) {
      const dims = dimsOf(type, call.sizes);
      const size = elementCount(dims) * hostTensor(type.dtype, [1]).data.BYTES_PER_ELEMENT;
      outputs.set(name, tensorFromBytes(type.dtype, dims, found.bytes.subarray(at, at + size)));
      at += size;
    }
    return outputs;
  });
  if (at !== found.bytes.length) bug(`the group ${key} holds ${found.bytes.length} bytes instead of ${at}`);
  return results;
}

export function writeGroup(
  store: Store,
  key: Digest,
  part: ProgramPart,
  results: readonly CallOutputs[],
): void {
  const pieces = results.flatMap((outputs) =>
    part.outputs.map(({ name }) => bytesOf(outputs.get(name) ?? bug(`no output ${name}`))),
  );
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  putBytes(store, key, bytes);
}
