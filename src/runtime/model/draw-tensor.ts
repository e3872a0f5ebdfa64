// Whole tensors of random numbers, fast: the same numbers that the keyed draws of stats/rng.ts give one by one.
import { bug } from '../../compiler/base/bug.js';
import type { InitialiserRule } from '../../compiler/model/manifest.js';
import { type HostTensor, hostTensor } from '../backend/host-tensor.js';
import { philoxInto, type StreamKey, uniform01 } from '../stats/rng.js';

export type DrawKey = { readonly key: StreamKey; readonly replicate: number };

/** A float32 tensor drawn from a manifest's rule. Element i depends on the key, the replicate and i only. */
export function drawTensor(rule: InitialiserRule, dims: readonly number[], draw: DrawKey): HostTensor {
  const tensor = hostTensor('f32', dims);
  const { data } = tensor;
  if (!(data instanceof Float32Array)) return bug('f32 is not a Float32Array');
  switch (rule.distribution) {
    case 'constant':
      data.fill(rule.value);
      return tensor;
    case 'normal':
      fill(data, draw, (u) => rule.mean + rule.std * normalFromUniform(u));
      return tensor;
    case 'uniform':
      fill(data, draw, (u) => rule.low + (rule.high - rule.low) * u);
      return tensor;
  }
}

/** The elements of a tensor in a random order (Fisher and Yates; 53-bit draws, so the bias is below n / 2^53). */
export function permuteTensor(tensor: HostTensor, { key, replicate }: DrawKey): HostTensor {
  const result = { ...tensor, data: tensor.data.slice() };
  const { data } = result;
  for (let i = data.length - 1; i > 0; i--) {
    const j = Math.floor(uniform01(key, i, replicate) * (i + 1));
    const held = data[i] ?? bug('outside');
    data[i] = data[j] ?? bug('outside');
    data[j] = held;
  }
  return result;
}

/** `uniform01` of 0, 1, 2, …: two draws share a counter, which halves the work of asking for them singly. */
function fill(data: Float32Array, { key, replicate }: DrawKey, map: (uniform: number) => number): void {
  const words = new Uint32Array(4);
  for (let i = 0; i < data.length; i += 2) {
    philoxInto(key, i / 2, replicate, 0, 0, words);
    data[i] = map(((words[0] ?? 0) >>> 5) / 134217728 + ((words[1] ?? 0) >>> 6) / 9007199254740992);
    if (i + 1 < data.length) {
      data[i + 1] = map(((words[2] ?? 0) >>> 5) / 134217728 + ((words[3] ?? 0) >>> 6) / 9007199254740992);
    }
  }
}

/**
 * The normal quantile by Wichura's algorithm AS 241 (PPND16, Applied Statistics 37, 1988), relative error about 1e-16; a
 * uniform of exactly 0 is moved half a step, as in stats/normal.ts.
 */
export function normalFromUniform(uniform: number): number {
  const u = uniform === 0 ? 2 ** -54 : uniform;
  const q = u - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (
      (q *
        (((((((2509.0809287301226727 * r + 33430.575583588128105) * r + 67265.770927008700853) * r +
          45921.953931549871457) *
          r +
          13731.693765509461125) *
          r +
          1971.5909503065514427) *
          r +
          133.14166789178437745) *
          r +
          3.387132872796366608)) /
      (((((((5226.495278852545925 * r + 28729.085735721942674) * r + 39307.89580009271061) * r +
        21213.794301586595867) *
        r +
        5394.1960214247511077) *
        r +
        687.1870074920579083) *
        r +
        42.313330701600911252) *
        r +
        1)
    );
  }
  const tail = Math.sqrt(-Math.log(q < 0 ? u : 1 - u));
  const size = tail <= 5 ? middle(tail - 1.6) : far(tail - 5);
  return q < 0 ? -size : size;
}

function middle(r: number): number {
  return (
    (((((((7.7454501427834140764e-4 * r + 0.0227238449892691845833) * r + 0.24178072517745061177) * r +
      1.27045825245236838258) *
      r +
      3.64784832476320460504) *
      r +
      5.7694972214606914055) *
      r +
      4.6303378461565452959) *
      r +
      1.42343711074968357734) /
    (((((((1.05075007164441684324e-9 * r + 5.475938084995344946e-4) * r + 0.0151986665636164571966) * r +
      0.14810397642748007459) *
      r +
      0.68976733498510000455) *
      r +
      1.6763848301838038494) *
      r +
      2.05319162663775882187) *
      r +
      1)
  );
}

function far(r: number): number {
  return (
    (((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r + 0.0012426609473880784386) * r +
      0.026532189526576123093) *
      r +
      0.29656057182850489123) *
      r +
      1.7848265399172913358) *
      r +
      5.4637849111641143699) *
      r +
      6.6579046435011037772) /
    (((((((2.04426310338993978564e-15 * r + 1.4215117583164458887e-7) * r + 1.8463183175100546818e-5) * r +
      7.868691311456132591e-4) *
      r +
      0.0148753612908506148525) *
      r +
      0.13692988092273580531) *
      r +
      0.59983220655588793769) *
      r +
      1)
  );
}
