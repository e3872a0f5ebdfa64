// A backend whose compiled graphs stay: what is compiled once is given again, until the backend is closed. For timings in which
// sessions are warm, as a process that stays open between runs has them.
import { remembered } from '../../src/compiler/base/remembered.js';
import type { Graph } from '../../src/compiler/ir/graph.js';
import { listingDigest } from '../../src/compiler/plan/structure.js';
import type { Backend, Executable } from '../../src/runtime/backend/backend.js';

const digestOf = remembered((graph: Graph) => listingDigest(graph, 'with weights'));

export function keepCompiled(backend: Backend): Backend {
  const kept = new Map<string, Promise<Executable>>();
  return {
    name: backend.name,
    version: backend.version,
    capabilities: backend.capabilities,
    counts: () => backend.counts(),
    dispose: () => backend.dispose(),
    compile: (graph, options) => {
      const key = `${options.weights} ${digestOf(graph)}`;
      const known = kept.get(key) ?? backend.compile(graph, options);
      kept.set(key, known);
      return known.then((executable) => ({ ...executable, dispose: () => undefined }));
    },
  };
}
