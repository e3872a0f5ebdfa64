// Restrictions along axes: as the part of a tensor that is read, as the mask of what is written.
import { bug } from '../base/bug.js';
import type { Span } from '../base/span.js';
import type { ValueId } from '../ir/graph.js';
import { elementwise, reduceNamed } from '../ir/named.js';
import * as select from '../ir/named-select.js';
import { maskFromIndex } from '../ir/named-select.js';
import type { Axis } from '../ir/tensor-type.js';
import { type Ctx, refuse } from './context.js';
import * as say from './messages.js';
import { effectiveRows, requireAligned } from './read-rows.js';
import { rowsKey } from './stage.js';
import { guarded } from './tensors.js';
import type { Constraint, TensorValue } from './value.js';

/** The part of a tensor that a constraint means. A fixed or varying position drops the axis; a set keeps it. */
export function take(x: TensorValue, constraint: Constraint, span: Span, ctx: Ctx): TensorValue {
  const { builder } = x.stage;
  const { axis, at } = constraint;
  const id = guarded(span, () => {
    switch (at.kind) {
      case 'fixed':
        return select.selectStatic(builder, x.id, axis, at.index);
      case 'set':
        return select.gatherAxis(builder, x.id, axis, at.indices);
      case 'mask':
        return refuse(say.circuitNeedsPlace(span));
      case 'dynamic':
      case 'perRow':
      case 'roleIndex':
        return select.selectByValue(builder, x.id, axis, indexInput(at, span, ctx));
    }
  });
  return { ...x, id };
}

/** int64 [example]: the position that a varying constraint means in each row. */
export function indexInput(
  at: Extract<Constraint['at'], { kind: 'dynamic' | 'perRow' | 'roleIndex' }>,
  span: Span,
  ctx: Ctx,
): ValueId {
  const { stage, context } = ctx;
  if (at.kind === 'perRow') {
    const rows = effectiveRows(at.rows, ctx);
    requireAligned(rows, span, ctx);
    return stage.lifted(stage.role(rowsKey(rows, ctx.shift), at.role), context);
  }
  if (context === null) return refuse(say.binderOutsideFamily(span, at.name));
  const type = { dtype: 'i64' as const, axes: [{ name: 'example', size: context.symbol }] };
  if (at.kind === 'dynamic') {
    const spec = { kind: 'binder' as const, context: context.id, binder: at.name };
    return stage.input(`binder:${context.id}:${at.name}`, type, spec);
  }
  const rows = rowsKey(effectiveRows(at.rows, ctx), ctx.shift);
  return stage.input(`binder-role:${context.id}:${at.name}:${rows.variant}`, type, {
    kind: 'binder-role',
    context: context.id,
    binder: at.name,
    rows,
  });
}

/** bool over the constrained axis (and `example`, where it varies): true where the constraint holds. */
export function maskOf(constraint: Constraint, axis: Axis, span: Span, ctx: Ctx): ValueId {
  const { stage } = ctx;
  const { builder } = stage;
  const { at } = constraint;
  switch (at.kind) {
    case 'fixed':
      if (at.index >= 0) {
        return maskFromIndex(builder, axis, builder.constant({ dtype: 'i64', axes: [] }, [at.index]));
      }
      return fromEnd(axis, at.index, ctx);
    case 'set': {
      const size = axis.size;
      if (typeof size !== 'number') return bug(`a set along the symbolic axis ${axis.name}`);
      const data = Array.from({ length: size }, (_, i) => (at.indices.includes(i) ? 1 : 0));
      return builder.constant({ dtype: 'bool', axes: [axis] }, data);
    }
    case 'mask': {
      const { context } = ctx;
      if (context === null) return refuse(say.binderOutsideFamily(span, at.name));
      const complement = at.name.startsWith('!');
      const [circuit = '', ...fixed] = at.name.replace(/^!/, '').split('|');
      const mask = stage.input(
        `circuit:${context.id}:${circuit}|${fixed.join('|')}`,
        { dtype: 'bool', axes: [{ name: 'example', size: context.symbol }, axis] },
        { kind: 'circuit-mask', context: context.id, circuit, fixed: fixed.map(Number) },
      );
      return complement ? builder.add({ name: 'Not', attrs: {} }, mask) : mask;
    }
    case 'dynamic':
    case 'perRow':
    case 'roleIndex':
      return maskFromIndex(builder, axis, indexInput(at, span, ctx));
  }
}

/** True at the position counted from the end: -1 is the last. */
export function fromEnd(axis: Axis, index: number, ctx: Ctx): ValueId {
  const { builder } = ctx.stage;
  const positions = builder.add({ name: 'Iota', attrs: { axis } });
  const last = reduceNamed(builder, 'ReduceMax', positions, [axis.name]);
  const shift = builder.constant({ dtype: 'i64', axes: [] }, [index + 1]);
  return elementwise(builder, 'Equal', positions, elementwise(builder, 'Add', last, shift));
}
