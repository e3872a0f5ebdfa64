// Random directions as a control: as long as the change that an intervention makes, pointing anywhere.

import { elementwise, reduceNamed, unary } from '../ir/named.js';
import { dotNamed } from '../ir/named-dot.js';
import type { Axis } from '../ir/tensor-type.js';
import { type Args, onlyNamed, take1 } from './args.js';
import { take } from './constraints.js';
import { type Ctx, evaluate, refuse, toTensor } from './context.js';
import { describe } from './describe.js';
import * as say from './messages.js';
import { axesOf, tensor } from './tensors.js';
import type { Scope, TensorValue, Value } from './value.js';

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
  const { stage, context, place } = ctx;
  const { builder } = stage;
  const vector = axesOf(now).filter((axis) => !spanning.includes(axis.name));
  const axes: readonly Axis[] = axesOf(now);
  const owner = place?.path ?? '';
  const stream = `direction/${owner}`;
  const normal = stage.input(
    `normal:${stream}:${context?.id ?? ''}`,
    { dtype: 'f32', axes },
    { kind: 'normal', stream, context: context?.id ?? null },
  );
  const names = vector.map((axis) => axis.name);
  const size = unary(builder, 'Sqrt', dotNamed(builder, normal, normal, names));
  const scaled = elementwise(builder, 'Div', elementwise(builder, 'Mul', normal, length.id), size);
  return tensor(ctx, scaled, { label: length.label });
}
