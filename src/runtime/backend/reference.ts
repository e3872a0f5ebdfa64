// The reference evaluator behind the backend interface: plain TypeScript, no optimisation, the oracle of the others.
import { bug } from '../../compiler/base/bug.js';
import { evaluateGraph } from '../../compiler/ir/evaluate.js';
import type { Graph } from '../../compiler/ir/graph.js';
import { type Tensor, tensor } from '../../compiler/ir/tensor.js';
import { halfBits, halfValue } from '../../compiler/onnx/elements.js';
import {
  type Backend,
  BackendFailure,
  type CompileOptions,
  type Executable,
  type RunOptions,
  type RunResult,
} from './backend.js';
import { bindFeeds, type Feeds, flopCounter, totalBytes } from './feeds.js';
import { type HostTensor, numbersOf, tensorOf } from './host-tensor.js';

/** Always available. Runs on the calling thread: for small graphs and for checking other backends. */
export function openReference(): Backend {
  const counts = { runs: 0, flops: 0, bytes: 0, sessions: 0 };
  return {
    name: 'reference',
    version: 'reference 1',
    capabilities: {
      dtypes: ['f32', 'f64', 'f16', 'i8', 'u8', 'i32', 'i64', 'bool'],
      parallelRuns: 1,
      deterministic: true,
    },
    compile: async (graph, options) => {
      const text = referenceRefusal(graph);
      if (text !== undefined) {
        throw new BackendFailure({
          kind: 'compile',
          backend: 'reference',
          text,
          help: 'use the backend `ort:cpu`',
        });
      }
      counts.sessions++;
      return executable(graph, options, (result) => {
        counts.runs++;
        counts.flops += result.flops;
        counts.bytes += result.bytes;
      });
    },
    counts: () => ({ ...counts }),
    dispose: async () => {},
  };
}

/** Why a graph cannot run on the reference evaluator, naming the operator; undefined when it can. */
export function referenceRefusal(graph: Graph): string | undefined {
  const opaque = graph.nodes.find((n) => n.op.name === 'Opaque')?.op;
  return opaque?.name === 'Opaque'
    ? `the reference evaluator does not know the operator \`${opaque.attrs.opType}\``
    : undefined;
}

function executable(graph: Graph, options: CompileOptions, onRun: (result: RunResult) => void): Executable {
  const countFlops = flopCounter(graph);
  const run = async (
    feeds: Feeds,
    replaced: Feeds = new Map(),
    { signal }: RunOptions = {},
  ): Promise<RunResult> => {
    if (options.weights === 'constants' && replaced.size > 0)
      return bug('weights were compiled as constants');
    if (signal?.aborted === true) {
      throw new BackendFailure({ kind: 'aborted', backend: 'reference', text: 'the run was stopped' });
    }
    const sizes = bindFeeds(graph, feeds);
    const values = evaluateGraph(
      graph,
      new Map([...feeds].map(([name, t]) => [name, toTensor(t)])),
      (weight) => toTensor(replaced.get(weight.name) ?? options.lookupWeight(weight.digest)),
    );
    const outputs = new Map([...values].map(([name, t]) => [name, fromTensor(t)]));
    const bytes = totalBytes(feeds.values()) + totalBytes(outputs.values());
    const result = { outputs, flops: countFlops(sizes), bytes };
    onRun(result);
    return result;
  };
  return { run, dispose: () => {} };
}

function toTensor(host: HostTensor): Tensor {
  const numbers = numbersOf(host);
  return tensor(host.dtype, host.dims, host.dtype === 'f16' ? numbers.map(halfValue) : numbers);
}

function fromTensor({ dtype, dims, data }: Tensor): HostTensor {
  const numbers = Array.from(data);
  return tensorOf(dtype, dims, dtype === 'f16' ? numbers.map(halfBits) : numbers);
}
