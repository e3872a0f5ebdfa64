// Philox against the known answers of Random123, and our derived streams against the reference vectors.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { randomFlips } from '../../src/runtime/stats/flips.js';
import { normal } from '../../src/runtime/stats/normal.js';
import {
  fillIntegersBelow,
  integerBelow,
  permutation,
  philoxInto,
  streamKey,
  uniform01,
} from '../../src/runtime/stats/rng.js';
import { assertClose } from '../support/close.js';
import { signOf } from '../support/sign-of.js';
import { vectors } from './vectors.js';

const test = suite('rng');
const { derived, kat } = vectors.philox;
const hex = (word: number) => word.toString(16).padStart(8, '0');
const word = (text: string | undefined) => Number.parseInt(text ?? '', 16);

test('gives the known answers of Random123', () => {
  for (const { ctr, key, out } of kat) {
    const [a, b, c, d] = ctr.map(word);
    const words = new Uint32Array(4);
    philoxInto({ k0: word(key[0]), k1: word(key[1]) }, a ?? 0, b ?? 0, c ?? 0, d ?? 0, words);
    assert.is([...words].map(hex).join(' '), out);
  }
});

test('derives keys from root and path', () => {
  const key = streamKey(derived.root, derived.path);
  assert.equal([hex(key.k0), hex(key.k1)], derived.key);
  const other = streamKey(derived.root, derived.subset_path);
  assert.equal([hex(other.k0), hex(other.k1)], derived.subset_key);
});

test('gives the reference signs, one by one and packed', () => {
  const key = streamKey(derived.root, derived.path);
  const flips = randomFlips({ clusters: 16, random: 3, root: derived.root, path: derived.path });
  for (const [flip, expected] of Object.entries(derived.signs)) {
    const signs = Array.from({ length: 16 }, (_, cluster) =>
      signOf(key, cluster, Number(flip)) === 1 ? '+' : '-',
    );
    assert.is(signs.join(''), expected);
    const packed = Array.from({ length: 16 }, (_, cluster) =>
      ((flips.blocks[cluster >> 3]?.[Number(flip)] ?? 0) >> (cluster & 7)) & 1 ? '-' : '+',
    );
    assert.is(packed.join(''), expected);
  }
});

test('packed signs equal signOf beyond one counter of 128 clusters, and flip 0 is the identity', () => {
  const key = streamKey(derived.root, 'wide');
  const flips = randomFlips({ clusters: 300, random: 5, root: derived.root, path: 'wide' });
  for (let flip = 0; flip <= 5; flip++)
    for (let cluster = 0; cluster < 300; cluster++) {
      const minus = ((flips.blocks[cluster >> 3]?.[flip] ?? 0) >> (cluster & 7)) & 1;
      assert.is(minus === 1 ? -1 : 1, flip === 0 ? 1 : signOf(key, cluster, flip));
    }
});

test('gives the reference uniforms, and subsets as the first places of a permutation', () => {
  const key = streamKey(derived.root, derived.path);
  assertClose([uniform01(key, 0), uniform01(key, 1)], derived.u01, { rtol: 0 });
  const subsets = streamKey(derived.root, derived.subset_path);
  for (const [replicate, expected] of Object.entries(derived.subset_5_of_20))
    assert.equal(
      permutation(subsets, 20, Number(replicate))
        .slice(0, 5)
        .sort((a, b) => a - b),
      expected,
    );
});

test('a draw depends on its index only', () => {
  const key = streamKey(derived.root, 'order');
  const all = new Uint32Array(100);
  fillIntegersBelow({ key, n: 1_000_003, from: 0, replicate: 7 }, all);
  for (const index of [99, 0, 41, 42, 40]) assert.is(integerBelow(key, 1_000_003, index, 7), all[index]);
});

test('rejected words are redrawn, also when most words are rejected', () => {
  const key = streamKey(derived.root, 'reject');
  const n = 2 ** 31 + 1; // rejects nearly half of all words
  const drawn = new Uint32Array(4_000);
  fillIntegersBelow({ key, n, from: 0, replicate: 0 }, drawn);
  assert.ok(drawn.every((value) => value < n));
  for (const index of [0, 1, 2, 3, 777]) assert.is(integerBelow(key, n, index), drawn[index]);
  const mean = drawn.reduce((sum, value) => sum + value, 0) / drawn.length / n;
  assert.ok(Math.abs(mean - 0.5) < 4 * Math.sqrt(1 / 12 / 4_000), `mean ${mean}`);
});

test('small integers are uniform (chi-square below its .9999 quantile)', () => {
  const drawn = new Uint32Array(60_000);
  fillIntegersBelow({ key: streamKey(derived.root, 'dice'), n: 6, from: 0, replicate: 0 }, drawn);
  const counts = [0, 0, 0, 0, 0, 0];
  for (const value of drawn) counts[value] = (counts[value] ?? 0) + 1;
  const chiSquare = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
  assert.ok(chiSquare < 25.74, `chi-square ${chiSquare}`);
});

test('a permutation holds every element once, and the first place is uniform', () => {
  const key = streamKey(derived.root, 'permutation');
  const first = [0, 0, 0, 0, 0];
  for (let replicate = 0; replicate < 5_000; replicate++) {
    const order = permutation(key, 5, replicate);
    assert.equal(order.toSorted(), [0, 1, 2, 3, 4]);
    const at = order[0] ?? 0;
    first[at] = (first[at] ?? 0) + 1;
  }
  const chiSquare = first.reduce((sum, count) => sum + (count - 1_000) ** 2 / 1_000, 0);
  assert.ok(chiSquare < 23.5, `chi-square ${chiSquare}`);
});

test('normals have mean 0, variance 1 and the right tail', () => {
  const key = streamKey(derived.root, 'normal');
  const values = Float64Array.from({ length: 40_000 }, (_, index) => normal(key, index));
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + value * value, 0) / values.length;
  const tail = values.filter((value) => value > 1.959963984540054).length / values.length;
  assert.ok(Math.abs(mean) < 4 / 200, `mean ${mean}`);
  assert.ok(Math.abs(variance - 1) < 4 * Math.sqrt(2 / 40_000), `variance ${variance}`);
  assert.ok(Math.abs(tail - 0.025) < 4 * Math.sqrt((0.025 * 0.975) / 40_000), `tail ${tail}`);
});

test.run();
