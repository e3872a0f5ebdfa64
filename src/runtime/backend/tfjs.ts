// The TensorFlow.js backends: graphs run operator by operator, for portability and as a second opinion. The packages are imported
// only by the worker and are optional dependencies.
import { structureDigest } from '../../compiler/ir/digest.js';
import { inputsOf } from '../../compiler/ir/symbols.js';
import { type Backend, BackendFailure } from './backend.js';
import { openEngine } from './engine-backend.js';
import type { TfjsDevice } from './engine-protocol.js';
import { findPackage } from './ort-package.js';
import { tfjsRefusal } from './tfjs-kernels.js';
import { TFJS_PACKAGE, tfjsInstall } from './tfjs-packages.js';

export type TfjsOptions = { readonly workers?: number };

/** Rejects with BackendFailure `not-available`, whose help says what to install, when a package is missing or does not load. */
export async function openTfjs(device: TfjsDevice, options: TfjsOptions = {}): Promise<Backend> {
  const backend = `tfjs:${device}`;
  const needs = TFJS_PACKAGE[device];
  const missing = ['@tensorflow/tfjs-core', needs].find((name) => findPackage(name) === undefined);
  if (missing !== undefined) {
    throw new BackendFailure({
      kind: 'not-available',
      backend,
      text: `the backend \`${backend}\` is not available: the package \`${missing}\` is not installed`,
      help: tfjsInstall(device),
    });
  }
  return openEngine({
    settings: { engine: 'tfjs', backend, needs, device },
    workers: device === 'gpu' ? 1 : (options.workers ?? 1),
    capabilities: {
      dtypes: ['f32', 'i8', 'u8', 'i32', 'i64', 'bool'],
      parallelRuns: device === 'gpu' ? 1 : (options.workers ?? 1),
      deterministic: device !== 'gpu',
    },
    versionText: (version) => `TensorFlow.js ${version} ${device}`,
    write: (graph, { weights }) => {
      const refusal = tfjsRefusal(graph);
      if (refusal !== undefined) {
        throw new BackendFailure({
          kind: 'compile',
          backend,
          text: refusal,
          help: 'use the backend `ort:cpu`',
        });
      }
      const named = graph.nodes.flatMap(({ op }) => (op.name === 'Weight' ? [op.attrs] : []));
      return {
        program: { kind: 'graph', graph },
        key: `${structureDigest(graph)} ${weights}`,
        inputs: inputsOf(graph).map(({ name }) => ({ name, wire: name })),
        weights: named.map(({ name, digest }) => ({ name, wire: name, digest })),
        outputs: graph.outputs.map(({ name }) => ({ name, wire: name })),
      };
    },
  });
}
