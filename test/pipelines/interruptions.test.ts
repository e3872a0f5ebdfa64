// Killed, stopped or run twice at once: nothing is lost, nothing is done twice, and the ledger stays whole.
// Takes about a minute.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { streamKey, uniform01 } from '../../src/runtime/stats/rng.js';
import {
  digestsIn,
  eisc,
  FILE,
  kindsOf,
  ledgerOf,
  lock,
  outcomeOf,
  Projects,
  type Ran,
  run,
  verify,
} from '../support/small-project.js';

const test = suite('interruptions');
const projects = new Projects();
test.after(() => projects.remove());

const KILLS = 6;

let first: Ran | null = null;
const undisturbed = async (): Promise<Ran> => {
  first ??= await run(projects.make());
  return first;
};

test('killed at random moments and run again: the same digests, and only missing work is done', async () => {
  const { decisionDigest, outcomeDigest } = outcomeOf(await undisturbed());
  const project = projects.make();
  const started = Date.now();
  const whole = await eisc(projects.make(), ['run', FILE]);
  const wholeMs = Date.now() - started;
  assert.is(whole.code, 0, whole.output);
  const key = streamKey('0'.repeat(64), 'test/kills');
  let killed = 0;
  for (let i = 0; i < KILLS; i++) {
    const made = await eisc(project, ['run', FILE], wholeMs * (0.15 + 0.8 * uniform01(key, i)));
    if (made.signal === 'SIGKILL') killed++;
  }
  assert.ok(killed >= 3, `only ${killed} of ${KILLS} runs were killed`);
  const last = await eisc(project, ['run', FILE]);
  assert.is(last.code, 0, last.output);
  assert.equal(digestsIn(last), { decision: decisionDigest, outcomes: outcomeDigest });
  const again = await run(project);
  assert.is(again.flops, 0);
  assert.is(outcomeOf(again).outcomeDigest, outcomeDigest);
  const steps = again.events.filter((one) => one.kind === 'step-finished');
  assert.ok(
    steps.some((one) => one.cached),
    'no step says that it came from the store',
  );
  assert.ok(ledgerOf(project).every((one) => one.body.kind === 'explore'));
});

test('stopped under way: it says so, keeps what is done, and goes on from there', async () => {
  const project = projects.make();
  const stop = new AbortController();
  const stopped = await run(project, {
    signal: stop.signal,
    onEvent: (event) => {
      if (event.kind === 'step-progress' && event.step === 'control:untrained') stop.abort();
    },
  });
  assert.equal([stopped.outcome, stopped.interrupted], [null, true]);
  assert.is(stopped.events.at(-1)?.kind, 'run-interrupted');
  const resumed = await run(project);
  const { decisionDigest, outcomeDigest } = outcomeOf(await undisturbed());
  const outcome = outcomeOf(resumed);
  assert.equal([outcome.decisionDigest, outcome.outcomeDigest], [decisionDigest, outcomeDigest]);
  assert.ok(resumed.flops > 0);
  assert.ok(resumed.flops < (await undisturbed()).flops, 'what was done before it stopped was done again');
});

test('stopped after the confirm rows were opened: a look, and the same run goes on', async () => {
  const project = projects.make();
  await lock(project);
  const stop = new AbortController();
  const stopped = await run(project, {
    signal: stop.signal,
    onEvent: (event) => {
      if (event.kind === 'step-progress' && event.step === 'claims') stop.abort();
    },
  });
  assert.is(stopped.interrupted, true);
  assert.equal(kindsOf(project), ['lock', 'open']);
  const { ok, texts } = await verify(project);
  assert.ok(ok);
  assert.match(texts.get('opened') ?? '', /counts as a look/);
  outcomeOf(await run(project));
  assert.equal(kindsOf(project), ['lock', 'open', 'confirm']);
  assert.ok((await verify(project)).ok);
});

test('two runs at once in one project do not harm each other', async () => {
  const project = projects.make();
  const drafts = await Promise.all([eisc(project, ['run', FILE]), eisc(project, ['run', FILE])]);
  assert.equal(
    drafts.map((one) => one.code),
    [0, 0],
    drafts.map((one) => one.output).join('\n'),
  );
  assert.equal(digestsIn(drafts[0]), digestsIn(drafts[1]));
  assert.equal(kindsOf(project), ['explore', 'explore']);
  await lock(project);
  const confirms = await Promise.all([eisc(project, ['run', FILE]), eisc(project, ['run', FILE])]);
  assert.equal(
    confirms.map((one) => one.code),
    [0, 0],
    confirms.map((one) => one.output).join('\n'),
  );
  assert.equal(digestsIn(confirms[0]), digestsIn(confirms[1]));
  // One opened the rows and one confirmed; the other found them confirmed and is a replay.
  assert.equal(kindsOf(project), ['explore', 'explore', 'lock', 'open', 'confirm', 'replay']);
  const { ok, texts } = await verify(project);
  assert.ok(ok, [...texts].map((one) => one.join(': ')).join('\n'));
});

test.run();
