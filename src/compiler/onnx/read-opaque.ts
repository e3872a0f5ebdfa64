// Nodes of operators this compiler does not know: kept as they are, run by the backend, with no surgery inside. They need a known
// result type: from the operator where it is simple, else from what the file states.
import type { ValueId } from '../ir/graph.js';
import type { TensorType } from '../ir/tensor-type.js';
import type { NodeReader } from './node-reader.js';
import { joinDomain } from './opaque-domain.js';
import type { WireGraph } from './wire.js';

/** Operators whose (first) result has the type of their first input. */
export const SAME_TYPE: ReadonlySet<string> = new Set([
  'Acos',
  'Acosh',
  'Asin',
  'Asinh',
  'Atan',
  'Atanh',
  'GroupNormalization',
  'Hardmax',
  'LRN',
  'LpNormalization',
  'MeanVarianceNormalization',
  'ScatterElements',
  'ScatterND',
]);

/** Adds the node with the given result types, one per output. */
export function readOpaque(node: NodeReader, types: readonly TensorType[]): readonly ValueId[] {
  const { wire } = node;
  for (const attribute of wire.attributes.values()) {
    if (attribute.kind === 'other')
      return node.fail('operator', 'has an attribute of a kind that is not supported');
    if (attribute.kind === 'graph') {
      if (!HOLD_GRAPHS.has(wire.opType) || wire.domain !== '')
        return node.fail('operator', 'holds a graph of its own, which is not supported');
      refuseChanged(node, attribute.value);
    }
  }
  if (wire.opType === 'ScatterND' && node.string('reduction', 'none') !== 'none') {
    return node.fail(
      'operator',
      'adds into repeated places, which the runtime computes wrongly with several threads',
    );
  }
  const inputs = node.everythingRead();
  const domain = joinDomain(wire.domain, node.opset);
  return types.map((type, output) => {
    const attrs = {
      opType: wire.opType,
      domain,
      attributes: wire.packed,
      output,
      outputs: types.length,
      type,
    };
    return node.add({ name: 'Opaque', attrs }, ...inputs);
  });
}

const HOLD_GRAPHS: ReadonlySet<string> = new Set(['If', 'Loop', 'Scan']);

/**
 * The operator set in which an operator got the form it has in 21, with which files are written; 99: it is not in 21. What a
 * graph inside a node holds is kept as it is, so there the form must be that one.
 */
const FORM_OF_21: ReadonlyMap<string, number> = new Map([
  ['Slice', 10],
  ['TopK', 11],
  ['Clip', 11],
  ['Pad', 11],
  ['OneHot', 11],
  ['Dropout', 12],
  ['ReduceSum', 13],
  ['Squeeze', 13],
  ['Unsqueeze', 13],
  ['Softmax', 13],
  ['LogSoftmax', 13],
  ['Hardmax', 13],
  ['Resize', 13],
  ['BatchNormalization', 15],
  ['Split', 18],
  ['ReduceMean', 18],
  ['ReduceMax', 18],
  ['ReduceMin', 18],
  ['ReduceProd', 18],
  ['ReduceL1', 18],
  ['ReduceL2', 18],
  ['ReduceLogSum', 18],
  ['ReduceLogSumExp', 18],
  ['ReduceSumSquare', 18],
  ['GroupNormalization', 21],
  ['Upsample', 99],
  ['Scatter', 99],
  ['RMSNormalization', 99],
  ['RotaryEmbedding', 99],
  ['Attention', 99],
  ['TensorScatter', 99],
  ['Swish', 99],
]);

function refuseChanged(node: NodeReader, graph: WireGraph): void {
  for (const inner of graph.nodes) {
    if (inner.domain !== '')
      node.fail(
        'operator',
        `holds a graph with ${inner.opType} of \`${inner.domain}\`, which is not supported`,
      );
    const since = FORM_OF_21.get(inner.opType) ?? 0;
    if (node.opset < since)
      node.fail(
        'operator',
        `holds a graph with ${inner.opType} as operator set ${node.opset} has it, which is not supported there`,
      );
    for (const attribute of inner.attributes.values()) {
      if (attribute.kind === 'graph') refuseChanged(node, attribute.value);
      if (attribute.kind === 'other')
        node.fail('operator', `holds a graph with ${inner.opType} that is not supported`);
    }
  }
}
