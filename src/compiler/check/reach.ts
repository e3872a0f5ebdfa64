// Which values a value depends on: whether an intervention lies on a path to what is measured.
import type { GraphBuilder, ValueId } from '../ir/graph.js';

export function fanIn(builder: GraphBuilder, target: ValueId): ReadonlySet<ValueId> {
  const seen = new Set<ValueId>([target]);
  const stack = [target];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    for (const input of builder.nodeOf(top).inputs) {
      if (seen.has(input)) continue;
      seen.add(input);
      stack.push(input);
    }
  }
  return seen;
}
