// `f(…)`: functions of the library and the file, parts of models that can be applied, built-ins.

import { suggest } from '../base/suggest.js';
import type { CallExpr } from '../syntax/ast.js';
import { argsOf, bindParameters } from './args.js';
import { builtins } from './builtins.js';
import { type Ctx, deeper, evaluate, refuse } from './context.js';
import { describe } from './describe.js';
import { knownNames } from './known-names.js';
import * as say from './messages.js';
import { applyNorm, onnxTensor } from './model-calls.js';
import { starredNames } from './starred.js';
import { guarded } from './tensors.js';
import type { FunctionValue, Scope, Value } from './value.js';

export function evaluateCall(expr: CallExpr, scope: Scope, ctx: Ctx): Value {
  if (expr.callee.kind === 'name') {
    const { name } = expr.callee;
    const bound = scope.locals.get(name) ?? scope.table.get(name);
    if (bound === undefined) {
      const builtin = builtins.get(name);
      if (builtin !== undefined)
        return guarded(expr.span, () => builtin(argsOf(name, expr, scope), scope, ctx));
      if (starredNames.has(name)) return refuse(say.notExecutableYet(expr.callee.span, `\`${name}(…)\``));
      const names = [...knownNames(scope), ...builtins.keys()];
      return refuse(say.unknownFunction(expr.callee.span, name, suggest(name, names)));
    }
  }
  if (expr.callee.kind === 'member') {
    const applied = memberCall(expr, scope, ctx);
    if (applied !== null) return applied;
  }
  const callee = evaluate(expr.callee, scope, ctx);
  if (callee.kind === 'function') return callFunction(callee, expr, scope, ctx);
  return refuse(say.notAFunction(expr.callee.span, describe(callee)));
}

/** `m.final_norm(x, scale: clean)` applies a part of the model; `m.tensor("glob")` names a tensor of an imported graph. */
function memberCall(expr: CallExpr, scope: Scope, ctx: Ctx): Value | null {
  if (expr.callee.kind !== 'member') return null;
  const { base, name } = expr.callee;
  if (name === 'tensor') return onnxTensor(base, argsOf(name, expr, scope), scope, ctx);
  if (/norm|^ln\d$/.test(name)) {
    const component = evaluate(expr.callee, scope, ctx);
    if (component.kind === 'component') return applyNorm(component, argsOf(name, expr, scope), scope, ctx);
  }
  return null;
}

/** Call by name: parameters stand for the caller's expressions, evaluated in the world in which they are used. */
export function callFunction(callee: FunctionValue, expr: CallExpr, scope: Scope, ctx: Ctx): Value {
  const { declaration } = callee;
  const body = declaration.value;
  if (body === undefined) return refuse(say.missingValue(declaration));
  if (ctx.session.active.filter((one) => one === declaration).length > 8) {
    return refuse(say.cyclicDefinition(declaration, ctx.session.active));
  }
  const inner = bindParameters(callee, expr.args, expr.span, scope);
  ctx.session.active.push(declaration);
  try {
    return deeper(ctx, 4, () => evaluate(body, inner, ctx));
  } finally {
    ctx.session.active.pop();
  }
}
