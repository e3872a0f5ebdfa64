// The header of a safetensors file (https://github.com/huggingface/safetensors), believed in nothing until checked.
// Guarantee: every tensor that is returned lies inside the file, and no byte of the file belongs to two tensors or to none.
import type { Plain } from '../../compiler/base/canonical.js';

/** `text` completes the sentence "FILE is damaged: …". */
export type Step<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'problem'; readonly text: string };

export type HeaderEntry = {
  readonly name: string;
  /** As the format calls it, such as `BF16`. */
  readonly element: string;
  readonly dims: readonly number[];
  /** From the end of the header. */
  readonly begin: number;
  readonly end: number;
};

/** The file begins with the length of its header. */
export const LENGTH_BYTES = 8;
/** The format's own limit. */
const MAX_HEADER = 100_000_000;

/** Bytes of one element of each type of the format that takes whole bytes. */
const ELEMENT_BYTES: ReadonlyMap<string, number> = new Map([
  ['F64', 8],
  ['F32', 4],
  ['F16', 2],
  ['BF16', 2],
  ['F8_E4M3', 1],
  ['F8_E5M2', 1],
  ['F8_E8M0', 1],
  ['I64', 8],
  ['I32', 4],
  ['I16', 2],
  ['I8', 1],
  ['U64', 8],
  ['U32', 4],
  ['U16', 2],
  ['U8', 1],
  ['BOOL', 1],
]);

/** The length that the first bytes state, if a file of `fileBytes` can hold such a header. */
export function headerLength(start: Uint8Array, fileBytes: number): Step<number> {
  if (fileBytes < LENGTH_BYTES) {
    return problem(`it has ${fileBytes} bytes, fewer than the length that it begins with`);
  }
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  const length = view.getBigUint64(0, true);
  const rest = fileBytes - LENGTH_BYTES;
  if (length > BigInt(MAX_HEADER)) return problem(`it states a header of ${length} bytes`);
  if (length > BigInt(rest)) {
    return problem(`its header should have ${length} bytes but only ${rest} follow; it is cut short`);
  }
  return { kind: 'ok', value: Number(length) };
}

/** The tensors of a header, in its order. `dataBytes`: how many bytes follow it. */
export function parseHeader(header: Uint8Array, dataBytes: number): Step<readonly HeaderEntry[]> {
  let fields: unknown;
  try {
    fields = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(header));
  } catch (error) {
    return problem(`its header is not JSON (${error instanceof Error ? error.message : String(error)})`);
  }
  if (!isRecord(fields)) return problem('its header is not a JSON object');
  const entries: HeaderEntry[] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (name === '__metadata__') continue;
    const entry = readEntry(name, value, dataBytes);
    if (entry.kind === 'problem') return entry;
    entries.push(entry.value);
  }
  const fault = coverageFault(entries, dataBytes);
  return fault === undefined ? { kind: 'ok', value: entries } : problem(fault);
}

function readEntry(name: string, value: Plain, size: number): Step<HeaderEntry> {
  if (!isRecord(value)) return problem(`the entry of \`${name}\` is not an object`);
  const { dtype: element, shape, data_offsets: offsets } = value;
  const bytes = typeof element === 'string' ? ELEMENT_BYTES.get(element) : undefined;
  if (bytes === undefined || typeof element !== 'string')
    return problem(`\`${name}\` has the element type ${String(element)}, which is not read`);
  if (!isSizes(shape)) return problem(`\`${name}\` has a shape that is not a list of sizes`);
  if (!isSizes(offsets) || offsets.length !== 2) return problem(`\`${name}\` has no pair of offsets`);
  const [begin = 0, end = 0] = offsets;
  if (begin > end || end > size) {
    return problem(
      `\`${name}\` should lie at bytes ${begin} to ${end} of ${size}; the file is cut short or altered`,
    );
  }
  const wanted = shape.reduce((product, dim) => product * dim, bytes);
  if (wanted !== end - begin) {
    return problem(`\`${name}\` of shape [${shape.join(', ')}] needs ${wanted} bytes and has ${end - begin}`);
  }
  return { kind: 'ok', value: { name, element, dims: shape, begin, end } };
}

/** Tensors lie end to end: an overlap would let one write show in two of them, a gap could hide anything. */
function coverageFault(entries: readonly HeaderEntry[], size: number): string | undefined {
  let at = 0;
  let before = '';
  for (const { name, begin, end } of entries.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin < at) return `\`${name}\` and \`${before}\` overlap`;
    if (begin > at) return `bytes ${at} to ${begin} belong to no tensor`;
    at = end;
    before = name;
  }
  return at === size ? undefined : `bytes ${at} to ${size} belong to no tensor`;
}

function problem(text: string): { readonly kind: 'problem'; readonly text: string } {
  return { kind: 'problem', text };
}

function isRecord(value: unknown): value is { readonly [key: string]: Plain } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSizes(value: Plain | undefined): value is readonly number[] {
  return Array.isArray(value) && value.every((one) => Number.isSafeInteger(one) && one >= 0);
}
