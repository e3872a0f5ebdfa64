// Checks what is fed to a graph and reads the sizes of its symbols from it. A feed that does not fit is our own mistake: the
// planner builds both sides.
import { bug } from '../../compiler/base/bug.js';
import { flopsOf } from '../../compiler/ir/flops.js';
import type { Graph } from '../../compiler/ir/graph.js';
import { bindSymbols, inputsOf, type SymbolSizes } from '../../compiler/ir/symbols.js';
import { typeText } from '../../compiler/ir/tensor-type.js';
import { elementCount, type HostTensor } from './host-tensor.js';

export type Feeds = ReadonlyMap<string, HostTensor>;

/** The sizes of the graph's symbols under these feeds. Throws a bug on a missing, ill-typed or inconsistent feed. */
export function bindFeeds(graph: Graph, feeds: Feeds): SymbolSizes {
  for (const { name, type } of inputsOf(graph)) {
    const feed = feeds.get(name) ?? bug(`no feed for the input \`${name}\``);
    if (feed.dtype !== type.dtype || feed.data.length !== elementCount(feed.dims)) {
      bug(
        `\`${name}\` is ${typeText(type)} but was fed ${feed.data.length} of ${feed.dtype}[${feed.dims.join(', ')}]`,
      );
    }
  }
  return bindSymbols(graph, new Map([...feeds].map(([name, { dims }]) => [name, dims])));
}

/** The FLOPs of one run, remembered per combination of sizes: a sweep repeats few of them. */
export function flopCounter(graph: Graph): (sizes: SymbolSizes) => number {
  const known = new Map<string, number>();
  return (sizes) => {
    const key = [...sizes.values()].join(' ');
    const flops = known.get(key) ?? flopsOf(graph, sizes);
    known.set(key, flops);
    return flops;
  };
}

export function totalBytes(tensors: Iterable<HostTensor>): number {
  let sum = 0;
  for (const tensor of tensors) sum += tensor.data.byteLength;
  return sum;
}
