// Parquet files to typed columns, like the other tables: texts, numbers, true/false, lists of token ids. What a table has
// no kind for is refused by name. hyparquet decodes; the file is checked before it, so that memory stays bounded.
import { type FileMetaData, parquetMetadata, parquetSchema, type SchemaTree } from 'hyparquet';
import type { TableColumn } from '../../../compiler/data/data-spec.js';
import { LARGEST_TEXT_BYTES } from '../decode-text.js';
import {
  badParquet,
  columnRepeated,
  type DataProblem,
  emptyData,
  failed,
  fileTooLarge,
  type Made,
  made,
  unsupportedColumn,
} from '../problem.js';
import { isTokenList, numbers } from '../table-columns.js';
import { LARGEST_FOOTER_BYTES, MOST_COLUMNS, MOST_ROWS } from '../table-limits.js';
import { checkThrift } from './check-thrift.js';
import { fault, inLibrary, ParquetFault } from './parquet-fault.js';
import { Budget, readChunk } from './read-chunk.js';

export function readParquet(path: string, bytes: Uint8Array): Made<readonly TableColumn[]> {
  if (bytes.length > LARGEST_TEXT_BYTES)
    return failed([fileTooLarge(path, bytes.length, LARGEST_TEXT_BYTES)]);
  try {
    return readColumns(path, bytes);
  } catch (cause) {
    if (cause instanceof ParquetFault) return failed([badParquet(path, cause.message)]);
    throw cause;
  }
}

function readColumns(path: string, bytes: Uint8Array): Made<readonly TableColumn[]> {
  const metadata = readFooter(bytes);
  const rows = rowCount(metadata);
  if (rows === 0) return failed([emptyData(path)]);
  const root = inLibrary(() => parquetSchema(metadata));
  const tops = root.children;
  const names = tops.map((one) => one.element.name);
  if (names.some((name) => typeof name !== 'string' || name === '')) fault('a column has no name');
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) return failed([columnRepeated(repeated)]);
  const kinds = tops.map((top) => kindOf(top));
  const refused = tops.flatMap((top, index): readonly DataProblem[] => {
    const kind = kinds[index];
    return kind?.kind === 'refused' ? [unsupportedColumn(path, top.element.name, kind.what)] : [];
  });
  if (refused.length > 0) return failed(refused.slice(0, 10));
  const budget = new Budget();
  const columns = tops.map((top, index): TableColumn => {
    const kind = kinds[index];
    if (kind === undefined || kind.kind === 'refused') return fault('a column has no kind');
    const values = readValues({ metadata, bytes, path: [root, top, ...kind.below], budget });
    return typed(top.element.name, kind.kind, values);
  });
  return made(columns);
}

/** The footer, when its own lengths hold and it describes no more than a table may have. */
function readFooter(bytes: Uint8Array): FileMetaData {
  const magic = (at: number): boolean => [0x50, 0x41, 0x52, 0x31].every((byte, i) => bytes[at + i] === byte);
  if (bytes.length < 12 || !magic(0)) fault('it does not begin as a Parquet file does');
  if (!magic(bytes.length - 4))
    fault('it does not end as a Parquet file does: it was cut off, or is encrypted');
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(bytes.length - 8, true);
  if (length > bytes.length - 12)
    fault(`its footer would have ${length} bytes, the file has ${bytes.length}`);
  if (length > LARGEST_FOOTER_BYTES)
    fault(`its footer has ${length} bytes; at most ${LARGEST_FOOTER_BYTES} are read`);
  const footer = bytes.subarray(bytes.length - 8 - length);
  checkThrift(footer.subarray(0, length), 0);
  const metadata = inLibrary(() => parquetMetadata(footer, { geoparquet: false }));
  if (metadata.schema.length > MOST_COLUMNS) fault(`it has more than ${MOST_COLUMNS} columns`);
  return metadata;
}

function rowCount({ num_rows: stated, row_groups: groups }: FileMetaData): number {
  const sum = groups.reduce((total, { num_rows: rows }) => {
    if (typeof rows !== 'bigint' || rows < 0n) fault('a row group has no number of rows');
    return total + rows;
  }, 0n);
  if (sum !== stated) fault(`it states ${stated} rows, its row groups ${sum}`);
  if (sum > BigInt(MOST_ROWS)) fault(`it has ${sum} rows; at most ${MOST_ROWS} are read`);
  return Number(sum);
}

type Kind =
  | { readonly kind: TableColumn['kind']; readonly below: readonly SchemaTree[] }
  | { readonly kind: 'refused'; readonly what: string };

const WHOLE = /^U?INT_(8|16|32|64)$/;

/** What a column of the schema is in a table. */
function kindOf(top: SchemaTree): Kind {
  const { element, children } = top;
  if (children.length > 0) {
    const [repeated] = children;
    const [item] = repeated?.children ?? [];
    const isList =
      element.converted_type === 'LIST' &&
      children.length === 1 &&
      repeated?.element.repetition_type === 'REPEATED' &&
      repeated.children.length === 1 &&
      item?.children.length === 0 &&
      item.element.repetition_type !== 'REPEATED';
    if (!isList || repeated === undefined || item === undefined)
      return { kind: 'refused', what: 'nested values' };
    if (!isWhole(item)) return { kind: 'refused', what: `lists of ${typeName(item)} values` };
    return { kind: 'tokens', below: [repeated, item] };
  }
  if (element.repetition_type === 'REPEATED') return { kind: 'refused', what: 'nested values' };
  if (isWhole(top)) return { kind: 'numbers', below: [] };
  const { type, converted_type: converted, logical_type: logical } = element;
  const isPlain = converted === undefined && logical === undefined;
  if (type === 'BOOLEAN' && isPlain) return { kind: 'flags', below: [] };
  if ((type === 'FLOAT' || type === 'DOUBLE') && isPlain) return { kind: 'numbers', below: [] };
  const isText =
    ['UTF8', 'ENUM'].includes(converted ?? '') || ['STRING', 'ENUM'].includes(logical?.type ?? '');
  if (type === 'BYTE_ARRAY' && isText) return { kind: 'texts', below: [] };
  return { kind: 'refused', what: `${typeName(top)} values` };
}

function isWhole({ element }: SchemaTree): boolean {
  const { type, converted_type: converted, logical_type: logical } = element;
  if (type !== 'INT32' && type !== 'INT64') return false;
  const plain = logical === undefined || logical.type === 'INTEGER' || logical.type === 'NULL';
  return plain && (converted === undefined || WHOLE.test(converted));
}

function typeName({ element }: SchemaTree): string {
  return element.logical_type?.type ?? element.converted_type ?? element.type ?? 'unknown';
}

function readValues(request: {
  readonly metadata: FileMetaData;
  readonly bytes: Uint8Array;
  readonly path: readonly SchemaTree[];
  readonly budget: Budget;
}): unknown[] {
  const { metadata, bytes, path, budget } = request;
  const wanted = path.slice(1).map((node) => node.element.name);
  const name = wanted[0] ?? '';
  const values: unknown[] = [];
  for (const group of metadata.row_groups) {
    const found = group.columns.filter(({ meta_data: meta }) => {
      const at = meta?.path_in_schema;
      return at?.length === wanted.length && wanted.every((part, i) => at[i] === part);
    });
    const [chunk] = found;
    if (found.length !== 1 || chunk?.meta_data === undefined)
      return fault(`a row group lacks the column \`${name}\``);
    if (chunk.file_path !== undefined) return fault(`\`${name}\` is in another file`);
    const read = readChunk({ bytes, meta: chunk.meta_data, path, budget });
    if (BigInt(read.length) !== group.num_rows)
      return fault(`\`${name}\` has ${read.length} values in a row group of ${group.num_rows} rows`);
    for (const value of read) values.push(value);
  }
  return values;
}

function typed(name: string, kind: TableColumn['kind'], values: readonly unknown[]): TableColumn {
  const wrong = (row: number, what: string): never => fault(`row ${row + 1} of \`${name}\` ${what}`);
  switch (kind) {
    case 'texts': {
      let length = 0;
      const texts = values.map((value, row) => {
        if (typeof value !== 'string') return wrong(row, value === null ? 'has no text' : 'is no text');
        length += value.length;
        return value;
      });
      if (length > LARGEST_TEXT_BYTES) fault(`\`${name}\` has more than ${LARGEST_TEXT_BYTES} characters`);
      return { kind, name, values: texts };
    }
    case 'flags':
      return {
        kind,
        name,
        values: values.map((value, row) =>
          value === null || typeof value === 'boolean' ? value : wrong(row, 'is neither true nor false'),
        ),
      };
    case 'numbers':
      return numbers(
        name,
        values.map((value, row) => {
          if (value === null || Number.isNaN(value)) return null;
          const number = wholeOrReal(value);
          if (number === undefined)
            return wrong(row, 'is too large to be an exact number: write it as a text');
          return Number.isFinite(number) ? number : wrong(row, 'is not a finite number');
        }),
      );
    case 'tokens':
      return {
        kind,
        name,
        values: values.map((value, row) => {
          const list = Array.isArray(value) ? value.map(wholeOrReal) : undefined;
          return isTokenList(list) ? list : wrong(row, 'is no list of token ids');
        }),
      };
  }
}

function wholeOrReal(value: unknown): number | undefined {
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : undefined;
  }
  return typeof value === 'number' ? value : undefined;
}
