// Means of resampled clusters, for many columns over the same clusters at once: resample b draws its clusters from counter
// (position, b), so the replicates of a column do not depend on which other columns are asked for.
import { fillIntegersBelow, streamKey } from './rng.js';

export interface BootstrapPlan {
  readonly root: string;
  readonly path: string;
  readonly resamples: number;
}

/** `result[j][b]` = mean of column j over resample b. All columns have one value per cluster, in the same order. */
export function bootstrapMeans(columns: readonly ArrayLike<number>[], plan: BootstrapPlan): Float64Array[] {
  const clusters = columns[0]?.length ?? 0;
  const key = streamKey(plan.root, plan.path);
  const means = columns.map(() => new Float64Array(plan.resamples));
  const values = columns.map((column) => Float64Array.from(column));
  const chosen = new Uint32Array(clusters);
  for (let replicate = 0; replicate < plan.resamples; replicate++) {
    fillIntegersBelow({ key, n: clusters, from: 0, replicate }, chosen);
    for (let column = 0; column < values.length; column++) {
      const own = values[column] ?? chosen;
      let sum = 0;
      for (let position = 0; position < clusters; position++)
        sum += own[chosen[position] as number] as number; // in range
      (means[column] ?? own)[replicate] = sum / clusters;
    }
  }
  return means;
}
