// An .onnx file as a tensor graph: opsets 9 to 23. Shapes that the file computes become attributes; the batch axis (axis 0 of the
// inputs) is `example`, all others are anonymous; operators are brought to the forms of ir/op.ts, and what is unknown is opaque.
import type { Graph, ValueId } from '../ir/graph.js';
import type { Axis, TensorType } from '../ir/tensor-type.js';
import { type ExternalFiles, type ImportedWeight, Importer, type Known } from './importer.js';
import { NodeReader, type NodeRule } from './node-reader.js';
import { attemptOnnx, failOnnx, type OnnxResult } from './problem.js';
import { composedRules } from './read-composed.js';
import { controlRules } from './read-control.js';
import { layoutRules } from './read-layout.js';
import { linearRules } from './read-linear.js';
import { mathRules } from './read-math.js';
import { readOpaque, SAME_TYPE } from './read-opaque.js';
import { recurrentRules } from './read-recurrent.js';
import { readAsContent, shapeRules } from './read-shape.js';
import { decodeModel, type WireGraph, type WireNode, type WireValueInfo } from './wire.js';

export type ReadOptions = { readonly external?: ExternalFiles };

/** A node that is run but not understood. */
export type OpaqueEntry = {
  readonly name: string;
  readonly opType: string;
  readonly domain: string;
  readonly outputs: readonly string[];
};
export type ImportedModel = {
  /** Its outputs are the file's. */
  readonly graph: Graph;
  /** Every tensor of the file that has a value in the graph, by the file's name. */
  readonly values: ReadonlyMap<string, ValueId>;
  readonly inputs: readonly { readonly name: string; readonly type: TensorType }[];
  readonly outputs: readonly string[];
  /** By name; each has its digest, its element type and its little-endian bytes. */
  readonly weights: ReadonlyMap<string, ImportedWeight>;
  readonly opaque: readonly OpaqueEntry[];
  readonly opset: number;
  readonly producer: string;
};

const OLDEST = 9;
const NEWEST = 23;

const rules: Readonly<Record<string, NodeRule>> = {
  ...shapeRules,
  ...layoutRules,
  ...linearRules,
  ...mathRules,
  ...composedRules,
  ...controlRules,
  ...recurrentRules,
};

/** Reads a model. A file that is malformed or beyond what is supported gives a problem, never an exception. */
export function readOnnx(bytes: Uint8Array, options: ReadOptions = {}): OnnxResult<ImportedModel> {
  return attemptOnnx(() => importModel(bytes, options));
}

function importModel(bytes: Uint8Array, { external = () => undefined }: ReadOptions): ImportedModel {
  const model = decodeModel(bytes);
  const opset: number = model.opsets.get('') ?? failOnnx('version', 'the model names no ONNX operator set');
  if (opset < OLDEST || opset > NEWEST) {
    failOnnx('version', `the model uses operator set ${opset}; ${OLDEST} to ${NEWEST} are supported`);
  }
  const importer = new Importer(external);
  const stored = new Set(model.graph.initializers.map((t) => t.name));
  const inputs = inputTypes(model.graph.inputs.filter((i) => !stored.has(i.name)));
  for (const { name, type } of inputs) importer.define(name, { value: importer.builder.input(name, type) });
  for (const tensor of model.graph.initializers)
    importer.define(tensor.name, importer.tensor(tensor.name, tensor));
  const opaque: OpaqueEntry[] = [];
  readNodes(model.graph, importer, opaque);
  return finish();

  function readNodes(graph: WireGraph, into: Importer, found: OpaqueEntry[]): void {
    const stated = new Map(graph.stated.map((s) => [s.name, s]));
    for (const wire of inOrder(graph, into)) {
      const version = wire.domain === '' ? opset : (model.opsets.get(wire.domain) ?? 1);
      readNode(new NodeReader(wire, version, into, readInner), stated, found);
    }
  }

  /** What is opaque inside a node is not counted: the node itself is. */
  function readInner(graph: WireGraph, inner: Importer): void {
    for (const tensor of graph.initializers) inner.define(tensor.name, inner.tensor(tensor.name, tensor));
    readNodes(graph, inner, []);
  }

  function finish(): ImportedModel {
    const { outputs } = model.graph;
    if (outputs.length === 0) failOnnx('malformed', 'the model has no output');
    for (const name of outputs) importer.value(name);
    const named = importer.names().filter((name) => importer.known(name).value !== undefined);
    const all = importer.builder.build(named.map((name) => ({ name, value: importer.value(name) })));
    const values = new Map(all.outputs.map(({ name, value }) => [name, value]));
    const graph: Graph = { nodes: all.nodes, outputs: all.outputs.filter((o) => outputs.includes(o.name)) };
    const { weights } = importer;
    return { graph, values, inputs, outputs, weights, opaque, opset, producer: model.producer };
  }
}

function readNode(node: NodeReader, stated: ReadonlyMap<string, WireValueInfo>, opaque: OpaqueEntry[]): void {
  const { wire, importer } = node;
  const rule = wire.domain === '' && Object.hasOwn(rules, wire.opType) ? rules[wire.opType] : undefined;
  const content = wire.domain === '' ? readAsContent(node) : undefined;
  const outputs = wire.outputs;
  const given = content !== undefined ? { content } : rule !== undefined ? rule(node) : unknown();
  const results: readonly (ValueId | Known)[] = isList(given) ? given : [given];
  for (const [i, name] of outputs.entries()) {
    const result = results[i];
    if (result === undefined) {
      if (name !== '') node.fail('operator', `has no result ${i} here`);
    } else importer.define(name, typeof result === 'number' ? { value: result } : result);
  }
  const first = results[0];
  if (typeof first === 'number' && importer.builder.nodeOf(first).op.name === 'Opaque') {
    opaque.push({ name: node.where, opType: wire.opType, domain: wire.domain, outputs });
  }

  function unknown(): readonly ValueId[] {
    const isSame = wire.domain === '' && SAME_TYPE.has(wire.opType) && outputs.length === 1;
    return readOpaque(
      node,
      isSame ? [node.type(0)] : outputs.map((name) => statedType(node, stated.get(name))),
    );
  }
}

function isList(value: ReturnType<NodeRule>): value is readonly (ValueId | Known)[] {
  return Array.isArray(value);
}

function statedType(node: NodeReader, info: WireValueInfo | undefined): TensorType {
  if (info === undefined || info.dims === null) {
    return node.fail(
      'operator',
      'is an operator this compiler does not know, and the file does not state the type of its result',
    );
  }
  const axes = info.dims.map((size, i): Axis => {
    if (typeof size === 'number') return { name: `_${i}`, size };
    // The batch axis is the one symbol whose meaning is sure.
    if (i === 0) return { name: 'example', size: 'example' };
    return node.fail(
      'operator',
      'is an operator this compiler does not know, and its result has a size that is not a number',
    );
  });
  return { dtype: info.dtype, axes };
}

/** The nodes so that each comes after what it uses; ONNX asks for this order but files exist that break it. */
function inOrder(graph: WireGraph, importer: Importer): readonly WireNode[] {
  const producers = new Map<string, number>();
  for (const [i, node] of graph.nodes.entries()) {
    for (const name of node.outputs) {
      if (name === '') continue;
      if (producers.has(name)) failOnnx('duplicate', `\`${name}\` is computed by two nodes`);
      producers.set(name, i);
    }
  }
  const users: number[][] = graph.nodes.map(() => []);
  const missing = graph.nodes.map((node, i) => {
    // What the graphs inside a node read from around it must be there before it, too.
    const read = [...node.inputs, ...node.captured];
    const needed = new Set(read.filter((name) => name !== '' && !importer.isDefined(name)));
    for (const name of needed) {
      const from =
        producers.get(name) ??
        failOnnx('dangling', `\`${name}\`, an input of ${node.opType}, is never computed`);
      users[from]?.push(i);
    }
    return needed.size;
  });
  const order: WireNode[] = [];
  const ready = missing.flatMap((count, i) => (count === 0 ? [i] : []));
  for (let at = 0; at < ready.length; at++) {
    const index = ready[at] ?? 0;
    const node = graph.nodes[index];
    if (node !== undefined) order.push(node);
    for (const user of users[index] ?? []) {
      missing[user] = (missing[user] ?? 0) - 1;
      if (missing[user] === 0) ready.push(user);
    }
  }
  if (order.length < graph.nodes.length)
    failOnnx('cycle', 'the nodes of the model depend on each other in a circle');
  return order;
}

/** Axis 0 is the batch unless it has a fixed size above 1. Exporters give each unknown size a name of its own (`unk__12`). */
function inputTypes(inputs: readonly WireValueInfo[]): readonly { name: string; type: TensorType }[] {
  const batch = inputs.map((i) => i.dims?.[0]).find((d) => typeof d === 'string' && !isMadeUp(d));
  return inputs.map(({ name, dtype, dims }) => {
    if (dims === null) return failOnnx('shape', `the input \`${name}\` has no stated rank`);
    const axes = dims.map((size, i): Axis => {
      const isBatch =
        size === batch || (i === 0 && (size === null || (typeof size === 'string' && isMadeUp(size))));
      if (i === 0 && (size === 1 || (isBatch && typeof size !== 'number'))) {
        return { name: 'example', size: size === 1 ? 1 : 'example' };
      }
      if (typeof size === 'number') return { name: `_${i}`, size };
      return { name: `_${i}`, size: isBatch ? 'example' : symbolOf(size, name, i) };
    });
    return { name, type: { dtype, axes } };
  });
}

function isMadeUp(symbol: string): boolean {
  return /^unk__\d+$/.test(symbol);
}

/** Letters, digits and underscores only: sizes are polynomials, so a symbol must not look like arithmetic. */
function symbolOf(size: string | null, input: string, position: number): string {
  const text = (size ?? `${input}_${position}`).replaceAll(/[^A-Za-z0-9_]/g, '_');
  return /^[A-Za-z]/.test(text) && text !== 'example' ? text : `s_${text}`;
}
