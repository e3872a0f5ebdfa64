// Values pooled over rows: the mean of a site over the reference split, a difference of class means, a template's own mean.
// Pooling runs in a stage of its own, over the rows it is about; here it is an input.
import type { Span } from '../base/span.js';
import { elementwise, reduceNamed } from '../ir/named.js';
import * as select from '../ir/named-select.js';
import type { Axis } from '../ir/tensor-type.js';
import type { Expr } from '../syntax/ast.js';
import { type Ctx, evaluate, refuse, toTensor } from './context.js';
import { splitLabel } from './labels.js';
import { dependsOnMembers } from './mentions.js';
import * as say from './messages.js';
import type { Pool, RowContext, Stage } from './stage.js';
import { axesOf, castTo, countOf, fillWhere, hasAxis, tensor, unionLabels, weightsOf } from './tensors.js';
import type { RowsValue, Scope, TensorValue } from './value.js';

/** The rows over which an `over: example` in this place goes: those of the world, else those of the stage. */
function pooledRows(ctx: Ctx): RowsValue {
  return ctx.world?.rows ?? { kind: 'rows', data: ctx.stage.data, split: null, variant: [], draw: null };
}

/** The context of the expressions inside a pooling: a stage of its own, the same members if the value depends on them. */
export function insidePool(rows: RowsValue, byMember: boolean, ctx: Ctx): Ctx {
  const stage = ctx.session.stages.stage(rows.data, rows.split ?? ctx.stage.split, `pool ${ctx.depth + 1}`);
  const context = byMember && ctx.context !== null ? stage.openContext(ctx.context.members) : null;
  const plain: RowsValue = { ...rows, split: null };
  const world = ctx.world === null ? null : { ...ctx.world, rows: ctx.world.rows === null ? null : plain };
  const readAs = rows.split === null ? ctx.readAs : null;
  return { ...ctx, stage, context, world, readAs, place: null, depth: ctx.depth + 1 };
}

export type Pooling = {
  readonly value: Expr;
  readonly mask: Expr | null;
  /** Axes other than the example. */
  readonly axes: readonly string[];
  readonly reduce: 'mean' | 'sum';
  readonly span: Span;
};

/** `mean(x, over: [example, …])`. The label of the result holds the split it was pooled over. */
export function pool(pooling: Pooling, scope: Scope, ctx: Ctx): TensorValue {
  const rows = pooledRows(ctx);
  const byMember = dependsOnMembers(pooling.value, scope);
  const inner = insidePool(rows, byMember, ctx);
  const x = toTensor(evaluate(pooling.value, scope, inner), pooling.value.span, scope, inner);
  const mask =
    pooling.mask === null
      ? null
      : toTensor(evaluate(pooling.mask, scope, inner), pooling.mask.span, scope, inner);
  if (mask !== null && mask.dtype !== 'bool')
    return refuse(say.maskNotBoolean(pooling.mask?.span ?? pooling.span));
  if (!hasAxis(x, 'example')) return refuse(say.nothingToPool(pooling.span));
  const made = poolTensor(x, mask, pooling.axes, pooling.reduce, pooling.span, inner);
  const label = unionLabels(x.label, mask?.label ?? new Set(), new Set([splitLabel(rows, ctx)]));
  return readPool(made, label, x, ctx);
}

/** Adds per-row sums and counts to the inner stage; the runtime adds them up over the rows, in order, in float64. */
export function poolTensor(
  x: TensorValue,
  mask: TensorValue | null,
  axes: readonly string[],
  how: 'mean' | 'sum',
  span: Span,
  inner: Ctx,
): Pool {
  const { stage, context } = inner;
  const { builder } = stage;
  for (const name of axes) {
    if (!hasAxis(x, name))
      refuse(
        say.noSuchAxis(
          span,
          name,
          axesOf(x).map((axis) => axis.name),
        ),
      );
  }
  const weights = weightsOf(span, x, mask);
  const filled = weights === null ? castTo(x, 'f32') : fillWhere(span, castTo(x, 'f32'), weights, 0);
  const sum = reduceNamed(builder, 'ReduceSum', filled.id, axes);
  const kept = builder.axesOf(sum).filter((axis) => axis.name !== 'example');
  const count = weights === null ? onesPerRow(x, axes) : rowCount(weights, filled, axes);
  return registerPool(stage, context, { sum, count }, how, kept, inner);
}

function registerPool(
  stage: Stage,
  context: RowContext | null,
  parts: { readonly sum: TensorValue['id']; readonly count: TensorValue['id'] },
  how: 'mean' | 'sum',
  axes: readonly Axis[],
  inner: Ctx,
): Pool {
  const known = stage.outputs.find(
    (one) =>
      one.purpose.kind === 'pooled' &&
      one.purpose.role === 'sum' &&
      one.value === parts.sum &&
      one.context === (context?.id ?? null),
  );
  if (known?.purpose.kind === 'pooled') {
    const id = known.purpose.pool;
    const same = inner.session.stages.pools[id];
    const count = stage.outputs.find(
      (one) => one.purpose.kind === 'pooled' && one.purpose.pool === id && one.purpose.role === 'count',
    );
    if (same !== undefined && same.reduce === how && count?.value === parts.count) return same;
  }
  const made = inner.session.stages.pool((id) => ({ id, stage, reduce: how, over: 'all', context, axes }));
  const base = { context: context?.id ?? null };
  stage.output({
    ...base,
    name: `pool:${made.id}:sum`,
    value: parts.sum,
    purpose: { kind: 'pooled', pool: made.id, role: 'sum' },
  });
  stage.output({
    ...base,
    name: `pool:${made.id}:count`,
    value: parts.count,
    purpose: { kind: 'pooled', pool: made.id, role: 'count' },
  });
  return made;
}

/** How many elements each row adds: f32 [example, …kept axes that the mask has]. */
function rowCount(weights: TensorValue, x: TensorValue, axes: readonly string[]): TensorValue['id'] {
  const { builder } = x.stage;
  const count = countOf(weights, x, axes);
  if (builder.axesOf(count).some((axis) => axis.name === 'example')) return count;
  // A mask that is the same for every row still counts once per row.
  const perRow = reduceNamed(
    builder,
    'ReduceSum',
    elementwise(builder, 'Mul', x.id, builder.constant({ dtype: 'f32', axes: [] }, [0])),
    axesOf(x).flatMap((a) => (a.name === 'example' ? [] : [a.name])),
  );
  return elementwise(builder, 'Add', perRow, count);
}

function onesPerRow(x: TensorValue, axes: readonly string[]): TensorValue['id'] {
  const { builder } = x.stage;
  // Equal(i, i) over the axes that are summed away: 1 for every element, whatever x holds.
  const like = builder.add({ name: 'Equal', attrs: {} }, x.id, x.id);
  const always = builder.add({ name: 'Or', attrs: {} }, like, builder.add({ name: 'Not', attrs: {} }, like));
  const ones = builder.add({ name: 'Cast', attrs: { to: 'f32' } }, always);
  const others = builder
    .axesOf(ones)
    .flatMap((axis) => (axis.name === 'example' || axes.includes(axis.name) ? [] : [axis.name]));
  let one = ones;
  for (const name of others) one = select.selectStatic(builder, one, name, 0);
  return reduceNamed(builder, 'ReduceSum', one, axes);
}

/** The pooled value as an input of the asking stage, one row per member where it differs between members. */
export function readPool(made: Pool, label: ReadonlySet<string>, x: TensorValue, ctx: Ctx): TensorValue {
  const { stage, context } = ctx;
  const byMember = made.context !== null;
  const axes: readonly Axis[] = byMember
    ? [{ name: '_member', size: `member:${context?.id ?? 0}` }, ...made.axes]
    : made.axes;
  const table = stage.input(
    `pooled:${made.id}`,
    { dtype: 'f32', axes },
    { kind: 'pooled', pool: made.id, byMember },
  );
  const id =
    byMember && context !== null
      ? stage.builder.add({ name: 'Gather', attrs: { axis: 0 } }, table, stage.memberOfRow(context))
      : table;
  return tensor(ctx, id, { unit: x.unit, label, evidence: x.evidence });
}
