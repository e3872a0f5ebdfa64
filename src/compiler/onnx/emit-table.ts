// How each operator of the tensor graph is written in ONNX (opset 21), as one total table. Only kernels that the CPU build of
// onnxruntime registers are used: where a type is missing there, the operator runs in a wider type that holds every value.
// ScatterND(add) is never written: with more than one thread its sums are wrong (a data race in onnxruntime, known there).
import { bug } from '../base/bug.js';
import { sameDim } from '../ir/dim.js';
import type { OpAttrs, OpName, PoolAttrs, ReduceAttrs } from '../ir/op.js';
import { OP_KIND } from '../ir/op-kind.js';
import type { Dim, DType, TensorType } from '../ir/tensor-type.js';
import type { OnnxEmitter } from './emitter.js';
import { codeOfDtype, type WireAttribute } from './wire.js';

/** One operator to write: its attributes, the names of its inputs, the types around it. */
export type Emission<Attrs> = {
  readonly attrs: Attrs;
  readonly inputs: readonly string[];
  readonly inputTypes: readonly TensorType[];
  readonly type: TensorType;
};
/** Writes the operator and returns the name of its value. */
type EmitRule<N extends OpName> = (out: OnnxEmitter, op: Emission<OpAttrs[N]>, name: N) => string;

const FAR = 2 ** 62; // "to the end": clamped by every Slice kernel

const int = (value: number): WireAttribute => ({ kind: 'int', value });
const ints = (value: readonly number[]): WireAttribute => ({ kind: 'ints', value });
const float = (value: number): WireAttribute => ({ kind: 'float', value });
const text = (value: string): WireAttribute => ({ kind: 'string', value });
const flag = (value: boolean): WireAttribute => int(value ? 1 : 0);

/** The type in which Where has a kernel and which holds every value of the given one. */
const WHERE_TYPE = {
  f32: 'f32',
  f64: 'f64',
  f16: 'f32',
  i8: 'i32',
  u8: 'u8',
  i32: 'i32',
  i64: 'i64',
  bool: 'u8',
} as const satisfies Record<DType, DType>;

const table = {
  Input: fromWriter,
  Weight: fromWriter,
  Opaque: fromWriter,
  Constant: (out, { attrs }) => out.constant(attrs.type.dtype, staticDims(attrs.type), attrs.data),
  Iota: (out, { attrs }) => out.iota(attrs.axis.size),
  Identity: plain,
  Neg: plain,
  Abs: plain,
  Exp: plain,
  Log: plain,
  Sqrt: plain,
  Reciprocal: plain,
  Erf: plain,
  Tanh: plain,
  Sigmoid: plain,
  Relu: plain,
  Sin: plain,
  Cos: plain,
  Floor: plain,
  Ceil: plain,
  Round: plain,
  Sign: plain,
  Not: plain,
  IsNaN: plain,
  IsInf: plain,
  Cast: (out, { inputs, attrs }) => cast(out, inputs, attrs.to),
  LeakyRelu: (out, { inputs, attrs }) => out.node('LeakyRelu', inputs, { alpha: float(attrs.alpha) }),
  Elu: (out, { inputs, attrs }) => out.node('Elu', inputs, { alpha: float(attrs.alpha) }),
  HardSigmoid: (out, { inputs, attrs }) =>
    out.node('HardSigmoid', inputs, { alpha: float(attrs.alpha), beta: float(attrs.beta) }),
  Softplus: plain,
  Gelu: (out, { inputs, attrs }) => out.node('Gelu', inputs, { approximate: text(attrs.approximate) }),
  Clip: (out, { inputs, attrs, type }) => {
    const bound = (value: number | null) => (value === null ? '' : out.scalar(type.dtype, value));
    return out.node('Clip', [...inputs, bound(attrs.min), bound(attrs.max)]);
  },
  Add: arithmetic,
  Sub: arithmetic,
  Mul: arithmetic,
  Div: arithmetic,
  Pow: arithmetic,
  Mod: (out, { inputs, type }) =>
    // fmod=0 is Python's % and takes integers only; fmod=1 is C's fmod
    out.node('Mod', inputs, {
      fmod: flag(type.dtype === 'f32' || type.dtype === 'f64' || type.dtype === 'f16'),
    }),
  Min: arithmetic,
  Max: arithmetic,
  Equal: compare,
  Less: compare,
  LessOrEqual: compare,
  Greater: compare,
  GreaterOrEqual: compare,
  And: plain,
  Or: plain,
  Xor: plain,
  Where: (out, { inputs, type }) => {
    const wide = WHERE_TYPE[type.dtype];
    if (wide === type.dtype) return out.node('Where', inputs);
    const [condition = '', ...values] = inputs;
    return cast(
      out,
      [out.node('Where', [condition, ...values.map((v) => cast(out, [v], wide))])],
      type.dtype,
    );
  },
  MatMul: plain,
  Gemm: (out, { inputs, attrs }) =>
    out.node('Gemm', inputs, {
      alpha: float(attrs.alpha),
      beta: float(attrs.beta),
      transA: flag(attrs.transA),
      transB: flag(attrs.transB),
    }),
  Conv: (out, { inputs, attrs }) =>
    out.node('Conv', inputs, {
      strides: ints(attrs.strides),
      pads: ints(attrs.pads),
      dilations: ints(attrs.dilations),
      group: int(attrs.group),
    }),
  Transpose: (out, { inputs, attrs }) => out.node('Transpose', inputs, { perm: ints(attrs.perm) }),
  Reshape: (out, { inputs, inputTypes, attrs }) =>
    reshape(
      out,
      inputs,
      sizesOf(inputTypes[0]),
      attrs.axes.map((a) => a.size),
    ),
  Expand: (out, { inputs, inputTypes, attrs }) => {
    const given = sizesOf(inputTypes[0]);
    const offset = attrs.axes.length - given.length;
    // 1 means "as it is": a symbol that the input has already needs no number
    const sizes = attrs.axes.map(({ size }, i) => {
      const own = given[i - offset];
      return own !== undefined && sameDim(own, size) ? 1 : size;
    });
    return out.node('Expand', [...inputs, out.shapeTensor(sizes)]);
  },
  Squeeze: (out, { inputs, attrs }) =>
    attrs.axes.length === 0
      ? out.node('Identity', inputs)
      : out.node('Squeeze', [...inputs, out.ints(attrs.axes)]),
  Unsqueeze: (out, { inputs, attrs }) =>
    attrs.at.length === 0
      ? out.node('Identity', inputs)
      : out.node('Unsqueeze', [...inputs, out.ints(attrs.at)]),
  Rename: (_, { inputs }) => inputs[0] ?? bug('Rename takes one input'),
  Slice: (out, { inputs, attrs }) => {
    const end = attrs.end ?? (attrs.step > 0 ? FAR : -FAR);
    const places = [attrs.start, end, attrs.axis, attrs.step].map((n) => out.ints([n]));
    return out.node('Slice', [...inputs, ...places]);
  },
  Concat: (out, { inputs, attrs }) => out.node('Concat', inputs, { axis: int(attrs.axis) }),
  Pad: (out, { inputs, attrs, type }) =>
    out.node('Pad', [...inputs, out.ints(attrs.pads), out.scalar(type.dtype, attrs.value)], {
      mode: text('constant'),
    }),
  Flatten: (out, { inputs, attrs }) => out.node('Flatten', inputs, { axis: int(attrs.axis) }),
  Gather: (out, { inputs, attrs }) => out.node('Gather', inputs, { axis: int(attrs.axis) }),
  GatherElements: (out, { inputs, attrs }) => out.node('GatherElements', inputs, { axis: int(attrs.axis) }),
  GatherND: (out, { inputs: [data = '', indices = ''], inputTypes, attrs }) => {
    const wide = inputTypes[1]?.dtype === 'i64' ? indices : cast(out, [indices], 'i64');
    return out.node('GatherND', [data, wide], { batch_dims: int(attrs.batchDims) });
  },
  OneHot: (out, { inputs: [indices = ''], inputTypes, attrs }) => {
    const wide = inputTypes[0]?.dtype === 'i64' ? indices : cast(out, [indices], 'i64');
    // An index outside the axis gives a row of zeros; ONNX's own OneHot would wrap negative ones.
    const column = out.node('Unsqueeze', [wide, out.ints([inputTypes[0]?.axes.length ?? 0])]);
    return cast(out, [out.node('Equal', [column, out.iota(attrs.axis.size)])], 'f32');
  },
  ReduceSum: reduce,
  ReduceMean: reduce,
  ReduceMax: extreme,
  ReduceMin: extreme,
  ReduceProd: reduce,
  ReduceL2: reduce,
  ArgMax: (out, op) => argument(out, op, 'ArgMax', 'ReduceMax'),
  ArgMin: (out, op) => argument(out, op, 'ArgMin', 'ReduceMin'),
  CumSum: (out, { inputs, attrs }) =>
    out.node('CumSum', [...inputs, out.scalar('i64', attrs.axis)], {
      exclusive: flag(attrs.exclusive),
      reverse: flag(attrs.reverse),
    }),
  Softmax: (out, { inputs, attrs }) => out.node('Softmax', inputs, { axis: int(attrs.axis) }),
  LogSoftmax: (out, { inputs, attrs }) => out.node('LogSoftmax', inputs, { axis: int(attrs.axis) }),
  LayerNormalization: (out, { inputs, attrs }) =>
    out.node('LayerNormalization', inputs, { axis: int(attrs.axis), epsilon: float(attrs.epsilon) }),
  BatchNormalization: (out, { inputs, attrs }) =>
    out.node('BatchNormalization', inputs, { epsilon: float(attrs.epsilon) }),
  MaxPool: (out, { inputs, attrs }) => out.node('MaxPool', inputs, poolAttributes(attrs)),
  AveragePool: (out, { inputs, attrs }) =>
    out.node('AveragePool', inputs, {
      ...poolAttributes(attrs),
      count_include_pad: flag(attrs.countIncludePad),
    }),
  GlobalMaxPool: plain,
  GlobalAveragePool: plain,
} satisfies { readonly [N in OpName]: EmitRule<N> };

/** Writes one operator into `out` and returns the name of its value. Sources and opaque nodes are the caller's. */
export function emitOp(out: OnnxEmitter, name: OpName, op: Emission<OpAttrs[OpName]>): string {
  // The rule under a name takes the attributes of that name; TypeScript cannot follow the pair through the lookup.
  const rule = table[name] as EmitRule<OpName>;
  return rule(out, op, name);
}

function fromWriter(_: OnnxEmitter, __: unknown, name: OpName): string {
  return bug(`${name} is written by write.ts (it is of kind ${OP_KIND[name]})`);
}

function plain(out: OnnxEmitter, { inputs }: { readonly inputs: readonly string[] }, name: OpName): string {
  return out.node(name, inputs);
}

function cast(out: OnnxEmitter, inputs: readonly string[], to: DType): string {
  return out.node('Cast', inputs, { to: int(codeOfDtype(to)) });
}

const NARROW: readonly DType[] = ['i8', 'u8'];

/** i8 and u8 have no arithmetic kernels: they are computed in i32 and cut back, which wraps as they would. */
function arithmetic(out: OnnxEmitter, { inputs, type }: Emission<unknown>, name: OpName): string {
  if (!NARROW.includes(type.dtype)) return out.node(name, inputs);
  return cast(
    out,
    [
      out.node(
        name,
        inputs.map((i) => cast(out, [i], 'i32')),
      ),
    ],
    type.dtype,
  );
}

function compare(out: OnnxEmitter, { inputs, inputTypes }: Emission<unknown>, name: OpName): string {
  const dtype = inputTypes[0]?.dtype;
  const isNarrow = dtype !== undefined && NARROW.includes(dtype);
  return out.node(name, isNarrow ? inputs.map((i) => cast(out, [i], 'i32')) : inputs);
}

function reduce(
  out: OnnxEmitter,
  { inputs, attrs }: Emission<ReduceAttrs>,
  name: OpName & `Reduce${string}`,
): string {
  // In ONNX an empty axis list may mean "all"; here it means none.
  if (attrs.axes.length === 0) return out.node(name === 'ReduceL2' ? 'Abs' : 'Identity', inputs);
  return out.node(name, [...inputs, out.ints(attrs.axes)], { keepdims: flag(attrs.keepdims) });
}

/** The runtime's own ReduceMax drops a NaN that is not first; here it stays, as everywhere else. */
function extreme(out: OnnxEmitter, op: Emission<ReduceAttrs>, name: 'ReduceMax' | 'ReduceMin'): string {
  const found = reduce(out, op, name);
  const { dtype } = op.type;
  if ((dtype !== 'f32' && dtype !== 'f64') || op.attrs.axes.length === 0) return found;
  const marks = cast(out, [out.node('IsNaN', op.inputs)], 'i32');
  // Counted, since the largest of no marks is not 0.
  const any = cast(out, [reduce(out, { ...op, inputs: [marks] }, 'ReduceSum')], 'bool');
  return out.node('Where', [any, out.scalar(dtype, Number.NaN), found]);
}

/** There is no int64 ArgMax: the first place that equals the extreme value is found in i32 instead. */
function argument(
  out: OnnxEmitter,
  { inputs, inputTypes, attrs }: Emission<OpAttrs['ArgMax']>,
  name: 'ArgMax' | 'ArgMin',
  bound: 'ReduceMax' | 'ReduceMin',
): string {
  const attributes = { axis: int(attrs.axis), keepdims: flag(attrs.keepdims) };
  if (inputTypes[0]?.dtype !== 'i64') return out.node(name, inputs, attributes);
  const best = out.node(bound, [...inputs, out.ints([attrs.axis])], { keepdims: int(1) });
  return out.node('ArgMax', [cast(out, [out.node('Equal', [...inputs, best])], 'i32')], attributes);
}

/**
 * 0 copies the input's size at the same place and one -1 is computed; only what is left over needs a shape tensor. Where an axis may
 * have no entries (`pos-dirty`), a 0 is a size.
 */
function reshape(
  out: OnnxEmitter,
  inputs: readonly string[],
  from: readonly Dim[],
  to: readonly Dim[],
): string {
  const sizes = to.map((size, i) => {
    const own = from[i];
    return typeof size === 'string' && own !== undefined && sameDim(own, size) ? 0 : size;
  });
  const open = sizes.filter((s) => typeof s === 'string').length;
  const mayBeEmpty = to.some((size) => size === 0 || (typeof size === 'string' && size.includes('-')));
  if (mayBeEmpty) return out.node('Reshape', [...inputs, out.shapeTensor(to)], { allowzero: int(1) });
  if (open <= 1) {
    return out.node('Reshape', [...inputs, out.ints(sizes.map((s) => (typeof s === 'string' ? -1 : s)))]);
  }
  return out.node('Reshape', [...inputs, out.shapeTensor(sizes)]);
}

function poolAttributes(attrs: PoolAttrs): Readonly<Record<string, WireAttribute>> {
  return {
    kernel_shape: ints(attrs.kernel),
    strides: ints(attrs.strides),
    pads: ints(attrs.pads),
    dilations: ints(attrs.dilations),
    ceil_mode: flag(attrs.ceil),
  };
}

function sizesOf(type: TensorType | undefined): readonly Dim[] {
  return (type ?? bug('an operator without its input')).axes.map((a) => a.size);
}

/** The sizes of a type without symbols. */
export function staticDims(type: TensorType): readonly number[] {
  return type.axes.map(({ size }) =>
    typeof size === 'number' ? size : bug(`\`${size}\` in a constant or weight`),
  );
}
