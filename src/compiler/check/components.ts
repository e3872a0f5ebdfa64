// Reading a component: the site's value in the world that is asked for, restricted to the part that is meant.
import { bug } from '../base/bug.js';
import type { Span } from '../base/span.js';
import type { ValueId } from '../ir/graph.js';
import { elementwise, reduceNamed } from '../ir/named.js';
import * as select from '../ir/named-select.js';
import { maskFromIndex } from '../ir/named-select.js';
import type { Axis } from '../ir/tensor-type.js';
import { type Ctx, refuse } from './context.js';
import { drawLabel } from './double-dip.js';
import { deeper } from './evaluate.js';
import { instanceOf } from './instance.js';
import * as say from './messages.js';
import { siteOf, sitePaths } from './sites.js';
import { rowsKey } from './stage.js';
import { guarded, tensor, unionLabels } from './tensors.js';
import { effectiveRows, requireAligned } from './to-tensor.js';
import type { ComponentValue, Constraint, ModelValue, RowsValue, TensorValue, WorldValue } from './value.js';

/** The world in which a model is read here: the one asked for, if it is about this model; else the clean run. */
export function worldFor(model: ModelValue, ctx: Ctx): WorldValue {
  const { world } = ctx;
  if (world !== null && (world.model.id === model.id || ctx.standsFor === model.declared)) return world;
  return { kind: 'world', model, writes: [], rows: world?.rows ?? null };
}

/** The whole site, before any part of it is taken. */
export function readSite(model: ModelValue, path: string, span: Span, ctx: Ctx): TensorValue {
  const world = worldFor(model, ctx);
  const site = siteOf(world.model.graph, path);
  if (site === undefined) {
    return refuse(say.noSuchSite(span, world.model, path, sitePaths(world.model.graph)));
  }
  const rows = rowsOfWorld(world, ctx);
  requireAligned(rows, span, ctx);
  const instance = deeper(ctx, 20, () => instanceOf(world, rowsKey(rows, ctx.shift), ctx));
  const units: Readonly<Record<string, string>> = { logits: 'logit' };
  const unit = path.endsWith('.pattern') ? 'probability' : (units[path] ?? null);
  return tensor(ctx, deeper(ctx, 20, () => instance.valueOf(path)), { unit, label: unionLabels(instance.label(), new Set(drawLabel(rows, ctx))), evidence: instance.evidence() });
}

/** The rows a world runs on: its own, else those of the stage. */
export function rowsOfWorld(world: WorldValue, ctx: Ctx): RowsValue {
  if (world.rows !== null) return effectiveRows(world.rows, { ...ctx, world });
  return { kind: 'rows', data: ctx.stage.data, split: null, variant: [], draw: null };
}

export function readComponent(value: ComponentValue, span: Span, ctx: Ctx): TensorValue {
  if (value.joint !== null) return readJoint(value, span, ctx);
  let x = readSite(value.model, value.path, span, ctx);
  for (const constraint of value.constraints) x = take(x, constraint, span, ctx);
  return x;
}

/** A hook indexed by a circuit reads, inside a write, as the whole site that is being written: the write takes its part. */
function readJoint(value: ComponentValue, span: Span, ctx: Ctx): TensorValue {
  const here = value.joint?.find((one) => one.path === ctx.place?.path);
  if (here === undefined) return refuse(say.circuitNeedsPlace(span));
  const outer = here.constraints.filter((c) => c.at.kind !== 'set' && c.at.kind !== 'mask');
  let x = readSite(value.model, here.path, span, ctx);
  for (const constraint of outer) x = take(x, constraint, span, ctx);
  return x;
}

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
function fromEnd(axis: Axis, index: number, ctx: Ctx): ValueId {
  const { builder } = ctx.stage;
  const positions = builder.add({ name: 'Iota', attrs: { axis } });
  const last = reduceNamed(builder, 'ReduceMax', positions, [axis.name]);
  const shift = builder.constant({ dtype: 'i64', axes: [] }, [index + 1]);
  return elementwise(builder, 'Equal', positions, elementwise(builder, 'Add', last, shift));
}
