import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { tensorOf } from '../../../src/runtime/backend/host-tensor.js';
import { readSafetensors } from '../../../src/runtime/model/safetensors.js';
import { writeSafetensors } from '../../support/write-safetensors.js';

const test = suite('model/safetensors');
const TENSORS = new Map([
  ['a', tensorOf('f32', [2, 3], [1, 2, 3, 4, 5, Number.NEGATIVE_INFINITY])],
  ['scalar', tensorOf('f64', [], [0.1])],
  ['empty', tensorOf('f32', [0, 4], [])],
  ['ids', tensorOf('i64', [2], [7, -7])],
]);

/** A file with this header and as many bytes of data. */
function file(header: unknown, dataBytes: number): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

function fault(bytes: Uint8Array): string {
  const result = readSafetensors(bytes);
  return result.kind === 'problem' ? result.text : 'ok';
}

const f32 = (shape: unknown, offsets: unknown) => ({ dtype: 'F32', shape, data_offsets: offsets });

test('what is written is read', () => {
  const result = readSafetensors(writeSafetensors(TENSORS));
  assert.ok(result.kind === 'ok');
  if (result.kind === 'ok') assert.equal(result.tensors, TENSORS);
});

test('a file of the reference library is read', () => {
  // safetensors 0.8: save_file({"x": torch.tensor([[1.0], [2.5]]), "n": torch.tensor([3], dtype=int32)}), metadata {"k": "v"}
  const header =
    '{"__metadata__":{"k":"v"},"n":{"dtype":"I32","shape":[1],"data_offsets":[0,4]},"x":{"dtype":"F32","shape":[2,1],"data_offsets":[4,12]}}   ';
  const bytes = file(header, 12);
  const view = new DataView(bytes.buffer, bytes.length - 12);
  view.setInt32(0, 3, true);
  view.setFloat32(4, 1, true);
  view.setFloat32(8, 2.5, true);
  const result = readSafetensors(bytes);
  assert.equal(result.kind === 'ok' ? result.tensors.get('x') : result, tensorOf('f32', [2, 1], [1, 2.5]));
  assert.equal(result.kind === 'ok' ? result.tensors.get('n') : result, tensorOf('i32', [1], [3]));
});

test('every cut of a file is a problem, never an exception or fewer tensors', () => {
  const whole = writeSafetensors(TENSORS);
  for (let length = 0; length < whole.length; length++) {
    assert.is.not(fault(whole.slice(0, length)), 'ok', `${length} bytes`);
  }
});

test('a changed header never reads outside the file', () => {
  const whole = writeSafetensors(TENSORS);
  for (let at = 0; at < 300 && at < whole.length; at++) {
    for (const value of [0, 0x39, 0x2d, 0xff]) {
      const changed = whole.slice();
      changed[at] = value;
      readSafetensors(changed); // a result of either kind; an exception fails the test
    }
  }
});

test('absurd headers are named', () => {
  assert.match(fault(new Uint8Array(3)), /3 bytes/);
  const huge = new Uint8Array(16).fill(0xff);
  assert.match(fault(huge), /states a header of 18446744073709551615 bytes/);
  assert.match(fault(file('[1]', 0)), /not a JSON object/);
  assert.match(fault(file('{"a": ', 0)), /not JSON/);
  assert.match(fault(file({ a: f32([1], [0, 8]) }, 4)), /`a` should lie at bytes 0 to 8 of 4/);
  assert.match(fault(file({ a: f32([1], [4, 0]) }, 4)), /bytes 4 to 0/);
  assert.match(fault(file({ a: f32([2], [0, 4]) }, 4)), /needs 8 bytes and has 4/);
  assert.match(fault(file({ a: f32([-1], [0, 4]) }, 4)), /not a list of sizes/);
  assert.match(fault(file({ a: f32([1e300, 1e300], [0, 4]) }, 4)), /not a list of sizes/);
  assert.match(fault(file({ a: f32([2 ** 40, 2 ** 40], [0, 4]) }, 4)), /needs .* bytes/);
  assert.match(fault(file({ a: f32([1], [0.5, 4.5]) }, 8)), /no pair of offsets/);
  assert.match(
    fault(file({ a: { dtype: 'BF16', shape: [2], data_offsets: [0, 4] } }, 4)),
    /element type BF16/,
  );
  assert.match(fault(file({ a: 7 }, 0)), /not an object/);
});

test('tensors that overlap and bytes that belong to none are refused', () => {
  assert.match(fault(file({ a: f32([2], [0, 8]), b: f32([2], [4, 12]) }, 12)), /`b` and `a` overlap/);
  assert.match(
    fault(file({ a: f32([1], [0, 4]), b: f32([1], [8, 12]) }, 12)),
    /bytes 4 to 8 belong to no tensor/,
  );
  assert.match(fault(file({ a: f32([1], [0, 4]) }, 12)), /bytes 4 to 12 belong to no tensor/);
});

test.run();
