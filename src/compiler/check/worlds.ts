// `m with …`, `m on …` and `x @ (…)`.

import type { Span } from '../base/span.js';
import type { AtExpr, Expr, WorldExpr } from '../syntax/ast.js';
import { complementOf } from './circuits.js';
import { type Ctx, evaluate, refuse, toTensor } from './context.js';
import { refuseKind } from './describe.js';
import { mentionedModels } from './mentions.js';
import * as say from './messages.js';
import type { AblationValue, Scope, Value, WorldValue, WritePlan } from './value.js';

export function evaluateWorld(expr: WorldExpr, scope: Scope, ctx: Ctx): WorldValue {
  const base = evaluate(expr.base, scope, ctx);
  let world = asWorld(base, expr.base.span, scope);
  for (const part of expr.parts) {
    switch (part.kind) {
      case 'on': {
        const rows = evaluate(part.rows, scope, ctx);
        if (rows.kind !== 'rows') return refuseKind(rows, part.rows.span, 'rows of a data set', scope);
        world = { ...world, rows };
        break;
      }
      case 'with':
      case 'without':
      case 'only': {
        const value: Value =
          part.write === undefined
            ? evaluate(part.value, scope, ctx)
            : {
                kind: 'writes',
                writes: [
                  {
                    target: { expr: part.value, scope },
                    value: { expr: part.write, scope },
                    span: part.span,
                    owner: 'inline',
                  },
                ],
              };
        world = { ...world, writes: [...world.writes, ...writesOf(value, part.kind, part.span, scope)] };
        break;
      }
    }
  }
  return world;
}

export function asWorld(value: Value, span: Span, scope: Scope): WorldValue {
  if (value.kind === 'world') return value;
  if (value.kind === 'model') return { kind: 'world', model: value, writes: [], rows: null };
  return refuseKind(value, span, 'a model', scope);
}

function writesOf(
  value: Value,
  how: 'with' | 'without' | 'only',
  span: Span,
  scope: Scope,
): readonly WritePlan[] {
  switch (value.kind) {
    case 'writes':
      if (how === 'only') return refuse(say.onlyNeedsAblation(span));
      return value.writes;
    case 'list':
      return value.items.flatMap((item, i) => writesOf(item, how, value.spans[i] ?? span, scope));
    case 'ablation':
      return [ablationWrite(how === 'only' ? onlyThese(value, span) : value, span)];
    case 'circuit':
      return refuse(say.circuitNeedsAblation(span, value.name, how));
    case 'family':
      return refuse(say.familyNotIndexed(span, value.declaration));
    default:
      return refuseKind(value, span, 'an intervention', scope);
  }
}

/** `m only policy[c]` ablates everything but the circuit. */
function onlyThese(ablation: AblationValue, span: Span): AblationValue {
  if (ablation.on === null) return refuse(say.onlyNeedsAblation(span));
  return { ...ablation, on: complementOf(ablation.on) };
}

function ablationWrite(ablation: AblationValue, span: Span): WritePlan {
  return {
    target: { kind: 'places', paths: [], except: [], only: null },
    value: { kind: 'ablation', ablation },
    span,
    owner: ablation.declaration.name ?? '',
  };
}

/** The same expression in another world. */
export function evaluateAt(expr: AtExpr, scope: Scope, ctx: Ctx): Value {
  const world = asWorld(
    evaluate(expr.world, scope, { ...ctx, world: outerRows(ctx) }),
    expr.world.span,
    scope,
  );
  return evaluateIn(world, expr.base, scope, ctx);
}

/** Inside the world's own expression, names mean the run that surrounds it, not the changed one. */
function outerRows(ctx: Ctx): WorldValue | null {
  return ctx.world;
}

export function evaluateIn(world: WorldValue, base: Expr, scope: Scope, ctx: Ctx): Value {
  const rows = world.rows ?? ctx.world?.rows ?? null;
  const mentioned = mentionedModels(base, scope);
  let standsFor: string | null = null;
  if (!mentioned.has(world.model.declared) && mentioned.size > 0) {
    const [only] = mentioned;
    if (mentioned.size > 1 || only === undefined)
      return refuse(say.worldOfOtherModel(base.span, world.model.declared, [...mentioned]));
    standsFor = only;
  }
  const inner: Ctx = { ...ctx, world: { ...world, rows }, standsFor };
  const value = evaluate(base, scope, inner);
  // What is named is read here, in this world: later it would be read in whatever world surrounds it.
  if (value.kind === 'component' || value.kind === 'column') return toTensor(value, base.span, scope, inner);
  return value;
}
