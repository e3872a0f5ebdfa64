// Small values that are computed from constants alone: exporters turn, stack and reverse the numbers of a Pad or Slice in half a
// dozen operators. They are computed here, so that the operator they steer has them as attributes.
import { evaluateOp } from '../ir/evaluate.js';
import type { GraphBuilder, ValueId } from '../ir/graph.js';
import { OP_KIND } from '../ir/op-kind.js';
import type { Tensor } from '../ir/tensor.js';
import { numbersOf } from '../ir/tensor.js';

const MOST_NODES = 64;
const LARGEST = 1024;

/** The numbers of a value, or undefined where they depend on more than small constants. */
export function foldConstants(builder: GraphBuilder, value: ValueId): readonly number[] | undefined {
  const needed = new Set<ValueId>([value]);
  const stack = [value];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const { op, inputs, type } = builder.nodeOf(top);
    const sizes = type.axes.map((axis) => axis.size);
    const count = sizes.reduce<number>((n, size) => (typeof size === 'number' ? n * size : Infinity), 1);
    const isFoldable =
      op.name === 'Constant' || (OP_KIND[op.name] !== 'opaque' && OP_KIND[op.name] !== 'source');
    if (!isFoldable || count > LARGEST || needed.size > MOST_NODES) return undefined;
    for (const input of inputs) {
      if (needed.has(input)) continue;
      needed.add(input);
      stack.push(input);
    }
  }
  const computed = new Map<ValueId, Tensor>();
  for (const one of [...needed].sort((a, b) => a - b)) {
    const { op, inputs, type } = builder.nodeOf(one);
    const dims = type.axes.map((axis) => Number(axis.size));
    const { dtype } = type;
    if (op.name === 'Constant') {
      computed.set(one, { dtype, dims, data: numbersOf(op.attrs.data) });
      continue;
    }
    const given = inputs.flatMap((input) => computed.get(input) ?? []);
    if (given.length !== inputs.length) return undefined;
    computed.set(one, evaluateOp(op, given, { dtype, dims }));
  }
  return [...(computed.get(value)?.data ?? [])];
}
