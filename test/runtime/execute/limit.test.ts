import { setTimeout } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { limitTo } from '../../../src/runtime/execute/limit.js';
import { rejects } from '../../support/rejects.js';

const test = suite('limit');

test('never more than the limit at once, started in order, also after a failure', async () => {
  const limit = limitTo(3);
  const started: number[] = [];
  let running = 0;
  let most = 0;
  const work = Array.from({ length: 12 }, (_, i) =>
    limit(async () => {
      started.push(i);
      running++;
      most = Math.max(most, running);
      await setTimeout(i % 2);
      running--;
      if (i === 4) throw new Error('the fifth');
      return i;
    }),
  );
  const settled = await Promise.allSettled(work);
  assert.is(most, 3);
  assert.equal(
    started,
    [...started].sort((a, b) => a - b),
  );
  assert.is(settled.filter((one) => one.status === 'fulfilled').length, 11);
  await rejects(work[4] ?? Promise.resolve(), /the fifth/);
});

test.run();
