import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fillNormals } from '../../../src/runtime/execute/normals.js';
import { normal } from '../../../src/runtime/stats/normal.js';
import { streamKey } from '../../../src/runtime/stats/rng.js';

const test = suite('normals');
const key = streamKey('ab'.repeat(32), 'direction/blocks.0.attn.z');

test('number i is the i-th normal draw of the stream, for even and odd counts', () => {
  for (const count of [1, 2, 7, 64]) {
    const out = new Float64Array(count);
    fillNormals(key, out);
    assert.equal(
      [...out],
      Array.from({ length: count }, (_, i) => normal(key, i)),
    );
  }
});

test('mean, variance and tails are those of a normal', () => {
  const out = new Float64Array(100_000);
  fillNormals(key, out);
  const mean = out.reduce((sum, one) => sum + one, 0) / out.length;
  const square = out.reduce((sum, one) => sum + one ** 2, 0) / out.length;
  const beyond = out.filter((one) => Math.abs(one) > 1.959964).length / out.length;
  // Five standard errors of each.
  assert.ok(Math.abs(mean) < 5 / Math.sqrt(out.length));
  assert.ok(Math.abs(square - 1) < 5 * Math.sqrt(2 / out.length));
  assert.ok(Math.abs(beyond - 0.05) < 5 * Math.sqrt((0.05 * 0.95) / out.length));
});

test.run();
