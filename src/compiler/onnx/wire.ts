// ONNX bytes to plain data and back, through protobufjs: with wire-raw.ts and wire-pack.ts the only file that knows protobuf.
// Reading is bounded by the size of the file: a tensor's declared shape must match the bytes that are there, so nothing is
// allocated on a file's word alone.
import protobuf from 'protobufjs/light.js';
import type { DType } from '../ir/tensor-type.js';
import { failOnnx } from './problem.js';
import { freeNames, pack, unpack } from './wire-pack.js';
import {
  type Int64,
  modelProto,
  type RawAttribute,
  type RawDim,
  type RawGraph,
  type RawModel,
  type RawNode,
  type RawTensor,
  type RawValueInfo,
} from './wire-raw.js';

export type WireExternal = {
  readonly location: string;
  readonly offset: number;
  readonly length: number | null;
};
/** `bytes` are little-endian and row-major; null only when the data lie in another file (`external`). */
export type WireTensor = {
  readonly name: string;
  readonly dtype: DType;
  readonly dims: readonly number[];
  readonly bytes: Uint8Array | null;
  readonly external?: WireExternal;
};
export type WireAttribute =
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'tensor'; readonly value: WireTensor }
  | { readonly kind: 'floats'; readonly value: readonly number[] }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'strings'; readonly value: readonly string[] }
  | { readonly kind: 'graph'; readonly value: WireGraph }
  | { readonly kind: 'other' };
export type WireNode = {
  readonly name: string;
  readonly opType: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, WireAttribute>;
  /** Names that the graphs among its attributes read from around them. */
  readonly captured: readonly string[];
  /** What an opaque node keeps, as base64 of its wire form: its attributes, and where inputs are left out or captured their names. */
  readonly packed: string;
};
/** A null dimension is unknown and unnamed; null `dims` means no shape is given. */
export type WireValueInfo = {
  readonly name: string;
  readonly dtype: DType;
  readonly dims: readonly (number | string | null)[] | null;
};
export type WireGraph = {
  readonly nodes: readonly WireNode[];
  readonly initializers: readonly WireTensor[];
  readonly inputs: readonly WireValueInfo[];
  readonly outputs: readonly string[];
  /** Types the file states for inner values and outputs; those it states in a way we cannot read are left out. */
  readonly stated: readonly WireValueInfo[];
};
export type WireModel = {
  readonly irVersion: number;
  readonly producer: string;
  readonly opsets: ReadonlyMap<string, number>;
  readonly graph: WireGraph;
};

const elementCodes = {
  f32: 1,
  u8: 2,
  i8: 3,
  i32: 6,
  i64: 7,
  bool: 9,
  f16: 10,
  f64: 11,
} as const satisfies Record<DType, number>;
const elementNames: ReadonlyMap<number, DType> = new Map(
  (Object.keys(elementCodes) as DType[]).map((name) => [elementCodes[name], name]), // the table's own keys
);
const elementBytes = {
  f32: 4,
  u8: 1,
  i8: 1,
  i32: 4,
  i64: 8,
  bool: 1,
  f16: 2,
  f64: 8,
} as const satisfies Record<DType, number>;

/** The element type of an ONNX type code, or undefined when this compiler has none. */
export function dtypeOfCode(code: number): DType | undefined {
  return elementNames.get(code);
}

/** The ONNX type code of an element type. */
export function codeOfDtype(dtype: DType): number {
  return elementCodes[dtype];
}

/** Bytes per element on the wire. */
export function bytesPerElement(dtype: DType): number {
  return elementBytes[dtype];
}

/** Bytes of an .onnx file to plain data. Throws `OnnxFailure` on anything that is not a well-formed model. */
export function decodeModel(bytes: Uint8Array): WireModel {
  if (bytes.length === 0) failOnnx('empty', 'the file is empty');
  const raw = decodeRaw(bytes);
  if (raw.graph === null || raw.opsetImport.length === 0) {
    failOnnx('malformed', 'the file is not an ONNX model: it has no graph or names no operator set');
  }
  if (raw.functions.length > 0)
    failOnnx('operator', 'the model defines functions of its own, which is not supported');
  const opsets = new Map(
    raw.opsetImport.map((o) => [defaultDomain(o.domain), exact(o.version, 'operator set version')]),
  );
  return {
    irVersion: exact(raw.irVersion, 'ir_version'),
    producer: [raw.producerName, raw.producerVersion].filter((text) => text !== '').join(' '),
    opsets,
    graph: toGraph(raw.graph, 0),
  };
}

/** Graphs within graphs that are read: more than any exporter writes, and few enough for the stack. */
const DEEPEST = 16;

function toGraph(raw: RawGraph, depth: number): WireGraph {
  if (depth > DEEPEST) failOnnx('malformed', `the file nests graphs more than ${DEEPEST} deep`);
  if (raw.sparseInitializer.length > 0)
    failOnnx('dtype', 'the model has sparse weights, which are not supported');
  return {
    nodes: raw.node.map((node) => toNode(node, depth)),
    initializers: raw.initializer.map(toTensor),
    // The inputs of an inner graph often have no stated type; what is passed to them has.
    inputs: raw.input.map((info) =>
      depth > 0 && !isReadable(info) ? untyped(info.name) : toValueInfo(info),
    ),
    outputs: raw.output.map((o) => o.name),
    stated: [...raw.output, ...raw.valueInfo].filter(isReadable).map(toValueInfo),
  };
}

function untyped(name: string): WireValueInfo {
  return { name, dtype: 'f32', dims: null };
}

function decodeRaw(bytes: Uint8Array): RawModel {
  try {
    // A plain view: the slices of a Buffer behave differently from those of a Uint8Array.
    const view = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return modelProto.decode(view) as unknown as RawModel; // the descriptor fixes these fields
  } catch (error) {
    // protobufjs throws RangeError or Error for truncated, over-deep and otherwise impossible encodings
    if (error instanceof Error)
      failOnnx('malformed', `the file is not a valid ONNX model (${error.message})`);
    throw error;
  }
}

function defaultDomain(domain: string): string {
  return domain === 'ai.onnx' ? '' : domain;
}

/** An int64 as a number. Values that a double cannot hold saturate: INT64_MAX is a common way to say "to the end". */
function toNumber(value: Int64): number {
  return typeof value === 'number' ? value : value.toNumber();
}

function exact(value: Int64, what: string): number {
  const n = toNumber(value);
  if (!Number.isSafeInteger(n) || n < 0) failOnnx('shape', `${what} is ${n}, which no model can have`);
  return n;
}

function toNode(raw: RawNode, depth: number): WireNode {
  const attributes = new Map(raw.attribute.map((a) => [a.name, toAttribute(a, depth)]));
  const graphs = raw.attribute.flatMap((one) => (one.type === 5 && one.g !== null ? [one.g] : []));
  const captured = [...new Set(graphs.flatMap(freeNames))];
  return {
    name: raw.name,
    opType: raw.opType,
    domain: defaultDomain(raw.domain),
    inputs: raw.input,
    outputs: raw.output,
    attributes,
    captured,
    packed: needsPacking(raw) ? pack(raw, captured) : '',
  };
}

// Constants may hold megabytes and are never opaque.
function needsPacking(raw: RawNode): boolean {
  return raw.opType !== 'Constant';
}

function toAttribute(raw: RawAttribute, depth: number): WireAttribute {
  switch (raw.type) {
    case 1:
      return { kind: 'float', value: raw.f };
    case 2:
      return { kind: 'int', value: toNumber(raw.i) };
    case 3:
      return { kind: 'string', value: utf8(raw.s) };
    case 4:
      return raw.t === null ? { kind: 'other' } : { kind: 'tensor', value: toTensor(raw.t) };
    case 6:
      return { kind: 'floats', value: raw.floats };
    case 7:
      return { kind: 'ints', value: raw.ints.map(toNumber) };
    case 8:
      return { kind: 'strings', value: raw.strings.map(utf8) };
    case 5:
      return raw.g === null ? { kind: 'other' } : { kind: 'graph', value: toGraph(raw.g, depth + 1) };
    default: // types, sparse tensors, lists of graphs: nodes that hold them are refused
      return { kind: 'other' };
  }
}

function utf8(bytes: Uint8Array): string {
  return protobuf.util.utf8.read(bytes, 0, bytes.length);
}

function isReadable(raw: RawValueInfo): boolean {
  const tensor = raw.type?.tensorType ?? null;
  return tensor !== null && elementNames.has(tensor.elemType);
}

function toValueInfo(raw: RawValueInfo): WireValueInfo {
  const tensor = raw.type?.tensorType ?? null;
  if (tensor === null) return failOnnx('dtype', `\`${raw.name}\` is not a tensor`);
  const dtype = elementNames.get(tensor.elemType);
  if (dtype === undefined)
    return failOnnx('dtype', `\`${raw.name}\` has element type ${tensor.elemType}, which is not supported`);
  return {
    name: raw.name,
    dtype,
    dims: tensor.shape === null ? null : tensor.shape.dim.map((d) => toDim(d, raw.name)),
  };
}

function toDim(raw: RawDim, name: string): number | string | null {
  if (raw.value === 'dimParam') return raw.dimParam === '' ? null : raw.dimParam;
  if (raw.value === undefined) return null;
  const n = toNumber(raw.dimValue);
  if (n < 0) return null; // some exporters write -1 for "unknown"
  return exact(n, `a dimension of \`${name}\``);
}

function toTensor(raw: RawTensor): WireTensor {
  const dtype = elementNames.get(raw.dataType);
  if (dtype === undefined) {
    return failOnnx(
      'dtype',
      `tensor \`${raw.name}\` has element type ${raw.dataType}, which is not supported`,
    );
  }
  const dims = raw.dims.map((d) => exact(d, `a dimension of tensor \`${raw.name}\``));
  if (raw.dataLocation === 1) return { name: raw.name, dtype, dims, bytes: null, external: toExternal(raw) };
  const bytes = raw.rawData.length > 0 ? raw.rawData : typedBytes(raw, dtype);
  checkTensorBytes(raw.name, dtype, dims, bytes.length);
  return { name: raw.name, dtype, dims, bytes };
}

/** Fails unless `length` bytes are exactly what the shape asks for. Never multiplies past the length. */
export function checkTensorBytes(name: string, dtype: DType, dims: readonly number[], length: number): void {
  let elements = dims.includes(0) ? 0 : 1;
  for (const d of dims) {
    elements *= d;
    if (elements > length) break;
  }
  if (elements * elementBytes[dtype] === length) return;
  failOnnx('malformed', `tensor \`${name}\` has shape [${dims.join(', ')}] but ${length} bytes of data`);
}

function toExternal(raw: RawTensor): WireExternal {
  const entries = new Map(raw.externalData.map((e) => [e.key, e.value]));
  const location = entries.get('location');
  if (location === undefined || location === '')
    return failOnnx('external-data', `tensor \`${raw.name}\` names no data file`);
  const offset = externalNumber(entries.get('offset') ?? '0', raw.name);
  const length = entries.get('length');
  return { location, offset, length: length === undefined ? null : externalNumber(length, raw.name) };
}

function externalNumber(text: string, name: string): number {
  const n = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(n)) {
    failOnnx(
      'external-data',
      `tensor \`${name}\` has an impossible offset or length \`${text.slice(0, 40)}\``,
    );
  }
  return n;
}

// Exporters may store elements in typed fields instead of raw bytes; f16, bool and the small integers then lie in int32_data.
function typedBytes(raw: RawTensor, dtype: DType): Uint8Array {
  switch (dtype) {
    case 'f32':
      return bytesOf(Float32Array.from(raw.floatData));
    case 'f64':
      return bytesOf(Float64Array.from(raw.doubleData));
    case 'i64':
      return bytesOf(BigInt64Array.from(raw.int64Data, (v) => BigInt(v.toString())));
    case 'i32':
      return bytesOf(Int32Array.from(raw.int32Data));
    case 'f16':
      return bytesOf(Uint16Array.from(raw.int32Data));
    case 'i8':
      return bytesOf(Int8Array.from(raw.int32Data));
    case 'u8':
    case 'bool':
      return Uint8Array.from(raw.int32Data);
  }
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

/** An attribute to write; the packed attributes of an opaque node travel as they came. */
export type WriteNode = {
  readonly opType: string;
  readonly domain?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, WireAttribute>>;
  /** Where it says which inputs are left out or captured, `inputs` holds only the given ones, then the captured ones. */
  readonly packed?: string;
};
export type WriteModel = {
  readonly opsets: ReadonlyMap<string, number>;
  readonly nodes: readonly WriteNode[];
  readonly initializers: readonly WireTensor[];
  readonly inputs: readonly WireValueInfo[];
  readonly outputs: readonly WireValueInfo[];
};

/** Plain data to the bytes of an .onnx file (ir_version 10). */
export function encodeModel(model: WriteModel): Uint8Array {
  const message = {
    irVersion: 10,
    producerName: 'eisc',
    opsetImport: [...model.opsets].map(([domain, version]) => ({ domain, version })),
    graph: {
      name: 'graph',
      node: model.nodes.map((node) => {
        const kept = unpack(node);
        return {
          input: kept.inputs,
          output: node.outputs,
          opType: node.opType,
          domain: node.domain ?? '',
          attribute: [...kept.attributes, ...Object.entries(node.attributes ?? {}).map(fromAttribute)],
        };
      }),
      initializer: model.initializers.map(fromTensor),
      input: model.inputs.map(fromValueInfo),
      output: model.outputs.map(fromValueInfo),
    },
  };
  return modelProto.encode(message).finish();
}

function fromAttribute([name, attribute]: readonly [string, WireAttribute]): object {
  switch (attribute.kind) {
    case 'float':
      return { name, type: 1, f: attribute.value };
    case 'int':
      return { name, type: 2, i: attribute.value };
    case 'string':
      return { name, type: 3, s: new TextEncoder().encode(attribute.value) };
    case 'tensor':
      return { name, type: 4, t: fromTensor(attribute.value) };
    case 'floats':
      return { name, type: 6, floats: attribute.value };
    case 'ints':
      return { name, type: 7, ints: attribute.value };
    case 'strings':
      return { name, type: 8, strings: attribute.value.map((s) => new TextEncoder().encode(s)) };
    case 'graph':
    case 'other':
      return { name };
  }
}

function fromTensor({ name, dtype, dims, bytes, external }: WireTensor): object {
  const facts = { name, dims, dataType: elementCodes[dtype] };
  if (external === undefined) return { ...facts, rawData: bytes ?? new Uint8Array() };
  const entries = [
    { key: 'location', value: external.location },
    { key: 'offset', value: String(external.offset) },
    ...(external.length === null ? [] : [{ key: 'length', value: String(external.length) }]),
  ];
  return { ...facts, dataLocation: 1, externalData: entries };
}

function fromValueInfo(info: WireValueInfo): object {
  const elemType = elementCodes[info.dtype];
  if (info.dims === null) return { name: info.name, type: { tensorType: { elemType } } };
  const dim = info.dims.map((d) => {
    if (d === null) return {};
    return typeof d === 'number' ? { dimValue: d } : { dimParam: d };
  });
  return { name: info.name, type: { tensorType: { elemType, shape: { dim } } } };
}
