// A tensor graph as the bytes of an .onnx file: opset 21, symbols as named dimensions. Weights become initialisers, or graph
// inputs, so that models that differ only in their weights are one file (and one session).
import { bug } from '../base/bug.js';
import type { Graph, Node, ValueId } from '../ir/graph.js';
import type { OpAttrs, OpOf } from '../ir/op.js';
import type { TensorType } from '../ir/tensor-type.js';
import { emitOp, staticDims } from './emit-table.js';
import { OnnxEmitter } from './emitter.js';
import { splitDomain } from './opaque-domain.js';
import { encodeModel, type WireExternal, type WireValueInfo } from './wire.js';

/**
 * `lookup` gives a weight's elements as little-endian bytes; it is asked only for weights that are written into the file. `locate` says
 * which weights lie in a file of their own beside it, and where.
 */
export type WriteOptions =
  | { readonly weights: 'inputs' }
  | {
      readonly weights: 'constants';
      readonly lookup: (digest: string) => Uint8Array;
      readonly locate?: (weight: OpAttrs['Weight']) => WireExternal | undefined;
    };

/** How names of the graph are spelled in the file. A weight is listed once per name, with the digest it has in this graph. */
export type WrittenModel = {
  readonly bytes: Uint8Array;
  readonly inputs: readonly { readonly name: string; readonly wire: string; readonly type: TensorType }[];
  readonly weights: readonly { readonly name: string; readonly wire: string; readonly digest: string }[];
  readonly outputs: readonly { readonly name: string; readonly wire: string; readonly type: TensorType }[];
};

const OPSET = 21;

/** Writes the whole graph. Equal graphs give equal bytes; with `weights: 'inputs'`, so do graphs with other weights. */
export function writeOnnx(graph: Graph, options: WriteOptions): WrittenModel {
  const out = new OnnxEmitter(graph);
  const inputs: WrittenModel['inputs'][number][] = [];
  const weights: WrittenModel['weights'][number][] = [];
  const wireInputs: WireValueInfo[] = [];
  const opsets = new Map([['', OPSET]]);
  // All inputs are named first: an Iota may stand before the input that carries its symbol.
  for (const [i, node] of graph.nodes.entries()) {
    if (node.op.name !== 'Input') continue;
    const { name, type } = node.op.attrs;
    const wire = out.claim(name);
    out.bind(valueAt(i), wire);
    inputs.push({ name, wire, type });
    wireInputs.push(valueInfo(wire, type));
  }
  const opaque = new Map<string, readonly string[]>();
  for (const [i, node] of graph.nodes.entries()) {
    const value = valueAt(i);
    if (node.op.name === 'Input') continue;
    if (node.op.name === 'Weight') out.bind(value, weight(node.op));
    else if (node.op.name === 'Opaque') out.bind(value, opaqueOutput(node, node.op));
    else out.bind(value, emit(node));
  }
  const outputs = graph.outputs.map(({ name, value }) => {
    const wire = out.node('Identity', [out.nameOf(value)], {}, name);
    return { name, wire, type: out.typeOf(value) };
  });
  const bytes = encodeModel({
    opsets,
    nodes: out.nodes,
    initializers: out.initializers,
    inputs: wireInputs,
    outputs: outputs.map(({ wire, type }) => valueInfo(wire, type)),
  });
  return { bytes, inputs, weights, outputs };

  function emit(node: Node): string {
    return emitOp(out, node.op.name, {
      attrs: node.op.attrs,
      inputs: node.inputs.map((v) => out.nameOf(v)),
      inputTypes: node.inputs.map((v) => out.typeOf(v)),
      type: node.type,
    });
  }

  function weight({ attrs }: OpOf<'Weight'>): string {
    const known = weights.find((w) => w.name === attrs.name);
    if (known !== undefined) return bug(`two weights of one graph are named \`${attrs.name}\``);
    const wire = out.claim(attrs.name);
    weights.push({ name: attrs.name, wire, digest: attrs.digest });
    if (options.weights === 'inputs') wireInputs.push(valueInfo(wire, attrs.type));
    else {
      const facts = { name: wire, dtype: attrs.type.dtype, dims: staticDims(attrs.type) };
      const external = options.locate?.(attrs);
      if (external === undefined) out.tensor({ ...facts, bytes: options.lookup(attrs.digest) });
      else out.tensor({ ...facts, bytes: null, external });
    }
    return wire;
  }

  // The outputs of one opaque node are separate values here and one node there.
  function opaqueOutput(node: Node, { attrs }: OpOf<'Opaque'>): string {
    const { domain, version } = splitDomain(attrs.domain);
    const key = `${attrs.opType} ${attrs.domain} ${attrs.attributes} ${node.inputs.join(' ')}`;
    let names = opaque.get(key);
    if (names === undefined) {
      names = Array.from({ length: attrs.outputs }, (_, k) =>
        out.claim(`${attrs.opType}#${out.nodes.length}.${k}`),
      );
      opaque.set(key, names);
      if (domain !== '') opsets.set(domain, version);
      const inputNames = node.inputs.map((v) => out.nameOf(v));
      out.nodes.push({
        opType: attrs.opType,
        domain,
        inputs: inputNames,
        outputs: names,
        packed: attrs.attributes,
      });
    }
    return names[attrs.output] ?? bug(`${attrs.opType} has no output ${attrs.output}`);
  }
}

function valueInfo(name: string, type: TensorType): WireValueInfo {
  return { name, dtype: type.dtype, dims: type.axes.map((a) => a.size) };
}

function valueAt(index: number): ValueId {
  return index as ValueId; // position is identity
}
