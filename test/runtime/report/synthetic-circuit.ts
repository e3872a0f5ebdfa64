// SYNTHETIC claims of other forms than the family of heads: a composite with three parts and an assay, a claim about all
// members, members that were not run, were invalid, or lie on no path. Every number is invented.
import type { ReportClaim, ReportMember, ReportPart } from '../../../src/runtime/report/report-data.js';
import { count } from './synthetic-report.js';

const student = { kind: 'student', low: -0.31, high: 0.12, level: 0.9, fewClusters: false } as const;

function part(name: string, fields: Partial<ReportPart>): ReportPart {
  return {
    name,
    kind: 'mean',
    direction: 'below',
    margin: 0.5,
    marginText: '0.5 logit',
    unit: 'logit',
    estimate: -0.1,
    interval: student,
    median: -0.08,
    positive: 0.4,
    hedges: -0.2,
    ratio: null,
    ...fields,
  };
}

const base: ReportMember = {
  id: 'enough',
  label: '',
  verdict: 'with-claim',
  reason: null,
  raw: { support: count(900), refute: count(200) },
  adjusted: null,
  gated: null,
  parts: [],
  undefinedCount: 0,
  writesChanged: 0.995,
  controls: [],
};

export const composite: ReportClaim = {
  id: 'enough',
  statement: 'faithful(movers, ld, ablation: abc_mean, within: 10%, distance: 0.5 logit)',
  quantifier: 'single',
  k: null,
  family: 'family',
  evidence: 'intervened',
  on: 'ioi.confirm',
  readOn: 'ioi.discover',
  clusterUnit: 'template',
  clusters: 16,
  rows: 1000,
  verdict: 'refuted',
  reason: { kind: 'part-refuted', name: 'recovers at least 90%' },
  adjusted: { support: { kind: 'decimal', value: 0.91234 }, refute: count(3, 65_536) },
  because: 'A tenth of the logit difference flips fewer than 1% of the answers on discover.',
  nil: null,
  assay: 'necessary(movers, ld, at_least: 50%): passed',
  detectable: null,
  power: null,
  binders: [],
  members: [
    {
      ...base,
      parts: [
        part('recovers at least 90%', {
          kind: 'share',
          direction: 'above',
          margin: 0.9,
          marginText: '90%',
          ratio: 0.71,
        }),
        part('recovers at most 110%', { kind: 'share', margin: 1.1, marginText: '110%', ratio: 0.71 }),
        part('distance', { estimate: 0.8 }),
      ],
    },
  ],
};

export const mixed: ReportClaim = {
  ...composite,
  id: 'robust',
  statement: 'all a in kinds: mean(effect[a]) > 0 logit',
  quantifier: 'all',
  verdict: 'inconclusive',
  reason: { kind: 'control', name: 'random_circuits' },
  nil: 'The sign alone is asked for.',
  assay: null,
  because: null,
  binders: ['a'],
  members: [
    { ...base, id: 'mean', label: 'mean', parts: [part('effect', { kind: 'abs-mean' })] },
    {
      ...base,
      id: 'zero',
      label: 'zero',
      verdict: 'not-run',
      reason: { kind: 'not-run', name: 'out of memory' },
    },
    {
      ...base,
      id: 'noise',
      label: 'noise',
      verdict: 'invalid',
      reason: { kind: 'non-finite', name: '3 of 1000 rows' },
      undefinedCount: 3,
      parts: [part('effect', { estimate: null, interval: { kind: 'none', level: 0.95 } })],
    },
    { ...base, id: 'far', label: 'far', verdict: 'refuted', reason: { kind: 'structural' } },
  ],
};
