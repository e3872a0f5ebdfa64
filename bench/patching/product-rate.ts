// What share of the best rate a sweep's matrix products reach: the time of their kernels in a profiled run against the time that
// products of the same shapes take alone, in the same process. Started as `product-rate.ts FOLDER`.
import { bug } from '../../src/compiler/base/bug.js';
import { type Graph, GraphBuilder } from '../../src/compiler/ir/graph.js';
import type { TensorType } from '../../src/compiler/ir/tensor-type.js';
import { namelessAxes } from '../../src/compiler/onnx/importer.js';
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
const LEAST_SHARE = 0.0005;
const REPEATS = 7;
/** FLOP of products that take less than a millisecond. */
const SHORT = 5e7;

/** The shapes of both sides as an engine reads them, none transposed. A right side of rank 2 is taken for a weight, which is packed beforehand. */
type Shape = { readonly left: readonly number[]; readonly right: readonly number[]; readonly flops: number };
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
  const planned = sum(sweep.costs(like), (one) => one.flops);
  // The plan also counts sums and activations; it counts no product that is not made.
  if (!(flops > 0.9 * planned && flops < 1.001 * planned))
    return bug(`${flops} of ${planned} operations are in products`);
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
    const key = `${shape.left.join()} ${shape.right.join()}`;
    const work = works.get(key) ?? { shape, flops: 0, microseconds: 0 };
    works.set(key, work);
    work.flops += shape.flops;
    work.microseconds += kernel.microseconds;
  }
  return [...works.values()];
}

/** Either side may be read transposed: the output tells which of its sizes is summed over. Other axes stay as they are, so do broadcasts. */
function shapeOf({ inputs: [left = [], right = []], output }: Kernel): Shape {
  const [m = 1, n = 1] = output.slice(-2);
  const [rows = 1, columns = 1] = left.slice(-2);
  const k = rows === m ? columns : rows;
  const flops = 2 * k * output.reduce((product, one) => product * one, 1);
  return { left: [...left.slice(0, -2), m, k], right: [...right.slice(0, -2), k, n], flops };
}

/** FLOP per microsecond of the fastest of several. Kernels are timed in whole microseconds: short ones are taken ten at a time. */
async function rateAlone({ left, right, flops }: Shape, like: Backend): Promise<number> {
  const builder = new GraphBuilder();
  const typeOf = (dims: readonly number[]): TensorType => ({ dtype: 'f32', axes: namelessAxes(dims) });
  const isWeight = right.length === 2;
  const type = typeOf(right);
  const product = builder.add(
    { name: 'MatMul', attrs: {} },
    builder.input('left', typeOf(left)),
    isWeight ? builder.weight({ name: 'right', digest: '', type }) : builder.input('right', type),
  );
  const graph: Graph = builder.build([{ name: 'product', value: product }]);
  const backend = profiledBackend(like);
  const options = { weights: 'constants', lookupWeight: () => filled(right) } as const;
  const executable = await backend.compile(graph, options);
  const feeds = new Map([['left', filled(left)]]);
  if (!isWeight) feeds.set('right', filled(right));
  const together = flops < SHORT ? 10 : 1;
  for (let repeat = 0; repeat < REPEATS * together; repeat++) await executable.run(feeds);
  const kernels = (await backend.kernels(1)).filter(({ operator }) => PRODUCTS.has(operator));
  await backend.dispose();
  if (kernels.length === 0) return bug('no product ran');
  const groups = Array.from({ length: REPEATS }, (_, i) => kernels.slice(i * together, (i + 1) * together));
  const fastest = Math.min(...groups.map((group) => sum(group, (one) => one.microseconds) / group.length));
  return flops / Math.max(0.1, fastest);
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
