// A search that is run again on each reinitialised model: what it finds, what it costs, and that verdicts follow from it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FILE, kindsOf, lock, outcomeOf, Projects, run, verify } from '../support/small-project.js';

const test = suite('searched');
const projects = new Projects();
test.after(() => projects.remove());

/** The small study about the two best heads instead of all of them, in a `holm` family. */
function searched(text: string): string {
  return text
    .replace(
      /claim needed = [^}]*\}/,
      `circuit best = top(2, mean(harm), on: repeats.discover)
claim two = each c in best: mean(harm[c]) > 0.05 nat { on: repeats.confirm }`,
    )
    .replace(/correction [^}]*\}/, 'correction family = holm(fwer: 0.05, flips: 999) { over: [two] }')
    .replace(/control direction = [^\n]*\n/, '')
    .replace('untrained = needed', 'untrained = two')
    .replace(/ {2}heatmap\(harm[^\n]*\n/, '');
}

type Cost = { readonly predicted: number; readonly measured: number };
type Report = { readonly cost: { readonly executions: Cost; readonly flops: Cost } };

test('it finds the heads that matter; measured cost is the planned one, searches of replicates included', async () => {
  const project = projects.make(searched);
  await lock(project);
  const made = await run(project);
  const found = made.events.find((one) => one.kind === 'found');
  assert.equal(found?.members, ['[0,3]', '[1,0]']);
  const { supported, refuted, inconclusive } = outcomeOf(made);
  assert.equal([supported, refuted, inconclusive], [2, 0, 0]);
  const path = join(project.folder, `${FILE}.result/report.json`);
  const { cost } = JSON.parse(readFileSync(path, 'utf8')) as Report; // what the schema of reports says
  assert.ok(cost.flops.measured > 0);
  assert.is(cost.executions.measured, cost.executions.predicted);
  assert.is(cost.flops.measured, cost.flops.predicted);
  assert.equal(kindsOf(project), ['lock', 'search', 'search', 'open', 'confirm']);
  assert.ok((await verify(project)).ok);
  const again = await run(project);
  assert.is(again.flops, made.flops);
  assert.is(outcomeOf(again).outcomeDigest, outcomeOf(made).outcomeDigest);
});

test.run();
