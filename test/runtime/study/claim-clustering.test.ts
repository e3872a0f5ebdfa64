// What the report says of rows that repeat one another, from tables worked out by hand.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { claimClustering } from '../../../src/runtime/study/claim-clustering.js';
import { assertClose } from '../../support/close.js';
import { member, part, Tables } from '../../support/study-facts.js';

const test = suite('claim clustering');

/** Rows `2c` and `2c + 1` belong to cluster c. */
function pairs(...columns: readonly (readonly number[])[]) {
  const tables = new Tables();
  const members = columns.map((values, i) =>
    member(String(i), [part(tables, 'claims', String(i), Float64Array.from(values))]),
  );
  const [table] = tables.all().values();
  if (table === undefined) throw new Error('no table');
  const rows = columns[0]?.length ?? 0;
  const items = Array.from({ length: rows }, (_, i) => ({ hash: `h${i}`, cluster: Math.floor(i / 2) }));
  const clusters = Array.from({ length: rows / 2 }, (_, i) => `c${i}`);
  return claimClustering([{ ...table, items, clusters }], { table: 'claims', members });
}

test('the member whose rows repeat one another most is told', () => {
  // Mean squares of the first: between 9, within 2, so (9 - 2) / (9 + 2); the second repeats completely.
  assertClose(pairs([1, 3, 4, 6])?.icc ?? 0, 7 / 11);
  const both = pairs([1, 3, 4, 6], [1, 1, 5, 5]);
  assertClose([both?.icc ?? 0, both?.designEffect ?? 0], [1, 2]);
});

test('rows that are their own clusters say nothing', () => {
  const tables = new Tables();
  const own = member('a', [
    part(
      tables,
      'claims',
      'a',
      Float64Array.from({ length: 10 }, (_, i) => i),
    ),
  ]);
  assert.is(claimClustering([...tables.all().values()], { table: 'claims', members: [own] }), null);
});

test.run();
