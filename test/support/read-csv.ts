// RFC 4180 read back, by a reader that knows nothing of the writer it checks.

/** The cells of every line, as text. An unclosed quote takes the rest of the file into its cell. */
export function readCsv(text: string): readonly (readonly string[])[] {
  const rows: string[][] = [];
  let row: string[] = [];
  const cell = /(?:"((?:[^"]|"")*)(?:"|$)|([^",\r\n]*))(,|\r\n|\n|$)/y;
  while (cell.lastIndex < text.length) {
    const found = cell.exec(text);
    if (found === null) return [...rows, row]; // text after a closing quote: not a table of ours
    const [, quoted, bare, end] = found;
    row.push(quoted === undefined ? (bare ?? '') : quoted.replaceAll('""', '"'));
    if (end === ',' && cell.lastIndex === text.length) row.push('');
    if (end !== ',' || cell.lastIndex === text.length) {
      rows.push(row);
      row = [];
    }
  }
  return rows;
}
