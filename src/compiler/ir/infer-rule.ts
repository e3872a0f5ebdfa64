// What the inference rules share: their type, arity, and the agreement of named axes. An inconsistency is our bug: the checker
// rejects a user's mistake before a graph is built.
import { bug } from '../base/bug.js';
import { sameDim } from './dim.js';
import type { OpAttrs, OpName } from './op.js';
import type { NamesOf, OpKind } from './op-kind.js';
import { type Axis, type DType, isAnonymous, type TensorType, typeText } from './tensor-type.js';

export type InferRule<N extends OpName> = (
  inputs: readonly TensorType[],
  attrs: OpAttrs[N],
  name: OpName,
) => TensorType;
export type InferTable = { readonly [N in OpName]: InferRule<N> };
/** The part of the table that a file of rules must fill completely. */
export type InferGroup<K extends OpKind> = { readonly [N in NamesOf<K>]: InferRule<N> };

export function axisText(axis: Axis): string {
  return axis.name === axis.size ? axis.name : `${axis.name}=${axis.size}`;
}

export function oneInput(name: OpName, inputs: readonly TensorType[]): TensorType {
  const [first] = inputs;
  if (first === undefined || inputs.length !== 1) return bug(`${name} takes 1 input, not ${inputs.length}`);
  return first;
}

export function twoInputs(name: OpName, inputs: readonly TensorType[]): readonly [TensorType, TensorType] {
  const [first, second] = inputs;
  if (first === undefined || second === undefined || inputs.length !== 2)
    return bug(`${name} takes 2 inputs, not ${inputs.length}`);
  return [first, second];
}

/** Two or three inputs: the third is the optional bias of Gemm, Conv and LayerNormalization. */
export function twoOrThreeInputs(
  name: OpName,
  inputs: readonly TensorType[],
): readonly [TensorType, TensorType, TensorType | undefined] {
  const [first, second, third] = inputs;
  if (first === undefined || second === undefined || inputs.length > 3)
    return bug(`${name} takes 2 or 3 inputs, not ${inputs.length}`);
  return [first, second, third];
}

export function axisAt(type: TensorType, position: number, name: OpName): Axis {
  return type.axes[position] ?? bug(`${name} names axis ${position} of ${typeText(type)}`);
}

/** Two axes that broadcast together. A unit axis takes the other's name; an anonymous axis agrees with every name. */
export function broadcastAxis(left: Axis, right: Axis, name: OpName): Axis {
  if (left.name === right.name && left.size === right.size) return left;
  if (left.size === 1 && right.size !== 1) return right;
  if (right.size === 1 && left.size !== 1) return left;
  return agreeAxis(left, right, name);
}

/** Two axes that must be the same: equal sizes, and equal names unless one is anonymous. */
export function agreeAxis(left: Axis, right: Axis, name: OpName): Axis {
  if (!sameDim(left.size, right.size))
    return bug(`${name}: the axes ${axisText(left)} and ${axisText(right)} differ in size`);
  if (left.name === right.name || isAnonymous(right.name)) return left;
  if (isAnonymous(left.name)) return right;
  if (left.size === 1) return left;
  return bug(`${name}: the axes ${axisText(left)} and ${axisText(right)} have different names`);
}

/** numpy broadcasting, aligned at the last axis, with named agreement. */
export function broadcastAxes(left: readonly Axis[], right: readonly Axis[], name: OpName): readonly Axis[] {
  if (left === right) return left;
  const [long, short] = left.length >= right.length ? [left, right] : [right, left];
  const offset = long.length - short.length;
  return long.map((axis, i) => {
    const other = i < offset ? undefined : short[i - offset];
    if (other === undefined) return axis;
    return long === left ? broadcastAxis(axis, other, name) : broadcastAxis(other, axis, name);
  });
}

export function sameDType(name: OpName, left: TensorType, right: TensorType): DType {
  if (left.dtype !== right.dtype)
    return bug(`${name}: ${typeText(left)} and ${typeText(right)} differ in element type`);
  return left.dtype;
}

export function needDType(name: OpName, type: TensorType, allowed: readonly DType[]): void {
  if (!allowed.includes(type.dtype)) bug(`${name} takes ${allowed.join(' or ')}, not ${typeText(type)}`);
}

export const FLOATS: readonly DType[] = ['f32', 'f64', 'f16'];
export const INDICES: readonly DType[] = ['i64', 'i32'];
