// What the rules of evidence have to say.
import type { Diagnostic, Edit } from '../base/diagnostic.js';
import type { Span } from '../base/span.js';
import { suggest } from '../base/suggest.js';
import type { Declaration, Expr } from '../syntax/ast.js';
import { insertAt, insertField, numberText, replaceAt, unfold } from './edits.js';
import { problem } from './problem.js';
import type { DataValue, Evidence } from './value.js';

const near = (word: string, names: readonly string[]): { readonly help?: string; readonly edit?: string } => {
  const [best] = suggest(word, names);
  return best === undefined ? {} : { help: `did you mean \`${best}\`?`, edit: best };
};

// double dipping
export type Chooser = {
  readonly circuit: string;
  readonly origin: Span | null;
  readonly edits: readonly Edit[];
};
export const chosenAndTested = (span: Span, split: string, { circuit, origin, edits }: Chooser): Diagnostic =>
  problem('EIS3001', span, `\`${split}\` chose \`${circuit}\` and also tests it`, {
    label: 'tested here',
    other: origin === null ? undefined : { span: origin, text: 'chosen on the same rows here' },
    notes: [
      'a p-value from the rows that chose the hypothesis is not valid: with 144 null heads the best one looks significant in 99% of runs',
    ],
    help: 'choose on `discover` and test on `confirm`',
    edits,
  });
export const pooledAndTested = (
  span: Span,
  split: string,
  origin: Span | null,
  edits: readonly Edit[],
): Diagnostic =>
  problem('EIS3002', span, `something measured on \`${split}\` is an ingredient of what is tested on it`, {
    label: 'tested here',
    other: origin === null ? undefined : { span: origin, text: 'measured on the same rows here' },
    notes: ['an ablation mean, donor or direction taken from the tested rows shapes its own test'],
    help: 'take it from `reference`',
    edits,
  });
export const sealedRead = (span: Span, split: string, edits: readonly Edit[]): Diagnostic =>
  problem('EIS3002', span, `\`${split}\` is sealed: only a claim's \`on:\` may name it`, {
    notes: [
      'its rows are opened once, by the claims that are tested on them; whatever else reads them spends them',
    ],
    help: 'explore on `discover`, take means and donors from `reference`',
    edits,
  });

// margins
/** The margin as written: where, its digits, its value. `span` is null where it comes from a library. */
export type Margin = { readonly span: Span | null; readonly text: string; readonly value: number };
const rewritten = ({ span, text, value }: Margin, unit: string | null): readonly Edit[] =>
  span === null ? [] : [replaceAt(span, numberText(value, text, unit))];
export const marginMissing = (span: Span, unit: string | null, margin: Margin): Diagnostic =>
  problem('EIS3003', span, 'the smallest effect that matters is not said', {
    notes: [
      'every intervention has some effect: with enough rows a difference of exactly zero is always rejected',
    ],
    help: `write \`> 0.05${unit === null ? '' : ` ${unit}`}\`, or keep 0 and add the field \`nil: "why"\``,
    edits: rewritten({ ...margin, text: '0.05', value: 0.05 }, unit),
  });
export const marginWithoutUnit = (span: Span, unit: string, margin: Margin): Diagnostic =>
  problem('EIS3004', span, `the margin has no unit; the metric is in \`${unit}\``, {
    help: `write the number with \`${unit}\``,
    edits: rewritten(margin, unit),
  });
export const marginUnit = (
  span: Span,
  metric: Span,
  unit: string | null,
  found: string,
  margin: Margin,
): Diagnostic =>
  problem(
    'EIS3004',
    span,
    `the margin is in \`${found}\`, the metric ${unit === null ? 'has no unit' : `in \`${unit}\``}`,
    {
      other: { span: metric, text: unit === null ? 'a plain number' : `in \`${unit}\`` },
      help: unit === null ? 'write the number without a unit' : `write the number in \`${unit}\``,
      edits: rewritten(margin, unit),
    },
  );
export const marginNotNumber = (span: Span, found: string): Diagnostic =>
  problem('EIS3016', span, `a margin is a number known before the run, not ${found}`);
export const negativeMargin = (span: Span, text: string): Diagnostic =>
  problem('EIS3016', span, 'this margin is a size and cannot be negative', {
    help: `write \`${text}\``,
    edit: text,
  });
export const foldedSuperiority = (span: Span, statistic: Expr): Diagnostic =>
  problem('EIS3005', span, '`mean(abs(x)) > d` would be supported by noise alone', {
    notes: [
      'the absolute value of noise is positive: with true effect 0 and item sd 0.15 it exceeds 0.1 in 99.7% of runs',
    ],
    help: 'write `abs(mean(x)) > d`',
    edits: unfold(statistic),
  });

// the form of claims
export const notAProposition = (span: Span): Diagnostic =>
  problem('EIS3016', span, 'a claim compares a statistic with a margin', {
    help: 'write `mean(harm[l, h]) > 0.05 nat`',
  });
export const notAStatistic = (span: Span): Diagnostic =>
  problem(
    'EIS3016',
    span,
    'left of the margin stands `mean(x)`, `abs(mean(x))`, `mean(abs(x))` or `share(x, of: y)`',
  );
export const meanInClaimTakesOne = (span: Span): Diagnostic =>
  problem('EIS3016', span, 'in a claim, `mean` takes one number per example and nothing else', {
    notes: ['it is the mean within each cluster, then over clusters'],
  });
export const orInClaim = (span: Span): Diagnostic =>
  problem('EIS3016', span, 'a claim cannot be satisfied in one of two ways', {
    help: 'write two claims, or a `some` over a family',
  });
export const equalityInClaim = (span: Span): Diagnostic =>
  problem('EIS3016', span, 'a claim of equality needs a margin', { help: 'write `abs(mean(x)) < d`' });
export const notAClaim = (span: Span, name: string): Diagnostic =>
  problem('EIS3016', span, `\`${name}\` is not a claim`);
export const unknownClaim = (span: Span, name: string, names: readonly string[]): Diagnostic =>
  problem('EIS2001', span, `no claim is called \`${name}\``, near(name, names));
export const claimWithoutRows = (declaration: Declaration, rows: string | null): Diagnostic =>
  problem(
    'EIS3015',
    declaration.nameSpan,
    `\`${declaration.name ?? ''}\` does not say on which rows it is tested`,
    {
      help: `add \`{ on: ${rows ?? 'data.confirm'} }\``,
      edits: rows === null ? [] : insertField(declaration, `on: ${rows}`),
    },
  );
export const claimNeedsSplit = (span: Span, data: DataValue): Diagnostic =>
  problem('EIS3015', span, 'a claim is tested on a split', {
    help: `write ${data.facts.splits.map((one) => `\`${data.declared}.${one.name}\``).join(' or ')}`,
    edit: data.facts.splits.some((one) => one.name === 'confirm') ? `${data.declared}.confirm` : undefined,
  });
export const wrongEvidence = (span: Span, claim: string, evidence: Evidence): Diagnostic =>
  problem(
    'EIS3012',
    span,
    `\`${claim}\` speaks of a circuit, but nothing is intervened on (evidence: ${evidence})`,
    {
      notes: ['what a circuit does is shown by changing it'],
      help: 'read the metric in a world: `metric @ (m with …)`',
    },
  );

// families and resolution
export const claimInTwoFamilies = (span: Span, other: Span, claim: string): Diagnostic =>
  problem('EIS3007', span, `\`${claim}\` is in two families`, {
    other: { span: other, text: 'also here' },
    notes: ['each family spends its own error rate: a claim counted twice has two chances'],
    help: 'leave it in one of them',
  });
export const correctionWithoutClaims = (span: Span): Diagnostic =>
  problem('EIS3018', span, 'this correction does not say which claims it counts', {
    help: 'add `{ over: [claim, …] }`',
  });
export const unknownMethod = (
  span: Span,
  name: string,
  methods: readonly string[],
  close: readonly string[],
): Diagnostic =>
  problem('EIS3018', span, `\`${name}\` is no method of correction`, {
    ...near(name, close),
    notes: [`the methods are ${methods.join(', ')}`],
  });
/** `span` is that of the name of the method. */
export const badRate = (span: Span, method: string): Diagnostic =>
  problem('EIS3018', span, 'the error rate lies between 0 and 1', {
    help:
      method === 'bh' || method === 'by'
        ? `write \`${method}(fdr: 0.05)\``
        : `write \`${method}(fwer: 0.05)\``,
  });
export type NeverRejects = {
  readonly claim: string;
  readonly clusters: number;
  readonly needed: number;
  readonly unit: string;
  readonly split: string;
  readonly floor: string;
  readonly conclusions: number;
  readonly method: string;
  readonly rate: string;
  readonly dataSpan: Span;
  readonly edits: readonly Edit[];
};
export const neverRejects = (span: Span, facts: NeverRejects): Diagnostic =>
  problem(
    'EIS3006',
    span,
    `\`${facts.claim}\` can never be supported: ${facts.clusters} clusters (${facts.unit}) are too few`,
    {
      label: `tested on ${facts.split}`,
      other: { span: facts.dataSpan, text: 'the rows are declared here' },
      notes: [
        `with ${facts.clusters} clusters and ${facts.conclusions} conclusion${facts.conclusions === 1 ? '' : 's'} in \`${facts.method}\` the smallest p is ${facts.floor}, above ${facts.rate}`,
      ],
      help: `at least ${facts.needed} clusters are needed in that split (and more for any power)`,
      edits: facts.edits,
    },
  );
export const tooFewFlips = (span: Span, flips: number, needed: number, written: Span | null): Diagnostic =>
  problem('EIS3006', span, `${flips} flips can never reject at this level`, {
    help: `at least ${needed} are needed; 9_999 is usual`,
    edits: written === null ? [] : [replaceAt(written, String(Math.max(9_999, needed)))],
  });

// equivalence
export const equivalenceWithoutAssay = (span: Span, claim: string): Diagnostic =>
  problem(
    'EIS3010',
    span,
    `\`${claim}\` says that nothing changes, and no partner shows that a change would be seen`,
    {
      notes: ['rows that could not show any effect would support it too'],
      help: 'add `assay: …`, a claim on the same rows that a real change is seen',
    },
  );
export const equivalenceWithoutReason = (declaration: Declaration): Diagnostic =>
  problem(
    'EIS3011',
    declaration.nameSpan,
    `why the margin of \`${declaration.name ?? ''}\` is small enough is not said`,
    {
      help: 'add `because: "…"`',
      edits: insertField(declaration, 'because: "…"'),
    },
  );

export const powerNotStated = (
  declaration: Declaration,
  why: 'equivalence' | 'predicted-refuted',
): Diagnostic =>
  problem(
    'EIS3022',
    declaration.nameSpan,
    `how surely \`${declaration.name ?? ''}\` would show that there is nothing is not said`,
    {
      label: why === 'equivalence' ? 'says that nothing differs' : 'predicted to be refuted',
      notes: [
        'with too few clusters the answer is *inconclusive* however true it is; the report prints this warning',
      ],
      help: 'add `power: 80%`, or `power: "…"` with the reason why it is smaller (`eisc plan` prints it after an exploration)',
      edits: insertField(declaration, 'power: 80%'),
    },
  );

// controls
export const waiverWithoutReason = (declaration: Declaration): Diagnostic =>
  problem('EIS3008', declaration.nameSpan, `the waiver of \`${declaration.name ?? ''}\` gives no reason`, {
    help: 'add `because: "…"`: the report prints it first',
    edits: (declaration.block ?? []).some((one) => one.kind === 'field' && one.name === 'because')
      ? []
      : insertField(declaration, 'because: "…"'),
  });
export const unknownControl = (
  span: Span,
  name: string,
  close: readonly string[],
  names: readonly string[],
): Diagnostic =>
  problem('EIS3009', span, `no control is called \`${name}\``, {
    ...near(name, close),
    notes:
      names.length === 0
        ? ['this file has no controls']
        : [`the controls are ${names.map((one) => `\`${one}\``).join(', ')}`],
  });
export const controlWithoutGiven = (declaration: Declaration): Diagnostic =>
  problem('EIS3019', declaration.nameSpan, 'a control is a claim with something replaced', {
    help: 'write `control c = claim given name = value`',
  });
export const controlChangesFamily = (span: Span, claim: string): Diagnostic =>
  problem('EIS3019', span, `this control has other members than \`${claim}\``);
export const noOtherCircuit = (span: Span, name: string): Diagnostic =>
  problem('EIS3019', span, `there is no other circuit like \`${name}\``);

export const uncontrolled = (span: Span, claim: string, control: string): Diagnostic =>
  problem('EIS3021', span, `\`${claim}\` has no control`, {
    notes: [
      'it says that an intervention has an effect, and compares the effect with nothing',
      'an intervention with a name gets a control by default, a named circuit too; this claim uses neither',
    ],
    help: `give the write a name (\`intervention k = …\`), declare a \`control\`, or \`waive ${control} { because: "…" }\``,
  });

// the study
export const noStudy = (file: string, first: Span | null): Diagnostic =>
  problem('EIS3014', { file, start: 0, end: 0 }, 'no `study` says what the question is', {
    help: 'begin the file with `study "…" { question: "…" }`',
    edits: first === null ? [] : [insertAt(first, first.start, 'study "…" { question: "…" }\n')],
  });
export const noQuestion = (declaration: Declaration): Diagnostic =>
  problem('EIS3014', declaration.nameSpan, 'the study has no `question`', {
    help: 'add `question: "…"`',
    edits: insertField(declaration, 'question: "…"'),
  });
export const twoStudies = (span: Span, first: Span): Diagnostic =>
  problem('EIS2002', span, 'a file has one study', { other: { span: first, text: 'the first is here' } });

// data
export const tableWithoutCluster = (span: Span, column: string | null): Diagnostic =>
  problem('EIS3017', span, 'the table does not say which rows belong together', {
    notes: [
      'rows from one source are not independent: tests over rows would be wrong far more often than they say',
    ],
    help: `add \`cluster: ${column ?? 'column'}\``,
    edits: column === null ? [] : [insertAt(span, span.end - 1, `, cluster: ${column}`)],
  });
export const nothingToExplore = (span: Span, data: DataValue): Diagnostic =>
  problem('EIS3015', span, `\`${data.declared}\` has no split that may be explored`, {
    help: 'give it a `discover` share',
  });

// reach
export const reachesNothing = (span: Span, interventions: readonly string[]): Diagnostic =>
  problem(
    'EIS4018',
    span,
    interventions.length === 0
      ? 'no write of this claim reaches the metric'
      : `no member of ${interventions.map((one) => `\`${one}\``).join(', ')} reaches the metric`,
    {
      notes: ['there is no path in the model from what is written to what is measured'],
      help: 'write a site that the metric depends on',
    },
  );
