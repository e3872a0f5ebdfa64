// The same study gives the same digests: in two processes exactly, and its decision also with other batches and passes.
// Takes about a minute: every run starts from an empty store.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { PIPELINE } from '../../src/compiler/pass/pipeline.js';
import { PARTITION_CHOICES } from '../../src/compiler/plan/partition.js';
import { digestsIn, eisc, FILE, outcomeOf, Projects, type Ran, run } from '../support/small-project.js';

const test = suite('digests');
const projects = new Projects();
test.after(() => projects.remove());

let first: Ran | null = null;
const plain = async (): Promise<Ran> => {
  first ??= await run(projects.make());
  return first;
};

test('two processes with empty stores agree on every outcome', async () => {
  const one = await eisc(projects.make(), ['run', FILE]);
  const other = await eisc(projects.make(), ['run', FILE]);
  assert.equal([one.code, other.code], [0, 0], `${one.output}${other.output}`);
  assert.equal(digestsIn(one), digestsIn(other));
  const { decisionDigest, outcomeDigest } = outcomeOf(await plain());
  assert.equal(digestsIn(one), { decision: decisionDigest, outcomes: outcomeDigest });
});

for (const batch of [1, 7]) {
  test(`at most ${batch} rows a call: the same decision`, async () => {
    const made = await run(projects.make(), { batch });
    assert.is(outcomeOf(made).decisionDigest, outcomeOf(await plain()).decisionDigest);
    const calls = (ran: Ran) => ran.events.filter((one) => one.kind === 'step-progress').length;
    if (batch === 1)
      assert.ok(calls(made) > calls(await plain()), 'the batch size made no difference to the calls');
  });
}

for (const pass of [...PIPELINE.map((one) => one.name), ...Object.keys(PARTITION_CHOICES)]) {
  test(`without ${pass}: the same decision`, async () => {
    const made = await run(projects.make(), { withoutPasses: [pass] });
    assert.is(outcomeOf(made).decisionDigest, outcomeOf(await plain()).decisionDigest);
    if (pass === 'share-prefix') assert.ok(made.flops > (await plain()).flops, 'the pass saved nothing');
  });
}

test.run();
