// Arguments of calls: unevaluated, checked for number and name.
import type { Span } from '../base/span.js';
import type { Arg, CallExpr, Expr } from '../syntax/ast.js';
import { refuse } from './context.js';
import * as say from './messages.js';
import { withLocals } from './scope.js';
import type { FunctionValue, Local, Scope, Thunk } from './value.js';

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
    if (!params.includes(param))
      return refuse(say.unknownArgument(arg.kind === 'named' ? arg.nameSpan : arg.span, name, params, param));
    if (bound.has(param)) return refuse(say.argumentTwice(arg.span, param));
    bound.set(param, { kind: 'thunk', thunk: { expr: arg.value, scope } });
  }
  const missing = params.filter((param) => !bound.has(param));
  if (missing.length > 0)
    return refuse(say.missingArgument(span, name, missing.map((one) => `\`${one}:\``).join(', ')));
  return withLocals(callee.scope, bound);
}

export function take1(args: Args): Thunk {
  const [only] = args.positional;
  if (only === undefined || args.positional.length > 1)
    return refuse(say.wrongArgumentCount(args.span, args.name, 1, args.positional.length));
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
    if (!allowed.includes(name))
      refuse(say.unknownArgument(args.nameSpans.get(name) ?? thunk.expr.span, args.name, allowed, name));
  }
}

/** A bare word of a closed set. */
export function wordsOf(thunk: Thunk): readonly { readonly word: string; readonly span: Span }[] {
  const one = (expr: Expr) =>
    expr.kind === 'name' ? { word: expr.name, span: expr.span } : refuse(say.expected(expr.span, 'a word'));
  return thunk.expr.kind === 'list' ? thunk.expr.items.map(one) : [one(thunk.expr)];
}
