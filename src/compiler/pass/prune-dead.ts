// Drops every value that no output needs. Shrinks the number of nodes.
import { pruneGraph } from '../ir/graph.js';
import type { Pass } from './pass.js';

export const pruneDead: Pass = {
  name: 'prune-dead',
  about: 'drops values that no output needs',
  run: pruneGraph,
};
