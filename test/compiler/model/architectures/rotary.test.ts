import { suite } from 'uvu';
import { inverseFrequencies } from '../../../../src/compiler/model/architectures/rotary.js';
import { assertClose } from '../../../support/close.js';

const test = suite('model/architectures/rotary');

test('frequencies fall geometrically from 1', () => {
  const plain = inverseFrequencies({ width: 8, theta: 10_000, scaling: { kind: 'none' } });
  assertClose(plain, [1, 0.1, 0.01, 0.001], { rtol: 1e-7 });
});

test('linear scaling slows every frequency alike', () => {
  const scaled = inverseFrequencies({ width: 8, theta: 10_000, scaling: { kind: 'linear', factor: 4 } });
  assertClose(scaled, [0.25, 0.025, 0.0025, 0.00025], { rtol: 1e-7 });
});

test('Llama 3.1 keeps short waves, stretches long ones, and blends between', () => {
  // rope_type llama3 with theta 500000, head width 128: `_compute_llama3_parameters` of transformers 5.24 in float32.
  const scaled = inverseFrequencies({
    width: 128,
    theta: 500_000,
    scaling: {
      kind: 'llama3',
      factor: 8,
      lowFrequencyFactor: 1,
      highFrequencyFactor: 4,
      originalContext: 8192,
    },
  });
  const at = [0, 1, 20, 28, 29, 32, 35, 36, 63].map((i) => scaled[i] ?? Number.NaN);
  assertClose(at, EXPECTED, { rtol: 1e-5 });
});

const EXPECTED = [
  1.0, 0.8146172, 0.01656044, 0.003211446, 0.002166571, 0.000524846, 9.556212e-5, 7.784655e-5, 3.068926e-7,
];

test.run();
