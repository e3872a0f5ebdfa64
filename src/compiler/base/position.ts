// Lines and columns of a text. A line ends with CRLF, LF or CR.

/** Both are counted from 1; columns count UTF-16 units. */
export type Position = { readonly line: number; readonly column: number };

/** The offset at which each line starts. */
export function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (const match of text.matchAll(/\r\n|\n|\r/g)) starts.push(match.index + match[0].length);
  return starts;
}

/** Line and column of an offset. Offsets past the end clamp to the end. */
export function positionOf(text: string, offset: number, starts = lineStarts(text)): Position {
  const place = Math.max(0, Math.min(offset, text.length));
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((starts[middle] ?? 0) <= place) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: place - (starts[low] ?? 0) + 1 };
}
