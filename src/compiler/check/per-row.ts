// One number per example: what a claim, a search and a table need of a metric.
import type { Span } from '../base/span.js';
import { expandNamed } from '../ir/named.js';
import { type Ctx, refuse, toTensor } from './context.js';
import * as say from './messages.js';
import { axesOf, castTo, hasAxis } from './tensors.js';
import type { Scope, TensorValue, Value } from './value.js';

/** f32 [example] (or rows of the context). A value that is the same for every example is repeated. */
export function perRow(value: Value, span: Span, scope: Scope, ctx: Ctx): TensorValue {
  const x = castTo(toTensor(value, span, scope, ctx), 'f32');
  const left = axesOf(x).filter((axis) => axis.name !== 'example');
  if (left.length > 0)
    return refuse(
      say.notOneNumber(
        span,
        left.map((axis) => axis.name),
      ),
    );
  if (hasAxis(x, 'example')) return x;
  const size = ctx.context?.symbol ?? 'example';
  return { ...x, id: expandNamed(x.stage.builder, x.id, { name: 'example', size }) };
}
