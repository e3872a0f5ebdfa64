// The pages of one column of one row group, decoded by hyparquet. Every length is held against the bytes that are there
// and against what the whole file may still use, before the library sees it.
import type { ColumnMetaData, Encoding, PageHeader, SchemaTree } from 'hyparquet';
import { assembleNested } from 'hyparquet/src/assemble.js';
import { parquetHeader, readPage } from 'hyparquet/src/column.js';
import { convert, DEFAULT_PARSERS } from 'hyparquet/src/convert.js';
import { getMaxDefinitionLevel, getMaxRepetitionLevel } from 'hyparquet/src/schema.js';
import { MOST_CELLS, MOST_UNPACKED_BYTES } from '../table-limits.js';
import { checkPage, type PageShape } from './check-page.js';
import { checkThrift } from './check-thrift.js';
import { fault, inLibrary } from './parquet-fault.js';
import { unpack } from './unpack.js';

/** What the file has used so far, over all of its columns. */
export class Budget {
  #values = 0;
  #bytes = 0;

  spend(values: number, bytes: number): void {
    this.#values += values;
    this.#bytes += bytes;
    if (this.#values > MOST_CELLS)
      fault(`it has more than ${MOST_CELLS} values, which is the most that are read`);
    if (this.#bytes > MOST_UNPACKED_BYTES)
      fault(`it unpacks to more than ${MOST_UNPACKED_BYTES} bytes, which is the most that are read`);
  }
}

export type ChunkRequest = {
  readonly bytes: Uint8Array;
  readonly meta: ColumnMetaData;
  /** From the root of the schema to the leaf. */
  readonly path: readonly SchemaTree[];
  readonly budget: Budget;
};

type Decoder = Parameters<typeof readPage>[2];
type Values = Exclude<Parameters<typeof readPage>[3], undefined>;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function exactText(bytes: Uint8Array): string {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch (cause) {
    if (cause instanceof TypeError) return fault('a text is not UTF-8');
    throw cause;
  }
  return text.includes('\0') ? fault('a text holds a zero byte') : text;
}

const PARSERS = { ...DEFAULT_PARSERS, stringFromBytes: exactText };

/** How each encoding is walked. Those with lengths that need not be in the file are not read. */
const CODINGS = {
  PLAIN: 'plain',
  PLAIN_DICTIONARY: 'dictionary',
  RLE_DICTIONARY: 'dictionary',
  RLE: 'boolean-runs',
  BYTE_STREAM_SPLIT: 'plain',
  GROUP_VAR_INT: 'not supported',
  BIT_PACKED: 'not supported',
  DELTA_BINARY_PACKED: 'not supported',
  DELTA_LENGTH_BYTE_ARRAY: 'not supported',
  DELTA_BYTE_ARRAY: 'not supported',
} as const satisfies Record<Encoding, PageShape['coding'] | 'not supported'>;

/** One value a row; a list of values where the column is one. */
export function readChunk({ bytes, meta, path, budget }: ChunkRequest): unknown[] {
  const leaf = path.at(-1);
  const top = path[1];
  if (leaf === undefined || top === undefined) return fault('a column is not in the schema');
  if (meta.type !== leaf.element.type) fault(`the type of \`${top.element.name}\` is not that of the schema`);
  const chunk = chunkBytes(bytes, meta);
  const column: Decoder = {
    pathInSchema: meta.path_in_schema,
    type: meta.type,
    element: leaf.element,
    schemaPath: [...path],
    codec: 'UNCOMPRESSED',
    parsers: PARSERS,
  };
  const levels = {
    repetition: getMaxRepetitionLevel([...path]),
    definition: getMaxDefinitionLevel([...path]),
  };
  const rows: unknown[] = [];
  let nested: Values | undefined;
  let dictionary: Values | undefined;
  let seen = 0;
  for (let at = 0; at < chunk.length; ) {
    const from = checkThrift(chunk, at);
    const header = inLibrary(() => parquetHeader({ view: viewOf(chunk), offset: at }));
    const { compressed_page_size: packed, uncompressed_page_size: unpacked } = header;
    if (!isCount(packed) || !isCount(unpacked) || from + packed > chunk.length)
      fault('a page ends after its column');
    at = from + packed;
    const page = chunk.subarray(from, at);
    if (header.type === 'DICTIONARY_PAGE') {
      const count = header.dictionary_page_header?.num_values;
      // A value takes a bit at least.
      if (!isCount(count) || count > unpacked * 8) fault('a dictionary says that it is larger than it is');
      budget.spend(count, unpacked);
      const plain = unpack(meta.codec, page, unpacked);
      const { data } = inLibrary(() =>
        readPage(readerOf(plain), repacked(header, plain), column, undefined, undefined, 0),
      );
      dictionary = data === undefined ? undefined : inLibrary(() => convert(data, column));
      continue;
    }
    const { shape, plain, opened } = openPage({ header, page, meta, levels, budget });
    seen += shape.values;
    if (shape.values === 0) continue;
    checkPage(plain, shape);
    if (shape.coding === 'boolean-runs' && meta.type !== 'BOOLEAN')
      fault('a page has an encoding that is not of its type');
    // Without a dictionary an index has no value; it must not become one.
    const values = dictionary === undefined || dictionary.length === 0 ? [] : dictionary;
    const { data } = inLibrary(() => readPage(readerOf(plain), opened, column, values, nested, 0));
    if (data === undefined) fault('a page has no values');
    else if (levels.repetition > 0) nested = data;
    else for (const value of data) rows.push(value);
  }
  if (BigInt(seen) !== meta.num_values)
    fault(`\`${top.element.name}\` has ${seen} values where ${meta.num_values} are stated`);
  if (rows.includes(undefined)) fault(`a value of \`${top.element.name}\` is not in its dictionary`);
  return nested === undefined ? rows : listsOf(top, leaf, nested);
}

function listsOf(top: SchemaTree, leaf: SchemaTree, values: Values): unknown[] {
  const columns = new Map([[leaf.path.join('.'), values]]);
  inLibrary(() => assembleNested(columns, top, PARSERS));
  return [...(columns.get(top.path.join('.')) ?? fault('a list has no values'))];
}

type OpenPage = { readonly shape: PageShape; readonly plain: Uint8Array; readonly opened: PageHeader };

function openPage(request: {
  readonly header: PageHeader;
  readonly page: Uint8Array;
  readonly meta: ColumnMetaData;
  readonly levels: PageShape['levels'];
  readonly budget: Budget;
}): OpenPage {
  const { header, page, meta, levels, budget } = request;
  const unpacked = header.uncompressed_page_size;
  const first = header.type === 'DATA_PAGE' ? header.data_page_header : undefined;
  const second = header.type === 'DATA_PAGE_V2' ? header.data_page_header_v2 : undefined;
  const values = (first ?? second)?.num_values;
  if (!isCount(values)) return fault('a page is of no kind that is read');
  budget.spend(values, unpacked);
  const encoding = (first ?? second)?.encoding;
  const coding = encoding === undefined ? 'not supported' : CODINGS[encoding];
  if (coding === 'not supported') {
    return fault(
      `its encoding ${encoding ?? ''} is not read; write it with the plain and dictionary encodings`,
    );
  }
  if (first !== undefined) {
    if (first.definition_level_encoding !== 'RLE' && levels.definition > 0)
      fault('its levels are not in runs');
    if (first.repetition_level_encoding !== 'RLE' && levels.repetition > 0)
      fault('its levels are not in runs');
    const plain = unpack(meta.codec, page, unpacked);
    return {
      shape: { values, levels, layout: { kind: 'prefixed' }, coding },
      plain,
      opened: repacked(header, plain),
    };
  }
  // In the second version the levels stand before the compressed part.
  const repetition = second?.repetition_levels_byte_length;
  const definition = second?.definition_levels_byte_length;
  const nulls = second?.num_nulls;
  if (!isCount(repetition) || !isCount(definition) || !isCount(nulls) || nulls > values)
    return fault('a page has no lengths of its levels');
  const before = repetition + definition;
  if (before > Math.min(page.length, unpacked)) fault('the levels of a page are longer than the page');
  const codec = second?.is_compressed === false ? 'UNCOMPRESSED' : meta.codec;
  const plain = new Uint8Array(unpacked);
  plain.set(page.subarray(0, before));
  plain.set(unpack(codec, page.subarray(before), unpacked - before), before);
  return {
    shape: { values, levels, layout: { kind: 'sized', repetition, definition }, coding },
    plain,
    opened: repacked(header, plain),
  };
}

/** The header of the page as it is now. */
function repacked(header: PageHeader, plain: Uint8Array): PageHeader {
  return { ...header, compressed_page_size: plain.length, uncompressed_page_size: plain.length };
}

function chunkBytes(bytes: Uint8Array, meta: ColumnMetaData): Uint8Array {
  const { dictionary_page_offset: dictionary, data_page_offset: data, total_compressed_size: size } = meta;
  const outside = 'a column lies outside of the file';
  // What a broken header holds need not have the type that the library declares.
  if (typeof data !== 'bigint' || typeof size !== 'bigint') return fault(outside);
  const hasOwn = typeof dictionary === 'bigint' && dictionary > 0n && dictionary < data;
  const start = hasOwn ? dictionary : data;
  if (start < 4n || size < 0n || start + size > BigInt(bytes.length)) return fault(outside);
  return bytes.subarray(Number(start), Number(start + size));
}

function viewOf(bytes: Uint8Array): DataView<ArrayBuffer> {
  // The bytes of a file are never shared memory.
  return new DataView(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);
}

function readerOf(bytes: Uint8Array): { view: DataView<ArrayBuffer>; offset: number } {
  return { view: viewOf(bytes), offset: 0 };
}

function isCount(value: number | undefined): value is number {
  return value !== undefined && Number.isInteger(value) && value >= 0;
}
