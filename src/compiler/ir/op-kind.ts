// What sort of operator each one is. Passes and cost models ask for the kind, so that a new operator is placed once, here.
import type { OpName } from './op.js';

/** unary … where: elementwise. `normalise`: one axis in, the same axes out. */
export type OpKind =
  | 'source'
  | 'unary'
  | 'binary'
  | 'compare'
  | 'logic'
  | 'where'
  | 'linear'
  | 'layout'
  | 'index'
  | 'reduce'
  | 'normalise'
  | 'pool'
  | 'opaque';

export const OP_KIND = {
  Input: 'source',
  Weight: 'source',
  Constant: 'source',
  Iota: 'source',
  Identity: 'unary',
  Neg: 'unary',
  Abs: 'unary',
  Exp: 'unary',
  Log: 'unary',
  Sqrt: 'unary',
  Reciprocal: 'unary',
  Erf: 'unary',
  Tanh: 'unary',
  Sigmoid: 'unary',
  Relu: 'unary',
  Sin: 'unary',
  Cos: 'unary',
  Floor: 'unary',
  Ceil: 'unary',
  Round: 'unary',
  Sign: 'unary',
  Not: 'unary',
  IsNaN: 'unary',
  IsInf: 'unary',
  Cast: 'unary',
  LeakyRelu: 'unary',
  Elu: 'unary',
  HardSigmoid: 'unary',
  Softplus: 'unary',
  Gelu: 'unary',
  Clip: 'unary',
  Add: 'binary',
  Sub: 'binary',
  Mul: 'binary',
  Div: 'binary',
  Pow: 'binary',
  Mod: 'binary',
  Min: 'binary',
  Max: 'binary',
  Equal: 'compare',
  Less: 'compare',
  LessOrEqual: 'compare',
  Greater: 'compare',
  GreaterOrEqual: 'compare',
  And: 'logic',
  Or: 'logic',
  Xor: 'logic',
  Where: 'where',
  MatMul: 'linear',
  Gemm: 'linear',
  Conv: 'linear',
  Transpose: 'layout',
  Reshape: 'layout',
  Expand: 'layout',
  Squeeze: 'layout',
  Unsqueeze: 'layout',
  Rename: 'layout',
  Slice: 'layout',
  Concat: 'layout',
  Pad: 'layout',
  Flatten: 'layout',
  Gather: 'index',
  GatherElements: 'index',
  GatherND: 'index',
  OneHot: 'index',
  ReduceSum: 'reduce',
  ReduceMean: 'reduce',
  ReduceMax: 'reduce',
  ReduceMin: 'reduce',
  ReduceProd: 'reduce',
  ReduceL2: 'reduce',
  ArgMax: 'reduce',
  ArgMin: 'reduce',
  CumSum: 'normalise',
  Softmax: 'normalise',
  LogSoftmax: 'normalise',
  LayerNormalization: 'normalise',
  BatchNormalization: 'normalise',
  MaxPool: 'pool',
  AveragePool: 'pool',
  GlobalMaxPool: 'pool',
  GlobalAveragePool: 'pool',
  Opaque: 'opaque',
} as const satisfies { readonly [N in OpName]: OpKind };

/** The names of all operators of one kind. */
export type NamesOf<K extends OpKind> = { [N in OpName]: (typeof OP_KIND)[N] extends K ? N : never }[OpName];

/** True for operators that act on each element alone (with broadcasting). */
export function isElementwise(name: OpName): boolean {
  const kind: OpKind = OP_KIND[name];
  return kind === 'unary' || kind === 'binary' || kind === 'compare' || kind === 'logic' || kind === 'where';
}
