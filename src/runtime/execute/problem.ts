// What can go wrong while a stage is executed that is neither the backend's failure nor our own mistake: rows that do not
// have what the pipeline's pooling asks of them.

export type ExecuteProblem =
  /** Rows of one cluster, or all rows of a pooling that keeps positions, must have equally many. */
  | { readonly kind: 'ragged-pool'; readonly cluster: string | null; readonly lengths: readonly number[] }
  /** A pooled value keeps positions, and a row has another number of them. */
  | { readonly kind: 'pool-length'; readonly pooled: readonly number[]; readonly row: readonly number[] }
  /** A row's cluster has no rows on the side that is pooled. */
  | { readonly kind: 'empty-cluster'; readonly cluster: string }
  /** A pooling over no rows at all. */
  | { readonly kind: 'empty-pool'; readonly data: string; readonly split: string };

/** Thrown by `executeStage` and `pooledOf`. */
export class ExecuteFailure extends Error {
  readonly problem: ExecuteProblem;

  constructor(problem: ExecuteProblem) {
    super(executeProblemText(problem));
    this.name = 'ExecuteFailure';
    this.problem = problem;
  }
}

/** One sentence without a full stop, as a diagnostic's message. */
export function executeProblemText(problem: ExecuteProblem): string {
  switch (problem.kind) {
    case 'ragged-pool': {
      const where =
        problem.cluster === null ? 'the rows of this pooling' : `the rows of cluster \`${problem.cluster}\``;
      return `${where} have ${problem.lengths.join(' and ')} positions, and a mean by position needs equally many`;
    }
    case 'pool-length':
      return `a pooled value of shape [${problem.pooled.join(', ')}] meets rows where [${problem.row.join(', ')}] is needed`;
    case 'empty-cluster':
      return `cluster \`${problem.cluster}\` has no rows to pool`;
    case 'empty-pool':
      return `${problem.data}.${problem.split} has no rows to pool`;
  }
}
