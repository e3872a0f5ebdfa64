// What every backend offers: graphs compiled once, run many times, with what it cost counted. All backends share one definition
// of the operators (src/compiler/ir); they differ in speed and in rounding.
import type { Graph } from '../../compiler/ir/graph.js';
import type { DType } from '../../compiler/ir/tensor-type.js';
import type { HostTensor } from './host-tensor.js';

/** The world's failure, as data. `help` says what to do about it, where something can be done. */
export type BackendProblem = {
  readonly kind: 'compile' | 'run' | 'out-of-memory' | 'not-available' | 'aborted';
  readonly backend: string;
  readonly text: string;
  readonly help?: string;
};

/** Thrown (or rejected with) by every backend for what is not our own mistake. */
export class BackendFailure extends Error {
  readonly problem: BackendProblem;

  constructor(problem: BackendProblem) {
    super(problem.text);
    this.name = 'BackendFailure';
    this.problem = problem;
  }
}

export type Capabilities = {
  /** Element types of inputs and outputs. */
  readonly dtypes: readonly DType[];
  /** How many runs go on at the same time. */
  readonly parallelRuns: number;
  /** Same inputs, same bits, whichever worker runs them. */
  readonly deterministic: boolean;
};

export type CompileOptions = {
  /**
   * `inputs`: graphs that differ only in their weights share one session, and `run` may be given other weights.
   * `constants`: the backend may fold and pack the weights.
   */
  readonly weights: 'constants' | 'inputs';
  readonly lookupWeight: (digest: string) => HostTensor;
};

export type RunOptions = { readonly signal?: AbortSignal };

/** Counted, not estimated: `flops` from the graph with the sizes of this run, `bytes` of feeds and outputs. */
export type RunResult = {
  readonly outputs: ReadonlyMap<string, HostTensor>;
  readonly flops: number;
  readonly bytes: number;
};

export interface Executable {
  /**
   * Runs once. `feeds` is keyed by input name; `weights`, keyed by weight name, replaces weights of the compiled graph (only
   * after `weights: 'inputs'`). Rejects with BackendFailure; a missing or ill-typed feed is a bug.
   */
  run(
    feeds: ReadonlyMap<string, HostTensor>,
    weights?: ReadonlyMap<string, HostTensor>,
    options?: RunOptions,
  ): Promise<RunResult>;
  dispose(): void;
}

/** Totals since the backend was opened. */
export type BackendCounts = {
  readonly runs: number;
  readonly flops: number;
  readonly bytes: number;
  readonly sessions: number;
};

export interface Backend {
  readonly name: string;
  readonly version: string;
  readonly capabilities: Capabilities;
  compile(graph: Graph, options: CompileOptions): Promise<Executable>;
  counts(): BackendCounts;
  dispose(): Promise<void>;
}
