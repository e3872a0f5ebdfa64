// Opening confirm rows spends them: whatever can fail without one of them fails before the ledger has an `open`.
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Graph } from '../../../src/compiler/ir/graph.js';
import { type Backend, BackendFailure } from '../../../src/runtime/backend/backend.js';
import { openReference } from '../../../src/runtime/backend/reference.js';
import type { RunEvent } from '../../../src/runtime/event.js';
import { ReferenceProject } from '../../support/reference-project.js';

const test = suite('before opening');
const projects: ReferenceProject[] = [];
const folders: string[] = [];
test.after(() => {
  for (const one of projects) one.remove();
  for (const one of folders) rmSync(one, { recursive: true, force: true });
});

const base = `eis 1
model m = bundled("attn2")
study "One head" {
  question:     "Does the model need it?"
  rationale:    "A test of the machinery."
  out_of_scope: "Everything else."
}
data repeats = repeated_tokens(m.vocab, period: 4..=6) {
  size:  16
  split: shares(discover: 40%, reference: 20%, confirm: 40%)
}
hook z[l in m.layers, h in 2..=3] = m.blocks[l].attn.z[head: h]
metric loss unit nat = mean(cross_entropy(m.logits, repeats.next_token), over: pos where repeats.second_copy)
intervention knock[l, h] = z[l, h] <- 0
metric harm[l, h] unit nat = loss @ (m with knock[l, h]) - loss
`;
const plain = `${base}claim needed = mean(harm[0, 3]) > 0.05 nat { on: repeats.confirm }\n`;
const searched = `${base}circuit first = top(1, mean(harm), on: repeats.discover)
claim needed = each c in first: mean(harm[c]) > 0.05 nat { on: repeats.confirm }
control untrained = needed given m = reinitialised(m, seeds: 2)
`;
const pooled = `${base}let usual = mean(m.blocks[0].attn.z[head: 3, pos: end], over: example) @ (m on repeats.reference)
intervention replace = m.blocks[0].attn.z[head: 3] <- usual
metric change unit nat = loss @ (m with replace) - loss
claim needed = mean(change) > 0.05 nat { on: repeats.confirm }
`;

async function locked(text: string): Promise<ReferenceProject> {
  const project = new ReferenceProject(text);
  projects.push(project);
  await project.lock();
  return project;
}

const kindsOf = (project: ReferenceProject) => project.ledger().map((one) => one.body.kind);

/** Graphs of stages have outputs without names; those of checks are called after what is compared. */
const isStage = (graph: Graph): boolean => graph.outputs.some(({ name }) => /^o\d+$/.test(name));

/** The plain evaluator, which refuses the n-th graph of a stage, or its first run, and all that follow. */
function failing(kind: 'compile' | 'run', from = 1): Backend {
  const plainly = openReference();
  const refuse = (): never => {
    throw new BackendFailure({ kind, backend: 'reference', text: 'no' });
  };
  let stages = 0;
  return {
    ...plainly,
    compile: async (graph, options) => {
      if (!isStage(graph)) return plainly.compile(graph, options);
      stages += 1;
      if (stages < from) return plainly.compile(graph, options);
      if (kind === 'compile') return refuse();
      return { ...(await plainly.compile(graph, options)), run: async () => refuse() };
    },
  };
}

async function refusedUnopened(text: string, backend: Backend | undefined, code: string): Promise<string> {
  const project = await locked(text);
  const { outcome, errors } = await project.run(backend);
  assert.is(outcome, null);
  assert.equal(
    errors.map((one) => one.code),
    [code],
  );
  assert.equal(kindsOf(project), ['lock']);
  return errors[0]?.message ?? '';
}

test('a graph that the backend does not compile leaves the confirm rows unopened', async () => {
  await refusedUnopened(plain, failing('compile'), 'EIS5502');
});

test('a search that fails leaves the confirm rows unopened', async () => {
  await refusedUnopened(searched, failing('run'), 'EIS5503');
});

test('a value pooled over reference rows that cannot be had leaves the confirm rows unopened', async () => {
  await refusedUnopened(pooled, failing('run'), 'EIS5503');
});

test('a graph that fails after the search leaves the search in the ledger, and the rows unopened; the next run goes on', async () => {
  const project = await locked(searched);
  const { errors } = await project.run(failing('compile', 4));
  assert.equal(
    errors.map((one) => one.code),
    ['EIS5502'],
  );
  assert.equal(kindsOf(project), ['lock', 'search', 'search']);
  const { outcome } = await project.run();
  assert.ok(outcome !== null);
  assert.equal(kindsOf(project), ['lock', 'search', 'search', 'search', 'search', 'open', 'confirm']);
  assert.equal(await project.faults(), []);
});

test('searches and manipulation checks are done when the rows are opened, and the rows when they are measured', async () => {
  const project = await locked(searched);
  const at = new Map<string, readonly string[]>();
  const note = (event: RunEvent): void => {
    if (event.kind === 'step-finished') at.set(event.step, kindsOf(project));
  };
  const first = await project.run(undefined, { onEvent: note });
  assert.equal(first.errors, []);
  assert.equal([...at.keys()].slice(0, 5), [
    'models',
    'search:1',
    'manipulation',
    'before-opening',
    'claims',
  ]);
  assert.equal(at.get('before-opening'), ['lock', 'search', 'search']);
  assert.equal(at.get('claims'), ['lock', 'search', 'search', 'open']);
  const checks = first.events.flatMap((one) => (one.kind === 'check' ? [[one.name, one.state]] : []));
  assert.equal(checks.slice(-2), [
    ['self-swap m', 'passed'],
    ['batch invariance m', 'passed'],
  ]);
  // A replay searches again, by itself, and takes nothing from the store.
  const again = await project.run();
  assert.equal([again.flops, again.executions], [first.flops, first.executions]);
  assert.is(again.outcome?.replay, 'outcomes');
  assert.ok(!again.events.some((one) => one.kind === 'step-started' && one.step === 'before-opening'));
});

test('data that have confirm rows only are checked on those, once they are open', async () => {
  const project = await locked(plain.replace(/shares\(.*\)/, 'shares(confirm: 100%)'));
  const before: (readonly string[])[] = [];
  const { errors, events } = await project.run(undefined, {
    onEvent: (event) => {
      if (event.kind === 'check' && event.name === 'self-swap m') before.push(kindsOf(project));
    },
  });
  assert.equal(errors, []);
  assert.equal(before, [['lock', 'open']]);
  const steps = events.flatMap((one) => (one.kind === 'step-started' ? [one.step] : []));
  assert.equal(steps, ['models', 'before-opening', 'manipulation', 'claims', 'statistics']);
});

test('where the lock is confirmed by another run meanwhile, what is left is a replay that computes everything', async () => {
  const project = await locked(pooled);
  const elsewhere = mkdtempSync(join(tmpdir(), 'eis-elsewhere-'));
  folders.push(elsewhere);
  cpSync(project.folder, elsewhere, { recursive: true });
  const first = await project.run();
  assert.equal(kindsOf(project), ['lock', 'open', 'confirm']);
  const confirmed = join(mkdtempSync(join(tmpdir(), 'eis-confirmed-')), 'all');
  folders.push(join(confirmed, '..'));
  cpSync(project.folder, confirmed, { recursive: true });
  rmSync(project.folder, { recursive: true });
  cpSync(elsewhere, project.folder, { recursive: true });
  let isConfirmed = false;
  const second = await project.run(undefined, {
    onEvent: (event) => {
      if (event.kind !== 'step-finished' || event.step !== 'before-opening' || isConfirmed) return;
      isConfirmed = true;
      cpSync(confirmed, project.folder, { recursive: true });
    },
  });
  assert.ok(isConfirmed);
  assert.is(second.outcome?.replay, 'outcomes');
  assert.equal([second.flops, second.executions], [first.flops, first.executions]);
  assert.equal(kindsOf(project), ['lock', 'open', 'confirm', 'replay']);
});

test.run();
