// Whether a change at one value can show at another: paths in the model's graph. Structure only: a path whose effect is zero
// for these weights, or is masked at these positions, is still a path.
import { bug } from '../../src/compiler/base/bug.js';
import { findSite } from '../../src/compiler/model/component-tree.js';
import type { ModelGraph } from '../../src/compiler/model/model-graph.js';

/** Paths of all sites that a write to `from` can change, itself included. Both must exist. */
export function reachedFrom(model: ModelGraph, from: string): ReadonlySet<string> {
  const { nodes } = model.graph;
  const start = findSite(model, from) ?? bug(`no site ${from}`);
  const changed = new Uint8Array(nodes.length);
  changed[start.value] = 1;
  // A written summand site changes its sum, though the sum does not read it in the unwritten graph.
  for (const { path, sum } of model.summands) if (path === from) changed[sum] = 1;
  for (const [index, node] of nodes.entries()) {
    if (node.inputs.some((input) => changed[input] === 1)) changed[index] = 1;
  }
  return new Set(
    [...model.sites, ...model.weights].flatMap((site) => (changed[site.value] === 1 ? [site.path] : [])),
  );
}
