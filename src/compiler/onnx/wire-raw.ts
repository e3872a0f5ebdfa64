// The messages of an .onnx file as protobufjs decodes them under our descriptor. Only this file and its two readers, wire.ts and
// wire-pack.ts, know them.
import protobuf from 'protobufjs/light.js';
import { wireSchema } from './wire-schema.js';

const root = protobuf.Root.fromJSON(wireSchema);
export const modelProto = root.lookupType('ModelProto');
export const nodeProto = root.lookupType('NodeProto');

// The shapes protobufjs gives decoded messages under the descriptor above; absent fields hold their defaults.
export type Int64 = number | { toNumber(): number };
export type RawEntry = { key: string; value: string };
export type RawTensor = {
  name: string;
  dims: Int64[];
  dataType: number;
  rawData: Uint8Array;
  floatData: number[];
  int32Data: number[];
  int64Data: Int64[];
  doubleData: number[];
  externalData: RawEntry[];
  dataLocation: number;
};
export type RawGraph = {
  node: RawNode[];
  initializer: RawTensor[];
  sparseInitializer: unknown[];
  input: RawValueInfo[];
  output: RawValueInfo[];
  valueInfo: RawValueInfo[];
};
export type RawAttribute = {
  name: string;
  type: number;
  g: RawGraph | null;
  f: number;
  i: Int64;
  s: Uint8Array;
  t: RawTensor | null;
  floats: number[];
  ints: Int64[];
  strings: Uint8Array[];
  refAttrName: string;
};
export type RawNode = {
  name: string;
  opType: string;
  domain: string;
  input: string[];
  output: string[];
  attribute: RawAttribute[];
};
export type RawDim = { dimValue: Int64; dimParam: string; value?: 'dimValue' | 'dimParam' };
export type RawValueInfo = {
  name: string;
  type: { tensorType: { elemType: number; shape: { dim: RawDim[] } | null } | null } | null;
};
export type RawModel = {
  irVersion: Int64;
  producerName: string;
  producerVersion: string;
  opsetImport: { domain: string; version: Int64 }[];
  functions: { name: string }[];
  graph: RawGraph | null;
};
