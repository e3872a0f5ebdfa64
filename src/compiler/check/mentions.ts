// Which declarations an expression can reach: models it reads, binders it depends on. A walk over the tree; nothing is
// evaluated.
import type { Arg, Entry as BlockEntry, Declaration, Expr } from '../syntax/ast.js';
import type { Local, Scope, Table } from './value.js';

/** The expressions directly inside an expression. */
export function childrenOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'number':
    case 'string':
    case 'hole':
    case 'name':
      return [];
    case 'list':
      return expr.items;
    case 'call':
      return [expr.callee, ...argExprs(expr.args)];
    case 'index':
      return [expr.base, ...argExprs(expr.args)];
    case 'member':
      return [expr.base];
    case 'unary':
    case 'not':
      return [expr.operand];
    case 'binary':
      return [expr.left, expr.right];
    case 'range':
      return [expr.from, expr.to];
    case 'at':
      return [expr.base, expr.world];
    case 'as':
      return [expr.base];
    case 'where':
      return [expr.base, expr.mask];
    case 'write':
      return [expr.target, expr.value];
    case 'given':
      return [expr.base, ...expr.substitutions.flatMap((one) => [one.path, one.value])];
    case 'quantifier':
      return [...expr.binders.flatMap((one) => (one.range === undefined ? [] : [one.range])), expr.body];
    case 'world':
      return [
        expr.base,
        ...expr.parts.flatMap((part) =>
          part.kind === 'on'
            ? [part.rows]
            : part.write === undefined
              ? [part.value]
              : [part.value, part.write],
        ),
      ];
  }
}

function argExprs(args: readonly Arg[]): readonly Expr[] {
  return args.map((arg) => (arg.kind === 'binder' ? arg.range : arg.value));
}

/** Expressions of a block's fields, nested blocks included. */
export function blockExprs(entries: readonly BlockEntry[]): readonly Expr[] {
  return entries.flatMap(exprsOfEntry);
}

function exprsOfEntry(entry: BlockEntry): readonly Expr[] {
  switch (entry.kind) {
    case 'field':
      return [entry.value];
    case 'view':
      return [entry.call];
    case 'declaration':
      return [...(entry.value === undefined ? [] : [entry.value]), ...blockExprs(entry.block ?? [])];
  }
}

/** What a binder or parameter is to a walk: a local name with nothing behind it. */
const unbound: Local = { kind: 'value', value: { kind: 'error' } };

/** Visits every name that an expression mentions, through the declarations behind the names. */
export function walkNames(
  expr: Expr,
  scope: Scope,
  visit: (name: string, scope: Scope) => void,
  enters: (declaration: Declaration) => boolean = () => true,
): void {
  const named = (one: Expr, inner: Scope): void => {
    if (one.kind === 'name') visit(one.name, inner);
  };
  walkExprs(expr, scope, named, enters);
}

/** Visits every expression inside an expression, through the declarations behind the names, as far as `enters` lets it. */
export function walkExprs(
  expr: Expr,
  scope: Scope,
  visit: (expr: Expr, scope: Scope) => void,
  enters: (declaration: Declaration) => boolean = () => true,
): void {
  const seen = new Set<unknown>();
  // A queue, not a recursion: chains of declarations can be longer than the stack.
  const waiting: { readonly expr: Expr; readonly scope: Scope }[] = [{ expr, scope }];
  const walk = (one: Expr, inner: Scope): void => {
    visit(one, inner);
    if (one.kind === 'name') follow(one.name, inner);
    for (const child of childrenOf(one)) walk(child, inner);
  };
  const follow = (name: string, inner: Scope): void => {
    const local = inner.locals.get(name);
    if (local !== undefined) {
      if (local.kind === 'thunk' && !seen.has(local)) {
        seen.add(local);
        waiting.push(local.thunk);
      }
      return;
    }
    const entry = inner.table.get(name);
    if (entry === undefined || seen.has(entry)) return;
    seen.add(entry);
    if (entry.kind === 'replaced') {
      if (entry.by.kind === 'body') waiting.push(entry.by);
      return;
    }
    const table: Table = entry.home ?? inner.table;
    const { declaration } = entry;
    if (!enters(declaration)) return;
    const own = [...declaration.binders, ...(declaration.params ?? [])].map(
      ({ name: local }) => [local, unbound] as const,
    );
    const where: Scope = { table, locals: new Map(own) };
    if (declaration.value !== undefined) waiting.push({ expr: declaration.value, scope: where });
    for (const inside of blockExprs(declaration.block ?? [])) waiting.push({ expr: inside, scope: where });
  };
  for (let at = 0; at < waiting.length; at++) {
    const next = waiting[at];
    if (next !== undefined) walk(next.expr, next.scope);
  }
}

/** Whether a declaration is made from one of these, by whatever way. */
export function mentionsAny(
  declaration: Declaration,
  scope: Scope,
  wanted: ReadonlySet<Declaration>,
): boolean {
  let found = false;
  const exprs = [
    ...(declaration.value === undefined ? [] : [declaration.value]),
    ...blockExprs(declaration.block ?? []),
  ];
  for (const expr of exprs) {
    walkNames(expr, scope, (name, inner) => {
      const entry = inner.locals.has(name) ? undefined : inner.table.get(name);
      if (entry?.kind === 'declared' && wanted.has(entry.declaration)) found = true;
    });
  }
  return found;
}

/** Declared names of the models that an expression reads. */
export function mentionedModels(expr: Expr, scope: Scope): ReadonlySet<string> {
  const found = new Set<string>();
  walkNames(expr, scope, (name, inner) => {
    const local = inner.locals.get(name);
    if (local?.kind === 'value') {
      if (local.value.kind === 'model') found.add(local.value.declared);
      return;
    }
    const entry = inner.locals.has(name) ? undefined : inner.table.get(name);
    if (entry === undefined) return;
    const declaration = entry.kind === 'declared' ? entry.declaration : entry.original;
    if (declaration.keyword === 'model' && declaration.name !== undefined) found.add(declaration.name);
  });
  return found;
}

/** Declared names of the data sets whose rows or columns an expression reads. */
export function mentionedData(expr: Expr, scope: Scope): ReadonlySet<string> {
  const found = new Set<string>();
  walkNames(expr, scope, (name, inner) => {
    const entry = inner.locals.has(name) ? undefined : inner.table.get(name);
    if (entry === undefined) return;
    const declaration = entry.kind === 'declared' ? entry.declaration : entry.original;
    if (declaration.keyword === 'data' && declaration.name !== undefined) found.add(declaration.name);
  });
  return found;
}

/** Whether an expression depends on a binder whose value differs between the members of a class. */
export function dependsOnMembers(expr: Expr, scope: Scope): boolean {
  let found = false;
  walkNames(expr, scope, (name, inner) => {
    const local = inner.locals.get(name);
    if (local?.kind !== 'value') return;
    const { value } = local;
    if (value.kind === 'index' && value.at.kind === 'dynamic') found = true;
    if (value.kind === 'element') found = true;
    if (value.kind === 'circuit' && value.dynamic !== null) found = true;
  });
  if (found) return true;
  for (const [, entry] of scope.table) {
    if (
      entry.kind === 'replaced' &&
      entry.by.kind === 'value' &&
      entry.by.value.kind === 'circuit' &&
      entry.by.value.dynamic !== null
    ) {
      return true;
    }
  }
  return false;
}
