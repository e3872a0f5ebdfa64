// Types of sources and elementwise operators: the axes of one input, or the broadcast axes of several.
import { bug } from '../base/bug.js';
import {
  broadcastAxes,
  FLOATS,
  type InferGroup,
  needDType,
  oneInput,
  sameDType,
  twoInputs,
} from './infer-rule.js';
import type { OpName } from './op.js';
import { type DType, type TensorType, typeText } from './tensor-type.js';

const SIGNED: readonly DType[] = [...FLOATS, 'i64', 'i32', 'i8'];
const NUMBERS: readonly DType[] = [...SIGNED, 'u8'];
const BOOL: readonly DType[] = ['bool'];

export const inferElementwise = {
  Input: (inputs, attrs, name) => noInput(inputs, attrs.type, name),
  Weight: (inputs, attrs, name) => noInput(inputs, attrs.type, name),
  Constant: (inputs, attrs, name) => {
    let size = 1;
    for (const axis of attrs.type.axes) {
      if (typeof axis.size !== 'number')
        return bug(`a constant of type ${typeText(attrs.type)} has a symbol`);
      size *= axis.size;
    }
    if (size !== attrs.data.length)
      return bug(`a constant of type ${typeText(attrs.type)} has ${attrs.data.length} elements`);
    return noInput(inputs, attrs.type, name);
  },
  Iota: (inputs, attrs, name) => noInput(inputs, { dtype: 'i64', axes: [attrs.axis] }, name),

  Identity: (inputs, _, name) => oneInput(name, inputs),
  Neg: (inputs, _, name) => same(inputs, name, SIGNED),
  Abs: (inputs, _, name) => same(inputs, name, NUMBERS),
  Exp: (inputs, _, name) => same(inputs, name, FLOATS),
  Log: (inputs, _, name) => same(inputs, name, FLOATS),
  Sqrt: (inputs, _, name) => same(inputs, name, FLOATS),
  Reciprocal: (inputs, _, name) => same(inputs, name, FLOATS),
  Erf: (inputs, _, name) => same(inputs, name, FLOATS),
  Tanh: (inputs, _, name) => same(inputs, name, FLOATS),
  Sigmoid: (inputs, _, name) => same(inputs, name, FLOATS),
  Relu: (inputs, _, name) => same(inputs, name, SIGNED),
  Sin: (inputs, _, name) => same(inputs, name, FLOATS),
  Cos: (inputs, _, name) => same(inputs, name, FLOATS),
  Floor: (inputs, _, name) => same(inputs, name, FLOATS),
  Ceil: (inputs, _, name) => same(inputs, name, FLOATS),
  Round: (inputs, _, name) => same(inputs, name, FLOATS),
  Sign: (inputs, _, name) => same(inputs, name, NUMBERS),
  Not: (inputs, _, name) => same(inputs, name, BOOL),
  IsNaN: (inputs, _, name) => toBool(same(inputs, name, FLOATS)),
  IsInf: (inputs, _, name) => toBool(same(inputs, name, FLOATS)),
  Cast: (inputs, attrs, name) => ({ dtype: attrs.to, axes: oneInput(name, inputs).axes }),
  LeakyRelu: (inputs, _, name) => same(inputs, name, FLOATS),
  Elu: (inputs, _, name) => same(inputs, name, FLOATS),
  HardSigmoid: (inputs, _, name) => same(inputs, name, FLOATS),
  Softplus: (inputs, _, name) => same(inputs, name, FLOATS),
  Gelu: (inputs, _, name) => same(inputs, name, FLOATS),
  Clip: (inputs, _, name) => same(inputs, name, NUMBERS),

  Add: (inputs, _, name) => arithmetic(inputs, name),
  Sub: (inputs, _, name) => arithmetic(inputs, name),
  Mul: (inputs, _, name) => arithmetic(inputs, name),
  Div: (inputs, _, name) => arithmetic(inputs, name),
  Pow: (inputs, _, name) => arithmetic(inputs, name),
  Mod: (inputs, _, name) => arithmetic(inputs, name),
  Min: (inputs, _, name) => arithmetic(inputs, name),
  Max: (inputs, _, name) => arithmetic(inputs, name),

  Equal: (inputs, _, name) => comparison(inputs, name),
  Less: (inputs, _, name) => comparison(inputs, name),
  LessOrEqual: (inputs, _, name) => comparison(inputs, name),
  Greater: (inputs, _, name) => comparison(inputs, name),
  GreaterOrEqual: (inputs, _, name) => comparison(inputs, name),

  And: (inputs, _, name) => logical(inputs, name),
  Or: (inputs, _, name) => logical(inputs, name),
  Xor: (inputs, _, name) => logical(inputs, name),

  Where: (inputs, _, name) => {
    const [condition, whenTrue, whenFalse] = inputs;
    if (condition === undefined || whenTrue === undefined || whenFalse === undefined || inputs.length !== 3)
      return bug(`${name} takes 3 inputs, not ${inputs.length}`);
    needDType(name, condition, BOOL);
    const dtype = sameDType(name, whenTrue, whenFalse);
    const values = broadcastAxes(whenTrue.axes, whenFalse.axes, name);
    return { dtype, axes: broadcastAxes(condition.axes, values, name) };
  },
} satisfies InferGroup<'source' | 'unary' | 'binary' | 'compare' | 'logic' | 'where'>;

function noInput(inputs: readonly TensorType[], type: TensorType, name: OpName): TensorType {
  return inputs.length === 0 ? type : bug(`${name} takes no input, not ${inputs.length}`);
}

function same(inputs: readonly TensorType[], name: OpName, allowed: readonly DType[]): TensorType {
  const type = oneInput(name, inputs);
  needDType(name, type, allowed);
  return type;
}

function toBool(type: TensorType): TensorType {
  return { dtype: 'bool', axes: type.axes };
}

function arithmetic(inputs: readonly TensorType[], name: OpName): TensorType {
  const [left, right] = twoInputs(name, inputs);
  needDType(name, left, NUMBERS);
  return { dtype: sameDType(name, left, right), axes: broadcastAxes(left.axes, right.axes, name) };
}

function comparison(inputs: readonly TensorType[], name: OpName): TensorType {
  const [left, right] = twoInputs(name, inputs);
  sameDType(name, left, right);
  return { dtype: 'bool', axes: broadcastAxes(left.axes, right.axes, name) };
}

function logical(inputs: readonly TensorType[], name: OpName): TensorType {
  const [left, right] = twoInputs(name, inputs);
  needDType(name, left, BOOL);
  needDType(name, right, BOOL);
  return { dtype: 'bool', axes: broadcastAxes(left.axes, right.axes, name) };
}
