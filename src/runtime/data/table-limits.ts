// How large a table may be, so that a file cannot take more memory than its reader was promised.

/** Values of a table: fields, and the tokens of lists of tokens. */
export const MOST_CELLS = 2 ** 25;
export const MOST_ROWS = 10_000_000;
export const MOST_COLUMNS = 10_000;
/** Of one line of JSON. */
export const LONGEST_LINE = 32 * 1024 * 1024;
/** Of all pages of a Parquet file, decompressed. */
export const MOST_UNPACKED_BYTES = 1024 * 1024 * 1024;
/** A footer describes columns and row groups; its objects take a hundred times its bytes. */
export const LARGEST_FOOTER_BYTES = 4 * 1024 * 1024;
