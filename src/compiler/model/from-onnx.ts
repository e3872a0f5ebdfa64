// A model graph from an imported ONNX file: what is recognised under the field's names, and every tensor of the file under its
// own. Two tensors that compute the same thing are one value in the graph, so a write to either is a write to both.
import { bug } from '../base/bug.js';
import { digest } from '../base/digest.js';
import { graphDigest } from '../ir/digest.js';
import type { Graph, ValueId } from '../ir/graph.js';
import type { ImportedModel } from '../onnx/read.js';
import type { ModelGraph, Part, Site } from './model-graph.js';
import { onnxNotes } from './onnx-notes.js';
import { recognise } from './recognise/recognise.js';

export type OnnxOptions = {
  /** `as-stored`: only the file's own names, for a file whose recognised sites contradict each other. */
  readonly names: 'recognised' | 'as-stored';
};

/** Sites in the order of the graph; weights under `weights.NAME`. Constants are no sites: nothing is computed there. */
export function modelFromOnnx(
  name: string,
  imported: ImportedModel,
  { names }: OnnxOptions = { names: 'recognised' },
): ModelGraph {
  const { lifted, family, geometry, causal, fillings } = recognise(imported, names === 'recognised');
  const { graph } = lifted;
  const taken = new Set([...lifted.sites, ...lifted.weights].map((one) => one.path));
  const sites = lifted.sites.map(({ path, part, value }) => siteAt(graph, path, part, value));
  const weights = lifted.weights.map(({ path, value }) => siteAt(graph, path, 'other', value));
  const wasRead = neededBy(imported.graph);
  const isRead = neededBy(graph);
  for (const [tensor, old] of imported.values) {
    const value = lifted.valueOf(old);
    // A tensor inside a norm or an activation that was put in another form is no longer what the rest reads.
    if (value === undefined || (wasRead.has(old) && !isRead.has(value))) continue;
    const node = graph.nodes[value] ?? bug(`no value %${value}`);
    if (node.op.name === 'Weight') {
      if (!taken.has(`weights.${tensor}`)) weights.push(siteAt(graph, `weights.${tensor}`, 'other', value));
    } else if (node.op.name !== 'Constant' && !taken.has(tensor))
      sites.push(siteAt(graph, tensor, 'other', value));
  }
  sites.sort((a, b) => a.value - b.value || (a.path < b.path ? -1 : 1));
  return {
    name,
    digest: digest('model', { graph: graphDigest(graph) }),
    family,
    graph,
    inputs: lifted.inputs,
    sites,
    weights,
    summands: [],
    geometry,
    causal,
    tokenizer: { kind: 'none' },
    initialiser: null,
    notes: onnxNotes(imported, fillings),
  };
}

function siteAt(graph: Graph, path: string, part: Part, value: ValueId): Site {
  const { dtype, axes } = graph.nodes[value]?.type ?? bug(`no value %${value}`);
  return { path, value, axes, dtype, part, writable: true };
}

/** Every value that an output of the graph is computed from. */
function neededBy(graph: Graph): ReadonlySet<ValueId> {
  const needed = new Set(graph.outputs.map((one) => one.value));
  const stack = [...needed];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    for (const input of graph.nodes[top]?.inputs ?? []) {
      if (needed.has(input)) continue;
      needed.add(input);
      stack.push(input);
    }
  }
  return needed;
}
