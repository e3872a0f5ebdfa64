// Per-row worlds start from lifted inputs: Gather(input, example_of_row). This pass carries each such Gather down through every
// operator that treats rows one by one, until just before the first one that mixes in a value of its own for each row. What is above is
// then computed once per example instead of once per row, and hash-consing makes it the clean run. Shrinks FLOPs.
import { bug } from '../base/bug.js';
import { type Graph, GraphBuilder, type Node, type ValueId } from '../ir/graph.js';
import type { Op } from '../ir/op.js';
import type { Axis } from '../ir/tensor-type.js';
import { isBatchParallel } from './batch-parallel.js';
import type { Pass } from './pass.js';

export const sharePrefix: Pass = {
  name: 'share-prefix',
  about: 'computes per example what does not depend on the row',
  run,
};

/** A rebuilt value: as it is, or `rows` still to be taken from it along axis 0. */
type Rebuilt = { readonly value: ValueId; readonly rows: ValueId | null };

function run(graph: Graph): Graph {
  const builder = new GraphBuilder();
  const rebuilt: Rebuilt[] = [];
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((i) => rebuilt[i] ?? bug(`value %${i} is used before it is defined`));
    const types = node.inputs.map((i) => graph.nodes[i]?.type ?? bug(`no value %${i}`));
    rebuilt.push(
      startOfLift(builder, node, inputs) ??
        carried(builder, node, inputs, types) ??
        plain(builder, node, inputs),
    );
  }
  const outputs = graph.outputs.map((o) => ({
    name: o.name,
    value: settled(builder, rebuilt[o.value] ?? bug(`no value %${o.value}`)),
  }));
  return builder.build(outputs);
}

function plain(builder: GraphBuilder, { op }: Node, inputs: readonly Rebuilt[]): Rebuilt {
  return { value: builder.add(op, ...inputs.map((x) => settled(builder, x))), rows: null };
}

function settled(builder: GraphBuilder, { value, rows }: Rebuilt): ValueId {
  return rows === null ? value : builder.add({ name: 'Gather', attrs: { axis: 0 } }, value, rows);
}

/** Gather along axis 0 `example` by an index per row: the rows are taken later. */
function startOfLift(
  builder: GraphBuilder,
  { op, type }: Node,
  inputs: readonly Rebuilt[],
): Rebuilt | undefined {
  const [data, index] = inputs;
  if (op.name !== 'Gather' || op.attrs.axis !== 0 || data === undefined || index === undefined)
    return undefined;
  const value = settled(builder, data);
  const rows = settled(builder, index);
  const indexAxes = builder.axesOf(rows);
  const byRow =
    indexAxes.length === 1 && indexAxes[0]?.name === 'example' && type.axes[0]?.name === 'example';
  return byRow && builder.axesOf(value)[0]?.name === 'example' ? { value, rows } : undefined;
}

/** The node computed per example, if it treats rows one by one and all its lifted inputs are lifted by the same index. */
function carried(
  builder: GraphBuilder,
  { op, type }: Node,
  inputs: readonly Rebuilt[],
  types: readonly Node['type'][],
): Rebuilt | undefined {
  const first = inputs.find((x) => x.rows !== null);
  if (first === undefined || inputs.some((x) => x.rows !== null && x.rows !== first.rows)) return undefined;
  const facts = inputs.map((x, i) => ({ type: types[i] ?? type, lifted: x.rows !== null }));
  if (!isBatchParallel(op, { inputs: facts, result: type })) return undefined;
  const batch = builder.axesOf(first.value)[0] ?? bug('a lifted value has no axis 0');
  const value = builder.add(withBatch(op, batch), ...inputs.map((x) => x.value));
  return { value, rows: first.rows };
}

/** Operators whose attributes spell out the result's axes: axis 0 gets the size of the examples. */
function withBatch(op: Op, batch: Axis): Op {
  if (op.name !== 'Reshape' && op.name !== 'Expand') return op;
  const axes = op.attrs.axes.map((a, i) => (i === 0 ? { name: a.name, size: batch.size } : a));
  return { name: op.name, attrs: { axes } };
}
