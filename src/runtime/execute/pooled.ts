// Values pooled over the rows of a stage. Sums are in float64, in the canonical order of the
// rows, so that neither batch nor worker changes a bit of them beyond what the model's own numbers vary.
import { bug } from '../../compiler/base/bug.js';
import { type Digest, digest, digestBytes } from '../../compiler/base/digest.js';
import type { Pool } from '../../compiler/check/stage.js';
import { bytesOf, elementCount, type HostTensor, hostTensor } from '../backend/host-tensor.js';
import type { RowSet } from '../data/row-set.js';
import { ExecuteFailure } from './problem.js';
import { type RaggedValues, rowCells, type StageOutputs, type StageValues } from './stage-values.js';

type Values = StageValues | RaggedValues;

export type PooledValue =
  /** f32; `byMember`: the first axis is the member of the pool's class. */
  | { readonly kind: 'all'; readonly digest: Digest; readonly tensor: HostTensor; readonly byMember: boolean }
  | { readonly kind: 'cluster'; readonly digest: Digest; readonly tables: ReadonlyMap<string, HostTensor> };

/** What a pool holds once its stage has run. `rows` are those of the pool's stage. */
export function pooledOf(pool: Pool, of: StageOutputs, rows: RowSet): PooledValue {
  const valuesOf = (name: string): Values | undefined => of.outputs.get(name) ?? of.ragged.get(name);
  const sum = valuesOf(`pool:${pool.id}:sum`) ?? bug(`pool ${pool.id} has no sum`);
  if (rows.rows === 0) {
    throw new ExecuteFailure({ kind: 'empty-pool', data: pool.stage.data.declared, split: rows.split });
  }
  if (pool.over === 'cluster') return byCluster(sum, rows);
  const count = valuesOf(`pool:${pool.id}:count`) ?? null;
  const members = pool.context === null ? null : pool.context.members.members.length;
  const tensor = overAll(sum, pool.reduce === 'mean' ? count : null, { rows: rows.rows, members, pool });
  return { kind: 'all', digest: contentOf(tensor), tensor, byMember: members !== null };
}

type Extent = { readonly rows: number; readonly members: number | null; readonly pool: Pool };

function overAll(sum: Values, count: Values | null, { rows, members, pool }: Extent): HostTensor {
  if (pool.reduce === 'mean' && count === null) bug(`pool ${pool.id} has no count`);
  const totals = Array.from({ length: members ?? 1 }, (_, member) => {
    const total = addUp(sum, member, rows);
    if (count === null) return total;
    const counts = addUp(count, member, rows);
    return { dims: total.dims, values: divide(total, sum, counts, count) };
  });
  const [first] = totals;
  const inner = first?.dims ?? bug('a pool without members');
  const tensor = hostTensor('f32', members === null ? inner : [members, ...inner]);
  const width = elementCount(inner);
  if (!(tensor.data instanceof Float32Array)) return bug('pooled values are f32');
  for (const [member, total] of totals.entries()) tensor.data.set(total.values, member * width);
  return tensor;
}

type Total = { readonly dims: readonly number[]; readonly values: Float64Array };

function addUp(of: Values, member: number, rows: number): Total {
  const first = rowCells(of, member, 0);
  const values = new Float64Array(first.cells.length);
  for (let row = 0; row < rows; row++) {
    const { cells, dims } = rowCells(of, member, row);
    if (dims.join() !== first.dims.join()) {
      throw new ExecuteFailure({ kind: 'ragged-pool', cluster: null, lengths: differing(first.dims, dims) });
    }
    for (let i = 0; i < values.length; i++) values[i] = (values[i] ?? 0) + (cells[i] ?? 0);
  }
  return { dims: first.dims, values };
}

/** The count may lack axes of the sum: it then holds for all their positions. A count of 0 gives NaN. */
function divide(total: Total, sum: Values, counts: Total, count: Values): Float64Array {
  const strides = sum.axes.map((name) => {
    const at = count.axes.indexOf(name);
    return at < 0 ? 0 : elementCount(counts.dims.slice(at + 1));
  });
  const result = new Float64Array(total.values.length);
  for (let i = 0; i < result.length; i++) {
    let rest = i;
    let at = 0;
    for (let axis = total.dims.length - 1; axis >= 0; axis--) {
      const size = total.dims[axis] ?? 1;
      at += (rest % size) * (strides[axis] ?? 0);
      rest = Math.floor(rest / size);
    }
    result[i] = (total.values[i] ?? 0) / (counts.values[at] ?? 0);
  }
  return result;
}

/** The mean over the rows of each cluster, position by position. */
function byCluster(of: Values, rows: RowSet): PooledValue {
  const tables = new Map<string, HostTensor>();
  for (const [cluster, id] of rows.clusters.ids.entries()) {
    const mine = [...rows.clusters.of.keys()].filter((row) => rows.clusters.of[row] === cluster);
    const [first] = mine;
    if (first === undefined) continue;
    const { dims, cells } = rowCells(of, 0, first);
    const total = new Float64Array(cells.length);
    for (const row of mine) {
      const here = rowCells(of, 0, row);
      if (here.dims.join() !== dims.join()) {
        throw new ExecuteFailure({ kind: 'ragged-pool', cluster: id, lengths: differing(dims, here.dims) });
      }
      for (let i = 0; i < total.length; i++) total[i] = (total[i] ?? 0) + (here.cells[i] ?? 0);
    }
    const tensor = hostTensor('f32', dims);
    if (tensor.data instanceof Float32Array) tensor.data.set(total.map((value) => value / mine.length));
    tables.set(id, tensor);
  }
  const parts = [...tables].map(([id, tensor]) => [id, contentOf(tensor)]);
  return { kind: 'cluster', digest: digest('pooled/cluster', parts), tables };
}

function differing(a: readonly number[], b: readonly number[]): readonly number[] {
  const at = a.findIndex((size, i) => size !== b[i]);
  return [a[at] ?? 0, b[at] ?? 0];
}

function contentOf(tensor: HostTensor): Digest {
  return digestBytes(`pooled ${tensor.dtype}[${tensor.dims.join()}]`, bytesOf(tensor));
}
