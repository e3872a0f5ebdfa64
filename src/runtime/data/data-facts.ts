// What the checker knows of a data set before any row exists: sizes, names and shapes, never a drawn value.
import type { Digest } from '../../compiler/base/digest.js';
import { dataDigest } from './data-digest.js';
import { contentFacts, layOut } from './data-kinds.js';
import type { DataSpec } from './data-spec.js';
import type { ContentFacts } from './fill.js';
import { isConfirmSplit } from './layout.js';
import { failed, type Made, made } from './problem.js';
import type { RowTokenizer } from './row-tokenizer.js';

export type SplitFact = {
  readonly name: string;
  readonly clusters: number;
  readonly rows: number;
  /** Its rows are out of reach until the ledger has opened them. */
  readonly sealed: boolean;
};

export type DataFacts = ContentFacts & {
  readonly digest: Digest;
  readonly splits: readonly SplitFact[];
  /** What a cluster is: `row`, `template`, `file`, or a column. */
  readonly unit: string;
  /** Confirm rows are drawn after the lock; false: a fixed corpus, whose seal is bookkeeping. */
  readonly drawn: boolean;
};

export type FactsRequest = {
  readonly spec: DataSpec;
  /** `dataDigest(spec)` unless a test wants another one. */
  readonly root: string;
  readonly tokenizer?: RowTokenizer;
  /** Composed variants (`charlie.abc`) that the file uses; the simple ones are always described. */
  readonly paths?: readonly string[];
};

export function dataFacts({ spec, root, tokenizer, paths = [] }: FactsRequest): Made<DataFacts> {
  const layout = layOut(spec, root);
  const content = contentFacts(spec, tokenizer, paths);
  const problems = [layout, content].flatMap((one) => (one.kind === 'failed' ? one.problems : one.warnings));
  if (layout.kind === 'failed' || content.kind === 'failed') return failed(problems);
  const { unit, drawn, splits } = layout.value;
  const facts = {
    ...content.value,
    digest: dataDigest(spec),
    splits: splits.map(({ name, clusters, rows }) => ({
      name,
      clusters,
      rows,
      sealed: isConfirmSplit(name),
    })),
    unit,
    drawn,
  };
  return made(facts, problems);
}
