// Tables as CSV (RFC 4180), which pandas and spreadsheets open. A text that a spreadsheet would run as a formula gets a
// leading apostrophe; numbers are never changed. https://owasp.org/www-community/attacks/CSV_Injection
import { bug } from '../../compiler/base/bug.js';

export type Cell = string | number | boolean | null;
export type TextTable = { readonly columns: readonly string[]; readonly rows: readonly (readonly Cell[])[] };

/** Lines end with CRLF. `null` is an empty cell; NaN is `NaN`, infinities are `inf` and `-inf`, as pandas reads them. */
export function writeCsv(table: TextTable): string {
  for (const row of table.rows) {
    if (row.length !== table.columns.length)
      bug(`row of ${row.length} cells in a table of ${table.columns.length}`);
  }
  return [table.columns, ...table.rows].map((row) => `${row.map(cellText).join(',')}\r\n`).join('');
}

function cellText(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'boolean') return String(cell);
  if (typeof cell === 'number') return numberText(cell);
  const safe = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) || safe !== safe.trim() ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The shortest text that reads back as the same double. */
function numberText(value: number): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? '-0' : String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'inf' : '-inf';
}
