// Every rule of evidence has a pair: the flawed program that must not compile, with the right code, and its repaired twin.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Options } from '../../../src/compiler/compile.js';
import { check, type Said, withHelp } from './checking.js';
import { fakeHost } from './fake-host.js';
import { change, copying, naming } from './small-programs.js';

const test = suite('rules of evidence');

type Pair = {
  readonly rule: string;
  readonly code: string;
  readonly flawed: string;
  readonly repaired: string;
  readonly options?: Partial<Options>;
  /** Whether applying the help's edits gives a program without errors. */
  readonly edit?: 'repairs';
};

const claim = 'mean(harm[l, h]) > 0.05 nat';
const confirm = '{ on: d.confirm }';
const harmed = `metric harm[l, h] unit nat = loss @ (m with knock[l, h]) - loss
claim needed = each l in m.layers, h in m.heads: mean(harm[l, h]) > 0.05 nat`;
const unreached = `metric harm[l, h] unit probability = matching[l, h] @ (m with m.final.resid_pre <- 0) - matching[l, h]
claim needed = each l in m.layers, h in m.heads: mean(harm[l, h]) > 0.05 probability`;
const reached = unreached.replace('m.final.resid_pre', 'm.blocks[0].resid_pre');
const asLock: Partial<Options> = { asLock: true };

/** A flaw is one replacement in a program that checks; the repaired twin is a second one, or the program itself. */
function pair(
  rule: string,
  code: string,
  program: string,
  from: string,
  to: string,
  more: { readonly repaired?: string; readonly options?: Partial<Options>; readonly edit?: 'repairs' } = {},
): Pair {
  const { repaired, ...rest } = more;
  return {
    rule,
    code,
    flawed: change(program, from, to),
    repaired: repaired === undefined ? program : change(program, from, repaired),
    ...rest,
  };
}

const selectedOnConfirm = change(
  naming,
  'top(2, abs(mean(effect)), on: d.discover)',
  'top(2, abs(mean(effect)), on: d.confirm)',
);
const table = `data t = table("t.csv") { text: prompt, split: by(subject, discover: 50%, confirm: 50%) }\n`;

const pairs: readonly Pair[] = [
  pair('a claim has a margin', 'EIS3003', copying, claim, 'mean(harm[l, h]) > 0', { edit: 'repairs' }),
  pair(
    'margin 0 needs `nil`',
    'EIS3003',
    copying,
    `${claim} ${confirm}`,
    `mean(harm[l, h]) > 0 nat ${confirm}`,
    {
      repaired: 'mean(harm[l, h]) > 0 nat { on: d.confirm, nil: "only a mean of exactly zero is tested" }',
    },
  ),
  pair('a margin has the unit of its metric', 'EIS3004', copying, claim, 'mean(harm[l, h]) > 0.05 logit', {
    edit: 'repairs',
  }),
  pair('a margin has a unit where its metric has one', 'EIS3004', copying, claim, 'mean(harm[l, h]) > 0.05', {
    edit: 'repairs',
  }),
  pair(
    'folded noise supports nothing',
    'EIS3005',
    naming,
    'abs(mean(effect[c])) > 0.1 logit',
    'mean(abs(effect[c])) > 0.1 logit',
    { edit: 'repairs' },
  ),
  pair(
    'folding is allowed below a margin',
    'EIS3005',
    naming,
    'abs(mean(effect[c])) > 0.1 logit',
    'mean(abs(effect[c])) > 0.1 logit',
    {
      repaired: 'mean(abs(effect[c])) < 0.1 logit',
    },
  ),
  pair(
    'what chose a circuit does not test it',
    'EIS3001',
    naming,
    'abs(mean(effect)), on: d.discover',
    'abs(mean(effect)), on: d.confirm',
    { edit: 'repairs' },
  ),
  pair('what tests is no ingredient', 'EIS3002', copying, '(m on d.reference)', '(m on d.confirm)', {
    edit: 'repairs',
  }),
  pair(
    'a pool over the rows of the claim itself is an ingredient',
    'EIS3002',
    copying,
    '@ (m on d.reference)',
    '',
  ),
  pair(
    'a donor from the tested rows is an ingredient',
    'EIS3002',
    copying,
    'mean(z[l, h], over: [example, pos]) @ (m on d.reference)',
    'mean(z[l, h] @ (m on other), over: pos)\ndraw other = d.confirm where d.period == row.period',
    {
      repaired:
        'mean(z[l, h] @ (m on other), over: pos)\ndraw other = d.reference where d.period == row.period',
    },
  ),
  pair(
    'sealed rows are not explored',
    'EIS3002',
    copying,
    'control direction',
    'let centre = mean(m.final.resid_pre[pos: end], over: example) @ (m on d.confirm)\ncontrol direction',
    { edit: 'repairs' },
  ),
  pair(
    'a direction taken from the tested rows is an ingredient',
    'EIS3002',
    copying,
    '(m on d.reference)',
    '(m on d.confirm) + mean(z[l, h], over: [example, pos]) @ (m on d.reference)',
    {},
  ),
  pair(
    'a claim is in one family',
    'EIS3007',
    copying,
    'correction family = max_t(fwer: 0.05, flips: 9_999) { over: [needed] }',
    'correction a = max_t(fwer: 0.05) { over: [needed] }\ncorrection b = holm(fwer: 0.05) { over: [needed] }',
  ),
  pair('a claim is counted once', 'EIS3007', copying, 'over: [needed]', 'over: [needed, needed]'),
  pair('a waiver says why', 'EIS3008', copying, 'control untrained', 'waive untrained\ncontrol untrained', {
    repaired: 'waive untrained { because: "the point is the trained model" }\ncontrol untrained',
    edit: 'repairs',
  }),
  pair(
    'a waiver with an empty reason says nothing',
    'EIS3008',
    copying,
    'control untrained',
    'waive untrained { because: " " }\ncontrol untrained',
    { repaired: 'waive untrained { because: "the point is the trained model" }\ncontrol untrained' },
  ),
  pair(
    'a waived control exists',
    'EIS3009',
    copying,
    'control untrained',
    'waive untraind { because: "x" }\ncontrol untrained',
    { repaired: 'waive untrained { because: "x" }\ncontrol untrained', edit: 'repairs' },
  ),
  pair('there are enough clusters to reject', 'EIS3006', copying, 'param size = 600', 'param size = 8', {
    repaired: 'param size = 12',
  }),
  pair(
    'there are enough clusters in holm over all members',
    'EIS3006',
    naming,
    'discover: 40%, reference: 10%, confirm: 50%',
    'discover: 80%, reference: 10%, confirm: 10%',
    { edit: 'repairs' },
  ),
  pair('there are enough rows to reject', 'EIS3006', copying, 'size: size', 'size: 8', { edit: 'repairs' }),
  pair('there are enough flips', 'EIS3006', copying, 'flips: 9_999', 'flips: 18', {
    repaired: 'flips: 19',
    edit: 'repairs',
  }),
  pair(
    'a hook exists in this model',
    'EIS4001',
    copying,
    'm.blocks[l].attn.z[head: h]',
    'm.blocks[l].attn.zz[head: h]',
    { edit: 'repairs' },
  ),
  pair('an intervention reaches its metric', 'EIS4018', copying, harmed, unreached, { repaired: reached }),
  pair(
    'an intervention by name reaches its metric',
    'EIS4018',
    copying,
    harmed,
    `intervention late = m.final.resid_pre <- 0\n${unreached.replace('m.final.resid_pre <- 0', 'late')}`,
    { repaired: reached },
  ),
  pair(
    'writes of one world do not overlap',
    'EIS4019',
    copying,
    'loss @ (m with knock[l, h]) - loss',
    'loss @ (m with [knock[l, h], z[l, h] <- 0]) - loss',
    {
      repaired: 'loss @ (m with [knock[l, h], m.blocks[l].mlp.out <- 0]) - loss',
    },
  ),
  pair(
    'axes of one name have one length',
    'EIS2011',
    copying,
    'control direction',
    'let product = (m.final.resid_pre as d_head) * m.blocks[0].attn.z[head: 0]\ncontrol direction',
    {
      repaired: 'let product = m.final.resid_pre * m.blocks[0].attn_out\ncontrol direction',
    },
  ),
  pair('names are known', 'EIS2001', copying, 'loss @ (m with knock[l, h])', 'los @ (m with knock[l, h])', {
    edit: 'repairs',
  }),
  pair('a hole in a claim is not a margin', 'EIS3013', copying, claim, 'mean(harm[l, h]) > ?'),
  pair(
    'an equivalence has an assay, at a lock',
    'EIS3010',
    naming,
    '  assay: necessary(movers, ld, ablation: abc_mean, at_least: 50%)\n',
    '',
    { options: asLock },
  ),
  pair(
    'an equivalence says why its margin is small',
    'EIS3011',
    naming,
    '  because: "fewer than 1% of answers flip"\n',
    '',
    { options: asLock, edit: 'repairs' },
  ),
  pair(
    'a study says its question, at a lock',
    'EIS3014',
    copying,
    'study "Copying" { question: "Which heads?" }\n',
    '',
    { options: asLock, edit: 'repairs' },
  ),
  pair(
    'the study has a question, at a lock',
    'EIS3014',
    copying,
    '{ question: "Which heads?" }',
    '{ rationale: "why" }',
    { repaired: '{ rationale: "why", question: "Which?" }', options: asLock, edit: 'repairs' },
  ),
  pair('a claim says its rows', 'EIS3015', copying, ` ${confirm}`, '', { edit: 'repairs' }),
  pair('a claim is tested on a split', 'EIS3015', copying, confirm, '{ on: d }', { edit: 'repairs' }),
  pair('a table says its clusters', 'EIS3017', copying, 'hook pattern', `${table}hook pattern`, {
    repaired: `${change(table, 'table("t.csv")', 'table("t.csv", cluster: subject)')}hook pattern`,
    edit: 'repairs',
  }),
  pair('a claim is one proposition', 'EIS3016', copying, claim, `${claim} or mean(harm[l, h]) < 1 nat`, {
    repaired: `${claim} and mean(harm[l, h]) < 1 nat`,
  }),
  pair('a claim of equality has a margin', 'EIS3016', copying, claim, 'mean(harm[l, h]) == 0 nat'),
  pair(
    'a size is not negative',
    'EIS3016',
    naming,
    'abs(mean(effect[c])) > 0.1 logit',
    'abs(mean(effect[c])) > -0.1 logit',
    { edit: 'repairs' },
  ),
  pair('a margin is a number known before the run', 'EIS3016', copying, claim, 'mean(harm[l, h]) > loss'),
  pair('a correction names its claims', 'EIS3018', copying, ' { over: [needed] }', ''),
  pair(
    'a method of correction exists',
    'EIS3018',
    copying,
    'max_t(fwer: 0.05, flips: 9_999)',
    'holmm(fwer: 0.05)',
    { repaired: 'holm(fwer: 0.05)', edit: 'repairs' },
  ),
  pair('an error rate is below one', 'EIS3018', copying, 'max_t(fwer: 0.05, flips: 9_999)', 'max_t(fwer: 5)'),
  pair(
    'a control replaces something',
    'EIS3019',
    copying,
    'control untrained = needed given m = reinitialised(m, seeds: 19)',
    'control untrained = needed',
  ),
  pair(
    'an ablation of a circuit is said',
    'EIS3020',
    naming,
    'ablation abc_mean',
    'metric bare unit logit = ld @ (m without movers)\nablation abc_mean',
    { repaired: 'metric bare unit logit = ld @ (m without abc_mean[movers])\nablation abc_mean' },
  ),
  pair('a setting is a parameter', 'EIS2022', copying, 'param size = 600', 'param size = 600 ', {
    repaired: 'param siz = 600\nparam size = 600',
    options: { settings: new Map([['siz', '400']]) },
  }),
  pair('a predicted claim exists', 'EIS2001', naming, 'predict enough = refuted', 'predict enogh = refuted', {
    edit: 'repairs',
  }),
  pair(
    'a prediction is a verdict',
    'EIS2019',
    naming,
    'predict enough = refuted',
    'predict enough = refutd',
    { edit: 'repairs' },
  ),
];

const tables = {
  't.csv': [
    { kind: 'texts', name: 'subject', values: Array.from({ length: 40 }, (_, i) => `s${i % 20}`) },
    { kind: 'texts', name: 'prompt', values: Array.from({ length: 40 }, (_, i) => `p${i}`) },
  ],
} as const;
const host = fakeHost({ tables });

/** What is said about a flawed program; each is checked once. */
const said = new Map<string, Said>();
function flaw(one: Pair): Said {
  const key = `${one.flawed} ${one.options?.asLock ?? ''} ${one.options?.settings?.size ?? ''}`;
  const known = said.get(key) ?? check(one.flawed, host, one.options);
  said.set(key, known);
  return known;
}

for (const one of pairs) {
  if (one.flawed === one.repaired) continue;
  test(`${one.rule}: ${one.code}`, () => {
    const flawed = flaw(one);
    assert.equal([...new Set(flawed.errors)], [one.code], flawed.text);
    const repaired = check(one.repaired, host, one.options);
    assert.equal(repaired.errors, [], repaired.text);
    if (one.edit === undefined) return;
    const diagnostic = flawed.diagnostics.find((other) => other.severity === 'error');
    assert.ok(
      diagnostic !== undefined && (diagnostic.help?.edits.length ?? 0) > 0,
      `no edit\n${flawed.text}`,
    );
    if (diagnostic === undefined) return;
    const edited = withHelp(one.flawed, diagnostic);
    const after = check(edited, host, one.options);
    assert.equal(after.errors, [], `${after.text}\n${edited}`);
  });
}

test('each flaw is said once', () => {
  for (const one of pairs) {
    if (one.flawed === one.repaired) continue;
    const { errors, text } = flaw(one);
    // Whether a claim can reject is a fact about each claim.
    if (one.code !== 'EIS3006') assert.is(errors.length, 1, `${one.rule}\n${text}`);
  }
});

test('in a draft, missing evidence is a warning', () => {
  for (const one of pairs) {
    if (one.options?.asLock !== true || !['EIS3010', 'EIS3011'].includes(one.code)) continue;
    const { errors, warnings } = check(one.flawed, host);
    assert.equal(errors, []);
    assert.ok(warnings.includes(one.code));
  }
});

test('a circuit chosen on confirm is a double dip however it is named', () => {
  const renamed = change(
    selectedOnConfirm,
    'claim matter = each c in movers',
    'circuit same = union(movers, movers)\nclaim matter = each c in same',
  );
  const { errors, text } = check(renamed.replaceAll('effect[c]', 'effect[c]'), host);
  assert.ok(errors.length > 0 && errors.every((one) => one === 'EIS3001'), text);
});

test.run();
