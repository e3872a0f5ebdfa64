// Built-in functions: a closed table. Each says what it takes and gives; axes are by name.
import { bug } from '../base/bug.js';
import { argNamed, elementwise, logSoftmaxNamed, reduceNamed, softmaxNamed } from '../ir/named.js';
import { dotNamed } from '../ir/named-dot.js';
import * as select from '../ir/named-select.js';
import { type Args, onlyNamed, take1, take2, wordsOf } from './args.js';
import { circuitValue, combine, complementOf } from './circuits.js';
import { type Ctx, evaluate, refuse, toTensor } from './context.js';
import { change, randomDirection, randomDirections } from './directions.js';
import { frozen, rest } from './freezing.js';
import { mentionedModels } from './mentions.js';
import * as say from './messages.js';
import { unembed } from './model-calls.js';
import { pool } from './pooling.js';
import {
  axesOf,
  binary,
  castTo,
  compare,
  guarded,
  hasAxis,
  reduce,
  strongest,
  unary,
  unionLabels,
} from './tensors.js';
import { unitRules } from './units.js';
import type { Scope, TensorValue, Thunk, Value } from './value.js';

export type Builtin = (args: Args, scope: Scope, ctx: Ctx) => Value;

export function tensorArg(thunk: Thunk, ctx: Ctx): TensorValue {
  return toTensor(evaluate(thunk.expr, thunk.scope, ctx), thunk.expr.span, thunk.scope, ctx);
}

const staticOrUnary =
  (
    apply: (x: number) => number,
    op: 'Abs' | 'Exp' | 'Log' | 'Sqrt' | 'Cos' | 'Sin' | 'Floor' | 'Round',
    unit: 'keep' | 'drop',
  ): Builtin =>
  (args, _scope, ctx) => {
    const thunk = take1(args);
    onlyNamed(args, []);
    const value = evaluate(thunk.expr, thunk.scope, ctx);
    if (value.kind === 'number') return { ...value, value: apply(value.value) };
    const x = toTensor(value, thunk.expr.span, thunk.scope, ctx);
    return unary(op, x, unit === 'keep' ? x.unit : null);
  };

/** `over: [example, pos] where mask` */
function overOf(args: Args): { readonly axes: readonly string[]; readonly mask: Thunk | null } | null {
  const over = args.named.get('over');
  if (over === undefined) return null;
  const { expr, scope } = over;
  if (expr.kind === 'where') {
    const axes = wordsOf({ expr: expr.base, scope }).map((one) => one.word);
    return { axes, mask: { expr: expr.mask, scope } };
  }
  return { axes: wordsOf(over).map((one) => one.word), mask: null };
}

const reduction =
  (how: 'mean' | 'sum' | 'max' | 'min'): Builtin =>
  (args, _scope, ctx) => {
    if (args.positional.length === 2 && (how === 'max' || how === 'min')) {
      const [a, b] = take2(args);
      return binary(
        args.span,
        { op: how === 'max' ? 'Max' : 'Min', unit: unitRules('+', args.span).unit },
        tensorArg(a, ctx),
        tensorArg(b, ctx),
      );
    }
    const thunk = take1(args);
    onlyNamed(args, ['over']);
    const over = overOf(args);
    if (over === null) return refuse(say.meanOutsideClaim(args.span, how));
    if (over.axes.includes('example')) {
      if (how === 'max' || how === 'min')
        return refuse(say.notExecutableYet(args.span, `\`${how}\` over examples`));
      const axes = over.axes.filter((one) => one !== 'example');
      return pool(
        { value: thunk.expr, mask: over.mask?.expr ?? null, axes, reduce: how, span: args.span },
        thunk.scope,
        ctx,
      );
    }
    const x = tensorArg(thunk, ctx);
    const mask = over.mask === null ? null : tensorArg(over.mask, ctx);
    if (mask !== null && mask.dtype !== 'bool')
      return refuse(say.maskNotBoolean(over.mask?.expr.span ?? args.span));
    const freeOfExample =
      mask === null ? [] : axesOf(mask).filter((axis) => axis.name !== 'example' && !hasAxis(x, axis.name));
    const [stray] = freeOfExample;
    if (stray !== undefined)
      return refuse(
        say.maskAxis(
          over.mask?.expr.span ?? args.span,
          stray.name,
          axesOf(x).map((a) => a.name),
        ),
      );
    return reduce(args.span, how, x, over.axes, mask);
  };

const crossEntropy: Builtin = (args, _scope, ctx) => {
  const [left, right] = take2(args);
  const logits = tensorArg(left, ctx);
  const target = castTo(tensorArg(right, ctx), 'i64');
  if (!hasAxis(logits, 'vocab'))
    return refuse(
      say.noSuchAxis(
        left.expr.span,
        'vocab',
        axesOf(logits).map((a) => a.name),
      ),
    );
  const id = guarded(args.span, () => select.crossEntropy(logits.stage.builder, logits.id, target.id));
  return {
    ...logits,
    id,
    dtype: 'f32',
    unit: 'nat',
    valid: target.valid,
    label: unionLabels(logits.label, target.label),
  };
};

const shifted =
  (by: number): Builtin =>
  (args, _scope, ctx) => {
    const thunk = take1(args);
    const x = tensorArg(thunk, ctx);
    const axis = axesOf(x).find((one) => ['pos', 'query', 'key'].includes(one.name));
    if (axis === undefined)
      return refuse(
        say.noSuchAxis(
          thunk.expr.span,
          'pos',
          axesOf(x).map((a) => a.name),
        ),
      );
    const moved = select.shiftAxis(x.stage.builder, x.id, axis.name, by);
    const valid = x.valid === null ? moved.valid : elementwise(x.stage.builder, 'And', moved.valid, x.valid);
    return { ...x, id: moved.value, valid };
  };

const alongAxis =
  (apply: typeof softmaxNamed, unit: string | null): Builtin =>
  (args, _scope, ctx) => {
    const x = tensorArg(take1(args), ctx);
    const axis = oneAxis(args);
    return {
      ...x,
      id: guarded(args.span, () => apply(x.stage.builder, castTo(x, 'f32').id, axis)),
      unit,
      dtype: 'f32',
    };
  };

function oneAxis(args: Args): string {
  onlyNamed(args, ['over']);
  const [axis] = overOf(args)?.axes ?? [];
  return axis ?? refuse(say.missingArgument(args.span, args.name, '`over:`, an axis'));
}

const dot: Builtin = (args, _scope, ctx) => {
  const [left, right] = take2(args);
  onlyNamed(args, ['over']);
  const a = castTo(tensorArg(left, ctx), 'f32');
  const b = castTo(tensorArg(right, ctx), 'f32');
  const axes =
    overOf(args)?.axes ?? refuse(say.missingArgument(args.span, 'dot', '`over:`, the axes to sum over'));
  if (a.stage !== b.stage) return refuse(say.rowsNotAligned(args.span, a.stage.split, b.stage.split));
  const id = guarded(args.span, () => dotNamed(a.stage.builder, a.id, b.id, axes));
  const facts = { label: unionLabels(a.label, b.label), evidence: strongest(a.evidence, b.evidence) };
  return { ...a, ...facts, id, unit: b.unit ?? a.unit, valid: a.valid };
};

/** sqrt(sum of squares) over the axes. */
const norm: Builtin = (args, _scope, ctx) => {
  const x = castTo(tensorArg(take1(args), ctx), 'f32');
  onlyNamed(args, ['over']);
  const axes =
    overOf(args)?.axes ?? refuse(say.missingArgument(args.span, 'norm', '`over:`, the axes of the vector'));
  return { ...x, id: guarded(args.span, () => reduceNamed(x.stage.builder, 'ReduceL2', x.id, axes)) };
};

const argmax: Builtin = (args, _scope, ctx) => {
  const x = castTo(tensorArg(take1(args), ctx), 'f32');
  const axis = oneAxis(args);
  return {
    ...x,
    dtype: 'i64',
    unit: null,
    id: guarded(args.span, () => argNamed(x.stage.builder, 'ArgMax', x.id, axis)),
  };
};

/** 1 where the largest logit is the answer's: f32, in points of 1. */
const accuracy: Builtin = (args, _scope, ctx) => {
  const [left, right] = take2(args);
  const logits = castTo(tensorArg(left, ctx), 'f32');
  const answer = castTo(tensorArg(right, ctx), 'i64');
  const best: TensorValue = {
    ...logits,
    dtype: 'i64',
    id: guarded(args.span, () => argNamed(logits.stage.builder, 'ArgMax', logits.id, 'vocab')),
  };
  return {
    ...castTo(compare(args.span, 'Equal', best, answer, false), 'f32'),
    unit: 'point',
    evidence: logits.evidence,
  };
};

const mod: Builtin = (args, _scope, ctx) => {
  const [left, right] = take2(args);
  const a = evaluate(left.expr, left.scope, ctx);
  const b = evaluate(right.expr, right.scope, ctx);
  if (a.kind === 'number' && b.kind === 'number')
    return { ...a, value: ((a.value % b.value) + b.value) % b.value };
  return binary(
    args.span,
    { op: 'Mod', unit: (x) => x },
    castTo(tensorArg(left, ctx), 'i64'),
    castTo(tensorArg(right, ctx), 'i64'),
  );
};

/** The model that an expression reads; it must read exactly one. */
const modelOfExpression: Builtin = (args, _scope, ctx) => {
  const thunk = take1(args);
  const names = [...mentionedModels(thunk.expr, thunk.scope)];
  const [name] = names;
  if (names.length !== 1 || name === undefined) return refuse(say.notOneModel(thunk.expr.span, names));
  let scope = thunk.scope;
  // The expression may be a parameter of a parameter: its model is declared where the outermost caller stands.
  while (!scope.table.has(name)) {
    const next = [...scope.locals.values()].find((one) => one.kind === 'thunk' && one.thunk.scope !== scope);
    if (next?.kind !== 'thunk') return bug(`no declaration of ${name}`);
    scope = next.thunk.scope;
  }
  return evaluate({ kind: 'name', name, span: args.span }, { table: scope.table, locals: new Map() }, ctx);
};

const circuitSet =
  (operation: 'union' | 'intersection' | 'minus'): Builtin =>
  (args, _scope, ctx) => {
    const [left, right] = take2(args);
    const a = circuitValue('', left.expr, left.scope, ctx);
    const b = circuitValue('', right.expr, right.scope, ctx);
    return combine(operation, a, b, left.expr);
  };

const complement: Builtin = (args, _scope, ctx) => {
  const thunk = take1(args);
  return complementOf(circuitValue('', thunk.expr, thunk.scope, ctx));
};

const transpose: Builtin = (args, _scope, ctx) => tensorArg(take1(args), ctx);

/** What a constructor takes: so many positional arguments, and these named ones (null: any, they are names of splits). */
const constructors = {
  circuits: { most: 0, named: ['like', 'n', 'match'] },
  reinitialised: { most: 1, named: ['seeds'] },
  share: { most: 1, named: ['of'] },
  shares: { most: 0, named: null },
  by: { most: 1, named: null },
  random: { most: 0, named: null },
  bundled: { most: 1, named: [] },
  onnx: { most: 1, named: [] },
  gguf: { most: 1, named: [] },
  hf: { most: 1, named: ['revision'] },
  lines: { most: 1, named: [] },
  column: { most: 2, named: [] },
  distinct: { most: 1, named: [] },
  template: { most: 1, named: [] },
  repeated_tokens: { most: 1, named: ['period'] },
  table: { most: 1, named: ['cluster'] },
  bytes: { most: 1, named: ['label'] },
  grid: { most: 0, named: [] },
  top: { most: 2, named: ['on'] },
} as const satisfies Record<string, { readonly most: number; readonly named: readonly string[] | null }>;

/** Constructors that only their consumer can read. */
const construct =
  (takes: { readonly most: number; readonly named: readonly string[] | null }): Builtin =>
  (args) => {
    if (takes.named !== null) onlyNamed(args, takes.named);
    if (args.positional.length > takes.most)
      return refuse(say.wrongArgumentCount(args.span, args.name, takes.most, args.positional.length));
    const [binder] = args.binders;
    if (binder !== undefined && args.name !== 'grid') return refuse(say.binderHere(binder.range.expr.span));
    return {
      kind: 'construct',
      name: args.name,
      positional: args.positional,
      named: args.named,
      span: args.span,
    };
  };

export const builtins: ReadonlyMap<string, Builtin> = new Map<string, Builtin>([
  ['abs', staticOrUnary(Math.abs, 'Abs', 'keep')],
  ['exp', staticOrUnary(Math.exp, 'Exp', 'drop')],
  ['log', staticOrUnary(Math.log, 'Log', 'drop')],
  ['sqrt', staticOrUnary(Math.sqrt, 'Sqrt', 'drop')],
  ['cos', staticOrUnary(Math.cos, 'Cos', 'drop')],
  ['sin', staticOrUnary(Math.sin, 'Sin', 'drop')],
  ['floor', staticOrUnary(Math.floor, 'Floor', 'keep')],
  ['round', staticOrUnary(Math.round, 'Round', 'keep')],
  ['mean', reduction('mean')],
  ['sum', reduction('sum')],
  ['max', reduction('max')],
  ['min', reduction('min')],
  ['cross_entropy', crossEntropy],
  ['previous', shifted(-1)],
  ['next', shifted(1)],
  ['softmax', alongAxis(softmaxNamed, 'probability')],
  ['log_softmax', alongAxis(logSoftmaxNamed, 'nat')],
  ['dot', dot],
  ['norm', norm],
  ['argmax', argmax],
  ['accuracy', accuracy],
  ['mod', mod],
  ['model_of', modelOfExpression],
  ['union', circuitSet('union')],
  ['intersection', circuitSet('intersection')],
  ['minus', circuitSet('minus')],
  ['complement', complement],
  ['transpose', transpose],
  ['frozen', frozen],
  ['rest', rest],
  ['change', change],
  ['random_direction', randomDirection],
  ['random_directions', randomDirections],
  ['unembed', unembed],
  ...Object.entries(constructors).map(([name, takes]): [string, Builtin] => [name, construct(takes)]),
]);
