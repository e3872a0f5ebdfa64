// The whole life of a study on the real model: explored, locked, opened, confirmed, verified, replayed, edited, cloned and
// tampered with; its numbers beside those of an independent PyTorch script. Takes about a minute.
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { integerBelow, streamKey } from '../../src/runtime/stats/rng.js';
import {
  FILE,
  kindsOf,
  lock,
  outcomeOf,
  Projects,
  repository,
  run,
  verify,
} from '../support/small-project.js';

const test = suite('life');
const projects = new Projects();
test.after(() => projects.remove());

const project = projects.make();
const at = (...parts: readonly string[]): string => join(project.folder, ...parts);
const RESULT = `${FILE}.result`;
/** What `verify` can never show without somebody else's word. */
const beyond = ['anchor', 'file-drawer'];

type Report = {
  readonly state: string;
  readonly mode: {
    readonly kind: string;
    readonly changes?: readonly string[];
    readonly agrees?: string;
    readonly largestDeviation?: number;
  };
  readonly cost: Readonly<
    Record<'executions' | 'flops', { readonly predicted: number; readonly measured: number }>
  >;
  readonly claims: readonly [
    {
      readonly clusters: number;
      readonly members: readonly {
        readonly id: string;
        readonly verdict: string;
        readonly parts: readonly [{ readonly estimate: number }];
        readonly controls: readonly { readonly name: string; readonly contrast: number }[];
      }[];
    },
  ];
};
const reportIn = (folder: string): Report =>
  JSON.parse(readFileSync(join(folder, RESULT, 'report.json'), 'utf8')) as Report; // what the schema of reports says

function assertVerified(
  made: Awaited<ReturnType<typeof verify>>,
  notChecked: readonly string[] = beyond,
): void {
  for (const [name, state] of made.states) {
    assert.is(state, notChecked.includes(name) ? 'not checked' : 'ok', `${name}: ${made.texts.get(name)}`);
  }
  assert.ok(made.ok);
}

test('a draft explores, and its cost is the planned one', async () => {
  const made = await run(project);
  assert.equal(kindsOf(project), ['explore']);
  const report = reportIn(project.folder);
  assert.is(report.state, 'exploratory');
  const plan = await project.app.plan(FILE, {
    settings: new Map(),
    explain: false,
    backend: 'ort:cpu',
    memoryBytes: 256e6,
    withoutPasses: [],
  });
  const { total } = plan.json as unknown as { total: { executions: number; flops: number } }; // as plan prints it
  assert.ok(total.executions > 0);
  assert.is(made.executions, total.executions);
  assert.is(made.flops, total.flops);
  assert.is(report.cost.executions.measured, total.executions);
  assert.is(report.cost.flops.measured, total.flops);
});

test('a locked file opens its confirm rows once; everything is verified', async () => {
  await lock(project);
  outcomeOf(await run(project));
  assert.equal(kindsOf(project), ['explore', 'lock', 'open', 'confirm']);
  assert.is(reportIn(project.folder).state, 'confirmed');
  assertVerified(await verify(project));
});

test('run again it is a replay that computes everything again and agrees', async () => {
  const before = readFileSync(at(RESULT, 'manifest.json'), 'utf8');
  const again = await run(project);
  const { cost } = reportIn(project.folder);
  assert.equal([again.flops, again.executions], [cost.flops.predicted, cost.executions.predicted]);
  assert.is(outcomeOf(again).replay, 'outcomes');
  assert.equal(kindsOf(project), ['explore', 'lock', 'open', 'confirm', 'replay']);
  assert.is(readFileSync(at(RESULT, 'manifest.json'), 'utf8'), before);
  assertVerified(await verify(project));
});

test('run again without its result or its cache, the replay restores the result and agrees', async () => {
  rmSync(at(RESULT), { recursive: true });
  assert.not.ok((await verify(project)).ok);
  const again = await run(project);
  assertVerified(await verify(project));
  const { mode } = reportIn(project.folder);
  assert.equal([mode.kind, mode.agrees, mode.largestDeviation], ['replay', 'outcomes', 0]);
  const elsewhere = projects.clone(project);
  const recomputed = await run(elsewhere);
  assert.ok(recomputed.flops > 0);
  assert.is(outcomeOf(recomputed).outcomeDigest, outcomeOf(again).outcomeDigest);
  assertVerified(await verify(elsewhere));
});

type Range = { readonly mean: number; readonly low: number; readonly high: number };
type Oracle = {
  readonly sequences: number;
  readonly heads: readonly {
    readonly layer: number;
    readonly head: number;
    readonly harm_nat: Range;
    readonly contrast_nat: Range;
  }[];
};

test('it supports exactly the heads that PyTorch finds on fresh sequences, with its numbers', () => {
  const oracle = JSON.parse(
    readFileSync(join(repository, 'test/oracle/models/induction_harm.json'), 'utf8'),
  ) as Oracle; // written by the script beside it
  const [claim] = reportIn(project.folder).claims;
  const expected = oracle.heads
    .filter(({ harm_nat, contrast_nat }) => harm_nat.low > 0.05 && contrast_nat.low > 0)
    .map(({ layer, head }) => `${layer},${head}`);
  assert.equal(expected, ['0,3', '1,0', '1,3']);
  assert.equal(
    claim.members.filter((one) => one.verdict === 'supported').map((one) => one.id),
    expected,
  );
  assert.ok(claim.members.every((one) => ['supported', 'refuted'].includes(one.verdict)));
  // The oracle's 99 % interval of a mean over n sequences, for a mean over fewer. The value that replaces a head is itself a
  // mean over 6 sequences here (and over 1,000 there); its share is taken to be no noisier, per sequence, than the harm.
  const reference = 6;
  const rounding = 1e-5; // of the stored numbers
  const allowed = ({ low, high }: Range): number =>
    ((high - low) / 2) * Math.sqrt(1 + oracle.sequences * (1 / claim.clusters + 1 / reference)) + rounding;
  for (const [i, { harm_nat, contrast_nat }] of oracle.heads.entries()) {
    const member = claim.members[i];
    const estimate = member?.parts[0].estimate ?? Number.NaN;
    const contrast = member?.controls.find((one) => one.name === 'direction')?.contrast ?? Number.NaN;
    const off = Math.abs(estimate - harm_nat.mean);
    assert.ok(off <= allowed(harm_nat), `harm of ${member?.id}: ${estimate}, PyTorch ${harm_nat.mean}`);
    const offContrast = Math.abs(contrast - contrast_nat.mean);
    assert.ok(
      offContrast <= allowed(contrast_nat),
      `contrast of ${member?.id}: ${contrast}, PyTorch ${contrast_nat.mean}`,
    );
  }
});

test('a clone without cache is verified; without its model only the source is not', async () => {
  const clone = projects.clone(project);
  assert.not.ok(existsSync(join(clone.folder, '.eis')));
  assertVerified(await verify(clone));
  const text = readFileSync(join(clone.folder, FILE), 'utf8');
  writeFileSync(join(clone.folder, FILE), text.replace('bundled("attn2")', 'onnx("gone.onnx")'));
  assertVerified(await verify(clone), [...beyond, 'source']);
});

test('fifty changed bytes in lock, ledger, outcomes and report are each found', async () => {
  const clone = projects.clone(project);
  const files = [
    `${FILE}.lock`,
    'eis.ledger.jsonl',
    join(RESULT, 'report.json'),
    ...readdirSync(join(clone.folder, RESULT, 'outcomes')).map((name) => join(RESULT, 'outcomes', name)),
  ].map((name) => join(clone.folder, name));
  assert.is(files.length, 7);
  const key = streamKey('0'.repeat(64), 'test/bytes');
  for (let i = 0; i < 50; i++) {
    const path = files[i % files.length] ?? '';
    const whole = readFileSync(path);
    const changed = Buffer.from(whole);
    const where = integerBelow(key, whole.length, i);
    changed[where] = (whole[where] ?? 0) ^ (1 + integerBelow(key, 255, i, 1));
    writeFileSync(path, changed);
    const { ok } = await verify(clone);
    assert.not.ok(ok, `byte ${where} of ${path}: ${whole[where]} became ${changed[where]}`);
    writeFileSync(path, whole);
  }
  assertVerified(await verify(clone));
});

test('an edited margin: the run explores and says what changed, and the source no longer matches the lock', async () => {
  const edited = projects.clone(project);
  cpSync(at('.eis'), join(edited.folder, '.eis'), { recursive: true });
  const text = readFileSync(join(edited.folder, FILE), 'utf8');
  writeFileSync(join(edited.folder, FILE), text.replace('> 0.05 nat', '> 0.08 nat'));
  const source = await verify(edited);
  assert.is(source.states.get('source'), 'failed');
  assert.match(source.texts.get('source') ?? '', /0\.08/);
  assertVerified(await verify(project));
  await run(edited);
  assert.equal(kindsOf(edited).at(-1), 'explore');
  const { state, mode } = reportIn(edited.folder);
  assert.equal([state, mode.kind], ['exploratory', 'explore']);
  assert.match((mode.changes ?? []).join('\n'), /0\.08/);
  assert.is((await verify(edited)).states.get('source'), 'failed');
  // Put back as it was, the file is locked again and its replay restores the confirmed result.
  writeFileSync(join(edited.folder, FILE), text);
  outcomeOf(await run(edited));
  assert.is(kindsOf(edited).at(-1), 'replay');
  assertVerified(await verify(edited));
});

test.run();
