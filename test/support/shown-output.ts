// Is the output that a page shows the output that a command gives? Numbers, digests and times may differ; words may not. A line
// `…` stands for any lines that the page leaves out, and `…` within a line for any text.

/** The first line of the page that the output does not have in its place, or null. */
export function missingLine(shown: string, output: string): string | null {
  if (shown.trim() === '') return null;
  const lines = output.trimEnd().split('\n').map(masked);
  let at = 0;
  let isGap = false;
  for (const line of shown.trimEnd().split('\n')) {
    if (line.trim() === '…') {
      isGap = true;
      continue;
    }
    const pattern = patternOf(line);
    const found = lines.findIndex((one, i) => i >= at && pattern.test(one));
    if (found < 0 || (found > at && !isGap)) return line;
    at = found + 1;
    isGap = false;
  }
  return isGap || at === lines.length ? null : `(the output goes on: ${lines[at] ?? ''})`;
}

/** Numbers and digests as `#`; what remains of a table's columns is one blank. */
function masked(line: string): string {
  return line
    .replaceAll(/\b(?=[a-f]*\d)[0-9a-f]{8,}\b/g, '#')
    .replaceAll(/\d[\d,._]*(e[+-]?\d+)?/g, '#')
    .replaceAll(/\s+/g, ' ')
    .trimEnd();
}

function patternOf(line: string): RegExp {
  const parts = masked(line)
    .split('…')
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`);
}
