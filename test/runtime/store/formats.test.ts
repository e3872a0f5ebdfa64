// Files that other programs read: numpy and Python's csv and json are the oracles.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Plain } from '../../../src/compiler/base/canonical.js';
import { writeCsv } from '../../../src/runtime/store/csv.js';
import { jcs, parseExactly, readableJson } from '../../../src/runtime/store/json.js';
import { type NpyArray, readNpy, writeNpy } from '../../../src/runtime/store/npy.js';
import { readCsv } from '../../support/read-csv.js';

const test = suite('stored formats');

const arrays: readonly NpyArray[] = [
  { dtype: 'f32', dims: [2, 3], data: Float32Array.of(1, -0, Number.NaN, Number.POSITIVE_INFINITY, 0.1, -5) },
  { dtype: 'f64', dims: [3], data: Float64Array.of(0.1, -1e300, 5e-324) },
  { dtype: 'f64', dims: [], data: Float64Array.of(7) },
  { dtype: 'i32', dims: [2, 0], data: new Int32Array() },
  { dtype: 'i32', dims: [1, 2, 1], data: Int32Array.of(-(2 ** 31), 2 ** 31 - 1) },
  { dtype: 'i64', dims: [2], data: BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n) },
  { dtype: 'bool', dims: [3], data: Uint8Array.of(1, 0, 1) },
];

/** A Python with numpy, if this machine has one. */
const python = ['.venv/bin/python', 'python3'].find((command) => {
  try {
    execFileSync(command, ['-c', 'import numpy'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
});

function inFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'eis-formats-'));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const DTYPES = { f32: 'float32', f64: 'float64', i32: 'int32', i64: 'int64', bool: 'bool' };
const READER = `
import numpy, sys
for path in sys.argv[1:]:
    a = numpy.load(path)
    print(a.dtype, list(a.shape), a.flags['C_CONTIGUOUS'], a.tobytes().hex())
    with open(path.replace('.npy', '.np.npy'), 'wb') as f: numpy.lib.format.write_array(f, a, version=(1, 0))
`;

if (python !== undefined) {
  test('numpy reads our arrays, writes the same bytes, and we read those', () => {
    inFolder((folder) => {
      const paths = arrays.map((array, i) => {
        const path = join(folder, `${i}.npy`);
        writeFileSync(path, writeNpy(array));
        return path;
      });
      const lines = execFileSync(python, ['-c', READER, ...paths], { encoding: 'utf8' })
        .trim()
        .split('\n');
      const expected = arrays.map(({ dtype, dims, data }) => {
        const hex = Buffer.from(data.buffer).toString('hex');
        return `${DTYPES[dtype]} [${dims.join(', ')}] True ${hex}`.trimEnd();
      });
      assert.equal(
        lines.map((line) => line.trimEnd()),
        expected,
      );
      for (const [i, array] of arrays.entries()) {
        const path = join(folder, `${i}.np.npy`);
        const written = readFileSync(path);
        assert.is(written.toString('hex'), Buffer.from(writeNpy(array)).toString('hex'));
        const read = readNpy(written);
        assert.is(read.kind, 'ok');
        if (read.kind === 'ok') assert.equal(bits(read.array), bits(array));
      }
    });
  });
}

test('the bytes of a small array are those that numpy writes', () => {
  const header = "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }";
  const expected = Buffer.concat([
    Buffer.from('934e554d505901007600', 'hex'),
    Buffer.from(`${header.padEnd(117)}\n`),
    Buffer.from('000000000000f03f', 'hex'),
  ]);
  assert.is(
    Buffer.from(writeNpy({ dtype: 'f64', dims: [1], data: Float64Array.of(1) })).toString('hex'),
    expected.toString('hex'),
  );
});

test('a truncated, foreign or Fortran array is refused with a reason', () => {
  const whole = writeNpy({ dtype: 'f64', dims: [4], data: Float64Array.of(1, 2, 3, 4) });
  for (let length = 0; length < whole.length; length += 7)
    assert.is(readNpy(whole.slice(0, length)).kind, 'bad');
  const asText = (from: string, to: string): Uint8Array =>
    Buffer.from(Buffer.from(whole).toString('latin1').replace(from, to), 'latin1');
  assert.equal(readNpy(asText('False', 'True ')), {
    kind: 'bad',
    text: 'the header of this .npy file is not understood',
  });
  assert.equal(readNpy(asText("'<f8'", "'<c8'")), { kind: 'bad', text: 'arrays of type `<c8` are not read' });
});

test('arrays come back bit for bit', () => {
  for (const array of arrays) {
    const read = readNpy(writeNpy(array));
    assert.is(read.kind, 'ok');
    if (read.kind === 'ok') assert.equal(bits(read.array), bits(array));
  }
});

test('a table reads back, with quotes, commas and line ends inside cells', () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.string(), { minLength: 2, maxLength: 2 }), { maxLength: 5 }), (rows) => {
      const read = readCsv(writeCsv({ columns: ['a', 'b'], rows }));
      const expected = rows.map((row) => row.map((cell) => (/^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell)));
      assert.equal(read, [['a', 'b'], ...expected]);
    }),
    { numRuns: 300, seed: 4 },
  );
});

test('a text that a spreadsheet would run is defused, a negative number is not', () => {
  const csv = writeCsv({
    columns: ['x', 'y'],
    rows: [
      ['=HYPERLINK("http://a")', -1.5],
      ['@b', Number.NaN],
      [null, true],
    ],
  });
  assert.is(csv, 'x,y\r\n"\'=HYPERLINK(""http://a"")",-1.5\r\n\'@b,NaN\r\n,true\r\n');
});

test('canonical JSON gives the texts of RFC 8785', () => {
  // the numbers of RFC 8785, appendix B, and the example of its section 3.2.3
  const numbers: readonly (readonly [number, string])[] = [
    [0, '0'],
    [-0, '0'],
    [5e-324, '5e-324'],
    [1.7976931348623157e308, '1.7976931348623157e+308'],
    [9007199254740992, '9007199254740992'],
    [295147905179352830000, '295147905179352830000'],
    [9.999999999999997e22, '9.999999999999997e+22'],
    [1e23, '1e+23'],
    [0.000001, '0.000001'],
    [Number('333333333.33333329'), '333333333.3333333'],
  ];
  for (const [number, text] of numbers) assert.is(jcs(number), text);
  const order = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 };
  assert.equal(Object.values(JSON.parse(jcs(order).replace('"1":', '"one":'))), [2, 4, 6, 7, 1, 5, 3]);
  assert.is(jcs({ b: [true, null, 'a"\\\u000f\n'], a: 1 }), '{"a":1,"b":[true,null,"a\\"\\\\\\u000f\\n"]}');
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, '\ud800'])
    assert.throws(() => jcs([value]), /no JSON form/);
});

test('a text is accepted only in the one form that its value has', () => {
  const text = '{"a":1,"b":[1,2]}';
  assert.is(parseExactly(text, jcs).kind, 'ok');
  for (const other of [
    '{"a":1, "b":[1,2]}',
    '{"b":[1,2],"a":1}',
    '{"a":2,"a":1,"b":[1,2]}',
    '{"a":1.0,"b":[1,2]}',
    '{"a":1e999,"b":[1,2]}',
    '{"a":"\\ud800","b":[1,2]}',
    text.slice(1),
  ]) {
    assert.is(parseExactly(other, jcs).kind, 'bad', other);
  }
  const readable = readableJson(JSON.parse(text) as Plain);
  assert.is(parseExactly(readable, readableJson).kind, 'ok');
  assert.match(JSON.stringify(parseExactly(readable.replaceAll('\n', '\r\n'), readableJson)), /CRLF/);
});

function bits(array: NpyArray): string {
  return `${array.dtype} ${array.dims.join()} ${Buffer.from(array.data.buffer, array.data.byteOffset, array.data.byteLength).toString('hex')}`;
}

test.run();
