// A model graph from an imported ONNX file: every tensor of the file is a site under the file's own name.
// Two tensors that compute the same thing are one value in the graph, so a write to either is a write to both.
import { bug } from '../base/bug.js';
import { digest } from '../base/digest.js';
import { graphDigest } from '../ir/digest.js';
import type { ImportedModel } from '../onnx/read.js';
import type { ModelGraph, Site } from './model-graph.js';

/** Sites in the order of the graph; weights under `weights.NAME`. Constants are no sites: nothing is computed there. */
export function modelFromOnnx(name: string, imported: ImportedModel): ModelGraph {
  const { graph, values } = imported;
  const sites: Site[] = [];
  const weights: Site[] = [];
  for (const [tensor, value] of values) {
    const node = graph.nodes[value] ?? bug(`no value %${value}`);
    const { dtype, axes } = node.type;
    const site = { value, axes, dtype, part: 'other', writable: true } as const;
    if (node.op.name === 'Weight') weights.push({ path: `weights.${tensor}`, ...site });
    else if (node.op.name !== 'Constant') sites.push({ path: tensor, ...site });
  }
  sites.sort((a, b) => a.value - b.value || (a.path < b.path ? -1 : 1));
  return {
    name,
    digest: digest('model', { graph: graphDigest(graph) }),
    family: 'onnx',
    graph,
    inputs: imported.inputs,
    sites,
    weights,
    summands: [],
    geometry: {},
    causal: false,
    tokenizer: { kind: 'none' },
    initialiser: null,
  };
}
