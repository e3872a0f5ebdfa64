// The fixed sentences of a report, per verdict, kind of evidence and kind of run. Nobody's adjectives: nothing here is
// chosen by looking at how a result turned out.
import { countText, plural } from '../quantity-text.js';
import type { CorrectionName, Quantifier, Reason } from '../stats/types.js';
import { sparseEffectText, verdictText } from '../stats/wording.js';
import type { EvidenceKind } from './evidence-kind.js';
import type { ClaimVerdict, MemberVerdict, ReportClaim, ReportMode } from './report-data.js';

/** Beside every verdict stands its sign, so that nothing depends on colour. */
export const verdictSigns = {
  supported: '●',
  refuted: '○',
  inconclusive: '◇',
  invalid: '✕',
  'not-run': '–',
  'with-claim': '·',
} as const satisfies Record<MemberVerdict, string>;

export const verdictMeanings = {
  supported: 'shown at the error rate of its family, and its controls passed',
  refuted:
    'the opposite was shown, at the same error rate, in what was sampled; this does not say that there is no effect',
  inconclusive: 'neither shown nor refuted by these data, or a control or assay did not pass',
  invalid: 'a check failed or values do not exist; nothing follows either way',
  'not-run': 'could not be run; it keeps its place in the count with p = 1',
  'with-claim': 'no conclusion of its own: the claim as a whole is decided',
} as const satisfies Record<MemberVerdict, string>;

/** `refuted (the margin is not reached in what was sampled)`. */
export function conclusionText(verdict: ClaimVerdict | MemberVerdict, reason: Reason | null): string {
  if (verdict === 'by-member') return 'by member';
  if (verdict === 'with-claim') return 'with the claim';
  return verdictText(verdict, reason ?? { kind: 'undecided' });
}

export const evidenceMeanings = {
  observed: 'observed: read off a forward pass; nothing was changed, so that no causal word applies',
  decoded: 'decoded: a site was read through another computation on the same row and run',
  attributed: 'attributed: a gradient or an attention weight; no changed model was run',
  intervened: 'intervened: the model was changed and run again',
  edited: 'edited: the artefact that ships was changed',
} as const satisfies Record<EvidenceKind, string>;

export const quantifierMeanings = {
  single: 'one conclusion',
  each: 'one conclusion per member',
  all: 'one conclusion: that it holds for every member',
  some: 'one conclusion: that it holds for at least one member',
  'at-least': 'one conclusion: that it holds for at least k members',
} as const satisfies Record<Quantifier['kind'], string>;

export const methodMeanings = {
  max_t: 'joint step-down max-T by sign flips of clusters (family-wise error rate)',
  holm: 'Holm (family-wise error rate)',
  bonferroni: 'Bonferroni (family-wise error rate)',
  hochberg: 'Hochberg (family-wise error rate)',
  hommel: 'Hommel (family-wise error rate)',
  bh: 'Benjamini-Hochberg (false discovery rate)',
  by: 'Benjamini-Yekutieli (false discovery rate)',
} as const satisfies Record<CorrectionName, string>;

export function bannerOf(mode: ReportMode): {
  readonly tone: 'exploratory' | 'confirmed' | 'replay';
  readonly title: string;
  readonly text: string;
} {
  switch (mode.kind) {
    case 'explore':
      return { tone: 'exploratory', title: 'EXPLORATORY', text: exploreText(mode) };
    case 'confirm':
      return {
        tone: 'confirmed',
        title: `LOCKED · CONFIRM RUN ${mode.run} OF ${mode.of}`,
        text: `The claims were locked before their rows were opened. Confirm runs in this ledger so far: ${mode.of}.`,
      };
    case 'replay':
      return {
        tone: 'replay',
        title: `REPLAY OF CONFIRM RUN ${mode.run} OF ${mode.of}`,
        text: replayText(mode),
      };
  }
}

function exploreText({ hasLock, changes }: Extract<ReportMode, { readonly kind: 'explore' }>): string {
  const base = 'Claims are evaluated on discover rows. Nothing here is confirmed.';
  if (!hasLock) return `${base} There is no lock yet.`;
  if (changes.length === 0) return base;
  return `${base} The file no longer means what was locked: ${changes.join('; ')}.`;
}

function replayText(mode: Extract<ReportMode, { readonly kind: 'replay' }>): string {
  const agreement = {
    outcomes: 'Every stored outcome came out the same, byte for byte.',
    decision: 'The verdicts are the same; outcomes differ within the tolerance.',
    neither: 'The verdicts differ from those of the confirm run.',
  }[mode.agrees];
  const where = mode.sameEnvironment
    ? 'in the locked environment'
    : 'in another environment than the locked one';
  const deviation =
    mode.largestDeviation === null
      ? ''
      : ` Largest deviation of an outcome: ${mode.largestDeviation.toPrecision(2)}.`;
  return `Computed again from model and data ${where}; it tests nothing new. ${agreement}${deviation}`;
}

/** A refuted effect may still live in a few clusters: in how few, with its numbers. */
export function caveatOf({ verdict, members, clusters }: ReportClaim): string | null {
  const isRefuted = verdict === 'refuted' || members.some((member) => member.verdict === 'refuted');
  const asksForMore = members.some(({ parts }) => parts.some(({ direction }) => direction === 'above'));
  return isRefuted && asksForMore && clusters > 0 ? sparseEffectText(clusters) : null;
}

/** What to do about a conclusion that the form of the claim, not the model, has brought about. */
export function adviceOf({ reason, members }: ReportClaim): string | null {
  const isEmpty =
    reason?.kind === 'no-behaviour' || members.some((one) => one.reason?.kind === 'no-behaviour');
  return isEmpty
    ? 'A share is a share of something: the mean of the metric on the unchanged model was not shown to be above zero. Such a claim needs a metric where more is better and zero is nothing, for a loss for example `-loss` less what a guess has.'
    : null;
}

/** Of what the claim is a claim, in numbers. */
export function sampleText({ readOn, rows, clusters, clusterUnit }: ReportClaim): string {
  if (rows === clusters) return `${readOn}: ${countText(rows)} rows, each drawn on its own`;
  return `${readOn}: ${countText(rows)} rows in ${plural(clusters, 'cluster')} (one per ${clusterUnit})`;
}

/** What the machinery cannot prove, however well everything went. */
export const limits: readonly string[] = [
  'The ledger is a chain of hashes on this machine. It shows that no entry was changed afterwards; it cannot prove that nothing was run before the lock, or outside this ledger. Anchoring its head elsewhere (`eisc lock --anchor`) narrows this.',
  'For a fixed corpus, rows that are opened once are bookkeeping, not secrecy: its files could be read without eisc.',
  'The conclusions are about this checkpoint and about rows like those that were sampled. Other models, seeds, tasks and text are other questions.',
  'A control excludes the alternative that it builds, and no other.',
];
