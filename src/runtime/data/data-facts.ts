// What the checker knows of a data set before any row exists: sizes, names and shapes, never a drawn value.
import type { DataFacts } from '../../compiler/data/data-facts.js';
import type { DataSpec } from '../../compiler/data/data-spec.js';
import { dataDigest } from './data-digest.js';
import { contentFacts, layOut } from './data-kinds.js';
import type { ContentFacts } from './fill.js';
import { isConfirmSplit } from './layout.js';
import { failed, type Made, made } from './problem.js';
import type { RowTokenizer } from './row-tokenizer.js';

/** The checker's facts, with what reports and warnings say besides. */
export type MeasuredFacts = Omit<DataFacts, 'variants'> &
  ContentFacts & {
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

export function dataFacts({ spec, root, tokenizer, paths = [] }: FactsRequest): Made<MeasuredFacts> {
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
    clusterBy: unit,
    drawn,
  };
  return made(facts, problems);
}
