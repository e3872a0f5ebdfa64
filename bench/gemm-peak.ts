// The fastest matrix product that the backend does on this machine, as a yardstick for what a run achieves.
import { GraphBuilder } from '../src/compiler/ir/graph.js';
import { type HostTensor, hostTensor } from '../src/runtime/backend/host-tensor.js';
import { openBackend } from '../src/runtime/backend/registry.js';

const SHAPES = [
  [1024, 768, 3072],
  [2048, 128, 1024],
] as const;
const REPEATS = 6;

export type GemmPeak = { readonly gigaflopsPerSecond: number; readonly shape: string };

/** The best of several products, all workers of the backend busy at once. */
export async function gemmPeak(): Promise<GemmPeak> {
  const backend = await openBackend('ort:cpu');
  let best: GemmPeak = { gigaflopsPerSecond: 0, shape: '' };
  for (const [m, k, n] of SHAPES) {
    const builder = new GraphBuilder();
    const left = builder.input('left', { dtype: 'f32', axes: [axis('m', m), axis('k', k)] });
    const right = builder.input('right', { dtype: 'f32', axes: [axis('k', k), axis('n', n)] });
    const product = builder.add({ name: 'MatMul', attrs: {} }, left, right);
    // Only the sum comes back: copying the product out is no part of the peak.
    const sum = builder.add({ name: 'ReduceSum', attrs: { axes: [0, 1], keepdims: false } }, product);
    const graph = builder.build([{ name: 'sum', value: sum }]);
    const executable = await backend.compile(graph, {
      weights: 'constants',
      lookupWeight: () => hostTensor('f32', []),
    });
    const feeds = new Map<string, HostTensor>([
      ['left', filled([m, k])],
      ['right', filled([k, n])],
    ]);
    await executable.run(feeds);
    const lanes = backend.capabilities.parallelRuns;
    for (let repeat = 0; repeat < REPEATS; repeat++) {
      const from = performance.now();
      await Promise.all(Array.from({ length: 2 * lanes }, () => executable.run(feeds)));
      const rate = (2 * lanes * 2 * m * k * n) / (performance.now() - from) / 1e6;
      if (rate > best.gigaflopsPerSecond) best = { gigaflopsPerSecond: rate, shape: `${m}×${k}×${n}` };
    }
    executable.dispose();
  }
  await backend.dispose();
  return best;
}

function axis(name: string, size: number): { readonly name: string; readonly size: number } {
  return { name, size };
}

function filled(dims: readonly number[]): HostTensor {
  const tensor = hostTensor('f32', dims);
  for (let i = 0; i < tensor.data.length; i++) tensor.data[i] = (i % 7) / 7;
  return tensor;
}
