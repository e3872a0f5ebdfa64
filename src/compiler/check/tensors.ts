// Operations on tensor values by named axes, with units, validity and labels carried along.
import type { Span } from '../base/span.js';
import type { ValueId } from '../ir/graph.js';
import * as named from '../ir/named.js';
import type { OpName } from '../ir/op.js';
import type { Axis, DType } from '../ir/tensor-type.js';
import { type Ctx, refuse } from './context.js';
import * as say from './messages.js';
import type { Evidence, NumberValue, TensorValue } from './value.js';

const evidenceOrder: readonly Evidence[] = ['observed', 'decoded', 'attributed', 'intervened', 'edited'];

export function strongest(a: Evidence, b: Evidence): Evidence {
  return evidenceOrder.indexOf(a) >= evidenceOrder.indexOf(b) ? a : b;
}

export function unionLabels(...labels: readonly ReadonlySet<string>[]): ReadonlySet<string> {
  return new Set(labels.flatMap((one) => [...one]));
}

export function tensor(ctx: Ctx, id: ValueId, facts: Partial<TensorValue> = {}): TensorValue {
  return {
    kind: 'tensor',
    stage: ctx.stage,
    unit: null,
    valid: null,
    label: new Set(),
    evidence: 'observed',
    ...facts,
    id,
    dtype: ctx.stage.builder.typeOf(id).dtype,
  };
}

export function axesOf(x: TensorValue): readonly Axis[] {
  return x.stage.builder.axesOf(x.id);
}

export function hasAxis(x: TensorValue, name: string): boolean {
  return axesOf(x).some((axis) => axis.name === name);
}

export function constant(ctx: Ctx, value: number, dtype: DType = 'f32'): ValueId {
  const data = Number.isFinite(value) ? value : (String(value) as 'Infinity' | '-Infinity' | 'NaN');
  return ctx.stage.builder.constant({ dtype, axes: [] }, [data]); // Number.prototype.toString has these three forms
}

export function fromNumber(ctx: Ctx, value: NumberValue, dtype: DType = 'f32'): TensorValue {
  return tensor(ctx, constant(ctx, value.value, dtype), { unit: value.unit });
}

export function castTo(x: TensorValue, dtype: DType): TensorValue {
  if (x.dtype === dtype) return x;
  const id = x.stage.builder.add({ name: 'Cast', attrs: { to: dtype } }, x.id);
  return { ...x, id, dtype };
}

/** Runs a named operation; an axis that does not fit becomes a diagnostic that names both sides. */
export function guarded<T>(span: Span, run: () => T): T {
  try {
    return run();
  } catch (problem) {
    if (problem instanceof named.AxisClash)
      refuse(say.axisClash(span, problem.left.name, problem.left, problem.right));
    if (problem instanceof named.AxisMissing) {
      refuse(
        say.noSuchAxis(
          span,
          problem.axis,
          problem.type.axes.map((axis) => axis.name),
        ),
      );
    }
    throw problem;
  }
}

function sameStage(a: TensorValue, b: TensorValue, span: Span): void {
  if (a.stage !== b.stage) refuse(say.rowsNotAligned(span, a.stage.split, b.stage.split));
}

function validBoth(span: Span, a: TensorValue, b: TensorValue): ValueId | null {
  const [left, right] = [a.valid, b.valid];
  if (left === null || right === null) return left ?? right;
  return guarded(span, () => named.elementwise(a.stage.builder, 'And', left, right));
}

export type BinaryRule = {
  readonly op: OpName;
  readonly unit: (a: string | null, b: string | null) => string | null;
};

/** Elementwise by name. Booleans count as 0 and 1 in arithmetic. */
export function binary(span: Span, rule: BinaryRule, left: TensorValue, right: TensorValue): TensorValue {
  sameStage(left, right, span);
  const wide: DType = left.dtype === 'i64' && right.dtype === 'i64' ? 'i64' : 'f32';
  const a = castTo(left, wide);
  const b = castTo(right, wide);
  const id = guarded(span, () => named.elementwise(a.stage.builder, rule.op as named.BinaryName, a.id, b.id));
  return {
    ...a,
    id,
    dtype: wide,
    unit: rule.unit(left.unit, right.unit),
    valid: validBoth(span, left, right),
    label: unionLabels(left.label, right.label),
    evidence: strongest(left.evidence, right.evidence),
  };
}

/** A comparison: false where either side has no value. */
export function compare(
  span: Span,
  op: OpName,
  left: TensorValue,
  right: TensorValue,
  negate: boolean,
): TensorValue {
  sameStage(left, right, span);
  const both = left.dtype === right.dtype && (op === 'Equal' || left.dtype !== 'bool') ? left.dtype : 'f32';
  const builder = left.stage.builder;
  let id = guarded(span, () =>
    named.elementwise(builder, op as named.BinaryName, castTo(left, both).id, castTo(right, both).id),
  );
  if (negate) id = builder.add({ name: 'Not', attrs: {} }, id);
  const valid = validBoth(span, left, right);
  if (valid !== null) id = guarded(span, () => named.elementwise(builder, 'And', id, valid));
  return {
    ...left,
    id,
    dtype: 'bool',
    unit: null,
    valid: null,
    label: unionLabels(left.label, right.label),
    evidence: strongest(left.evidence, right.evidence),
  };
}

export function logic(span: Span, op: 'And' | 'Or', left: TensorValue, right: TensorValue): TensorValue {
  sameStage(left, right, span);
  const id = guarded(span, () => named.elementwise(left.stage.builder, op, left.id, right.id));
  const facts = {
    label: unionLabels(left.label, right.label),
    evidence: strongest(left.evidence, right.evidence),
  };
  return { ...left, ...facts, id, dtype: 'bool' };
}

export function unary(op: named.UnaryName, x: TensorValue, unit: string | null = x.unit): TensorValue {
  const source = op === 'Not' ? x : castTo(x, 'f32');
  const id = named.unary(x.stage.builder, op, source.id);
  return { ...source, id, unit, dtype: x.stage.builder.typeOf(id).dtype };
}

/** The mask and the validity together, as f32 weights over the axes they have; null where everything counts. */
export function weightsOf(span: Span, x: TensorValue, mask: TensorValue | null): TensorValue | null {
  const valid = x.valid === null ? null : { ...x, id: x.valid, dtype: 'bool' as const, valid: null };
  if (mask === null) return valid;
  return valid === null ? mask : logic(span, 'And', mask, valid);
}

/** Where a mask is false the value counts as `fill`; NaN and infinities there do not leak. */
export function fillWhere(span: Span, x: TensorValue, mask: TensorValue, fill: number): TensorValue {
  sameStage(x, mask, span);
  const builder = x.stage.builder;
  const value = builder.constant({ dtype: 'f32', axes: [] }, [
    Number.isFinite(fill) ? fill : (String(fill) as 'Infinity' | '-Infinity'), // a fill is never NaN
  ]);
  const id = guarded(span, () => named.whereNamed(builder, mask.id, castTo(x, 'f32').id, value));
  return { ...x, id, dtype: 'f32', valid: null, label: unionLabels(x.label, mask.label) };
}

export type Reduction = 'mean' | 'sum' | 'max' | 'min';

/** Reduces axes inside the example. A mean over an empty mask is 0/0: undefined, and counted as such later. */
export function reduce(
  span: Span,
  how: Reduction,
  x: TensorValue,
  axes: readonly string[],
  mask: TensorValue | null,
): TensorValue {
  for (const name of axes) {
    if (!hasAxis(x, name) && !(mask !== null && hasAxis(mask, name))) {
      refuse(
        say.noSuchAxis(
          span,
          name,
          axesOf(x).map((a) => a.name),
        ),
      );
    }
  }
  const builder = x.stage.builder;
  const weights = weightsOf(span, x, mask);
  const source = castTo(x, 'f32');
  const rest = { valid: null, dtype: 'f32' as const };
  if (weights === null) {
    const op = ({ mean: 'ReduceMean', sum: 'ReduceSum', max: 'ReduceMax', min: 'ReduceMin' } as const)[how];
    return { ...source, ...rest, id: named.reduceNamed(builder, op, source.id, axes) };
  }
  const fill = { mean: 0, sum: 0, max: Number.NEGATIVE_INFINITY, min: Number.POSITIVE_INFINITY }[how];
  const filled = fillWhere(span, source, weights, fill);
  const label = unionLabels(filled.label, weights.label);
  if (how === 'max' || how === 'min') {
    const op = how === 'max' ? 'ReduceMax' : 'ReduceMin';
    return { ...filled, ...rest, label, id: named.reduceNamed(builder, op, filled.id, axes) };
  }
  const total = named.reduceNamed(builder, 'ReduceSum', filled.id, axes);
  if (how === 'sum') return { ...filled, ...rest, label, id: total };
  const count = countOf(weights, filled, axes);
  return { ...filled, ...rest, label, id: named.elementwise(builder, 'Div', total, count) };
}

/** How many elements a mask lets through, along the reduced axes. */
export function countOf(weights: TensorValue, x: TensorValue, axes: readonly string[]): ValueId {
  const builder = x.stage.builder;
  const ones = castTo(weights, 'f32');
  const present = axes.filter((name) => hasAxis(ones, name));
  let count = present.length === 0 ? ones.id : named.reduceNamed(builder, 'ReduceSum', ones.id, present);
  for (const name of axes) {
    if (present.includes(name)) continue;
    const size = axesOf(x).find((axis) => axis.name === name)?.size;
    if (typeof size === 'number')
      count = named.elementwise(builder, 'Mul', count, builder.constant({ dtype: 'f32', axes: [] }, [size]));
  }
  return count;
}

export function renameAxis(x: TensorValue, from: string, to: string): TensorValue {
  const builder = x.stage.builder;
  const id = named.renameAxis(builder, x.id, from, to);
  const valid =
    x.valid !== null && builder.axesOf(x.valid).some((axis) => axis.name === from)
      ? named.renameAxis(builder, x.valid, from, to)
      : x.valid;
  return { ...x, id, valid };
}
