// `f(…)`: functions of the library and the file, parts of models that can be applied, built-ins.
import type { Arg, CallExpr, Expr } from '../syntax/ast.js';
import type { Span } from '../base/span.js';
import { suggest } from '../base/suggest.js';
import { builtins } from './builtins.js';
import { starredNames } from './starred.js';
import { type Ctx, refuse } from './context.js';
import { deeper, evaluate } from './evaluate.js';
import { knownNames } from './lookup.js';
import * as say from './messages.js';
import { applyNorm, onnxTensor } from './model-calls.js';
import { type Local, type Scope, withLocals } from './scope.js';
import { guarded } from './tensors.js';
import { describe } from './to-tensor.js';
import type { FunctionValue, Thunk, Value } from './value.js';

/** The arguments of a call, unevaluated: an argument is evaluated in whatever world the callee asks for. */
export type Args = {
  readonly span: Span;
  readonly name: string;
  readonly positional: readonly Thunk[];
  readonly named: ReadonlyMap<string, Thunk>;
  /** Where the names of the named arguments stand. */
  readonly nameSpans: ReadonlyMap<string, Span>;
  readonly binders: readonly { readonly name: string; readonly range: Thunk }[];
};

export function argsOf(name: string, expr: CallExpr, scope: Scope): Args {
  const positional: Thunk[] = [];
  const named = new Map<string, Thunk>();
  const nameSpans = new Map<string, Span>();
  const binders: { name: string; range: Thunk }[] = [];
  for (const arg of expr.args) {
    switch (arg.kind) {
      case 'positional':
        positional.push({ expr: arg.value, scope });
        break;
      case 'named':
        if (named.has(arg.name)) refuse(say.argumentTwice(arg.nameSpan, arg.name));
        named.set(arg.name, { expr: arg.value, scope });
        nameSpans.set(arg.name, arg.nameSpan);
        break;
      case 'binder':
        binders.push({ name: arg.name, range: { expr: arg.range, scope } });
        break;
    }
  }
  return { span: expr.span, name, positional, named, nameSpans, binders };
}

export function evaluateCall(expr: CallExpr, scope: Scope, ctx: Ctx): Value {
  if (expr.callee.kind === 'name') {
    const { name } = expr.callee;
    const bound = scope.locals.get(name) ?? scope.table.get(name);
    if (bound === undefined) {
      const builtin = builtins.get(name);
      if (builtin !== undefined) return guarded(expr.span, () => builtin(argsOf(name, expr, scope), scope, ctx));
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

/** The scope of a function's body: its parameters bound to the arguments. */
export function bindParameters(callee: FunctionValue, args: readonly Arg[], span: Span, scope: Scope): Scope {
  const params = (callee.declaration.params ?? []).map((one) => one.name);
  const bound = new Map<string, Local>();
  const name = callee.declaration.name ?? '';
  let next = 0;
  for (const arg of args) {
    if (arg.kind === 'binder') return refuse(say.binderHere(arg.span));
    const param = arg.kind === 'named' ? arg.name : params[next++];
    if (param === undefined) return refuse(say.tooManyArguments(arg.span, name, params));
    if (!params.includes(param)) return refuse(say.unknownArgument(arg.kind === 'named' ? arg.nameSpan : arg.span, name, params, param));
    if (bound.has(param)) return refuse(say.argumentTwice(arg.span, param));
    bound.set(param, { kind: 'thunk', thunk: { expr: arg.value, scope } });
  }
  const missing = params.filter((param) => !bound.has(param));
  if (missing.length > 0) return refuse(say.missingArgument(span, name, missing.map((one) => `\`${one}:\``).join(', ')));
  return withLocals(callee.scope, bound);
}

export function take1(args: Args): Thunk {
  const [only] = args.positional;
  if (only === undefined || args.positional.length > 1) return refuse(say.wrongArgumentCount(args.span, args.name, 1, args.positional.length));
  return only;
}

export function take2(args: Args): readonly [Thunk, Thunk] {
  const [first, second] = args.positional;
  if (first === undefined || second === undefined || args.positional.length > 2) {
    return refuse(say.wrongArgumentCount(args.span, args.name, 2, args.positional.length));
  }
  return [first, second];
}

export function onlyNamed(args: Args, allowed: readonly string[]): void {
  for (const [name, thunk] of args.named) {
    if (!allowed.includes(name)) refuse(say.unknownArgument(args.nameSpans.get(name) ?? thunk.expr.span, args.name, allowed, name));
  }
}

/** A bare word of a closed set. */
export function wordsOf(thunk: Thunk): readonly { readonly word: string; readonly span: Span }[] {
  const one = (expr: Expr) =>
    expr.kind === 'name' ? { word: expr.name, span: expr.span } : refuse(say.expected(expr.span, 'a word'));
  return thunk.expr.kind === 'list' ? thunk.expr.items.map(one) : [one(thunk.expr)];
}
