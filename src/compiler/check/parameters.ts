// `param n = 1000`: a number that the command line can set; the lock and the report record what it was.
import type { Declaration } from '../syntax/ast.js';
import { type Ctx, evaluate, refuse } from './context.js';
import * as say from './messages.js';
import type { Scope, Value } from './value.js';

export function paramOf(declaration: Declaration, scope: Scope, ctx: Ctx): Value {
  const { value, name = '' } = declaration;
  if (value === undefined) return refuse(say.missingValue(declaration));
  const given = ctx.session.settings.get(name);
  const written = evaluate(value, scope, ctx);
  if (given === undefined) return written;
  ctx.session.usedParams.add(name);
  if (written.kind === 'text') return { kind: 'text', text: given };
  if (written.kind !== 'number') return refuse(say.expected(value.span, 'a number or a text'));
  const text = given.replaceAll('_', '');
  const number = text.endsWith('%') ? Number(text.slice(0, -1)) / 100 : Number(text);
  if (text.trim() === '' || !Number.isFinite(number))
    return refuse(say.badSetting(declaration.nameSpan, name, given));
  return { ...written, value: number };
}
