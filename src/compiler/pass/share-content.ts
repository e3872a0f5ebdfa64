// Makes equal values one value again, after passes that may have made them equal. Shrinks the number of nodes.
import type { Pass } from './pass.js';
import { rewriteGraph } from './rewrite.js';

export const shareContent: Pass = {
  name: 'share-content',
  about: 'computes equal values once',
  run: (graph) => rewriteGraph(graph, (builder, { op }, inputs) => builder.add(op, ...inputs)),
};
