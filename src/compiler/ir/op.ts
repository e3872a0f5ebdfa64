// The operators of the tensor graph, as one closed family. Names and attributes are those of ONNX opset 18 and later, except
// that shapes and axis lists are attributes (with symbols) instead of tensor inputs, so that every shape is known statically.
// Every table keyed by operator (`infer`, `evaluate`, `flops`, `emit`) is total over `OpName`.
import type { Axis, DType, TensorType } from './tensor-type.js';

type None = Record<never, never>;
/** Reductions keep named axes positional: `axes` are non-negative positions in the input, in increasing order. */
export type ReduceAttrs = { readonly axes: readonly number[]; readonly keepdims: boolean };
export type PoolAttrs = {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly pads: readonly number[];
  readonly dilations: readonly number[];
  readonly ceil: boolean;
};

/** Plain numbers of a small constant, row-major. Infinities and NaN are the strings of `Number.prototype.toString`. */
export type ConstantData = readonly (number | 'Infinity' | '-Infinity' | 'NaN')[];

/** Operator name to attributes. Adding a line here makes every table fail to type-check until it is filled. */
export type OpAttrs = {
  // sources
  readonly Input: { readonly name: string; readonly type: TensorType };
  readonly Weight: { readonly name: string; readonly digest: string; readonly type: TensorType };
  readonly Constant: { readonly type: TensorType; readonly data: ConstantData };
  /** 0, 1, … along one axis whose size may be a symbol: int64 [axis]. */
  readonly Iota: { readonly axis: Axis };
  // elementwise, one input
  readonly Identity: None;
  readonly Neg: None;
  readonly Abs: None;
  readonly Exp: None;
  readonly Log: None;
  readonly Sqrt: None;
  readonly Reciprocal: None;
  readonly Erf: None;
  readonly Tanh: None;
  readonly Sigmoid: None;
  readonly Relu: None;
  readonly Sin: None;
  readonly Cos: None;
  readonly Floor: None;
  readonly Ceil: None;
  readonly Round: None;
  readonly Sign: None;
  readonly Not: None;
  readonly IsNaN: None;
  readonly IsInf: None;
  readonly Cast: { readonly to: DType };
  readonly LeakyRelu: { readonly alpha: number };
  readonly Elu: { readonly alpha: number };
  readonly HardSigmoid: { readonly alpha: number; readonly beta: number };
  readonly Softplus: None;
  readonly Gelu: { readonly approximate: 'none' | 'tanh' };
  readonly Clip: { readonly min: number | null; readonly max: number | null };
  // elementwise, two inputs, positional numpy broadcasting
  readonly Add: None;
  readonly Sub: None;
  readonly Mul: None;
  readonly Div: None;
  readonly Pow: None;
  readonly Mod: None;
  readonly Min: None;
  readonly Max: None;
  readonly Equal: None;
  readonly Less: None;
  readonly LessOrEqual: None;
  readonly Greater: None;
  readonly GreaterOrEqual: None;
  readonly And: None;
  readonly Or: None;
  readonly Xor: None;
  readonly Where: None;
  // linear algebra
  readonly MatMul: None;
  readonly Gemm: {
    readonly alpha: number;
    readonly beta: number;
    readonly transA: boolean;
    readonly transB: boolean;
  };
  readonly Conv: {
    readonly strides: readonly number[];
    readonly pads: readonly number[];
    readonly dilations: readonly number[];
    readonly group: number;
  };
  // layout
  readonly Transpose: { readonly perm: readonly number[] };
  /** `axes` is the whole new type; at most one symbol may be a product of input symbols (it is emitted as -1). */
  readonly Reshape: { readonly axes: readonly Axis[] };
  readonly Expand: { readonly axes: readonly Axis[] };
  readonly Squeeze: { readonly axes: readonly number[] };
  /** `at` are positions in the result, increasing; `names` name the new unit axes. */
  readonly Unsqueeze: { readonly at: readonly number[]; readonly names: readonly string[] };
  /** Renames axes; emitted as nothing. */
  readonly Rename: { readonly names: readonly string[] };
  readonly Slice: {
    readonly axis: number;
    readonly start: number;
    readonly end: number | null;
    readonly step: number;
  };
  readonly Concat: { readonly axis: number; readonly name: string; readonly size: Dim };
  readonly Pad: { readonly pads: readonly number[]; readonly value: number };
  readonly Flatten: { readonly axis: number };
  // indexing
  /** ONNX Gather: result axes = data[:axis] ++ indices ++ data[axis+1:]. */
  readonly Gather: { readonly axis: number };
  readonly GatherElements: { readonly axis: number };
  readonly GatherND: { readonly batchDims: number };
  readonly OneHot: { readonly axis: Axis };
  // reductions and normalisations
  readonly ReduceSum: ReduceAttrs;
  readonly ReduceMean: ReduceAttrs;
  readonly ReduceMax: ReduceAttrs;
  readonly ReduceMin: ReduceAttrs;
  readonly ReduceProd: ReduceAttrs;
  readonly ReduceL2: ReduceAttrs;
  readonly ArgMax: { readonly axis: number; readonly keepdims: boolean };
  readonly ArgMin: { readonly axis: number; readonly keepdims: boolean };
  readonly CumSum: { readonly axis: number; readonly exclusive: boolean; readonly reverse: boolean };
  readonly Softmax: { readonly axis: number };
  readonly LogSoftmax: { readonly axis: number };
  readonly LayerNormalization: { readonly axis: number; readonly epsilon: number };
  readonly BatchNormalization: { readonly epsilon: number };
  readonly MaxPool: PoolAttrs;
  readonly AveragePool: PoolAttrs & { readonly countIncludePad: boolean };
  readonly GlobalMaxPool: None;
  readonly GlobalAveragePool: None;
  /** An operator this compiler does not know. The backend runs it; no surgery inside. `attributes` is the wire form, base64. */
  readonly Opaque: {
    readonly opType: string;
    readonly domain: string;
    readonly attributes: string;
    readonly output: number;
    readonly outputs: number;
    readonly type: TensorType;
  };
};
type Dim = Axis['size'];
export type OpName = keyof OpAttrs;
export type Op = { readonly [N in OpName]: { readonly name: N; readonly attrs: OpAttrs[N] } }[OpName];
export type OpOf<N extends OpName> = Extract<Op, { readonly name: N }>;
