// Large models for onnxruntime: the weights lie in files beside a small model, which maps them instead of copying them. A fused graph reads
// one weight in many nodes: from a file it is packed for the processor once, as a part of the model once per node.
//
// Measured on GPT-2-small's shapes (650 MB of weights), sweep `a` of 8 prompts and 144 heads (6,295 nodes, 573 products with weights), one
// thread, CPU-seconds: creating the session, most memory while creating it, memory held, one run.
//
// | weights                              | create      | peak MB | held MB | run         |
// |--------------------------------------|-------------|---------|---------|-------------|
// | in the model                         | 6.3 to 11.5 |   3,800 |   2,270 | 0.60        |
// | in files                             | 2.5         |   1,000 |     790 | 0.63 to 0.68 |
// | in files, layout steps folded        | 2.2         |     810 |     650 | 0.62 to 0.66 |
// | same, not packed                     | 1.1         |     700 |     660 | 0.92 to 1.1 |
// | same, not packed, weights as inputs  | 2.0         |     930 |     780 | 0.97        |
//
// Twelve layers of products 768 x 768 x 3072 x 768 alone, CPU-milliseconds (best of 4 to 10) by number of rows:
//
// | weights             |    1 |    8 |   32 |   120 |   256 |   1000 |
// |---------------------|------|------|------|-------|-------|--------|
// | in the model        | 12.2 | 17.4 | 45.0 | 150.6 | 311.3 | 1248.3 |
// | in files            | 12.7 | 18.0 | 45.7 | 151.7 | 312.3 | 1259.3 |
// | in files, unpacked  | 14.9 | 40.8 | 70.0 | 178.4 | 343.4 | 1354.0 |
// | inputs              | 16.2 | 44.6 | 74.2 | 185.4 | 350.3 | 1317.7 |
//
// The results are equal bit for bit to those of the model in one piece. Lower levels of optimisation save under 0.1 s.
import { digestBytes } from '../../compiler/base/digest.js';
import type { Graph } from '../../compiler/ir/graph.js';
import { BYTES_OF, bytesOfWeights } from '../../compiler/ir/memory.js';
import type { OpAttrs } from '../../compiler/ir/op.js';
import { dimsOf } from '../../compiler/ir/symbols.js';
import { writeOnnx } from '../../compiler/onnx/write.js';
import { deriveWeight, foldWeights } from '../../compiler/pass/fold-weights.js';
import type { WrittenProgram } from './engine-backend.js';
import { bytesOf, elementCount, type HostTensor } from './host-tensor.js';
import type { WeightFiles } from './weight-files.js';

/** Below, creating a session takes a fraction of a second either way. */
const LARGE_MODEL = 32 * 2 ** 20;
/** Smaller weights stay in the model, where onnxruntime can look at them (gains, biases). */
const LARGE_WEIGHT = 2 ** 16;

/** Whether the weights are so many that they are better kept in files. */
export function isLarge(graph: Graph): boolean {
  return bytesOfWeights(graph) >= LARGE_MODEL;
}

/** The graph with its large weights in files. Its key names them, so that equal keys are equal sessions. */
export function writeBeside(
  graph: Graph,
  files: WeightFiles,
  lookupWeight: (digest: string) => HostTensor,
): WrittenProgram {
  const { graph: folded, derived } = foldWeights(graph, (weight) => sizeOf(weight) >= LARGE_WEIGHT);
  const sourceOf = (digest: string): Uint8Array =>
    bytesOf(lookupWeight(derived.get(digest)?.source.digest ?? digest));
  const arrange = (digest: string) => (source: Uint8Array) => {
    const weight = derived.get(digest);
    return weight === undefined ? source : deriveWeight(weight, source);
  };
  const { bytes, ...names } = writeOnnx(folded, {
    weights: 'constants',
    lookup: (digest) => arrange(digest)(sourceOf(digest)),
    locate: (weight) => {
      if (sizeOf(weight) < LARGE_WEIGHT) return undefined;
      const file = files.place(weight.digest, sourceOf(weight.digest), arrange(weight.digest));
      return { ...file, offset: 0 };
    },
  });
  return {
    ...names,
    program: { kind: 'onnx', bytes, folder: files.folder },
    weights: [],
    key: digestBytes('onnx-session', bytes),
  };
}

const NO_SYMBOLS = new Map<string, number>();

function sizeOf({ type }: OpAttrs['Weight']): number {
  return BYTES_OF[type.dtype] * elementCount(dimsOf(type, NO_SYMBOLS));
}
