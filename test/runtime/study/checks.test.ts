// What checks of the machinery mean for a run: each model by itself on rows that it reads; a failed one makes the verdicts on
// what it checked invalid, in the run and for `verify`, and only those.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  changedReference,
  ReferenceProject,
  scaled,
  withFlippedBit,
} from '../../support/reference-project.js';
import { twoModels } from '../../support/two-models.js';

const test = suite('checks');
const projects: ReferenceProject[] = [];
test.after(() => {
  for (const one of projects) one.remove();
});
function projectOf(text: string): ReferenceProject {
  const made = new ReferenceProject(text);
  projects.push(made);
  return made;
}

/** A backend on which writes do not leave `attn2` as they should: one bit of its logits moves when they are on. */
const flipping = () =>
  changedReference((feeds, name, output) => {
    const isSwapped = name === 'out' && Number(feeds.get('active')?.data[0] ?? 0) === 1;
    return isSwapped && output.dims.at(-1) === 256 ? withFlippedBit(output) : output;
  });

test('each model is checked on rows that it reads, before anything is measured', async () => {
  const project = projectOf(twoModels);
  const { outcome, events, errors } = await project.run();
  assert.equal(errors, []);
  const checks = events.flatMap((one) => (one.kind === 'check' ? [[one.name, one.state] as const] : []));
  const manipulation = checks.filter(([name]) => /^(self-swap|batch invariance)/.test(name));
  assert.equal(manipulation, [
    ['self-swap names', 'passed'],
    ['batch invariance names', 'passed'],
    ['self-swap m', 'passed'],
    ['batch invariance m', 'passed'],
  ]);
  const steps = events.flatMap((one) => (one.kind === 'step-started' ? [one.step] : []));
  assert.ok(steps.indexOf('manipulation') < steps.indexOf('claims'), steps.join());
  assert.equal(outcome?.failedChecks, []);
  assert.is(outcome?.supported, 2);
});

test('a bit that moves when writes are on makes the claims of that model invalid, and no others', async () => {
  const project = projectOf(twoModels);
  await project.lock();
  const { outcome, events } = await project.run(flipping());
  const check = events.find((one) => one.kind === 'check' && one.name === 'self-swap m');
  assert.ok(check?.kind === 'check' && check.state === 'failed', JSON.stringify(check));
  const verdicts = events.flatMap((one) =>
    one.kind === 'claim' ? [[one.name, one.verdict, one.reason]] : [],
  );
  assert.equal(verdicts, [
    ['needed', 'invalid', 'check failed: self-swap m'],
    ['calm', 'supported', ''],
  ]);
  assert.equal(outcome?.failedChecks, ['self-swap m']);
  assert.equal(
    project.report().claims.map((one) => one.verdict),
    ['invalid', 'supported'],
  );
  assert.is(project.report().checks.find((one) => one.name === 'self-swap m')?.state, 'failed');
  assert.equal(await project.faults(), [], 'the stored verdicts follow from what is stored');
});

test('what could not be compared is not called passed', async () => {
  const text = twoModels
    .replace('loss @ (m with off) - loss', 'loss')
    .replace(/metric (surprise|shock)[^\n]*\n/g, '')
    .replace('mean(shock) < 20 nat { on: people.confirm }', 'mean(loss) < 20 nat { on: repeats.confirm }');
  const { events, errors } = await projectOf(text).run();
  assert.equal(errors, []);
  const states = new Map(events.flatMap((one) => (one.kind === 'check' ? [[one.name, one] as const] : [])));
  const told = (name: string) => {
    const one = states.get(name);
    return [one?.state, one?.passed, one?.text];
  };
  assert.equal(told('self-swap m'), ['not-checked', false, 'no intervention writes into this model']);
  assert.equal(told('batch invariance m').slice(0, 2), ['passed', true]);
  const unread = 'nothing that is measured runs this model';
  assert.equal(told('self-swap names'), ['not-checked', false, unread]);
  assert.equal(told('batch invariance names'), ['not-checked', false, unread]);
});

test('a number that exists among other examples and not alone fails', async () => {
  const backend = changedReference((feeds, name, output) => {
    const isAlone =
      name === 'out' && !feeds.has('active') && output.dims[0] === 1 && output.dims.at(-1) === 256;
    return isAlone ? scaled(output, Number.NaN) : output;
  });
  const { events, outcome } = await projectOf(twoModels).run(backend);
  const check = events.find((one) => one.kind === 'check' && one.name === 'batch invariance m');
  assert.ok(check?.kind === 'check' && check.state === 'failed', JSON.stringify(check));
  assert.equal(outcome?.failedChecks, ['batch invariance m']);
  assert.is(outcome?.invalid, 1);
});

test('a model that does not give its stored outputs stops the run before confirm rows are opened, and its check is told', async () => {
  const project = projectOf(twoModels);
  await project.lock();
  const backend = changedReference((_, name, output) =>
    name === 'logits' && output.dims.at(-1) === 256 ? scaled(output, 1.1) : output,
  );
  const { outcome, errors, events } = await project.run(backend);
  assert.is(outcome, null);
  assert.equal(
    errors.map((one) => one.code),
    ['EIS4012'],
  );
  const check = events.find((one) => one.kind === 'check' && one.name === 'stored outputs of m');
  assert.ok(check?.kind === 'check' && check.state === 'failed', JSON.stringify(check));
  assert.equal(
    project.ledger().map((one) => one.body.kind),
    ['lock'],
  );
});

test.run();
