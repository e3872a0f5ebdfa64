// RNN, GRU and LSTM: kept whole and run by the backend. Their results have the sizes that the operator defines: all steps, and
// the last (for LSTM with its cell), per direction.
import type { ValueId } from '../ir/graph.js';
import type { Axis, TensorType } from '../ir/tensor-type.js';
import type { NodeReader, NodeRule } from './node-reader.js';
import { readOpaque } from './read-opaque.js';

export const recurrentRules: Readonly<Record<string, NodeRule>> = {
  RNN: (node) => recurrent(node),
  GRU: (node) => recurrent(node),
  LSTM: (node) => recurrent(node),
};

function recurrent(node: NodeReader): readonly ValueId[] {
  const { dtype, axes } = node.type(0);
  const [first, second] = axes;
  const [directions] = node.sizes(1);
  const hidden = node.sizes(2).at(-1);
  if (axes.length !== 3 || first === undefined || second === undefined)
    return node.fail('shape', 'needs an input of three axes');
  if (directions === undefined || hidden === undefined)
    return node.fail('shape', 'has weights without sizes');
  const isBatchFirst = node.int('layout', 0) === 1;
  const [steps, batch] = isBatchFirst ? [second, first] : [first, second];
  const type = (list: readonly Axis[]): TensorType => ({
    dtype,
    axes: list.map(({ name, size }, i) => ({ name: name === 'example' ? name : `_${i}`, size })),
  });
  const way: Axis = { name: '_way', size: directions };
  const width: Axis = { name: '_width', size: hidden };
  const all = type(isBatchFirst ? [batch, steps, way, width] : [steps, way, batch, width]);
  const last = type(isBatchFirst ? [batch, way, width] : [way, batch, width]);
  return readOpaque(node, [all, last, last].slice(0, node.wire.outputs.length));
}
