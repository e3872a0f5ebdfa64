// Writes that hold components at their clean values: `frozen(x)` and, for path patching, everything but some paths.
import { type Args, onlyNamed, take1, wordsOf } from './args.js';
import { type Ctx, evaluate, refuse } from './context.js';
import { mentionedModels } from './mentions.js';
import * as say from './messages.js';
import { partSites } from './sites.js';
import type { Scope, Value, WritePlan } from './value.js';

/** `frozen(x)` is `x <- x @ m`: the value of the clean run. A list of writes stays as it is. */
export function frozen(args: Args, _scope: Scope, ctx: Ctx): Value {
  const thunk = take1(args);
  onlyNamed(args, []);
  const value = evaluate(thunk.expr, thunk.scope, ctx);
  if (value.kind === 'writes') {
    return { kind: 'writes', writes: value.writes.map((one) => ({ ...one, value: { kind: 'clean' } })) };
  }
  return {
    kind: 'writes',
    writes: [{ target: thunk, value: { kind: 'clean' }, span: args.span, owner: '' }],
  };
}

const parts = ['heads', 'mlps', 'norms'] as const;

/**
 * `rest(from: x, redo: [mlps, norms])`: every component of the model of `x` (head outputs z, MLP outputs, norm scales),
 * less the kinds that are recomputed, less `x` itself. To be frozen: what remains is the direct path.
 */
export function rest(args: Args, _scope: Scope, ctx: Ctx): Value {
  onlyNamed(args, ['from', 'redo']);
  const from =
    args.named.get('from') ??
    refuse(say.missingArgument(args.span, 'rest', '`from:`, the hook that is patched'));
  const redo = args.named.get('redo');
  const words = redo === undefined ? [] : redoWords(redo);
  const names = [...mentionedModels(from.expr, from.scope)];
  const component = evaluate(from.expr, from.scope, { ...ctx, place: null });
  if (component.kind !== 'component') return refuse(say.notOneModel(from.expr.span, names));
  const { graph } = component.model;
  const kept = parts.filter((part) => !words.includes(part));
  const paths = kept.flatMap((part) => partSites(graph, part).map((site) => site.path));
  const plan: WritePlan = {
    target: { kind: 'places', paths, except: [from], only: null },
    value: { kind: 'clean' },
    span: args.span,
    owner: '',
  };
  return { kind: 'writes', writes: [plan] };
}

function redoWords(thunk: Parameters<typeof wordsOf>[0]): readonly string[] {
  // `redo` may be a parameter of a library function: follow it to the list that was written.
  let { expr, scope } = thunk;
  while (expr.kind === 'name') {
    const local = scope.locals.get(expr.name);
    if (local?.kind !== 'thunk') break;
    ({ expr, scope } = local.thunk);
  }
  return wordsOf({ expr, scope }).map(({ word, span }) =>
    parts.some((part) => part === word) ? word : refuse(say.unknownWord(span, word, parts)),
  );
}
