// Kernels of elementwise operators on TensorFlow.js. Where its own operator differs from ours (half-way roundings, NaN, integer
// division, remainders) the result is composed from operators that agree.
import {
  input,
  isWhole,
  scalar,
  type Tf,
  type TfjsCall,
  type TfjsGroup,
  type TfTensor,
  tfDtype,
  truncatedQuotient,
} from './tfjs-rule.js';

type Unary = (x: TfTensor) => TfTensor;
type Binary = (x: TfTensor, y: TfTensor) => TfTensor;

export const tfjsElementwise = {
  Identity: (call) => input(call, 0),
  Neg: unary((tf) => tf.neg),
  Abs: unary((tf) => tf.abs),
  Exp: unary((tf) => tf.exp),
  Log: unary((tf) => tf.log),
  Sqrt: unary((tf) => tf.sqrt),
  Reciprocal: unary((tf) => tf.reciprocal),
  Erf: unary((tf) => tf.erf),
  Tanh: unary((tf) => tf.tanh),
  Sigmoid: unary((tf) => tf.sigmoid),
  Relu: (call) => {
    const x = input(call, 0);
    return keepNaN(call, [x], call.tf.maximum(x, scalar(call, 0, x)));
  },
  Sin: unary((tf) => tf.sin),
  Cos: unary((tf) => tf.cos),
  Floor: unary((tf) => tf.floor),
  Ceil: unary((tf) => tf.ceil),
  Round: unary((tf) => tf.round),
  Sign: unary((tf) => tf.sign),
  Not: unary((tf) => tf.logicalNot),
  IsNaN: unary((tf) => tf.isNaN),
  IsInf: unary((tf) => tf.isInf),
  Cast: (call, { to }) => {
    const { tf, inputTypes } = call;
    const x = input(call, 0);
    if (to === 'bool') return tf.notEqual(x, scalar(call, 0, x));
    const whole = tf.cast(x, tfDtype(to));
    const from = inputTypes[0]?.dtype;
    if (to === from || from === 'bool') return whole;
    if (to === 'u8') return wrapped(tf, whole, 0);
    return to === 'i8' ? wrapped(tf, whole, 128) : whole;
  },
  LeakyRelu: (call, { alpha }) => {
    const { tf } = call;
    const x = input(call, 0);
    return tf.where(tf.less(x, 0), tf.mul(x, alpha), x);
  },
  Elu: (call, { alpha }) => {
    const { tf } = call;
    const x = input(call, 0);
    return tf.where(tf.less(x, 0), tf.mul(tf.expm1(tf.minimum(x, 0)), alpha), x);
  },
  HardSigmoid: (call, { alpha, beta }) => {
    const { tf } = call;
    return tf.clipByValue(tf.add(tf.mul(input(call, 0), alpha), beta), 0, 1);
  },
  Softplus: (call) => {
    const { tf } = call;
    const x = input(call, 0);
    return tf.add(tf.maximum(x, 0), tf.log1p(tf.exp(tf.neg(tf.abs(x)))));
  },
  Gelu: (call, { approximate }) => {
    const { tf } = call;
    const x = input(call, 0);
    const inner =
      approximate === 'none'
        ? tf.erf(tf.mul(x, Math.SQRT1_2))
        : tf.tanh(tf.mul(tf.add(x, tf.mul(tf.mul(tf.mul(x, x), x), 0.044715)), Math.sqrt(2 / Math.PI)));
    const result = tf.mul(tf.mul(x, 0.5), tf.add(inner, 1));
    return tf.where(tf.equal(x, Number.NEGATIVE_INFINITY), tf.zerosLike(x), result);
  },
  Clip: (call, { min, max }) => {
    const { tf } = call;
    const x = input(call, 0);
    const raised = min === null ? x : tf.maximum(x, scalar(call, min, x));
    const result = max === null ? raised : tf.minimum(raised, scalar(call, max, x));
    return keepNaN(call, [x], result);
  },

  Add: binary((tf) => tf.add),
  Sub: binary((tf) => tf.sub),
  Mul: binary((tf) => tf.mul),
  Div: (call) => {
    const [x, y] = [input(call, 0), input(call, 1)];
    return isWhole(call) ? truncatedQuotient(call, x, y) : call.tf.div(x, y);
  },
  Pow: (call) => {
    const { tf } = call;
    const [x, y] = [input(call, 0), input(call, 1)];
    const result = tf.pow(x, y);
    if (isWhole(call)) return result;
    // IEEE 754 has 1 ** NaN = x ** 0 = 1, and (-1) ** ±Infinity = 1.
    const far = tf.equal(tf.abs(y), Number.POSITIVE_INFINITY);
    const isOne = tf.logicalOr(
      tf.logicalOr(tf.equal(x, 1), tf.equal(y, 0)),
      tf.logicalAnd(tf.equal(x, -1), far),
    );
    return tf.where(isOne, tf.onesLike(result), result);
  },
  Mod: (call) => {
    const { tf } = call;
    const [x, y] = [input(call, 0), input(call, 1)];
    // Whole numbers take the divisor's sign, as in Python; floats the dividend's, as C's fmod.
    if (isWhole(call)) return tf.sub(x, tf.mul(y, tf.floorDiv(x, y)));
    const rest = tf.mod(tf.abs(x), tf.abs(y));
    return tf.where(tf.less(x, 0), tf.neg(rest), rest);
  },
  Min: (call) => {
    const [x, y] = [input(call, 0), input(call, 1)];
    return keepNaN(call, [x, y], call.tf.minimum(x, y));
  },
  Max: (call) => {
    const [x, y] = [input(call, 0), input(call, 1)];
    return keepNaN(call, [x, y], call.tf.maximum(x, y));
  },

  Equal: compare((tf) => tf.equal),
  Less: compare((tf) => tf.less),
  LessOrEqual: compare((tf) => tf.lessEqual),
  Greater: compare((tf) => tf.greater),
  GreaterOrEqual: compare((tf) => tf.greaterEqual),

  And: binary((tf) => tf.logicalAnd),
  Or: binary((tf) => tf.logicalOr),
  Xor: binary((tf) => tf.logicalXor),

  Where: (call) => call.tf.where(input(call, 0), input(call, 1), input(call, 2)),
} satisfies TfjsGroup<'unary' | 'binary' | 'compare' | 'logic' | 'where'>;

function unary(of: (tf: Tf) => Unary): (call: TfjsCall) => TfTensor {
  return (call) => of(call.tf)(input(call, 0));
}

function binary(of: (tf: Tf) => Binary): (call: TfjsCall) => TfTensor {
  return (call) => of(call.tf)(input(call, 0), input(call, 1));
}

/** Booleans are compared as numbers. */
function compare(of: (tf: Tf) => Binary): (call: TfjsCall) => TfTensor {
  return (call) => {
    const [x, y] = [0, 1].map((i) => {
      const given = input(call, i);
      return given.dtype === 'bool' ? call.tf.cast(given, 'int32') : given;
    });
    return x === undefined || y === undefined ? input(call, 0) : of(call.tf)(x, y);
  };
}

/** The engines disagree on which operand a NaN loses to; here it always stays. */
function keepNaN({ tf }: TfjsCall, operands: readonly TfTensor[], result: TfTensor): TfTensor {
  const [first, ...rest] = operands.filter((x) => x.dtype === 'float32').map((x) => tf.isNaN(x));
  if (first === undefined) return result;
  const any = rest.reduce<TfTensor>((all, one) => tf.logicalOr(all, one), first);
  return tf.where(any, tf.fill(result.shape, Number.NaN), result);
}

/** Cut back to eight bits, as a conversion does: the remainder by 256 in [-bias, 256 - bias). */
function wrapped(tf: Tf, x: TfTensor, bias: number): TfTensor {
  const moved = tf.add(x, tf.scalar(bias, 'int32'));
  const width = tf.scalar(256, 'int32');
  const rest = tf.sub(moved, tf.mul(width, tf.floorDiv(moved, width)));
  return tf.sub(rest, tf.scalar(bias, 'int32'));
}
