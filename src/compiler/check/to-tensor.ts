// Values that read as tensors: columns of the data, components of a model, numbers, binders.
import type { Span } from '../base/span.js';
import type { ColumnFacts } from '../data/data-facts.js';
import type { DType } from '../ir/tensor-type.js';
import { readComponent } from './components.js';
import { type Ctx, refuse } from './context.js';
import { drawLabel } from './double-dip.js';
import { evaluateMember, knownNames } from './lookup.js';
import * as say from './messages.js';
import type { Scope } from './scope.js';
import { rowsKey } from './stage.js';
import { castTo, fromNumber, tensor } from './tensors.js';
import type { ColumnValue, IndexValue, RowsValue, TensorValue, Value } from './value.js';

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

/** A value of another kind than is wanted; a word that nothing declares is an unknown name, not a value. */
export function refuseKind(value: Value, span: Span, wanted: string, scope: Scope): never {
  if (value.kind === 'word') return refuse(say.unknownName(value.span, value.word, knownNames(scope)));
  return refuse(say.expected(span, wanted, describe(value)));
}

export function describe(value: Value): string {
  switch (value.kind) {
    case 'text':
      return 'a text';
    case 'list':
      return 'a list';
    case 'element':
      return 'a member of a circuit';
    case 'model':
      return `the model \`${value.declared}\``;
    case 'world':
      return 'a world';
    case 'parts':
      return 'all components of a kind';
    case 'rows':
      return 'rows of a data set';
    case 'circuit':
      return `the circuit \`${value.name}\``;
    case 'writes':
      return 'an intervention';
    case 'ablation':
      return 'an ablation';
    case 'function':
      return 'a function';
    case 'construct':
      return `\`${value.name}(…)\``;
    case 'number':
      return 'a number';
    case 'word':
      return `the word \`${value.word}\``;
    case 'undecided':
      return 'a hole `?`';
    case 'range':
      return 'a range';
    case 'index':
      return `the binder \`${value.name}\``;
    case 'component':
      return `the component \`${value.path}\``;
    case 'column':
      return `the column \`${value.column}\``;
    case 'family':
      return `the family \`${value.declaration.name ?? ''}\``;
    case 'tensor':
      return 'a tensor';
    case 'error':
      return 'something that is wrong above';
  }
}

/** The rows that a reference to a data set means here: those of the world, where it is about the same data. */
export function effectiveRows(rows: RowsValue, ctx: Ctx): RowsValue {
  const world = ctx.world?.rows ?? null;
  const plain = rows.split === null && rows.variant.length === 0 && rows.draw === null;
  if (!plain || world === null) return rows;
  if (world.data.digest === rows.data.digest) return { ...world, split: null };
  // Another data set with the same columns stands in for this one.
  return { ...world, split: null };
}

const columnType = {
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
