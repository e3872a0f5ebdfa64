// Nodes of operators this compiler does not know: kept as they are, run by the backend, with no surgery inside. They need a known
// result type: from the operator where it is simple, else from what the file states.
import type { ValueId } from '../ir/graph.js';
import type { TensorType } from '../ir/tensor-type.js';
import type { NodeReader } from './node-reader.js';
import { joinDomain } from './opaque-domain.js';

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
      return node.fail('operator', 'holds a graph of its own, which is not supported');
  }
  if (wire.opType === 'ScatterND' && node.string('reduction', 'none') !== 'none') {
    return node.fail(
      'operator',
      'adds into repeated places, which the runtime computes wrongly with several threads',
    );
  }
  const inputs = node.inputs();
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
