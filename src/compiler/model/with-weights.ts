// The same model with other weights: same structure, other digests. Backends share one session between such models.
import { bug } from '../base/bug.js';
import { digest } from '../base/digest.js';
import type { ModelGraph } from './model-graph.js';

/** The model with each weight's digest replaced. Every weight of the graph must be in the map, by its name in the graph. */
export function withWeights(model: ModelGraph, digests: ReadonlyMap<string, string>): ModelGraph {
  const nodes = model.graph.nodes.map((node) => {
    if (node.op.name !== 'Weight') return node;
    const { attrs } = node.op;
    const content = digests.get(attrs.name) ?? bug(`no digest for ${attrs.name}`);
    return { ...node, op: { name: 'Weight', attrs: { ...attrs, digest: content } } } as const;
  });
  return {
    ...model,
    digest: digest('model', { of: model.digest, weights: Object.fromEntries(digests) }),
    graph: { nodes, outputs: model.graph.outputs },
  };
}

export type WeightFacts = {
  readonly name: string;
  readonly digest: string;
  readonly type: ModelGraph['inputs'][number]['type'];
};

/** Every weight of a model, in the order of the graph. */
export function weightsOf(model: ModelGraph): readonly WeightFacts[] {
  return model.graph.nodes.flatMap(({ op }) => (op.name === 'Weight' ? [op.attrs] : []));
}
