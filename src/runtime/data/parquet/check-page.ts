// Looks through one decompressed page before the library decodes it. Levels and dictionary indices are runs whose
// lengths the library believes; a run that is longer than its page would take memory without end.
// https://parquet.apache.org/docs/file-format/data-pages/encodings/
import { fault } from './parquet-fault.js';

/** Some writers fill the last run up to whole blocks. */
const PADDING = 1024;

export type PageShape = {
  readonly values: number;
  readonly levels: Levels;
  readonly layout:
    | { readonly kind: 'prefixed' }
    | { readonly kind: 'sized'; readonly repetition: number; readonly definition: number };
  readonly coding: 'plain' | 'dictionary' | 'boolean-runs';
};

/** The highest repetition and definition level of a column. */
export type Levels = { readonly repetition: number; readonly definition: number };

export function checkPage(page: Uint8Array, { values, levels, layout, coding }: PageShape): void {
  const { repetition, definition } = levels;
  let at = 0;
  const prefixed = (width: number, complete: boolean): void => {
    const end = at + 4 + wordAt(page, at);
    if (end > page.length) fault('the levels of a page are longer than the page');
    checkRuns(page.subarray(at + 4, end), width, values, complete);
    at = end;
  };
  if (layout.kind === 'prefixed') {
    if (repetition > 0) prefixed(widthOf(repetition), true);
    if (definition > 0) prefixed(widthOf(definition), true);
  } else {
    at = layout.repetition + layout.definition;
    if (at > page.length) fault('the levels of a page are longer than the page');
    if (repetition > 0) checkRuns(page.subarray(0, layout.repetition), widthOf(repetition), values, true);
    if (definition > 0) checkRuns(page.subarray(layout.repetition, at), widthOf(definition), values, true);
  }
  if (coding === 'boolean-runs') prefixed(1, false);
  if (coding !== 'dictionary') return;
  const width = page[at];
  if (width === undefined) {
    if (values > 0 && definition === 0) fault('a page ends before its values do');
    return;
  }
  if (width > 31) fault(`a page has indices of ${width} bits`);
  // A width of zero means that every value is the first of the dictionary: there are no runs.
  if (width > 0) checkRuns(page.subarray(at + 1), width, values, false);
}

/** Runs for at most `values` values; all of them when `complete` (missing values have no index, but they have levels). */
function checkRuns(bytes: Uint8Array, width: number, values: number, complete: boolean): void {
  let at = 0;
  let seen = 0;
  while (seen < values && at < bytes.length) {
    const { header, next } = runHeader(bytes, at);
    at = next;
    const packed = header % 2 === 1;
    const count = Math.floor(header / 2) * (packed ? 8 : 1);
    if (count > values - seen + (packed ? PADDING : 0)) fault('a run of a page is longer than the page');
    at += packed ? (count / 8) * width : Math.ceil(width / 8);
    seen += count;
  }
  if (complete && seen < values) fault('a page ends before its levels do');
}

/** A number of at most 32 bits, seven in a byte. */
function runHeader(bytes: Uint8Array, start: number): { readonly header: number; readonly next: number } {
  let header = 0;
  for (let at = start; at < start + 5; at++) {
    const byte = bytes[at] ?? fault('a run of a page has no length');
    header += (byte & 0x7f) * 2 ** (7 * (at - start));
    if (byte < 0x80) return { header, next: at + 1 };
  }
  return fault('a run of a page has a length of more than 32 bits');
}

function widthOf(level: number): number {
  return 32 - Math.clz32(level);
}

function wordAt(bytes: Uint8Array, at: number): number {
  if (at + 4 > bytes.length) fault('a page ends before its levels do');
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true);
}
