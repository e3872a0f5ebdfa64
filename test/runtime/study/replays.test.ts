// Replays: they compute again what was confirmed, without what is in the store, and say what came out of it.
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { largestDeviation } from '../../../src/runtime/application/compare-replay.js';
import type { HostTensor } from '../../../src/runtime/backend/host-tensor.js';
import { realHost } from '../../../src/runtime/host.js';
import { listObjects, openStore } from '../../../src/runtime/store/cas.js';
import { outcomes } from '../../support/confirmed-study.js';
import {
  changedReference,
  FILE,
  type Ran,
  ReferenceProject,
  scaled,
} from '../../support/reference-project.js';

const test = suite('replays');
const projects: ReferenceProject[] = [];
test.after(() => {
  for (const one of projects) one.remove();
});

const text = `eis 1
model m = bundled("attn2")
study "One head" {
  question:     "Does the model need it?"
  rationale:    "A test of the machinery."
  out_of_scope: "Everything else."
}
data repeats = repeated_tokens(m.vocab, period: 4..=6) {
  size:  16
  split: shares(discover: 40%, reference: 10%, confirm: 50%)
}
intervention off = m.blocks[0].attn.z[head: 3] <- 0
metric loss unit nat = mean(cross_entropy(m.logits, repeats.next_token), over: pos where repeats.second_copy)
metric harm unit nat = loss @ (m with off) - loss
claim needed = mean(harm) > 0.05 nat { on: repeats.confirm }
`;

async function confirmed(): Promise<{ readonly project: ReferenceProject; readonly first: Ran }> {
  const project = new ReferenceProject(text);
  projects.push(project);
  await project.lock();
  return { project, first: await project.run() };
}

/** One number per row: what stages compute, and no check does. */
const isOutcome = ({ dtype, dims }: HostTensor): boolean =>
  dtype === 'f32' && dims.length === 1 && (dims[0] ?? 0) > 1;

const agreementIn = (project: ReferenceProject): string => {
  const last = project.ledger().at(-1)?.body;
  return last?.kind === 'replay' ? last.agrees : (last?.kind ?? '');
};
const replayCheckOf = ({ events }: Ran) => {
  const found = events.find((one) => one.kind === 'check' && one.name.startsWith('replay'));
  return found?.kind === 'check' ? found : undefined;
};

test('a replay with a warm store computes everything again and leaves nothing of it there', async () => {
  const { project, first } = await confirmed();
  const store = () => listObjects(openStore(realHost(), project.folder)).map((one) => one.key);
  const before = store();
  assert.ok(before.length > 0);
  for (const _ of [1, 2]) {
    const again = await project.run();
    assert.ok(first.flops > 0);
    assert.equal([again.flops, again.executions], [first.flops, first.executions]);
    assert.is(again.outcome?.replay, 'outcomes');
    assert.is(agreementIn(project), 'outcomes');
    assert.is(replayCheckOf(again)?.text, 'every outcome is equal, byte for byte');
  }
  assert.equal(store(), before);
});

test('a replay that was stopped goes on from its own work; a draft from the store', async () => {
  const { project, first } = await confirmed();
  const stop = new AbortController();
  await project.run(undefined, {
    signal: stop.signal,
    onEvent: (event) => {
      if (event.kind === 'step-finished' && event.step === 'claims') stop.abort();
    },
  });
  assert.is(agreementIn(project), 'confirm', 'the stopped replay is not entered');
  const resumed = await project.run();
  assert.equal([resumed.flops, resumed.executions], [0, 0], 'what it had computed was computed again');
  assert.is(agreementIn(project), 'outcomes');
  assert.is((await project.run()).flops, first.flops, 'the next replay found the work of the one before');
});

test('outcomes that differ a little in another environment: verdicts are compared, no alarm', async () => {
  const { project } = await confirmed();
  const elsewhere = changedReference(
    (_feeds, _name, output) => (isOutcome(output) ? scaled(output, 1 + 1e-6) : output),
    'reference 2',
  );
  const again = await project.run(elsewhere);
  assert.is(again.outcome?.replay, 'decision');
  const { passed, text: said } = replayCheckOf(again) ?? { passed: false, text: '' };
  assert.ok(passed, said);
  assert.match(
    said,
    /^every verdict is equal; outcomes differ by at most \d\.\de-\d, computed in another environment$/,
  );
  assert.equal(await project.faults(), []);
  // With the confirmed result gone, the replay's own stands in for it and says what it is.
  rmSync(join(project.folder, `${FILE}.result`), { recursive: true });
  const restored = await project.run(elsewhere);
  assert.is(restored.outcome?.replay, 'decision');
  assert.ok(existsSync(join(project.folder, `${FILE}.result/report.json`)));
  const { mode } = project.report();
  assert.equal(
    [mode.kind, mode.agrees, mode.sameEnvironment, mode.largestDeviation],
    ['replay', 'decision', true, null],
  );
});

test('other verdicts are said, with what they were', async () => {
  const { project } = await confirmed();
  const wrong = changedReference((_feeds, _name, output) =>
    isOutcome(output) ? scaled(output, -1) : output,
  );
  const again = await project.run(wrong);
  assert.is(again.outcome?.replay, 'neither');
  const { state, text: said } = replayCheckOf(again) ?? { state: '', text: '' };
  assert.is(state, 'failed');
  assert.match(
    said,
    /^verdicts differ from those that were confirmed: needed refuted, was supported; outcomes/,
  );
  assert.is(agreementIn(project), 'neither');
});

test('confirm rows that cannot be opened are refused before a confirm run is announced', async () => {
  const project = new ReferenceProject(text);
  projects.push(project);
  await project.lock();
  rmSync(join(project.folder, 'eis.ledger.jsonl'));
  const { events, errors } = await project.run();
  assert.equal(
    errors.map((one) => one.code),
    ['EIS5207'],
  );
  assert.equal(events, []);
});

test('a ledger begun anew is refused for the entry that the lock names, not for the lock it does not know', async () => {
  const project = new ReferenceProject(text);
  projects.push(project);
  await project.run();
  await project.lock();
  rmSync(join(project.folder, 'eis.ledger.jsonl'));
  const { events, errors } = await project.run();
  assert.equal(
    errors.map((one) => one.code),
    ['EIS5206'],
  );
  assert.match(errors[0]?.message ?? '', new RegExp(`does not hold the head that \`${FILE}\\.lock\` names`));
  assert.equal(events, []);
});

test('the largest deviation is that of the values, null where there is nothing to compare', () => {
  const [first, ...others] = outcomes.parts;
  if (first === undefined) throw new Error('no parts');
  const moved = (values: Float64Array) => ({ ...outcomes, parts: [{ ...first, values }, ...others] });
  assert.is(largestDeviation([outcomes], [outcomes]), 0);
  const off = largestDeviation(
    [moved(first.values.map((one, i) => one + (i === 1 ? -0.25 : 0.125)))],
    [outcomes],
  );
  assert.is(off, 0.25);
  const gone = moved(first.values.map(() => Number.NaN));
  assert.is(largestDeviation([gone], [gone]), 0);
  assert.is(largestDeviation([gone], [outcomes]), null);
  assert.is(largestDeviation([], [outcomes]), null);
  const elsewhere = { ...outcomes, items: outcomes.items.map((one) => ({ ...one, hash: '0'.repeat(64) })) };
  assert.is(largestDeviation([elsewhere], [outcomes]), null);
});

test.run();
