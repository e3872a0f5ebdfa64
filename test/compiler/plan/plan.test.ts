import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Stage } from '../../../src/compiler/check/stage.js';
import { flopsOf } from '../../../src/compiler/ir/flops.js';
import { bytesOfWeights } from '../../../src/compiler/ir/memory.js';
import { type Plan, planOf } from '../../../src/compiler/plan/plan.js';
import type { PlanRequest } from '../../../src/compiler/plan/planned-stage.js';
import { bytes, count, flops, percent, printPlan } from '../../../src/compiler/plan/print.js';
import type { StageProgram } from '../../../src/compiler/plan/stage-program.js';
import { openReference } from '../../../src/runtime/backend/reference.js';
import { lengthsOf } from '../../../src/runtime/execute/stage-lengths.js';
import {
  ids,
  induction,
  objects,
  runTiny,
  type TinyStudy,
  tinyStudy,
} from '../../runtime/execute/tiny-study.js';

const test = suite('plan');

function plan(study: TinyStudy, change: Partial<PlanRequest> = {}): Plan {
  return planOf(study.checked, {
    lengthsOf: (stage: Stage, program: StageProgram) =>
      lengthsOf(program, { rows: study.book.rows(stage.data, stage.split), drawn: new Map() }),
    memoryBytes: 1e8,
    parallelRuns: 1,
    batch: null,
    skip: [],
    explain: false,
    ...change,
  });
}

const all = tinyStudy(induction);

for (const [name, text] of [
  ['induction', induction],
  ['objects', objects],
] as const) {
  test(`${name}: what was planned is what the backend counts`, async () => {
    const study = tinyStudy(text);
    const planned = plan(study);
    const backend = openReference();
    const { results } = await runTiny(study, { backend });
    const counts = [...results.values()].map((one) => one.counts);
    const sum = (value: (one: (typeof counts)[number]) => number) =>
      counts.reduce((s, one) => s + value(one), 0);
    assert.is(planned.total.flops, backend.counts().flops);
    assert.is(planned.total.calls, backend.counts().runs);
    assert.is(
      planned.total.executions,
      sum((one) => one.executions),
    );
    assert.is(
      planned.total.rows,
      sum((one) => one.rows),
    );
  });

  test(`${name}: one replicate that stands for all costs as much as all`, () => {
    const { total, controls, stages } = plan(tinyStudy(text, 'one'));
    const built = plan(tinyStudy(text, 'all'));
    assert.equal(total, built.total);
    assert.equal(controls, built.controls);
    assert.ok(stages.length <= built.stages.length);
  });
}

test('the loop runs the whole model once per member and example', () => {
  // Per example of the claim: a clean run, and for each of 4 heads a knock-out and a direction. Each of 2 replicates: a clean
  // run and 4 knock-outs. Reference rows: a clean run of each of 3 models.
  const planned = plan(all);
  const [discover, reference] = [6, 4];
  assert.is(planned.total.executions, discover * (1 + 8 + 2 * 5) + reference * 3);
  const { model } = ids;
  const at = (pos: number) =>
    flopsOf(
      model.graph,
      new Map([
        ['example', 1],
        ['pos', pos],
      ]),
    );
  const lengths = (split: string) => [...all.book.rows(all.checked.data[0] ?? fail(), split).lengths];
  const forward = (split: string) => lengths(split).reduce((sum, one) => sum + at(one), 0);
  assert.is(planned.total.loopFlops, forward('discover') * 19 + forward('reference') * 3);
  assert.ok(planned.total.flops < planned.total.loopFlops);
});

function fail(): never {
  throw new Error('no data');
}

test('controls say what they add', () => {
  const { controls, total } = plan(all);
  assert.equal(
    controls.map(({ name, kind, draws, inserted }) => [name, kind, draws, inserted]),
    [
      ['direction', 'paired', 1, false],
      ['untrained', 'reinitialised', 2, false],
    ],
  );
  const [direction, untrained] = controls;
  assert.is(direction?.executions, 6 * 4);
  assert.is(untrained?.executions, 2 * (6 * 5 + 4));
  const without = plan(all, {
    wanted: (_, output) => !output.name.startsWith('control:direction:'),
  });
  assert.is(total.flops - without.total.flops, direction?.flops);
  const others = plan(tinyStudy(objects)).controls.filter((one) => one.kind === 'circuits');
  assert.ok(
    others.every((one) => one.draws === 8 && one.exhaustive),
    'three heads in each of two layers, less the pair',
  );
});

test('what is pooled comes before what reads it', () => {
  const titles = plan(all).stages.map((one) => one.title);
  assert.equal(titles.slice(0, 2), ['pooled over repeats.reference', 'claims on repeats.discover']);
});

test('a circuit that a search has still to find makes an upper bound', () => {
  const searched = induction
    .replace('report {', 'circuit best = top(2, mean(harm), on: repeats.discover)\nreport {')
    .replace(
      'claim needed = each l in m.layers, h in m.heads: mean(harm[l, h])',
      'claim needed = each c in best: mean(harm[c])',
    );
  const planned = plan(tinyStudy(searched));
  assert.is(planned.bound, 'about');
  assert.ok(planned.searches.length > 0 && planned.searches.every((one) => !one.settled && one.keeps === 2));
  const text = printPlan(planned);
  assert.match(text, /~ /);
  assert.match(text, /best: 2 of 4 members, to run/);
  assert.not.match(printPlan(plan(all)), /~ /);
});

test('the savings of the passes end at what the plan costs', () => {
  for (const { passes, cost } of plan(all, { explain: true }).stages) {
    assert.is(passes.at(-1)?.flopsAfter, cost.flops);
    for (const [i, one] of passes.entries()) if (i > 0) assert.is(one.flopsBefore, passes[i - 1]?.flopsAfter);
  }
  const shared = plan(all, { explain: true }).stages.flatMap((one) =>
    one.passes.filter((p) => p.pass === 'share-prefix'),
  );
  assert.ok(shared.some((one) => one.flopsAfter < one.flopsBefore));
  const skipped = plan(all, { explain: true, skip: ['share-prefix'] }).stages.flatMap((one) => one.passes);
  assert.ok(skipped.every((one) => one.skipped === (one.pass === 'share-prefix')));
});

test('the text keeps to 80 columns and names everything', () => {
  for (const study of [all, tinyStudy(objects)]) {
    const planned = plan(study, { explain: true });
    const text = printPlan(planned);
    for (const line of text.split('\n')) assert.ok([...line].length <= 80, line);
    for (const { title } of planned.stages) assert.ok(text.replace(/\s+/g, ' ').includes(title), title);
    for (const { name } of planned.controls) assert.ok(text.includes(name), name);
    assert.equal(JSON.parse(JSON.stringify(planned)), planned, 'the plan is plain data');
  }
});

test('the peak counts the weights, once for each call that runs at the same time, and says so', () => {
  const one = plan(all);
  const two = plan(all, { parallelRuns: 2 });
  const largest = Math.max(...one.stages.map(({ cost }) => cost.weightBytes));
  assert.ok(largest > 0 && largest <= bytesOfWeights(ids.model.graph));
  assert.equal([one.weightBytes, two.weightBytes], [largest, 2 * largest]);
  for (const made of [one, two]) assert.is(made.peakBytes, made.weightBytes + made.valueBytes);
  const text = printPlan(two).replace(/\s+/g, ' ');
  const parts = `weights ${bytes(two.weightBytes)} + values ${bytes(two.valueBytes)}`;
  assert.ok(text.includes(`Memory at most ${bytes(two.peakBytes)}: ${parts}.`), text);
});

test('numbers have three digits', () => {
  assert.equal([0, 7, 999, 999.6, 40_149_999_999].map(flops), ['0', '7', '999', '1 k', '40.1 G']);
  assert.equal([532, 16_563_228].map(bytes), ['532 B', '16.6 MB']);
  assert.equal([1234, 9_999_999, 24_000_240].map(count), ['1,234', '9,999,999', '24 M']);
  assert.equal([0, 0.0004, 0.0691, 0.45, 1.2].map(percent), ['0 %', '< 0.1 %', '6.9 %', '45 %', '120 %']);
});

test.run();
