// How stages read what was pooled over the rows of others.
import { bug } from '../../compiler/base/bug.js';
import { digest } from '../../compiler/base/digest.js';
import type { InputSpec } from '../../compiler/check/stage.js';
import { elementCount, type HostTensor, hostTensor } from '../backend/host-tensor.js';
import { type Feed, type FeedPlace, membersIn } from './feed.js';
import { ExecuteFailure } from './problem.js';

/** The table, or its rows for the members of the call. */
export function pooledFeed(spec: Extract<InputSpec, { kind: 'pooled' }>, place: FeedPlace): Feed {
  const value = place.world.pools.get(spec.pool) ?? bug(`pool ${spec.pool} was not computed`);
  if (value.kind !== 'all' || value.byMember !== spec.byMember)
    return bug(`pool ${spec.pool} is not what was asked for`);
  const { tensor } = value;
  if (!spec.byMember) {
    requireDims(tensor.dims, place.dims);
    return { key: `pooled ${value.digest}`, make: () => tensor };
  }
  const axis = place.input.type.axes[0]?.size;
  const id =
    typeof axis === 'string' && axis.startsWith('member:')
      ? Number(axis.slice('member:'.length))
      : Number.NaN;
  const members = membersIn(place.call, id);
  requireDims(tensor.dims.slice(1), place.dims.slice(1));
  const width = elementCount(tensor.dims.slice(1));
  const make = (): HostTensor => {
    const chosen = hostTensor(tensor.dtype, place.dims);
    for (const [at, member] of members.entries())
      for (let i = 0; i < width; i++) chosen.data[at * width + i] = tensor.data[member * width + i] ?? 0;
    return chosen;
  };
  return { key: `pooled ${value.digest} ${members.join()}`, make };
}

/** Each example gets the table of its own cluster. */
export function clusterPooledFeed(
  spec: Extract<InputSpec, { kind: 'cluster-pooled' }>,
  place: FeedPlace,
): Feed {
  const { call, world, dims } = place;
  const value = world.pools.get(spec.pool) ?? bug(`pool ${spec.pool} was not computed`);
  if (value.kind !== 'cluster') return bug(`pool ${spec.pool} is not pooled by cluster`);
  const { clusters } = world.rows;
  const ids = Array.from(
    call.rows,
    (row) => clusters.ids[clusters.of[row] ?? -1] ?? bug('a row without a cluster'),
  );
  const make = (): HostTensor => {
    const tensor = hostTensor('f32', dims);
    const width = elementCount(dims.slice(1));
    for (const [example, id] of ids.entries()) {
      const table = value.tables.get(id);
      if (table === undefined) throw new ExecuteFailure({ kind: 'empty-cluster', cluster: id });
      requireDims(table.dims, dims.slice(1));
      if (tensor.data instanceof Float32Array && table.data instanceof Float32Array)
        tensor.data.set(table.data, example * width);
    }
    return tensor;
  };
  return { key: digest('feed cluster-pooled', [value.digest, ids, dims]), make };
}

function requireDims(pooled: readonly number[], row: readonly number[]): void {
  if (pooled.join() !== row.join()) throw new ExecuteFailure({ kind: 'pool-length', pooled, row });
}
