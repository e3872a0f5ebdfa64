// A SYNTHETIC report in the form of the induction study: every number is invented by a formula. It shows layout and
// wording; it says nothing about any model.
import type {
  ReportClaim,
  ReportData,
  ReportMember,
  ReportPart,
} from '../../../src/runtime/report/report-data.js';
import type { ReportView } from '../../../src/runtime/report/view-data.js';
import type { Interval } from '../../../src/runtime/stats/intervals.js';
import type { PValue, Reason, Verdict } from '../../../src/runtime/stats/types.js';

const MARGIN = 0.05;

export function count(c: number, n = 10_000): PValue {
  return { kind: 'count', c, n };
}

/** An invented effect of member i: a few are large, one lies at the margin, the others are near zero. */
function inventedHarm(index: number): number {
  if (index % 8 === 1) return 0.62;
  if (index % 8 === 6) return 0.21;
  if (index % 8 === 3) return 0.052;
  return 0.004 * ((index * 7) % 5) - 0.006;
}

function inventedMember(index: number, layers: number, heads: number): ReportMember {
  const layer = Math.floor(index / heads) % layers;
  const harm = inventedHarm(index);
  const half = 0.012 + 0.05 * harm;
  const verdict: Verdict = harm > 0.1 ? 'supported' : harm > 0.04 ? 'inconclusive' : 'refuted';
  const reason: Reason =
    verdict === 'supported'
      ? { kind: 'shown' }
      : verdict === 'refuted'
        ? { kind: 'margin-not-reached' }
        : { kind: 'undecided' };
  const interval: Interval = {
    kind: 'bca',
    low: harm - half,
    high: harm + half,
    level: 0.95,
    fewClusters: false,
  };
  const part: ReportPart = {
    name: 'harm',
    kind: 'mean',
    direction: 'above',
    margin: MARGIN,
    marginText: '0.05 nat',
    unit: 'nat',
    estimate: harm,
    interval,
    median: harm * 0.9,
    positive: harm > 0.04 ? 0.97 : 0.52,
    hedges: harm * 4,
    ratio: null,
  };
  const adjusted =
    verdict === 'supported'
      ? { support: count(1), refute: count(10_000) }
      : verdict === 'refuted'
        ? { support: count(10_000), refute: count(1) }
        : { support: count(4210), refute: count(8122) };
  return {
    id: `${layer}.${index % heads}`,
    label: `layer ${layer}, head ${index % heads}`,
    verdict,
    reason,
    raw: adjusted,
    adjusted,
    gated: verdict === 'supported' ? count(1) : null,
    parts: [part],
    undefinedCount: 0,
    writesChanged: 1,
    controls: [
      {
        name: 'direction',
        state: verdict === 'supported' ? 'passed' : 'not-run',
        estimate: harm * 0.06,
        contrast: harm * 0.94,
        interval,
        p: verdict === 'supported' ? count(1) : null,
      },
    ],
  };
}

export function syntheticClaim(layers: number, heads: number): ReportClaim {
  return {
    id: 'needed',
    statement: 'each l in m.layers, h in m.heads: mean(harm[l, h]) > 0.05 nat',
    quantifier: 'each',
    k: null,
    family: 'family',
    evidence: 'intervened',
    on: 'repeats.confirm',
    readOn: 'repeats.confirm',
    clusterUnit: 'row',
    clusters: 300,
    rows: 300,
    verdict: 'by-member',
    reason: null,
    adjusted: null,
    because: null,
    nil: null,
    assay: null,
    detectable: 0.011,
    power: null,
    binders: ['l', 'h'],
    members: Array.from({ length: layers * heads }, (_, index) => inventedMember(index, layers, heads)),
  };
}

export function syntheticViews(claim: ReportClaim, layers: number, heads: number): readonly ReportView[] {
  const names = (size: number): string[] => Array.from({ length: size }, (_, index) => String(index));
  const axes = { x: { title: 'head', labels: names(heads) }, y: { title: 'layer', labels: names(layers) } };
  const cells = claim.members.map((member) => {
    const [y = '', x = ''] = member.id.split('.');
    const verdict = member.verdict === 'with-claim' ? null : member.verdict;
    return { x, y, value: member.parts[0]?.estimate ?? null, verdict };
  });
  const score = (index: number): number => (index % 8 === 6 ? 0.93 : 0.03 + 0.01 * (index % 7));
  const exploratory = { kind: 'exploratory', on: 'repeats.discover', claim: null } as const;
  return [
    {
      kind: 'heatmap',
      title: 'prefix_matching by layer and head',
      stamp: exploratory,
      evidence: 'observed',
      value: { name: 'prefix_matching', unit: 'probability' },
      ...axes,
      cells: cells.map(({ x, y }, index) => ({ x, y, value: score(index), verdict: null })),
    },
    {
      kind: 'heatmap',
      title: 'harm by layer and head',
      stamp: { kind: 'confirmed', on: 'repeats.confirm', claim: 'needed' },
      evidence: 'intervened',
      value: { name: 'harm', unit: 'nat' },
      ...axes,
      cells,
    },
    {
      kind: 'scatter',
      title: 'harm against prefix_matching',
      stamp: exploratory,
      evidence: 'intervened',
      x: { name: 'prefix_matching', unit: 'probability' },
      y: { name: 'harm', unit: 'nat' },
      points: claim.members.map((member, index) => ({
        label: member.label,
        x: score(index),
        y: member.parts[0]?.estimate ?? null,
        verdict: null,
      })),
    },
    {
      kind: 'curve',
      title: 'loss by position',
      stamp: exploratory,
      evidence: 'observed',
      x: { name: 'position', unit: null },
      y: { name: 'loss', unit: 'nat' },
      series: ['first copy', 'second copy'].map((name, which) => ({
        name,
        points: Array.from({ length: 20 }, (_, x) => ({
          x,
          y: which === 0 ? 4 - 0.02 * x : 0.4 + 2 / (x + 1),
        })),
      })),
    },
  ];
}

const hash = (letter: string): string => letter.repeat(64);

export function syntheticReport(layers = 2, heads = 4): ReportData {
  const claim = syntheticClaim(layers, heads);
  return {
    version: 1,
    file: 'pipelines/induction.eis',
    state: 'confirmed',
    lock: hash('a'),
    head: hash('b'),
    mode: { kind: 'confirm', run: 1, of: 1 },
    time: '2026-01-31T12:00:00.000Z',
    study: {
      title: 'Induction heads in a two-layer attention-only model (synthetic numbers)',
      question: 'Which heads does continuing the second copy of a random token sequence depend on?',
      rationale: 'Textbook circuit with a known answer: a demonstration of the method, not a safety finding.',
      outOfScope: 'Natural text. Fixed repeat lengths: a fixed-offset head would pass the usual score there.',
      toy: null,
      nearMiss: null,
      stakes: null,
    },
    waivers: [],
    cautions: [
      '`needed` states no power: nothing was said beforehand about how small an effect it could see.',
    ],
    params: [{ name: 'n', value: '600', fromCommandLine: false }],
    models: [
      {
        name: 'm',
        source: 'bundled("attn2")',
        digest: hash('c'),
        licence: 'MIT',
        origin: 'trained from scratch by models/attn2/train.py, seed 0',
        why: 'The smallest model in which induction heads form.',
        parameters: 1_234_567,
        geometry: `${layers} layers, ${heads} heads, d_model 128`,
      },
    ],
    data: [
      {
        name: 'repeats',
        source: 'repeated_tokens(m.vocab, period: 12..=40)',
        kind: 'generated',
        digest: null,
        licence: null,
        origin: 'generated: random tokens, repeated once',
        clusterUnit: 'row',
        population: 'Rows drawn independently by this generator.',
        splits: [
          { name: 'discover', rows: 240, clusters: 240, read: false },
          { name: 'reference', rows: 60, clusters: 60, read: true },
          { name: 'confirm', rows: 300, clusters: 300, read: true },
        ],
      },
    ],
    claims: [claim],
    families: [
      {
        name: 'family',
        method: 'max_t',
        rate: '0.05',
        claims: ['needed'],
        conclusions: claim.members.length,
        columns: claim.members.length * 2,
        flips: 10_000,
        enumerated: false,
        borderline: 2,
      },
    ],
    controls: [
      {
        name: 'direction',
        claim: 'needed',
        kind: 'paired',
        inserted: false,
        state: 'passed',
        text: 'every supported head exceeds a random direction of equal norm',
        waived: null,
        replicates: null,
        replicatesNeeded: null,
        observed: null,
        largest: null,
        unit: 'nat',
        p: count(1),
      },
      {
        name: 'untrained',
        claim: 'needed',
        kind: 'reinitialised',
        inserted: false,
        state: 'passed',
        text: 'largest of 19 models below the smallest supported head',
        waived: null,
        replicates: 19,
        replicatesNeeded: 19,
        observed: 0.62,
        largest: 0.0041,
        unit: 'nat',
        p: count(1, 20),
      },
    ],
    predictions: [{ claim: 'needed', predicted: 'supported', got: 'supported for some members', hit: true }],
    searches: [],
    checks: [
      {
        name: 'logits',
        passed: true,
        text: 'largest difference from the stored PyTorch logits 2.1e-6, tolerance 1.4e-5',
      },
      { name: 'self-swap', passed: true, text: 'writing back the own value is bit-exact on every site' },
      { name: 'identities', passed: true, text: 'three site identities hold' },
      { name: 'batch invariance', passed: true, text: 'one row alone and in a batch agree within 3 ulp' },
    ],
    history: {
      explorations: 4,
      searches: 0,
      evaluations: 15_360,
      locks: 1,
      opened: 1,
      confirmed: 1,
      replays: 0,
      orphans: 0,
      splits: [
        { data: 'repeats', split: 'discover', looks: 4 },
        { data: 'repeats', split: 'confirm', looks: 1 },
      ],
    },
    environment: {
      compiler: 'eisc 0.1.0',
      backend: 'ort:cpu',
      backendVersion: '1.30.0',
      precision: 'float32',
      batch: '32 rows',
      platform: 'linux x64, Node 20',
      commit: 'd'.repeat(40),
      dirty: false,
    },
    cost: {
      executions: { predicted: 81_300, measured: 81_300, naive: 190_000 },
      flops: { predicted: 6.5e12, measured: 6.5e12, naive: 1.61e13 },
      peakBytes: { predicted: 4.2e8, measured: 4.4e8, naive: null },
      timeMs: 41_200,
      cachedSteps: 1,
      steps: 7,
    },
    views: syntheticViews(claim, layers, heads),
    files: [
      {
        path: 'pipelines/induction.eis',
        sha256: hash('e'),
        bytes: 1834,
        role: 'pipeline',
        outsideProject: false,
      },
      {
        path: 'models/attn2/model.safetensors',
        sha256: hash('f'),
        bytes: 3_100_000,
        role: 'model',
        outsideProject: false,
      },
    ],
    digests: { decision: hash('1'), outcomes: hash('2') },
  };
}
