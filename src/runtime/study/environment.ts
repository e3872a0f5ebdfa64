// What produced the numbers besides their meaning: compiler, backend, precision, partition.
import type { PlainObject } from '../store/json.js';

export type PartitionChoice = {
  readonly batch?: number;
  readonly memoryBytes: number;
  readonly withoutPasses: readonly string[];
};

export function batchText({ batch, memoryBytes, withoutPasses }: PartitionChoice): string {
  const size = batch === undefined ? 'as many rows as fit' : `at most ${batch} rows`;
  const skipped = withoutPasses.length === 0 ? '' : `, without ${withoutPasses.join(', ')}`;
  return `${size} in ${Math.round(memoryBytes / 1e6)} MB${skipped}`;
}

export function environmentOf(compiler: string): PlainObject {
  return {
    compiler,
    precision: 'float32',
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
  };
}
