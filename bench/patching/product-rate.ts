// What share of the best rate a sweep's matrix products reach: the time of their kernels in a profiled run against the time that
// products of the same shapes take alone, in the same process. Started as `product-rate.ts FOLDER`.
import { bug } from '../../src/compiler/base/bug.js';
import { type Graph, GraphBuilder } from '../../src/compiler/ir/graph.js';
import type { Backend } from '../../src/runtime/backend/backend.js';
import { type HostTensor, hostTensor } from '../../src/runtime/backend/host-tensor.js';
import { openBackend } from '../../src/runtime/backend/registry.js';
import { keepCompiled } from './keep-compiled.js';
import { openSweep } from './open-sweep.js';
import { type Kernel, profiledBackend } from './profiled-backend.js';

/** All times of one thread. */
export type ProductRate = {
  readonly kind: 'ready';
  /** Of the time in kernels, the share spent in matrix products. */
  readonly shareOfTime: number;
  readonly gigaflopsPerSecond: number;
  /** What products of these shapes reach alone, weighted by the work in them. */
  readonly alone: number;
  /** Of the products' work, the share in shapes that were measured alone. */
  readonly covered: number;
};

const PRODUCTS: ReadonlySet<string> = new Set(['MatMul', 'FusedMatMul', 'Gemm', 'FusedGemm']);
/** Shapes with less of the work are left out. */
const LEAST_SHARE = 0.002;
const REPEATS = 7;

/** batch × (m × k)(k × n). A right side of rank 2 is a weight, which the engine packs beforehand. */
type Shape = {
  readonly batch: number;
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly weight: boolean;
};
type Work = { readonly shape: Shape; flops: number; microseconds: number };

async function main(folder: string): Promise<void> {
  const sweep = await openSweep(folder);
  const like = await openBackend('ort:cpu');
  const backend = profiledBackend(like);
  const kept = keepCompiled(backend);
  await sweep.run(kept); // the first run of a session packs and allocates
  await sweep.run(kept);
  const kernels = await backend.kernels(2);
  await backend.dispose();
  await like.dispose();
  const products = kernels.filter(({ operator }) => PRODUCTS.has(operator));
  const time = sum(kernels, (one) => one.microseconds);
  const works = worksOf(products);
  const flops = sum(works, (one) => one.flops);
  const measured = works.filter((one) => one.flops >= LEAST_SHARE * flops);
  let alone = 0;
  for (const { shape, flops: own } of measured) alone += own / (await rateAlone(shape, like));
  const covered = sum(measured, (one) => one.flops);
  const rate: ProductRate = {
    kind: 'ready',
    shareOfTime: sum(works, (one) => one.microseconds) / time,
    gigaflopsPerSecond: covered / sum(measured, (one) => one.microseconds) / 1e3,
    alone: covered / alone / 1e3,
    covered: covered / flops,
  };
  process.stdout.write(`${JSON.stringify(rate)}\n`);
}

function worksOf(products: readonly Kernel[]): readonly Work[] {
  const works = new Map<string, Work>();
  for (const kernel of products) {
    const shape = shapeOf(kernel);
    const key = Object.values(shape).join();
    const work = works.get(key) ?? { shape, flops: 0, microseconds: 0 };
    works.set(key, work);
    work.flops += flopsOf(shape);
    work.microseconds += kernel.microseconds;
  }
  return [...works.values()];
}

/** Either side may be read transposed: the output tells which of its sizes is summed over. */
function shapeOf({ inputs: [left = [], right = []], output }: Kernel): Shape {
  const [m = 1, n = 1] = output.slice(-2);
  const [rows = 1, columns = 1] = left.slice(-2);
  const k = rows === m ? columns : rows;
  const weight = right.length === 2;
  const batch = output.slice(0, -2).reduce((product, one) => product * one, 1);
  // With a weight, all leading axes are rows of one product.
  return weight ? { batch: 1, m: batch * m, k, n, weight } : { batch, m, k, n, weight };
}

function flopsOf({ batch, m, k, n }: Shape): number {
  return 2 * batch * m * k * n;
}

/** FLOP per microsecond of the fastest of several. */
async function rateAlone(shape: Shape, like: Backend): Promise<number> {
  const { batch, m, k, n, weight } = shape;
  const builder = new GraphBuilder();
  const axis = (name: string, size: number) => ({ name, size });
  const outer = weight ? [] : [axis('batch', batch)];
  const left = builder.input('left', { dtype: 'f32', axes: [...outer, axis('m', m), axis('k', k)] });
  const type = { dtype: 'f32', axes: [...outer, axis('k', k), axis('n', n)] } as const;
  const right = weight ? builder.weight({ name: 'right', digest: '', type }) : builder.input('right', type);
  const product = builder.add({ name: 'MatMul', attrs: {} }, left, right);
  const graph: Graph = builder.build([{ name: 'product', value: product }]);
  const backend = profiledBackend(like);
  const sides = weight ? [k, n] : [batch, k, n];
  const executable = await backend.compile(graph, {
    weights: 'constants',
    lookupWeight: () => filled(sides),
  });
  const feeds = new Map([['left', filled(weight ? [m, k] : [batch, m, k])]]);
  if (!weight) feeds.set('right', filled(sides));
  for (let repeat = 0; repeat < REPEATS; repeat++) await executable.run(feeds);
  const kernels = (await backend.kernels(1)).filter(({ operator }) => PRODUCTS.has(operator));
  await backend.dispose();
  const fastest = Math.min(...kernels.map((one) => one.microseconds));
  return Number.isFinite(fastest) ? flopsOf(shape) / Math.max(1, fastest) : bug('no product ran');
}

function filled(dims: readonly number[]): HostTensor {
  const tensor = hostTensor('f32', dims);
  for (let i = 0; i < tensor.data.length; i++) tensor.data[i] = (i % 7) / 7;
  return tensor;
}

function sum<T>(list: readonly T[], value: (item: T) => number): number {
  return list.reduce((total, item) => total + value(item), 0);
}

await main(process.argv[2] ?? bug('no folder'));
