// Files that are broken, or made to break the reader: each gives its kind of problem, quickly and without a stack trace.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { onnxDiagnostic } from '../../../src/compiler/onnx/messages.js';
import type { OnnxProblem } from '../../../src/compiler/onnx/problem.js';
import { readOnnx } from '../../../src/compiler/onnx/read.js';
import {
  encodeModel,
  type WireTensor,
  type WriteModel,
  type WriteNode,
} from '../../../src/compiler/onnx/wire.js';
import { inMemory } from '../../support/external-file.js';

const test = suite('hostile ONNX files');

type Parts = Partial<WriteModel> & { readonly opset?: number };

const X = { name: 'x', dtype: 'f32', dims: ['N', 4] } as const;

function model({ opset = 17, ...parts }: Parts): Uint8Array {
  return encodeModel({
    opsets: new Map([['', opset]]),
    nodes: [node('Relu', ['x'], ['y'])],
    initializers: [],
    inputs: [X],
    outputs: [{ name: 'y', dtype: 'f32', dims: null }],
    ...parts,
  });
}

function node(opType: string, inputs: readonly string[], outputs: readonly string[]): WriteNode {
  return { opType, inputs, outputs };
}

function tensor(
  name: string,
  dims: readonly number[],
  bytes: Uint8Array | null,
  location?: string,
): WireTensor {
  const plain = { name, dtype: 'f32', dims, bytes } as const;
  return location === undefined ? plain : { ...plain, external: { location, offset: 0, length: null } };
}

function ints(name: string, values: readonly bigint[]): WireTensor {
  return {
    name,
    dtype: 'i64',
    dims: [values.length],
    bytes: new Uint8Array(BigInt64Array.from(values).buffer),
  };
}

const add = [node('Add', ['x', 'w'], ['y'])];
const outside = (location: string) => model({ nodes: add, initializers: [tensor('w', [4], null, location)] });
const reshapeTo = (...to: readonly bigint[]) =>
  model({ nodes: [node('Reshape', ['x', 's'], ['y'])], initializers: [ints('s', to)] });
const whole = model({ nodes: add, initializers: [tensor('w', [4], new Uint8Array(16))] });

const files: Readonly<Record<string, readonly [Uint8Array, OnnxProblem['kind']]>> = {
  'an empty file': [new Uint8Array(), 'empty'],
  'a text file': [new TextEncoder().encode('hello, this is not a model\n'), 'malformed'],
  zeros: [new Uint8Array(100), 'malformed'],
  'a model without its end': [whole.subarray(0, whole.length - 20), 'malformed'],
  'a length far beyond the file': [Uint8Array.from([0x3a, 0xff, 0xff, 0xff, 0xff, 0x07, 1, 2]), 'malformed'],
  'messages nested without end': [nested(5000), 'malformed'],
  'an operator set from the future': [model({ opset: 99 }), 'version'],
  'an operator set from before 9': [model({ opset: 7 }), 'version'],
  'a tensor with fewer bytes than its shape': [
    model({ nodes: add, initializers: [tensor('w', [1000], new Uint8Array(16))] }),
    'malformed',
  ],
  'a tensor of 2^62 elements': [
    model({ nodes: add, initializers: [tensor('w', [2 ** 31, 2 ** 31], new Uint8Array(16))] }),
    'malformed',
  ],
  'a tensor with a dimension beyond 2^53': [
    model({ nodes: add, initializers: [tensor('w', [2 ** 60], new Uint8Array(16))] }),
    'shape',
  ],
  'a negative dimension': [
    model({ nodes: add, initializers: [tensor('w', [-4], new Uint8Array(16))] }),
    'shape',
  ],
  'nodes in a circle': [
    model({
      nodes: [node('Add', ['x', 'b'], ['a']), node('Relu', ['a'], ['b']), node('Relu', ['b'], ['y'])],
    }),
    'cycle',
  ],
  'a node that feeds itself': [model({ nodes: [node('Add', ['x', 'y'], ['y'])] }), 'cycle'],
  'an input that nothing computes': [model({ nodes: [node('Add', ['x', 'ghost'], ['y'])] }), 'dangling'],
  'an output that nothing computes': [model({ nodes: [node('Relu', ['x'], ['z'])] }), 'dangling'],
  'two nodes with one output': [
    model({ nodes: [node('Relu', ['x'], ['y']), node('Neg', ['x'], ['y'])] }),
    'duplicate',
  ],
  'a node that redefines an input': [
    model({ nodes: [node('Relu', ['x'], ['x']), node('Neg', ['x'], ['y'])] }),
    'duplicate',
  ],
  'no output': [model({ outputs: [] }), 'malformed'],
  'a missing required input': [model({ nodes: [node('Add', ['x'], ['y'])] }), 'malformed'],
  'shapes that do not fit': [
    model({ nodes: add, initializers: [tensor('w', [3], new Uint8Array(12))] }),
    'shape',
  ],
  'an unknown operator': [model({ nodes: [node('Frobnicate', ['x'], ['y'])] }), 'operator'],
  'an operator named like a member of every object': [
    model({ nodes: [node('constructor', ['x'], ['y'])] }),
    'operator',
  ],
  'a reshape to a size beyond any memory': [reshapeTo(2n ** 62n, -1n), 'shape'],
  'a reshape to a negative size': [reshapeTo(-7n, 4n), 'shape'],
  'a reshape that does not divide': [reshapeTo(3n, 5n), 'shape'],
  'a reshape that copies an axis that is not there': [reshapeTo(0n, 0n, 0n), 'shape'],
  'external data above the folder': [outside('../secret.bin'), 'external-data'],
  'external data above a subfolder': [outside('a/../../secret.bin'), 'external-data'],
  'external data at an absolute path': [outside('/etc/passwd'), 'external-data'],
  'external data at a Windows path': [outside('C:\\secret.bin'), 'external-data'],
  'external data above the folder, with backslashes': [outside('a\\..\\..\\secret.bin'), 'external-data'],
  'external data with a zero byte': [outside('w.bin\0.png'), 'external-data'],
  'external data that are missing': [outside('w.bin'), 'external-data'],
};

for (const [name, [bytes, kind]] of Object.entries(files)) {
  test(`${name}: ${kind}`, () => {
    const asked: string[] = [];
    const read = readOnnx(bytes, {
      external: (path) => {
        asked.push(path);
        return undefined;
      },
    });
    assert.is(read.kind, 'problem');
    if (read.kind !== 'problem') return;
    assert.is(read.problem.kind, kind, read.problem.text);
    assert.not.match(read.problem.text, /\n|internal error|undefined/);
    const diagnostic = onnxDiagnostic(read.problem, 'm.onnx');
    assert.match(diagnostic.code, /^EIS45/);
    assert.match(diagnostic.message, /^`m\.onnx`: .*[^.]$/);
    for (const path of asked) assert.is(path, 'w.bin', 'no path outside the folder is ever asked for');
  });
}

test('external data that are too short are a problem', () => {
  const read = readOnnx(outside('w.bin'), { external: () => inMemory(new Uint8Array(15)) });
  assert.is(read.kind === 'problem' && read.problem.kind, 'malformed');
});

test('an element type without a counterpart is named', () => {
  const bytes = Uint8Array.from(whole);
  const at = bytes.findIndex((b, i) => b === 0x10 && bytes[i + 1] === 1 && bytes[i + 2] === 0x42); // data_type, then name
  assert.ok(at > 0);
  bytes[at + 1] = 8; // STRING
  const read = readOnnx(bytes);
  assert.is(read.kind === 'problem' && read.problem.kind, 'dtype');
});

test('every single-byte change and every cut of a model is read or refused, never thrown', () => {
  let read = 0;
  for (let i = 0; i < whole.length; i++) {
    for (const change of [1, 0x80, 0xff]) {
      const bytes = Uint8Array.from(whole);
      bytes[i] = (bytes[i] ?? 0) ^ change;
      if (readOnnx(bytes).kind === 'ok') read++;
    }
    readOnnx(whole.subarray(0, i));
  }
  assert.ok(read > 0, 'some changes (of weights) leave a model');
});

/** A graph attribute in a graph attribute in …: field 7 of the model, 1, 5 and 6 within. */
function nested(depth: number): Uint8Array {
  let bytes = new Uint8Array();
  for (let i = 0; i < depth && bytes.length < 60_000; i++) {
    bytes = field(1, field(5, field(6, bytes)));
  }
  return Uint8Array.from([...field(8, Uint8Array.from([0x10, 17])), ...field(7, bytes)]);
}

function field(id: number, content: Uint8Array): Uint8Array<ArrayBuffer> {
  const length: number[] = [];
  let rest = content.length;
  do {
    length.push((rest & 127) | (rest > 127 ? 128 : 0));
    rest >>= 7;
  } while (rest > 0);
  return Uint8Array.from([(id << 3) | 2, ...length, ...content]);
}

test.run();
