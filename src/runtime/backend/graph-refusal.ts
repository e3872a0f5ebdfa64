// Whether a backend would refuse to compile a graph, asked of its tables: no engine is loaded and nothing is compiled. A device may
// lack more than its engine does; that only opening it tells.
import type { Graph } from '../../compiler/ir/graph.js';
import type { BackendProblem } from './backend.js';
import { TFJS_TYPES } from './inventory.js';
import { type BackendName, backendNames } from './registry.js';
import { typeRefusal } from './type-refusal.js';

type Ask = (graph: Graph) => string | undefined | Promise<string | undefined>;

/** onnxruntime has every element type and no table of its operators: what it lacks it says when it compiles. */
const untold: Ask = () => undefined;
const tfjs: Ask = async (graph) =>
  typeRefusal(graph, TFJS_TYPES) ?? (await import('./tfjs-kernels.js')).tfjsRefusal(graph);

const asks = {
  'ort:cpu': untold,
  reference: async (graph) => (await import('./reference.js')).referenceRefusal(graph),
  'ort:cuda': untold,
  'ort:webgpu': untold,
  'ort:coreml': untold,
  'ort:dml': untold,
  'tfjs:gpu': tfjs,
  'tfjs:wasm': tfjs,
  'tfjs:cpu': tfjs,
} as const satisfies Record<BackendName, Ask>;

/** What compiling the first of the graphs that is refused would fail with; null where no table speaks against any. */
export async function graphRefusal(name: string, graphs: Iterable<Graph>): Promise<BackendProblem | null> {
  const known = backendNames().find((one) => one === name);
  if (known === undefined) return null;
  for (const graph of graphs) {
    const text = await asks[known](graph);
    if (text !== undefined)
      return { kind: 'compile', backend: known, text, help: 'use the backend `ort:cpu`' };
  }
  return null;
}
