// Where something stands in a source file. Offsets count UTF-16 units, as JavaScript strings do.

/** Half-open range of UTF-16 offsets into one source file. */
export type Span = { readonly file: string; readonly start: number; readonly end: number };

/** The smallest span that holds both; both must be of one file. */
export function joinSpans(first: Span, last: Span): Span {
  return {
    file: first.file,
    start: Math.min(first.start, last.start),
    end: Math.max(first.end, last.end),
  };
}

/** The empty span at an offset, for labels such as "a value is missing here". */
export function pointSpan(file: string, offset: number): Span {
  return { file, start: offset, end: offset };
}
