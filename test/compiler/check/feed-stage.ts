// Runs a stage of a checked file on rows given in a test, with the reference evaluator: the meaning of a program, without
// planner, backend or data layer. Rows of a context are ordered member by member, example by example.
import type { RowContext, RowsKey, Stage, StageInput, StageSet } from '../../../src/compiler/check/stage.js';
import { rowsText } from '../../../src/compiler/check/stage.js';
import { evaluateGraph } from '../../../src/compiler/ir/evaluate.js';
import { type Tensor, tensor } from '../../../src/compiler/ir/tensor.js';
import type { Weights } from '../model/tiny-model.js';

/** Rows of one split: columns of the base rows and of each variant, and the positions of roles. All have one length. */
export type Rows = {
  readonly columns: Readonly<
    Record<string, Readonly<Record<string, readonly number[] | readonly (readonly number[])[]>>>
  >;
  readonly roles: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>;
  /** Which cluster each row belongs to. */
  readonly clusters?: readonly number[];
};
export type World = {
  readonly stages: StageSet;
  readonly rows: Readonly<Record<string, Rows>>;
  readonly weights: Weights;
  /** Standard normal numbers for random directions. */
  readonly normal?: (index: number) => number;
};

/** An output of a stage on the rows of its split, in double precision. */
export function outputOf(stage: Stage, name: string, world: World): Tensor {
  const output = stage.outputs.find((one) => one.name === name);
  if (output === undefined) throw new Error(`no output ${name}`);
  const graph = stage.builder.build([{ name, value: output.value }]);
  const feeds = new Map<string, Tensor>();
  for (const { op } of graph.nodes) {
    if (op.name !== 'Input') continue;
    const input = stage.inputs.get(op.attrs.name);
    if (input === undefined) throw new Error(`no specification of ${op.attrs.name}`);
    feeds.set(op.attrs.name, feed(input, stage, world));
  }
  const lookup = ({ name: weight }: { readonly name: string }): Tensor => {
    const found = world.weights.get(weight);
    if (found === undefined) throw new Error(`no weight ${weight}`);
    return found;
  };
  const result = evaluateGraph(graph, feeds, lookup, 'f64').get(name);
  if (result === undefined) throw new Error(`no result ${name}`);
  return result;
}

function rowsOf(stage: Stage, world: World): Rows {
  const rows = world.rows[stage.split];
  if (rows === undefined) throw new Error(`no rows of ${stage.split}`);
  return rows;
}

function countOf(rows: Rows): number {
  return Object.values(rows.columns.base ?? {})[0]?.length ?? 0;
}

function contextOf(stage: Stage, id: number): RowContext {
  const found = stage.contexts.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no context ${id}`);
  return found;
}

function feed({ spec, type }: StageInput, stage: Stage, world: World): Tensor {
  const rows = rowsOf(stage, world);
  const count = countOf(rows);
  const perRow = (context: RowContext, value: (member: number, example: number) => number): Tensor => {
    const data = context.members.members.flatMap((_, m) =>
      Array.from({ length: count }, (__, e) => value(m, e)),
    );
    return tensor(type.dtype, [data.length], data);
  };
  switch (spec.kind) {
    case 'column':
      return column(rows, spec.rows, spec.column, type.dtype);
    case 'role': {
      const places = rolePlaces(rows, spec.rows, spec.role);
      return tensor(type.dtype, [places.length], places);
    }
    case 'example-of-row':
      return perRow(contextOf(stage, spec.context), (_, e) => e);
    case 'member-of-row':
      return perRow(contextOf(stage, spec.context), (m) => m);
    case 'binder': {
      const context = contextOf(stage, spec.context);
      return perRow(context, (m) => Number(coordinate(context, m, spec.binder)));
    }
    case 'binder-role': {
      const context = contextOf(stage, spec.context);
      return perRow(
        context,
        (m, e) => rolePlaces(rows, spec.rows, String(coordinate(context, m, spec.binder)))[e] ?? -1,
      );
    }
    case 'circuit-mask': {
      const context = contextOf(stage, spec.context);
      const size = Number(type.axes[1]?.size);
      const circuits = context.members.circuits.get(spec.circuit) ?? [];
      const data = circuits.flatMap((members) =>
        Array.from({ length: count }, () =>
          Array.from({ length: size }, (_, i) =>
            members.some((one) => one[0] === spec.fixed[0] && one[1] === i) ? 1 : 0,
          ),
        ).flat(),
      );
      return tensor('bool', [data.length / size, size], data);
    }
    case 'pooled':
      return pooled(spec.pool, world);
    case 'cluster-pooled':
      return clusterPooled(spec.pool, stage, world);
    case 'normal': {
      const dims = type.axes.map(({ name, size }) =>
        name === 'example'
          ? rowCount(spec.context, stage, count)
          : typeof size === 'number'
            ? size
            : lengthOf(rows),
      );
      const total = dims.reduce((a, b) => a * b, 1);
      return tensor(
        'f32',
        dims,
        Array.from({ length: total }, (_, i) => world.normal?.(i) ?? 0),
      );
    }
    case 'positions':
    case 'captured':
      throw new Error('what planning makes up is not in a stage that was only checked');
  }
}

function rowCount(context: number | null, stage: Stage, count: number): number {
  return context === null ? count : contextOf(stage, context).members.members.length * count;
}

function coordinate(context: RowContext, member: number, binder: string): number | string | undefined {
  const at = context.members.binders.findIndex((one) => one.name === binder);
  return context.members.members[member]?.[at];
}

function lengthOf(rows: Rows): number {
  const tokens = rows.columns.base?.tokens?.[0];
  return typeof tokens === 'object' ? tokens.length : 0;
}

function rolePlaces(rows: Rows, key: RowsKey, role: string): readonly number[] {
  const places = rows.roles[rowsText(key)]?.[role] ?? rows.roles.base?.[role];
  if (places === undefined) throw new Error(`no role ${role} of ${rowsText(key)}`);
  return places;
}

function column(rows: Rows, key: RowsKey, name: string, dtype: Tensor['dtype']): Tensor {
  const values = rows.columns[rowsText(key)]?.[name];
  if (values === undefined) throw new Error(`no column ${name} of ${rowsText(key)}`);
  const width = typeof values[0] === 'object' ? values[0].length : null;
  return tensor(dtype, width === null ? [values.length] : [values.length, width], values.flat());
}

/** Sums of the rows of the pool's own stage over their counts. */
function pooled(id: number, world: World): Tensor {
  const pool = world.stages.pools[id];
  if (pool === undefined) throw new Error(`no pool ${id}`);
  const sums = outputOf(pool.stage, `pool:${id}:sum`, world);
  const counts = outputOf(pool.stage, `pool:${id}:count`, world);
  const [rows = 0, ...dims] = sums.dims;
  const members = pool.context?.members.members.length ?? 1;
  const perMember = rows / members;
  const size = dims.reduce((a, b) => a * b, 1);
  const countSize = counts.data.length / rows;
  const data: number[] = [];
  for (let m = 0; m < members; m++) {
    for (let i = 0; i < size; i++) {
      let sum = 0;
      let count = 0;
      for (let e = 0; e < perMember; e++) {
        const row = m * perMember + e;
        sum += sums.data[row * size + i] ?? Number.NaN;
        count += counts.data[row * countSize + (countSize === 1 ? 0 : i)] ?? Number.NaN;
      }
      data.push(pool.reduce === 'mean' ? sum / count : sum);
    }
  }
  return exact(pool.context === null ? dims : [members, ...dims], data);
}

/** For each example, the mean of its cluster's rows, position by position. */
function clusterPooled(id: number, stage: Stage, world: World): Tensor {
  const values = outputOf(world.stages.pools[id]?.stage ?? stage, `pool:${id}:sum`, world);
  const clusters = rowsOf(stage, world).clusters ?? [];
  const size = values.data.length / clusters.length;
  const data = clusters.flatMap((own) => {
    const mine = clusters.flatMap((other, e) => (other === own ? [e] : []));
    return Array.from(
      { length: size },
      (_, i) => mine.reduce((sum, e) => sum + (values.data[e * size + i] ?? 0), 0) / mine.length,
    );
  });
  return exact(values.dims, data);
}

/** Pooled values are not rounded to f32 here: the oracle is in double precision too. */
function exact(dims: readonly number[], data: readonly number[]): Tensor {
  return { dtype: 'f32', dims, data: Float64Array.from(data) };
}
