// Columns of the data, seen from the rows of a stage or of a context.
import type { Span } from '../base/span.js';
import type { ColumnFacts } from '../data/data-facts.js';
import type { DType } from '../ir/tensor-type.js';
import { type Ctx, refuse } from './context.js';
import { drawLabel } from './labels.js';
import * as say from './messages.js';
import { rowsKey } from './stage.js';
import { tensor } from './tensors.js';
import type { ColumnValue, RowsValue, TensorValue } from './value.js';

export const columnType = {
  tokens: { dtype: 'i64', perPosition: true },
  'position-token': { dtype: 'i64', perPosition: true },
  'position-int': { dtype: 'i64', perPosition: true },
  'position-bool': { dtype: 'bool', perPosition: true },
  token: { dtype: 'i64', perPosition: false },
  int: { dtype: 'i64', perPosition: false },
  bool: { dtype: 'bool', perPosition: false },
  float: { dtype: 'f32', perPosition: false },
  text: null,
} as const satisfies Record<ColumnFacts['kind'], { dtype: DType; perPosition: boolean } | null>;

/** The rows that a reference to a data set means here: those of the world, where it is about the same data. */
export function effectiveRows(rows: RowsValue, ctx: Ctx): RowsValue {
  const world = ctx.world?.rows ?? null;
  const plain = rows.split === null && rows.variant.length === 0 && rows.draw === null;
  if (!plain || world === null) return rows;
  if (world.data.digest === rows.data.digest) return { ...world, split: null };
  // Another data set with the same columns stands in for this one.
  return { ...world, split: null };
}

/** Rows of another split or data set have no row-by-row meaning here; only what is pooled over them has. */
export function requireAligned(rows: RowsValue, span: Span, ctx: Ctx): void {
  const foreign = rows.split !== null && rows.split !== ctx.stage.split;
  if (foreign || rows.data.digest !== ctx.stage.data.digest) {
    refuse(
      say.rowsNotAligned(
        span,
        `${ctx.stage.data.declared}.${ctx.stage.split}`,
        `${rows.data.declared}.${rows.split ?? ctx.stage.split}`,
      ),
    );
  }
}

export function readColumn(value: ColumnValue, span: Span, ctx: Ctx): TensorValue {
  const rows = effectiveRows(value.rows, ctx);
  requireAligned(rows, span, ctx);
  const facts = rows.data.facts.columns.find((one) => one.name === value.column);
  if (facts === undefined) return refuse(say.noSuchColumn(span, rows.data, value.column));
  const type = columnType[facts.kind];
  if (type === null) return refuse(say.textColumn(span, value.column));
  const key = rowsKey(rows, ctx.shift);
  const { stage, context } = ctx;
  const id = stage.lifted(stage.column(key, value.column, type), context);
  // A column of per-position tokens other than the input itself has positions without a value (the last next token).
  const valid =
    facts.kind === 'position-token'
      ? stage.lifted(
          stage.column(key, `${value.column}#valid`, { dtype: 'bool', perPosition: true }),
          context,
        )
      : null;
  return tensor(ctx, id, { valid, label: new Set(drawLabel(rows, ctx)) });
}
