// The numbers behind the views of a report: means over clusters of each member of a metric family, on rows that may be
// explored, or a claim's own numbers where the view marks that claim.
import { bug } from '../../compiler/base/bug.js';
import type { ViewMetric, ViewSpec } from '../../compiler/check/claim-spec.js';
import type { MemberTuple } from '../../compiler/check/family.js';
import { strongest } from '../../compiler/check/tensors.js';
import { axisTitle } from '../../compiler/check/views.js';
import type { ReportView, ViewStamp } from '../report/view-data.js';
import { clusterMeans } from '../stats/effect.js';
import { meanOf } from '../stats/sum.js';
import type { Verdict } from '../stats/types.js';
import { memberId } from './collect.js';
import type { StudyRun } from './run-study.js';

/** What views are drawn from. */
export type Viewed = Pick<StudyRun, 'checked' | 'runner' | 'mode' | 'facts' | 'tables' | 'decision'>;

export function reportViews(run: Viewed): readonly ReportView[] {
  return run.checked.views.map((view) => reportView(view, run));
}

type Means = { readonly metric: ViewMetric; readonly byMember: ReadonlyMap<string, number> };

function meansOf(metric: ViewMetric, run: Viewed): Means {
  const numbers = run.runner.numbers(metric.stage);
  const { clusters } = numbers.rows;
  const byMember = new Map<string, number>();
  for (const one of metric.classes) {
    const { rows, values } = numbers.output(one.output);
    for (const [at, member] of one.members.entries()) {
      const own = new Float64Array(rows);
      const offset = one.context === null ? 0 : at * rows;
      for (let i = 0; i < rows; i++) own[i] = values[offset + i] ?? Number.NaN;
      byMember.set(memberId(member), meanOf(clusterMeans(own, clusters.of, clusters.ids.length).means));
    }
  }
  return { metric, byMember };
}

function reportView(view: ViewSpec, run: Viewed): ReportView {
  const all = view.metrics.map((metric) => markedMeans(metric, view, run));
  const [first] = all;
  if (first === undefined) return bug('a view without metrics');
  const { metric } = first;
  const stamp = stampOf(view, metric, run);
  const verdicts = verdictsOf(view.mark, run);
  const head = {
    title: titleOf(view),
    stamp,
    evidence: view.metrics.reduce((best, one) => strongest(best, one.evidence), metric.evidence),
  };
  const members = metric.family.members;
  const labels = members.map((member) => labelOf(metric, member));
  switch (view.kind) {
    case 'heatmap': {
      const [y = 0, x = 1] = axesOf(view, metric);
      const titles = metric.family.universe.map((one) => axisTitle(one.name, one.range.domain));
      const values = (at: number): readonly string[] => [
        ...new Set(members.map((member) => String(member[at] ?? ''))),
      ];
      return {
        ...head,
        kind: 'heatmap',
        value: { name: metric.name, unit: metric.unit },
        x: { title: titles[x] ?? '', labels: values(x) },
        y: { title: titles[y] ?? '', labels: titles.length < 2 ? [''] : values(y) },
        cells: members.map((member) => ({
          x: String(member[x] ?? member[0] ?? ''),
          y: titles.length < 2 ? '' : String(member[y] ?? ''),
          value: finite(first.byMember.get(memberId(member))),
          verdict: verdicts.get(memberId(member)) ?? null,
        })),
      };
    }
    case 'scatter': {
      const second = all[1] ?? bug('a scatter of one metric');
      return {
        ...head,
        kind: 'scatter',
        x: { name: metric.name, unit: metric.unit },
        y: { name: second.metric.name, unit: second.metric.unit },
        points: members.map((member, i) => ({
          label: labels[i] ?? '',
          x: finite(first.byMember.get(memberId(member))),
          y: finite(second.byMember.get(memberId(member))),
          verdict: verdicts.get(memberId(member)) ?? null,
        })),
      };
    }
    case 'table':
      return {
        ...head,
        kind: 'table',
        columns: all.map((one) => ({ name: one.metric.name, unit: one.metric.unit })),
        rows: members.map((member, i) => ({
          label: labels[i] ?? '',
          values: all.map((one) => finite(one.byMember.get(memberId(member)))),
          verdict: verdicts.get(memberId(member)) ?? null,
        })),
      };
    case 'curve': {
      const [axis] = metric.family.universe;
      return {
        ...head,
        kind: 'curve',
        x: {
          name: axis === undefined ? '' : axisTitle(axis.name, axis.range.domain),
          unit: axis?.range.domain.kind === 'numbers' ? axis.range.domain.unit : null,
        },
        y: { name: metric.name, unit: metric.unit },
        series: all.map((one) => ({
          name: one.metric.name,
          points: members.map((member) => ({
            x: member[0] ?? 0,
            y: finite(one.byMember.get(memberId(member))),
          })),
        })),
      };
    }
  }
}

/** With `mark: claim`, and a claim about just this metric, the claim's own rows are shown. */
function markedMeans(metric: ViewMetric, view: ViewSpec, run: Viewed): Means {
  const claim = run.checked.claims.find((one) => one.name === view.mark);
  if (
    claim === undefined ||
    run.mode === 'explore' ||
    claim.family.members.length !== metric.family.members.length
  )
    return meansOf(metric, run);
  const described = run.facts.claims.find((one) => one.id === claim.name);
  const table = run.tables.find((one) => one.name === described?.table);
  if (described === undefined || table === undefined) return meansOf(metric, run);
  const of = Int32Array.from(table.items, (item) => item.cluster);
  const byMember = new Map<string, number>();
  for (const member of described.members) {
    const values = table.parts.find((one) => one.id === member.parts[0]?.x)?.values;
    if (values !== undefined)
      byMember.set(member.id, meanOf(clusterMeans(values, of, table.clusters.length).means));
  }
  return { metric, byMember };
}

function stampOf(view: ViewSpec, metric: ViewMetric, run: Viewed): ViewStamp {
  const claim = run.checked.claims.find((one) => one.name === view.mark);
  if (claim !== undefined && run.mode !== 'explore')
    return { kind: 'confirmed', on: `${claim.data.declared}.${claim.readSplit}`, claim: claim.name };
  return { kind: 'exploratory', on: `${metric.stage.data.declared}.${metric.stage.split}`, claim: view.mark };
}

function verdictsOf(claim: string | null, run: Viewed): ReadonlyMap<string, Verdict> {
  const found = new Map<string, Verdict>();
  if (claim === null) return found;
  const decided = run.decision.families.flatMap((one) => one.claims).find((one) => one.id === claim);
  for (const member of decided?.members ?? [])
    if (member.decision !== null) found.set(member.id, member.decision.verdict);
  return found;
}

/** Positions of the binders on the y and x axis: as the view says (`y: layer`), else in order. */
function axesOf(view: ViewSpec, metric: ViewMetric): readonly number[] {
  const { universe } = metric.family;
  const at = (word: string | null): number =>
    universe.findIndex(
      (one) => word !== null && (one.name === word || axisTitle(one.name, one.range.domain) === word),
    );
  const x = at(view.x);
  const y = at(view.y);
  if (universe.length < 2) return [0, 0];
  if (x >= 0 && y >= 0) return [y, x];
  if (x >= 0) return [x === 0 ? 1 : 0, x];
  if (y >= 0) return [y, y === 0 ? 1 : 0];
  return [0, 1];
}

function titleOf(view: ViewSpec): string {
  const names = view.metrics.map((one) => one.name);
  return view.kind === 'scatter' ? `${names[1]} against ${names[0]}` : names.join(', ');
}

function labelOf(metric: ViewMetric, member: MemberTuple): string {
  return metric.family.universe
    .map((one, i) => `${axisTitle(one.name, one.range.domain)} ${member[i] ?? ''}`)
    .join(', ');
}

function finite(value: number | undefined): number | null {
  return value === undefined || !Number.isFinite(value) ? null : value;
}
