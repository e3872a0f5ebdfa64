// What plan, lock and report say of resolution and power, before and after an exploration of a small copy of the induction
// pipeline.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { realHost } from '../../../src/runtime/host.js';
import { minimumDetectableEffect } from '../../../src/runtime/stats/power.js';
import { sdOf } from '../../../src/runtime/stats/sum.js';
import { exploredOf } from '../../../src/runtime/study/explored.js';
import { FILE, type Project, Projects, run } from '../../support/small-project.js';

const test = suite('power in plan, lock and report');
const projects = new Projects();
test.after(() => projects.remove());

async function resolution({ app }: Project): Promise<string> {
  const { text } = await app.plan(FILE, {
    backend: 'reference',
    memoryBytes: 256e6,
    withoutPasses: [],
    settings: new Map(),
    explain: false,
  });
  // Lines are broken for eighty columns, with the rest of a line further in.
  return (text?.slice(text.indexOf('\nresolution\n')) ?? '').replaceAll(/\n {6}/g, ' ');
}

test('the plan prints what can be detected once something has been explored', async () => {
  const project = projects.make((text) => `${text}\npredict needed = refuted\n`);
  const before = await resolution(project);
  assert.match(before, /needed: 8 conclusions; 30 clusters \(row\) in confirm/);
  assert.match(before, /smallest p [0-9.]+, by max_t at 0\.05/);
  assert.match(before, /detectable effect: known once `eisc run` has explored/);
  assert.match(before, /power not stated\n/);
  assert.match(before, /untrained: 3 replicates, smallest p 0\.25; a smoke control: 0\.05 needs 19/);

  const ran = await run(project);
  assert.ok(ran.outcome !== null);
  const after = await resolution(project);
  const [, printed = ''] = /detectable with 80 % power: ([0-9.]+) nat beyond the margin/.exec(after) ?? [];
  // Again from the stored outcomes: the noisiest head, eight members in both directions, thirty clusters.
  const claim = {
    name: 'needed',
    family: { members: new Array(8) },
    parts: [{ kind: 'mean', margin: 0.05 }],
  } as unknown as Parameters<ReturnType<typeof exploredOf>['membersOf']>[0]; // all that is read of a claim
  const members = exploredOf(realHost(), join(project.folder, FILE)).membersOf(claim) ?? [];
  const sd = Math.max(...members.map(([part]) => sdOf(part?.x.values ?? [])));
  const expected = minimumDetectableEffect(30, { level: 0.05 / 16, power: 0.8 }) * sd;
  assert.is(Number(printed), Number(expected.toPrecision(2)));
  assert.match(after, /power not stated; that nothing is there would be shown in .* of samples/);

  const report = JSON.parse(readFileSync(join(project.folder, `${FILE}.result`, 'report.json'), 'utf8')) as {
    readonly cautions: readonly string[];
    readonly claims: readonly { readonly detectable: number; readonly power: string }[];
  };
  assert.ok(report.cautions.some((one) => one.startsWith('needed is predicted to be refuted')));
  assert.ok(Math.abs((report.claims[0]?.detectable ?? 0) / expected - 1) < 1e-9);
  assert.match(report.claims[0]?.power ?? '', /^not stated; /);
  const shown = readFileSync(join(project.folder, `${FILE}.result`, 'report.md'), 'utf8');
  assert.match(shown, /Power/);
});

test('a lock warns of power that is not stated and is written all the same', async () => {
  const silent = projects.make((text) => `${text}\npredict needed = refuted\n`);
  const { diagnostics, lock } = await silent.app.lock(FILE, { settings: new Map(), anchor: false });
  assert.ok(lock !== null);
  assert.equal(
    diagnostics.map((one) => `${one.code} ${one.severity}`),
    ['EIS3022 warning'],
  );
});

test('a declared power is held against the spread that was seen', async () => {
  const declared = projects.make((text) =>
    text.replace('on: repeats.confirm', 'on: repeats.confirm, power: chance(99.9%, at: 0.06 nat)'),
  );
  assert.match(await resolution(declared), /power declared 99\.9% at 0\.06 nat\n/);
  await run(declared);
  assert.match(
    await resolution(declared),
    /power declared 99\.9% at 0\.06 nat; with the spread seen it is .*, too little: it takes [0-9,]+ clusters/,
  );
});

test.run();
