// The reference evaluator: the meaning of a graph, with no optimisation whatever. Each operator is computed in doubles and its
// result rounded to its element type, so an f32 result is the nearest one; backends differ from it by their own rounding.
import { bug } from '../base/bug.js';
import { evaluateElementwise } from './evaluate-elementwise.js';
import { evaluateLayout } from './evaluate-layout.js';
import { evaluateLinear } from './evaluate-linear.js';
import { evaluateReduce } from './evaluate-reduce.js';
import type { Kernel, KernelTable } from './evaluate-rule.js';
import type { Graph } from './graph.js';
import type { Op, OpAttrs, OpName } from './op.js';
import { bindSymbols, dimsOf } from './symbols.js';
import { numbersOf, type Precision, roundAll, sizeOf, type Tensor } from './tensor.js';
import { typeText } from './tensor-type.js';

export type WeightLookup = (weight: OpAttrs['Weight']) => Tensor;

const kernels = {
  Input: (_, { name }) => bug(`the input \`${name}\` is not computed`),
  Weight: (_, { name }) => bug(`the weight \`${name}\` is not computed`),
  Constant: (_, { data }) => numbersOf(data),
  Iota: (_inputs, _attrs, dims) => Float64Array.from({ length: sizeOf(dims) }, (_, i) => i),
  Opaque: (_, { opType }) => bug(`the reference evaluator does not know the operator ${opType}`),
  ...evaluateElementwise,
  ...evaluateLayout,
  ...evaluateLinear,
  ...evaluateReduce,
} satisfies KernelTable;

/** One operator on given tensors. `dims` are those of its result. */
export function evaluateOp(
  op: Op,
  inputs: readonly Tensor[],
  result: {
    readonly dtype: Tensor['dtype'];
    readonly dims: readonly number[];
    readonly precision?: Precision;
  },
): Tensor {
  const { dtype, dims, precision = 'f32' } = result;
  // The kernel under a name takes the attributes of that name; TypeScript cannot follow the pair through the lookup.
  const kernel = kernels[op.name] as Kernel<OpName>;
  const data = kernel(inputs, op.attrs, dims);
  if (data.length !== sizeOf(dims))
    return bug(`${op.name} computed ${data.length} elements for the dims [${dims.join(',')}]`);
  const own = inputs.some((t) => t.data === data) ? data.slice() : data;
  return { dtype, dims, data: roundAll(dtype, own, precision) };
}

/** Every output of a graph by name. Inputs are given by name, weights by what their node says. */
export function evaluateGraph(
  graph: Graph,
  feeds: ReadonlyMap<string, Tensor>,
  weights: WeightLookup = ({ name }) => bug(`the weight \`${name}\` is not given`),
  precision: Precision = 'f32',
): ReadonlyMap<string, Tensor> {
  const values = evaluateValues(graph, feeds, weights, precision);
  return new Map(graph.outputs.map((o) => [o.name, values[o.value] ?? bug(`no value %${o.value}`)]));
}

/** Every value of a graph, by id. */
export function evaluateValues(
  graph: Graph,
  feeds: ReadonlyMap<string, Tensor>,
  weights: WeightLookup,
  precision: Precision,
): readonly Tensor[] {
  const sizes = bindSymbols(graph, new Map([...feeds].map(([name, { dims }]) => [name, dims])));
  const values: Tensor[] = [];
  for (const { op, inputs, type } of graph.nodes) {
    if (op.name === 'Input' || op.name === 'Weight') {
      const given = op.name === 'Input' ? feeds.get(op.attrs.name) : weights(op.attrs);
      const dims = dimsOf(type, sizes);
      if (given === undefined) return bug(`the input \`${op.attrs.name}\` is not given`);
      if (given.dtype !== type.dtype || given.dims.join() !== dims.join())
        return bug(`\`${op.attrs.name}\` is ${given.dtype}[${given.dims.join(', ')}], not ${typeText(type)}`);
      values.push(given);
      continue;
    }
    const operands = inputs.map((i) => values[i] ?? bug(`value %${i} is used before it is defined`));
    values.push(evaluateOp(op, operands, { dtype: type.dtype, dims: dimsOf(type, sizes), precision }));
  }
  return values;
}
