// Reference kernels of elementwise operators. Integers divide towards zero and take Python's remainder, as in ONNX.
import { bug } from '../base/bug.js';
import { erf } from './erf.js';
import { broadcastTo, inputAt, type KernelGroup } from './evaluate-rule.js';
import { roundHalfEven, type Tensor } from './tensor.js';

export const evaluateElementwise = {
  Identity: (inputs) => inputAt(inputs, 0).data,
  Neg: (inputs) => each(inputs, (x) => -x),
  Abs: (inputs) => each(inputs, Math.abs),
  Exp: (inputs) => each(inputs, Math.exp),
  Log: (inputs) => each(inputs, Math.log),
  Sqrt: (inputs) => each(inputs, Math.sqrt),
  Reciprocal: (inputs) => each(inputs, (x) => 1 / x),
  Erf: (inputs) => each(inputs, erf),
  Tanh: (inputs) => each(inputs, Math.tanh),
  Sigmoid: (inputs) => each(inputs, (x) => 1 / (1 + Math.exp(-x))),
  Relu: (inputs) => each(inputs, (x) => (x > 0 || Number.isNaN(x) ? x : 0)),
  Sin: (inputs) => each(inputs, Math.sin),
  Cos: (inputs) => each(inputs, Math.cos),
  Floor: (inputs) => each(inputs, Math.floor),
  Ceil: (inputs) => each(inputs, Math.ceil),
  Round: (inputs) => each(inputs, roundHalfEven),
  Sign: (inputs) => each(inputs, Math.sign),
  Not: (inputs) => each(inputs, (x) => (x === 0 ? 1 : 0)),
  IsNaN: (inputs) => each(inputs, (x) => (Number.isNaN(x) ? 1 : 0)),
  IsInf: (inputs) => each(inputs, (x) => (Math.abs(x) === Number.POSITIVE_INFINITY ? 1 : 0)),
  Cast: (inputs) => inputAt(inputs, 0).data,
  LeakyRelu: (inputs, { alpha }) => each(inputs, (x) => (x < 0 ? alpha * x : x)),
  Elu: (inputs, { alpha }) => each(inputs, (x) => (x < 0 ? alpha * Math.expm1(x) : x)),
  HardSigmoid: (inputs, { alpha, beta }) => each(inputs, (x) => Math.max(0, Math.min(1, alpha * x + beta))),
  Softplus: (inputs) => each(inputs, (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))),
  Gelu: (inputs, { approximate }) => each(inputs, approximate === 'none' ? exactGelu : tanhGelu),
  Clip: (inputs, { min, max }) =>
    each(inputs, (x) =>
      Math.min(Math.max(x, min ?? Number.NEGATIVE_INFINITY), max ?? Number.POSITIVE_INFINITY),
    ),

  Add: (inputs, _, dims) => pairs(inputs, dims, (x, y) => x + y),
  Sub: (inputs, _, dims) => pairs(inputs, dims, (x, y) => x - y),
  Mul: (inputs, _, dims) => pairs(inputs, dims, (x, y) => x * y),
  Div: (inputs, _, dims) => pairs(inputs, dims, isInteger(inputs) ? divideWhole : (x, y) => x / y),
  Pow: (inputs, _, dims) => pairs(inputs, dims, power),
  Mod: (inputs, _, dims) => pairs(inputs, dims, isInteger(inputs) ? floorMod : (x, y) => x % y),
  Min: (inputs, _, dims) => pairs(inputs, dims, (x, y) => Math.min(x, y)),
  Max: (inputs, _, dims) => pairs(inputs, dims, (x, y) => Math.max(x, y)),

  Equal: (inputs, _, dims) => pairs(inputs, dims, (x, y) => (x === y ? 1 : 0)),
  Less: (inputs, _, dims) => pairs(inputs, dims, (x, y) => (x < y ? 1 : 0)),
  LessOrEqual: (inputs, _, dims) => pairs(inputs, dims, (x, y) => (x <= y ? 1 : 0)),
  Greater: (inputs, _, dims) => pairs(inputs, dims, (x, y) => (x > y ? 1 : 0)),
  GreaterOrEqual: (inputs, _, dims) => pairs(inputs, dims, (x, y) => (x >= y ? 1 : 0)),

  And: (inputs, _, dims) => pairs(inputs, dims, (x, y) => x * y),
  Or: (inputs, _, dims) => pairs(inputs, dims, (x, y) => Math.max(x, y)),
  Xor: (inputs, _, dims) => pairs(inputs, dims, (x, y) => (x === y ? 0 : 1)),

  Where: (inputs, _, dims) => {
    const condition = broadcastTo(inputAt(inputs, 0), dims);
    const whenTrue = broadcastTo(inputAt(inputs, 1), dims);
    const whenFalse = broadcastTo(inputAt(inputs, 2), dims);
    return condition.map((c, i) => (c === 0 ? (whenFalse[i] ?? 0) : (whenTrue[i] ?? 0)));
  },
} satisfies KernelGroup<'unary' | 'binary' | 'compare' | 'logic' | 'where'>;

function each(inputs: readonly Tensor[], apply: (x: number) => number): Float64Array {
  return inputAt(inputs, 0).data.map(apply);
}

function pairs(
  inputs: readonly Tensor[],
  dims: readonly number[],
  apply: (x: number, y: number) => number,
): Float64Array {
  const left = broadcastTo(inputAt(inputs, 0), dims);
  const right = broadcastTo(inputAt(inputs, 1), dims);
  return left.map((x, i) => apply(x, right[i] ?? 0));
}

function isInteger(inputs: readonly Tensor[]): boolean {
  const { dtype } = inputAt(inputs, 0);
  return dtype !== 'f32' && dtype !== 'f64' && dtype !== 'f16';
}

function divideWhole(x: number, y: number): number {
  return y === 0 ? bug('an integer is divided by 0') : Math.trunc(x / y);
}

/** JavaScript has 1 ** NaN and 1 ** Infinity as NaN; IEEE 754, numpy and every backend have 1. */
function power(x: number, y: number): number {
  if (x === 1 || y === 0) return 1;
  if (x === -1 && Math.abs(y) === Number.POSITIVE_INFINITY) return 1;
  return x ** y;
}

function floorMod(x: number, y: number): number {
  if (y === 0) return bug('the remainder of a division by 0');
  const rest = x % y;
  return rest !== 0 && rest < 0 !== y < 0 ? rest + y : rest;
}

function exactGelu(x: number): number {
  return x === Number.NEGATIVE_INFINITY ? 0 : 0.5 * x * (1 + erf(x / Math.SQRT2));
}

function tanhGelu(x: number): number {
  if (x === Number.NEGATIVE_INFINITY) return 0;
  return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
}
