// Families of a real stage with and without the two arrangements of the partition: the same numbers, on the evaluator and on ONNX Runtime.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { arrangedGraph } from '../../../src/compiler/plan/arranged.js';
import { programOf } from '../../../src/compiler/plan/stage-program.js';
import { openOrt } from '../../../src/runtime/backend/ort.js';
import { openReference } from '../../../src/runtime/backend/reference.js';
import { assertClose } from '../../support/close.js';
import { numbersOf, objects, runTiny, type TinyStudy, tinyStudy } from './tiny-study.js';

const test = suite('arranged-stage');
const head = objects
  .slice(0, objects.indexOf('intervention direct'))
  .replace('bundled("words")', 'bundled("wide")');
const study = (binders: string, write: string): TinyStudy =>
  tinyStudy(`${head}intervention k${binders} = ${write}
metric at_end${binders} unit logit = ld @ (m with k${binders.replace(/ in [^,\]]+/g, '')}) - ld
report { table(at_end) }
`);

const studies: Readonly<Record<string, TinyStudy>> = {
  'a family over layers and heads': study(
    '[l in m.layers, h in m.heads]',
    'z[l, h][pos: end] <- z[l, h][pos: end] @ (m on ioi.abc)',
  ),
  'a family over layers and heads, at all positions': study(
    '[l in m.layers, h in m.heads]',
    'z[l, h] <- z[l, h] @ (m on ioi.abc)',
  ),
  // Position 0 among them: nothing is left of the clean run.
  'a family over layers and positions': study(
    '[l in m.layers, p in 0..=10]',
    'm.blocks[l].resid_pre[pos: p] <- 0',
  ),
};
const ARRANGEMENTS = ['stack-rows', 'attend-in-place'];

for (const [name, made] of Object.entries(studies)) {
  test(`${name} is arranged`, () => {
    const arranged = made.stages.flatMap((stage) =>
      programOf(stage, { skip: [] }).parts.map(({ graph }) => {
        const { stacked, inPlace } = arrangedGraph(graph, []);
        assert.is(arrangedGraph(graph, ARRANGEMENTS).inPlace, graph);
        assert.is(arrangedGraph(graph, ['stack-rows']).stacked, graph);
        assert.is(arrangedGraph(graph, ['attend-in-place']).inPlace.nodes.length, stacked.nodes.length);
        return stacked !== graph && inPlace.nodes.length !== stacked.nodes.length;
      }),
    );
    assert.ok(arranged.some(Boolean));
  });

  test(`${name}: equal numbers with and without either arrangement`, async () => {
    const reference = openReference();
    const ort = await openOrt({ workers: 2 });
    const want = numbersOf(made, await runTiny(made, { backend: reference, skip: ARRANGEMENTS }));
    assert.ok([...want.values()].some((values) => Array.from(values).some((one) => Math.abs(one) > 1e-3)));
    const both = [
      [reference, 1e-5],
      [ort, 1e-4],
    ] as const;
    try {
      for (const skip of [[], ['stack-rows'], ['attend-in-place'], ['capture'], ['batch-family']]) {
        for (const [backend, atol] of skip.length === 0 ? both : both.slice(1)) {
          const run = await runTiny(made, { backend, skip });
          const got = numbersOf(made, run);
          assert.equal([...got.keys()], [...want.keys()]);
          for (const [key, values] of want) assertClose(got.get(key) ?? [], values, { rtol: atol, atol });
          const counted = [...run.results.values()].reduce((sum, one) => sum + one.counts.flops, 0);
          assert.is(counted, run.plannedFlops, 'what was planned is what the backend counted');
        }
      }
    } finally {
      await ort.dispose();
    }
  });
}

test.run();
