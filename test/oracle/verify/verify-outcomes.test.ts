// The independent numpy script agrees with every verdict of a confirmed result, and finds what was changed. Skipped, with
// the reason printed, where Python has no numpy.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { pythonWith } from '../../support/python-with.js';
import { FILE, lock, Projects, run } from '../../support/small-project.js';

const test = suite('verify-outcomes');
const script = join(import.meta.dirname, 'verify_outcomes.py');
const projects = new Projects();
test.after(() => projects.remove());

type Answer = { readonly verdicts: Readonly<Record<string, string>>; readonly faults: readonly string[] };

const python = pythonWith('numpy');
const isLong = readFileSync(script, 'utf8').split('\n').length > 300;

test('the script stays short enough to be read', () => assert.not.ok(isLong));

if (python === null) {
  process.stdout.write('  skipped: no Python with numpy (set EIS_PYTHON)\n');
} else {
  const recompute = (folder: string): { readonly code: number | null; readonly answer: Answer } => {
    const made = spawnSync(python, [script, join(folder, FILE)], { encoding: 'utf8' });
    if (made.stdout === '') throw new Error(made.stderr);
    return { code: made.status, answer: JSON.parse(made.stdout) as Answer }; // as the script prints it
  };

  test('it comes to the verdicts, the p-values and the digests of a confirmed result', async () => {
    const project = projects.make();
    await lock(project);
    await run(project);
    const { code, answer } = recompute(project.folder);
    assert.equal([code, answer.faults], [0, []]);
    const supported = Object.keys(answer.verdicts).filter((id) => answer.verdicts[id] === 'supported');
    assert.equal(supported, ['needed/0,3', 'needed/1,0', 'needed/1,3']);

    // Each change is found by what it contradicts, not by digests alone.
    const path = join(project.folder, `${FILE}.result/report.json`);
    const whole = readFileSync(path, 'utf8');
    const faultsAfter = (from: string | RegExp, to: string): string => {
      assert.ok(typeof from === 'string' ? whole.includes(from) : from.test(whole));
      writeFileSync(path, whole.replace(from, to));
      const changed = recompute(project.folder);
      writeFileSync(path, whole);
      assert.is(changed.code, 1);
      return changed.answer.faults.join('\n');
    };
    assert.match(
      faultsAfter('"verdict": "refuted"', '"verdict": "supported"'),
      /supported in the report, refuted here/,
    );
    assert.match(faultsAfter('"margin": 0.05', '"margin": 0.5'), /tested as > 0.05/);
    assert.match(faultsAfter('"flips": 999', '"flips": 99'), /families are not those of the lock/);
    assert.match(faultsAfter('"waived": null', '"waived": "no"'), /other controls/);
    assert.match(
      faultsAfter(/"c": 1,/, '"c": 2,'),
      /p to (support|refute) 1\/500 in the report, 1\/1000 here/,
    );
  });
}

test.run();
