// Searches: the score of every member on the rows that choose, then the best of them.
import { bug } from '../../compiler/base/bug.js';
import type { SearchRequest } from '../../compiler/check/context.js';
import type { MemberTuple } from '../../compiler/check/family.js';
import { clusterMeans } from '../stats/effect.js';
import { meanOf } from '../stats/sum.js';
import type { Numbers } from './collect.js';

export type Scored = { readonly member: MemberTuple; readonly score: number };

/** Scores in the order of the family: the mean within each cluster, then over clusters, as a claim would take it. */
export function scoresOf(search: SearchRequest, numbers: Numbers): readonly Scored[] {
  const { run } = search;
  const stage = numbers(run.stage);
  const { clusters } = stage.rows;
  const scores = new Map<string, number>();
  for (const { output, context } of run.outputs) {
    const { rows, values } = stage.output(output);
    const members = context === null ? [[]] : context.members.members;
    for (const [at, member] of members.entries()) {
      const own = new Float64Array(rows);
      for (let i = 0; i < rows; i++) own[i] = values[at * rows + i] ?? Number.NaN;
      const mean = meanOf(clusterMeans(own, clusters.of, clusters.ids.length).means);
      scores.set(member.join(','), run.absolute ? Math.abs(mean) : mean);
    }
  }
  return run.members.map((member) => ({
    member,
    score: scores.get(member.join(',')) ?? bug('a member without a score'),
  }));
}

/** The k largest; ties go to the earlier member. A score that is not a number is never chosen. */
export function chooseTop(search: SearchRequest, scored: readonly Scored[]): readonly MemberTuple[] {
  const { k } = search.run;
  return scored
    .map((one, index) => ({ ...one, index }))
    .filter((one) => !Number.isNaN(one.score))
    .toSorted((a, b) => b.score - a.score || a.index - b.index)
    .slice(0, k)
    .map((one) => one.member);
}
