// `data d = template(…) { … }` and its kin: a declaration to a plain specification, and `draw` to a rule for donors.

import { canonical } from '../base/canonical.js';
import type {
  DataSpec,
  GridVariable,
  HoleSource,
  HoleSpec,
  IntegerRange,
  Share,
  SplitSpec,
  TableVariantSpec,
  TextColumnSpec,
  VariantSpec,
} from '../data/data-spec.js';
import type { Declaration, Entry, Expr } from '../syntax/ast.js';
import { type Ctx, evaluate, refuse } from './context.js';
import { describe } from './describe.js';
import * as rule from './evidence-messages.js';
import { fieldOf } from './fields.js';
import { mentionedModels } from './mentions.js';
import * as say from './messages.js';
import { answered, textOf } from './model-declaration.js';
import type { ConstructValue, DataValue, DrawPlan, RowsValue, Scope, Thunk, Value } from './value.js';

export function dataOf(declaration: Declaration, scope: Scope, ctx: Ctx): Value {
  if (declaration.keyword === 'draw') return drawOf(declaration, scope, ctx);
  const name = declaration.name ?? '';
  const known = ctx.session.data.get(name);
  if (known !== undefined) return rowsOf(known);
  const { value } = declaration;
  if (value === undefined) return refuse(say.missingValue(declaration));
  const made = evaluate(value, scope, ctx);
  if (made.kind !== 'construct') return refuse(say.notADataSource(value.span, describe(made)));
  const spec = specOf(made, declaration, scope, ctx);
  const model = modelOfFile(value, scope, ctx);
  const facts = answered(ctx.session.host.dataFacts(spec, model, composedPaths(spec)), value.span);
  const context = model?.geometry.context;
  // Variants of variants are measured whether or not anything uses them.
  const own = facts.variants.filter((one) => !one.path.includes('.'));
  const longest = Math.max(facts.length.high, ...own.map((one) => one.length?.high ?? 0));
  if (model !== null && context !== undefined && longest > context) {
    refuse(
      say.rowsTooLong(declaration.nameSpan, model.name, {
        length: longest,
        context,
        copies: spec.kind === 'repeated_tokens' ? 2 : null,
      }),
    );
  }
  const data: DataValue = { kind: 'data', declared: name, declaration, spec, facts, digest: facts.digest };
  ctx.session.data.set(name, data);
  return rowsOf(data);
}

function rowsOf(data: DataValue): RowsValue {
  return { kind: 'rows', data, split: null, variant: [], draw: null };
}

/** The model whose tokenizer reads the rows: the one the declaration mentions, else the file's first. */
function modelOfFile(value: Expr, scope: Scope, ctx: Ctx) {
  const [mentioned] = mentionedModels(value, scope);
  const name =
    mentioned ??
    [...scope.table].find(
      ([, entry]) => entry.kind === 'declared' && entry.declaration.keyword === 'model',
    )?.[0];
  if (name === undefined) return null;
  const model = evaluate(
    { kind: 'name', name, span: value.span },
    { table: scope.table, locals: new Map() },
    ctx,
  );
  return model.kind === 'model' ? model.graph : null;
}

/** Variants of variants: `charlie.abc` is charlie's text with abc's changes. */
function composedPaths(spec: DataSpec): readonly string[] {
  if (spec.kind !== 'template') return [];
  const names = spec.variants.map((one) => one.name);
  return names.flatMap((a) => names.filter((b) => b !== a).map((b) => `${a}.${b}`));
}

function specOf(made: ConstructValue, declaration: Declaration, scope: Scope, ctx: Ctx): DataSpec {
  const fields = new Fields(declaration, scope, ctx);
  switch (made.name) {
    case 'repeated_tokens': {
      fields.allow(['size', 'split']);
      const vocab = wholeOf(positional(made, 0, 'a vocabulary size'), ctx);
      const period = rangeOf(namedOf(made, 'period', 'a range such as `12..=40`'), ctx);
      return { kind: 'repeated_tokens', vocab, period, size: fields.whole('size'), split: fields.split() };
    }
    case 'template':
      return templateSpec(made, fields, scope, ctx);
    case 'grid': {
      fields.allow(['answer', 'population', 'split']);
      return refuse(say.notExecutableYet(made.span, '`grid(…)` data'));
    }
    case 'bytes': {
      fields.allow(['head', 'tail', 'pad', 'split']);
      const pattern = textOf(positional(made, 0, 'a glob in quotes'), ctx);
      const files = answered(ctx.session.host.listFiles(pattern), made.span);
      const label = made.named.get('label');
      return {
        kind: 'bytes',
        files,
        head: fields.whole('head'),
        tail: fields.whole('tail'),
        pad: fields.whole('pad'),
        label: label === undefined ? 'none' : 'folder',
        split: fields.split(),
      };
    }
    case 'table':
      return tableSpec(made, fields, ctx);
    default:
      return refuse(say.notADataSource(made.span, `\`${made.name}(…)\``));
  }
}

/** `grid(a in 0..p, b in 0..p)` has binders; kept for the message that names what is missing. */
export type GridBinders = readonly GridVariable[];

function tableSpec(made: ConstructValue, fields: Fields, ctx: Ctx): DataSpec {
  fields.allow(['text', 'answer', 'wrong', 'tokens', 'split', 'size'], true);
  const path = textOf(positional(made, 0, 'a path in quotes'), ctx);
  const cluster = made.named.get('cluster');
  if (cluster === undefined)
    return refuse(rule.tableWithoutCluster(made.span, splitColumn(fields.declaration)));
  if (cluster.expr.kind !== 'name') return refuse(say.expected(cluster.expr.span, 'the name of a column'));
  const { columns, source } = answered(ctx.session.host.readTable(path), made.span);
  const text = fields.word('text');
  const oneToken = ['answer', 'wrong'].flatMap((name) =>
    columns.some((one) => one.name === name) ? [name] : [],
  );
  return {
    kind: 'table',
    source,
    columns,
    cluster: cluster.expr.name,
    ...(text === null ? {} : { text }),
    oneToken,
    variants: tableVariants(fields.declaration, text),
    split: fields.split(),
  };
}

/** `variant swapped { text: other_prompt }`: the same row with values of other columns in place of its own. */
function tableVariants(declaration: Declaration, text: string | null): readonly TableVariantSpec[] {
  const replaceable = ['text', 'answer', 'wrong'];
  return (declaration.block ?? []).flatMap((entry): readonly TableVariantSpec[] => {
    if (entry.kind !== 'declaration') return [];
    if (entry.keyword !== 'variant')
      return refuse(say.unknownField(entry.keywordSpan, entry.keyword, ['variant']));
    const replaced = (entry.block ?? []).map((field) => {
      if (field.kind !== 'field') return refuse(say.expected(field.span, 'a field such as `text: column`'));
      if (!replaceable.includes(field.name))
        return refuse(say.unknownField(field.nameSpan, field.name, replaceable));
      if (field.value.kind !== 'name') return refuse(say.expected(field.value.span, 'the name of a column'));
      if (field.name === 'text' && text === null)
        return refuse(say.missingField(declaration, 'text', 'the column that the variant replaces'));
      return { column: field.name === 'text' ? (text ?? '') : field.name, from: field.value.name };
    });
    return [{ name: entry.name ?? '', replaced }];
  });
}

/** The column that the split keeps together, which is what the clusters are where they are not said. */
function splitColumn(declaration: Declaration): string | null {
  const split = fieldOf(declaration, 'split');
  if (split?.kind !== 'call' || split.callee.kind !== 'name' || split.callee.name !== 'by') return null;
  const [column] = split.args;
  return column?.kind === 'positional' && column.value.kind === 'name' ? column.value.name : null;
}

function templateSpec(made: ConstructValue, fields: Fields, scope: Scope, ctx: Ctx): DataSpec {
  fields.allow(['answer', 'wrong', 'size', 'split', 'generalises_to', 'text'], true);
  const templates = linesOf(positional(made, 0, '`lines("…")`'), ctx);
  const { holes, columns } = bodyOf(fields.declaration.block ?? [], scope, ctx);
  const variants = (fields.declaration.block ?? []).flatMap((entry): readonly VariantSpec[] => {
    if (entry.kind !== 'declaration' || entry.keyword !== 'variant') return [];
    const text = fieldIn(entry.block ?? [], 'text');
    const body = bodyOf(entry.block ?? [], scope, ctx);
    const own = text === undefined ? {} : { templates: linesOf({ expr: text, scope }, ctx) };
    return [{ name: entry.name ?? '', ...own, ...body }];
  });
  const generalises = fields.word('generalises_to');
  if (generalises !== null && generalises !== 'fillers' && generalises !== 'templates') {
    return refuse(say.unknownWord(fields.span('generalises_to'), generalises, ['templates', 'fillers']));
  }
  return {
    kind: 'template',
    templates,
    holes,
    columns,
    variants,
    generalisesTo: generalises ?? 'templates',
    size: fields.whole('size'),
    split: fields.split(),
  };
}

/** Holes and text columns of a template or of one of its variants. */
function bodyOf(
  entries: readonly Entry[],
  scope: Scope,
  ctx: Ctx,
): { readonly holes: readonly HoleSpec[]; readonly columns: readonly TextColumnSpec[] } {
  const holes: HoleSpec[] = [];
  const columns: TextColumnSpec[] = [];
  for (const entry of entries) {
    if (entry.kind === 'declaration' && entry.keyword === 'hole')
      holes.push(holeOf(entry, entries, scope, ctx));
    if (entry.kind === 'field' && (entry.name === 'answer' || entry.name === 'wrong')) {
      if (entry.value.kind !== 'string') refuse(say.expected(entry.value.span, 'a text in quotes'));
      else columns.push({ name: entry.name, pattern: entry.value.value });
    }
  }
  return { holes, columns };
}

function holeOf(hole: Declaration, siblings: readonly Entry[], scope: Scope, ctx: Ctx): HoleSpec {
  const names = hole.name === undefined ? hole.binders.map((one) => one.name) : [hole.name];
  const { value } = hole;
  if (value === undefined) return refuse(say.missingValue(hole));
  const sibling = siblings.find(
    (one) =>
      one.kind === 'declaration' &&
      one.keyword === 'hole' &&
      value.kind === 'name' &&
      (one.name === value.name || one.binders.some((b) => b.name === value.name)),
  );
  if (value.kind === 'name' && (sibling !== undefined || !scope.table.has(value.name))) {
    return { names, source: { kind: 'same', hole: value.name }, distinct: false };
  }
  const found = evaluate(value, scope, ctx);
  if (found.kind === 'list')
    return { names, source: columnSource({ expr: value, scope }, ctx), distinct: false };
  if (found.kind !== 'construct')
    return refuse(
      say.expected(
        value.span,
        '`column("…")`, `distinct(…)`, a list of texts or another hole',
        describe(found),
      ),
    );
  if (found.name === 'distinct') {
    const inner = positional(found, 0, '`column("…")`');
    return { names, source: columnSource(inner, ctx), distinct: true };
  }
  return { names, source: columnSource({ expr: value, scope }, ctx), distinct: false };
}

function columnSource(thunk: Thunk, ctx: Ctx): HoleSource {
  const found = evaluate(thunk.expr, thunk.scope, ctx);
  if (found.kind === 'list') {
    const values = found.items.map((item, i) =>
      item.kind === 'text' ? item.text : refuse(say.expected(found.spans[i] ?? thunk.expr.span, 'a text')),
    );
    return { kind: 'column', values };
  }
  if (found.kind !== 'construct' || found.name !== 'column') {
    return refuse(say.expected(thunk.expr.span, '`column("…")` or a list of texts', describe(found)));
  }
  const path = textOf(positional(found, 0, 'a path in quotes'), ctx);
  const named = found.positional[1] === undefined ? null : textOf(found.positional[1], ctx);
  return { kind: 'column', values: answered(ctx.session.host.readColumn(path, named), thunk.expr.span) };
}

function linesOf(thunk: Thunk, ctx: Ctx): readonly string[] {
  const found = evaluate(thunk.expr, thunk.scope, ctx);
  if (found.kind === 'list') {
    return found.items.map((item, i) =>
      item.kind === 'text' ? item.text : refuse(say.expected(found.spans[i] ?? thunk.expr.span, 'a text')),
    );
  }
  if (found.kind !== 'construct' || found.name !== 'lines') {
    return refuse(say.expected(thunk.expr.span, '`lines("…")` or a list of texts', describe(found)));
  }
  return answered(
    ctx.session.host.readLines(textOf(positional(found, 0, 'a path in quotes'), ctx)),
    thunk.expr.span,
  );
}

function fieldIn(entries: readonly Entry[], name: string): Expr | undefined {
  for (const entry of entries) if (entry.kind === 'field' && entry.name === name) return entry.value;
  return undefined;
}

/** The fields of a data declaration. */
class Fields {
  readonly declaration: Declaration;
  readonly #scope: Scope;
  readonly #ctx: Ctx;
  constructor(declaration: Declaration, scope: Scope, ctx: Ctx) {
    this.declaration = declaration;
    this.#scope = scope;
    this.#ctx = ctx;
  }

  allow(names: readonly string[], nested = false): void {
    for (const entry of this.declaration.block ?? []) {
      if (entry.kind === 'field' && !names.includes(entry.name))
        refuse(say.unknownField(entry.nameSpan, entry.name, names));
      if (entry.kind === 'declaration' && !nested)
        refuse(say.unknownField(entry.keywordSpan, entry.keyword, names));
    }
  }

  #expr(name: string): Expr {
    return (
      fieldOf(this.declaration, name) ??
      refuse(say.missingField(this.declaration, name, name === 'split' ? 'how rows are divided' : 'a value'))
    );
  }

  span(name: string) {
    return this.#expr(name).span;
  }

  whole(name: string): number {
    return wholeOf({ expr: this.#expr(name), scope: this.#scope }, this.#ctx);
  }

  word(name: string): string | null {
    const expr = fieldOf(this.declaration, name);
    if (expr === undefined) return null;
    return expr.kind === 'name' ? expr.name : refuse(say.expected(expr.span, 'a word'));
  }

  split(): SplitSpec {
    const expr = this.#expr('split');
    const found = evaluate(expr, this.#scope, this.#ctx);
    if (found.kind !== 'construct')
      return refuse(say.expected(expr.span, '`shares(…)`, `by(…)` or `random(…)`', describe(found)));
    const shares: Share[] = [];
    let seed: number | null = null;
    for (const [name, thunk] of found.named) {
      const value = evaluate(thunk.expr, thunk.scope, this.#ctx);
      if (value.kind !== 'number')
        return refuse(say.expected(thunk.expr.span, 'a share such as `40%`', describe(value)));
      if (name === 'seed') seed = value.value;
      else shares.push({ name, share: value.value });
    }
    const total = shares.reduce((sum, one) => sum + one.share, 0);
    if (shares.length === 0 || Math.abs(total - 1) > 1e-9 || shares.some((one) => one.share <= 0))
      return refuse(say.badShares(expr.span, total));
    if (found.name === 'shares') return { kind: 'shares', shares };
    if (found.name === 'random') return { kind: 'random', seed: seed ?? 0, shares };
    const [column] = found.positional;
    if (found.name !== 'by' || column?.expr.kind !== 'name')
      return refuse(say.expected(expr.span, '`by(column, …)`'));
    return { kind: 'by', column: column.expr.name, shares };
  }
}

function positional(made: ConstructValue, at: number, what: string): Thunk {
  return made.positional[at] ?? refuse(say.missingArgument(made.span, made.name, what));
}

function namedOf(made: ConstructValue, name: string, what: string): Thunk {
  return made.named.get(name) ?? refuse(say.missingArgument(made.span, made.name, `\`${name}:\`, ${what}`));
}

function wholeOf(thunk: Thunk, ctx: Ctx): number {
  const value = evaluate(thunk.expr, thunk.scope, ctx);
  if (value.kind !== 'number' || !Number.isInteger(value.value) || value.value < 0) {
    return refuse(say.expected(thunk.expr.span, 'a whole number', describe(value)));
  }
  return value.value;
}

function rangeOf(thunk: Thunk, ctx: Ctx): IntegerRange {
  const value = evaluate(thunk.expr, thunk.scope, ctx);
  if (value.kind === 'number') return { low: value.value, high: value.value };
  const low = value.kind === 'range' ? value.values[0] : undefined;
  const high = value.kind === 'range' ? value.values.at(-1) : undefined;
  if (typeof low !== 'number' || typeof high !== 'number')
    return refuse(say.expected(thunk.expr.span, 'a range such as `12..=40`', describe(value)));
  return { low, high };
}

/** `draw other = ioi.reference where ioi.IO == row.IO`: for each row, a donor from other rows that meets the condition. */
function drawOf(declaration: Declaration, scope: Scope, ctx: Ctx): Value {
  const { value, name = '' } = declaration;
  if (value?.kind !== 'where') return refuse(say.drawNeedsCondition(declaration));
  const rows = evaluate(value.base, scope, ctx);
  if (rows.kind !== 'rows' || rows.split === null)
    return refuse(say.expected(value.base.span, 'a split of a data set', describe(rows)));
  const conditions = conditionsOf(value.mask, rows, scope);
  const plan: DrawPlan = { name, split: rows.split, conditions };
  const known = ctx.session.draws.get(name);
  if (known !== undefined && canonical(known) !== canonical(plan)) return refuse(say.drawTwice(declaration));
  ctx.session.draws.set(name, plan);
  return { kind: 'rows', data: rows.data, split: null, variant: rows.variant, draw: name };
}

function conditionsOf(expr: Expr, rows: RowsValue, scope: Scope): DrawPlan['conditions'] {
  if (expr.kind === 'binary' && expr.operator === 'and') {
    return [...conditionsOf(expr.left, rows, scope), ...conditionsOf(expr.right, rows, scope)];
  }
  if (expr.kind !== 'binary' || (expr.operator !== '==' && expr.operator !== '!='))
    return refuse(say.drawCondition(expr.span));
  const side = (one: Expr): { readonly row: boolean; readonly column: string } => {
    if (one.kind !== 'member' || one.base.kind !== 'name') return refuse(say.drawCondition(one.span));
    const { facts } = rows.data;
    if (!facts.columns.some((c) => c.name === one.name))
      return refuse(say.noSuchColumn(one.nameSpan, rows.data, one.name));
    return { row: one.base.name === 'row', column: one.name };
  };
  const left = side(expr.left);
  const right = side(expr.right);
  if (left.row === right.row) return refuse(say.drawCondition(expr.span));
  const donor = left.row ? right : left;
  const row = left.row ? left : right;
  return [{ donor: donor.column, row: row.column, equal: expr.operator === '==' }];
}
