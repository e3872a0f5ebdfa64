// Random directions as a control: as long as the change that an intervention makes, pointing anywhere.

import type { ValueId } from '../ir/graph.js';
import { elementwise, reduceNamed, spreadTo, unary } from '../ir/named.js';
import { dotNamed } from '../ir/named-dot.js';
import type { Axis } from '../ir/tensor-type.js';
import { ablatedValue } from './ablations.js';
import { type Args, onlyNamed, take1 } from './args.js';
import { maskOf, take } from './constraints.js';
import { type Ctx, evaluate, refuse, toTensor } from './context.js';
import { describe } from './describe.js';
import * as say from './messages.js';
import { axesOf, tensor } from './tensors.js';
import type { AblationValue, Scope, TensorValue, Thunk, Value, WritePlan } from './value.js';

const spanning = ['example', 'pos', 'query', 'key'];

/** The part of the value in flight that is being written. */
export function inflightPart(ctx: Ctx, word: string, span: Args['span']): TensorValue {
  const { place } = ctx;
  if (place === null) return refuse(say.onlyInsideWrite(span, word));
  let x = place.inflight;
  for (const constraint of place.constraints) {
    if (constraint.at.kind === 'mask' || constraint.at.kind === 'set') continue;
    x = take(x, constraint, span, ctx);
  }
  return x;
}

/**
 * `change(k)`: how far intervention `k` moves the value that is being written, per item and position: the norm, over the
 * axes of the vector, of what it writes less what stands there.
 */
export function change(args: Args, _scope: Scope, ctx: Ctx): Value {
  const thunk = take1(args);
  onlyNamed(args, []);
  const now = inflightPart(ctx, 'change', args.span);
  const value = evaluate(thunk.expr, thunk.scope, { ...ctx, place: null });
  if (value.kind !== 'writes')
    return refuse(say.expected(thunk.expr.span, 'an intervention', describe(value)));
  const [only] = value.writes;
  if (value.writes.length !== 1 || only === undefined || !('expr' in only.value)) {
    return refuse(say.expected(thunk.expr.span, 'an intervention with one write'));
  }
  const written = toTensor(
    evaluate(only.value.expr, only.value.scope, ctx),
    only.value.expr.span,
    only.value.scope,
    ctx,
  );
  const { builder } = ctx.stage;
  const difference = elementwise(builder, 'Sub', written.id, now.id);
  const axes = builder
    .axesOf(difference)
    .flatMap((axis) => (spanning.includes(axis.name) ? [] : [axis.name]));
  return tensor(ctx, reduceNamed(builder, 'ReduceL2', difference, axes), {
    label: written.label,
    unit: null,
  });
}

/** `random_direction(norm: n)`: per item and position a direction drawn uniformly from the sphere, of length n. */
export function randomDirection(args: Args, _scope: Scope, ctx: Ctx): Value {
  onlyNamed(args, ['norm']);
  const now = inflightPart(ctx, 'random_direction', args.span);
  const thunk =
    args.named.get('norm') ?? refuse(say.missingArgument(args.span, 'random_direction', '`norm:`, a length'));
  const length = toTensor(evaluate(thunk.expr, thunk.scope, ctx), thunk.expr.span, thunk.scope, ctx);
  return tensor(ctx, directionOf(length.id, now, null, ctx), { label: length.label });
}

/** A normal vector where `mask` is true (everywhere, for null), scaled to the length. */
function directionOf(length: ValueId, like: TensorValue, mask: ValueId | null, ctx: Ctx): ValueId {
  const { stage, context, place } = ctx;
  const { builder } = stage;
  const axes: readonly Axis[] = axesOf(like);
  const stream = `direction/${place?.path ?? ''}`;
  const normal = stage.input(
    `normal:${stream}:${context?.id ?? ''}`,
    { dtype: 'f32', axes },
    { kind: 'normal', stream, context: context?.id ?? null },
  );
  const names = axes.flatMap((axis) => (spanning.includes(axis.name) ? [] : [axis.name]));
  const drawn = mask === null ? normal : masked(normal, mask, ctx);
  const size = unary(builder, 'Sqrt', dotNamed(builder, drawn, drawn, names));
  return elementwise(builder, 'Div', elementwise(builder, 'Mul', drawn, length), size);
}

function masked(x: ValueId, mask: ValueId, { stage: { builder } }: Ctx): ValueId {
  const order = builder.axesOf(x).map((axis) => axis.name);
  const zero = builder.constant({ dtype: builder.typeOf(x).dtype, axes: [] }, [0]);
  return builder.add({ name: 'Where', attrs: {} }, spreadTo(builder, mask, order), x, zero);
}

/**
 * `random_directions(like: k)`: the writes of intervention `k`, each with a random direction, as long as the change that it
 * makes per item and position, in place of the change. Writes of clean values stay.
 */
export function randomDirections(args: Args, _scope: Scope, ctx: Ctx): Value {
  onlyNamed(args, ['like']);
  const like =
    args.named.get('like') ??
    refuse(say.missingArgument(args.span, 'random_directions', '`like:`, an intervention'));
  const value = evaluate(like.expr, like.scope, ctx);
  const plans = value.kind === 'list' ? value.items : [value];
  const writes = plans.flatMap((one, i) => {
    if (one.kind === 'writes') return one.writes;
    const span = value.kind === 'list' ? (value.spans[i] ?? args.span) : like.expr.span;
    return refuse(say.expected(span, 'an intervention', describe(one)));
  });
  return { kind: 'writes', writes: writes.map((one) => inRandomDirection(one)) };
}

function inRandomDirection(plan: WritePlan): WritePlan {
  const { value } = plan;
  if ('expr' in value) return { ...plan, value: { kind: 'direction', instead: value } };
  if (value.kind === 'ablation') return { ...plan, value: { kind: 'direction', instead: value.ablation } };
  return plan;
}

/** What a write in a random direction puts at the place that is being written. */
export function directedValue(
  instead: Thunk | AblationValue,
  path: string,
  span: Args['span'],
  ctx: Ctx,
): TensorValue {
  const now = inflightPart(ctx, 'random_directions', span);
  const { builder } = ctx.stage;
  const written =
    'expr' in instead
      ? toTensor(evaluate(instead.expr, instead.scope, ctx), instead.expr.span, instead.scope, ctx)
      : partOf(ablatedValue(instead, path, span, ctx), span, ctx);
  const mask = maskWithin(now, span, ctx);
  const difference = elementwise(builder, 'Sub', written.id, now.id);
  const changed = mask === null ? difference : masked(difference, mask, ctx);
  const vector = builder.axesOf(changed).flatMap((axis) => (spanning.includes(axis.name) ? [] : [axis.name]));
  const length = reduceNamed(builder, 'ReduceL2', changed, vector);
  const sum = elementwise(builder, 'Add', now.id, directionOf(length, now, mask, ctx));
  return tensor(ctx, sum, { label: written.label });
}

/** A whole site's value at the place that is being written. */
function partOf(whole: TensorValue, span: Args['span'], ctx: Ctx): TensorValue {
  let x = whole;
  for (const constraint of ctx.place?.constraints ?? []) {
    const has = axesOf(x).some((axis) => axis.name === constraint.axis);
    if (has && constraint.at.kind !== 'mask' && constraint.at.kind !== 'set')
      x = take(x, constraint, span, ctx);
  }
  return x;
}

/** Where along its remaining axes the place is: circuits and lists of positions. Null: all of it. */
function maskWithin(now: TensorValue, span: Args['span'], ctx: Ctx): ValueId | null {
  const { builder } = ctx.stage;
  let mask: ValueId | null = null;
  for (const constraint of ctx.place?.constraints ?? []) {
    if (constraint.at.kind !== 'mask' && constraint.at.kind !== 'set') continue;
    const axis = axesOf(now).find((one) => one.name === constraint.axis);
    if (axis === undefined) continue;
    const one = maskOf(constraint, axis, span, ctx);
    mask = mask === null ? one : elementwise(builder, 'And', mask, one);
  }
  return mask;
}
