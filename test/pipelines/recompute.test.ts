// `eisc verify --recompute N`: outcomes of a few confirm rows once more, from model and data. Also replays rows of the committed
// experiment on SmolLM2, where its file has been fetched.
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openApp } from '../../src/runtime/app.js';
import { FILE, lock, type Project, Projects, repository, run } from '../support/small-project.js';

const test = suite('recompute');
const projects = new Projects();
test.after(() => projects.remove());

async function recomputed({ app }: Pick<Project, 'app'>, file: string, rows: number) {
  const recompute = { rows, backend: 'ort:cpu', memoryBytes: 2e9 };
  const { ok, checks } = await app.verify(file, { merge: false, recompute });
  const check = checks.find((one) => one.name === 'recomputed');
  return { ok, state: check?.state, text: check?.text ?? '' };
}

test('rows of a confirmed result come out again, and nothing is written', async () => {
  const project = projects.make();
  const draft = await recomputed(project, FILE, 3);
  assert.is(draft.state, undefined, 'there is nothing to verify yet');
  await lock(project);
  const early = await recomputed(project, FILE, 3);
  assert.equal([early.ok, early.state], [false, 'not checked']);
  await run(project);
  const ledger = readFileSync(join(project.folder, 'eis.ledger.jsonl'), 'utf8');
  const some = await recomputed(project, FILE, 3);
  assert.is(some.state, 'ok', some.text);
  assert.match(some.text, /^[1-9]\d* outcomes of 3 rows computed again/);
  const all = await recomputed(project, FILE, 1_000_000);
  assert.match(all.text, /^[1-9]\d* outcomes of \d\d rows computed again are equal, bit for bit$/);
  assert.is(readFileSync(join(project.folder, 'eis.ledger.jsonl'), 'utf8'), ledger);
});

/** The committed pipelines in a project of their own, so that caches and weights do not come from here. */
function committed(): Project & { readonly remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'eis-recompute-'));
  cpSync(join(repository, 'pipelines'), join(folder, 'pipelines'), { recursive: true });
  for (const name of ['eis.ledger.jsonl', 'models'])
    cpSync(join(repository, name), join(folder, name), { recursive: true });
  writeFileSync(join(folder, 'eis.project.json'), '{}\n');
  mkdirSync(join(folder, '.models'));
  return { folder, app: openApp(folder), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

test('the committed result of the induction heads', async () => {
  const project = committed();
  try {
    const { state, text } = await recomputed(project, 'pipelines/induction.eis', 32);
    assert.is(state, 'ok', text);
    assert.match(text, /^512 outcomes of 32 rows/);
  } finally {
    project.remove();
  }
});

const model = 'SmolLM2-135M-Instruct.Q4_1.gguf';
const smollm2 = join(repository, '.models', model);
if (!existsSync(smollm2)) {
  process.stdout.write(
    '  SmolLM2 is not here, and rows of ioi-smollm2.eis are not replayed: `node --import tsx scripts/fetch-smollm2.ts` fetches it\n',
  );
} else {
  test('rows of the committed experiment on SmolLM2, without its searches and controls', async () => {
    const project = committed();
    try {
      symlinkSync(smollm2, join(project.folder, '.models', model));
      const { state, text } = await recomputed(project, 'pipelines/ioi-smollm2.eis', 32);
      assert.is(state, 'ok', text);
    } finally {
      project.remove();
    }
  });
}

test.run();
