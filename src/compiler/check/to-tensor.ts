// Values that read as tensors: columns of the data, components of a model, numbers, binders.

import type { Span } from '../base/span.js';
import { readComponent } from './components.js';
import { type Ctx, evaluateMember, refuse } from './context.js';
import { describe } from './describe.js';
import { knownNames } from './known-names.js';
import * as say from './messages.js';
import { readColumn } from './read-rows.js';
import { castTo, fromNumber, tensor } from './tensors.js';
import type { IndexValue, Scope, TensorValue, Value } from './value.js';

export function toTensor(value: Value, span: Span, scope: Scope, ctx: Ctx): TensorValue {
  switch (value.kind) {
    case 'tensor':
      return value;
    case 'number':
      return fromNumber(ctx, value);
    case 'component':
      return readComponent(value, span, ctx);
    case 'column':
      return readColumn(value, span, ctx);
    case 'index':
      return readIndex(value, span, ctx);
    case 'range':
      return rangeTensor(value.values, span, ctx);
    case 'family':
      if (value.declaration.binders.length === 0) {
        return toTensor(evaluateMember(value.declaration, [], value.scope, ctx), span, scope, ctx);
      }
      return refuse(say.familyNotIndexed(span, value.declaration));
    case 'word':
      return refuse(say.unknownName(value.span, value.word, knownNames(scope)));
    case 'undecided':
      return refuse(say.undecidedHere(span));
    case 'text':
    case 'list':
    case 'element':
    case 'model':
    case 'world':
    case 'parts':
    case 'rows':
    case 'circuit':
    case 'writes':
    case 'ablation':
    case 'function':
    case 'construct':
    case 'error':
      return refuse(say.expected(span, 'a number or a tensor', describe(value)));
  }
}

function readIndex(value: IndexValue, span: Span, ctx: Ctx): TensorValue {
  if (value.at.kind === 'fixed') {
    if (typeof value.at.value !== 'number')
      return refuse(say.expected(span, 'a number', `\`${value.at.value}\``));
    return fromNumber(ctx, { kind: 'number', value: value.at.value, unit: unitOf(value) });
  }
  const { context, stage } = ctx;
  if (context === null) return refuse(say.binderOutsideFamily(span, value.name));
  const numeric = value.domain.kind === 'numbers';
  const name = `binder:${context.id}:${value.name}`;
  const id = stage.input(
    name,
    { dtype: numeric ? 'f32' : 'i64', axes: [{ name: 'example', size: context.symbol }] },
    { kind: 'binder', context: context.id, binder: value.name },
  );
  return tensor(ctx, id, { unit: unitOf(value) });
}

function unitOf(value: IndexValue): string | null {
  return value.domain.kind === 'numbers' ? value.domain.unit : null;
}

function rangeTensor(values: readonly (number | string)[], span: Span, ctx: Ctx): TensorValue {
  const numbers = values.map((one) =>
    typeof one === 'number' ? one : refuse(say.expected(span, 'numbers')),
  );
  const id = ctx.stage.builder.constant(
    { dtype: 'f32', axes: [{ name: '_range', size: numbers.length }] },
    numbers,
  );
  return castTo(tensor(ctx, id), 'f32');
}
