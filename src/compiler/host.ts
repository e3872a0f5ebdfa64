// How bytes, models and facts about data arrive. The compiler asks; the runtime (or a test) answers.
import type { DataFacts } from './data/data-facts.js';
import type { DataSpec } from './data/data-spec.js';
import type { ModelGraph } from './model/model-graph.js';

export type ModelSource =
  | { readonly kind: 'bundled'; readonly name: string }
  | { readonly kind: 'onnx'; readonly path: string };

/** What could not be had, in the words that a diagnostic shows. */
export type HostProblem = {
  readonly kind: 'problem';
  readonly code: 'missing' | 'unreadable' | 'malformed' | 'invalid';
  readonly text: string;
  readonly notes: readonly string[];
  readonly help: string | null;
};
export type Answer<T> = { readonly kind: 'ok'; readonly value: T } | HostProblem;

export interface CompileHost {
  /** A text file named by a pipeline; relative paths are relative to the pipeline's folder. */
  readText(path: string): Answer<string>;
  /** Source text of a library file such as `std/metrics`. */
  readLibrary(path: string): Answer<string>;
  loadModel(source: ModelSource): Answer<ModelGraph>;
  /** The same model with weights drawn again: replicate number `replicate` of a stream. */
  reinitialised(model: ModelGraph, stream: string, replicate: number): Answer<ModelGraph>;
  dataFacts(spec: DataSpec, model: ModelGraph | null): Answer<DataFacts>;
  /** Files that match a glob, sorted, with their digests and sizes. */
  listFiles(glob: string): Answer<readonly { readonly path: string; readonly digest: string; readonly bytes: number }[]>;
  digestOf(text: string): string;
}
