// How bytes, models and facts about data arrive. The compiler asks; the runtime (or a test) answers.
import type { Code } from './base/codes.js';
import type { Digest } from './base/digest.js';
import type { DataFacts } from './data/data-facts.js';
import type { DataSpec, FileEntry, TableColumn } from './data/data-spec.js';
import type { ModelGraph } from './model/model-graph.js';

export type ModelSource =
  | { readonly kind: 'bundled'; readonly name: string }
  | { readonly kind: 'onnx'; readonly path: string }
  | { readonly kind: 'gguf'; readonly path: string }
  /** A folder, or the id of a model of the hub; `revision` is a commit. */
  | { readonly kind: 'hf'; readonly place: string; readonly revision: string | null };

/** What could not be had, in the words that a diagnostic shows. */
export type HostProblem = {
  readonly kind: 'problem';
  readonly code: Code;
  readonly text: string;
  readonly notes: readonly string[];
  readonly help: string | null;
};
export type Answer<T> = { readonly kind: 'ok'; readonly value: T } | HostProblem;

/** Paths are as written in the pipeline: relative ones are relative to the pipeline's folder. */
export interface CompileHost {
  /** Source text of a library file such as `std/metrics`. */
  readLibrary(path: string): Answer<string>;
  /** Non-empty lines of a text file. */
  readLines(path: string): Answer<readonly string[]>;
  /** One column of a CSV file, or the lines of a plain list. */
  readColumn(path: string, column: string | null): Answer<readonly string[]>;
  readTable(path: string): Answer<{ readonly columns: readonly TableColumn[]; readonly source: Digest }>;
  listFiles(glob: string): Answer<readonly FileEntry[]>;
  loadModel(source: ModelSource): Answer<ModelGraph>;
  /** The same model with weights drawn again: replicate number `replicate` of a stream. */
  reinitialised(model: ModelGraph, stream: string, replicate: number): Answer<ModelGraph>;
  /** `paths`: composed variants that the file uses, such as `charlie.abc`. */
  dataFacts(spec: DataSpec, model: ModelGraph | null, paths: readonly string[]): Answer<DataFacts>;
  /** Indices of `ids` in random order: draw number `draw` of a stream, by sort keys of the ids. */
  subsetRanks(stream: string, draw: number, ids: readonly string[]): readonly number[];
  /** Paths of sites that a glob over tensor names matches. */
  matchSites(model: ModelGraph, pattern: string): readonly string[];
}
