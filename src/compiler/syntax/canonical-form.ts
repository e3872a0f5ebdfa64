// What of a file is hashed: comments, layout, names of declarations and indices, prose, and report views erased.
// Two files with equal forms mean the same; names that only the checker can resolve stay as written, so a form may
// differ where the meaning does not, never the other way round.
import type { Plain } from '../base/canonical.js';
import type { Arg, Binder, Declaration, Entry, Expr, File, NumberExpr, WorldPart } from './ast.js';

/** Declarations that say something to readers and nothing to the experiment. */
const views: ReadonlySet<string> = new Set(['study', 'report', 'gallery']);
/** Fields whose text is prose: that they are there counts, what they say does not. */
const prose: ReadonlySet<string> = new Set(['because', 'nil']);

/** Erased names: each maps to its replacement, such as `#0` for the first declaration or `$2` for the third index. */
type Scope = { readonly names: ReadonlyMap<string, string>; readonly depth: number };

/** The form of a file, as plain data for `canonical`. Declarations are numbered in order of appearance. */
export function canonicalForm(file: File): Plain {
  const kept = file.declarations.filter((one) => !views.has(one.keyword));
  const names = new Map<string, string>();
  for (const one of kept) {
    // A prediction or waiver names a claim or control; it declares no name of its own.
    if (one.name === undefined || one.keyword === 'predict' || one.keyword === 'waive') continue;
    if (!names.has(one.name)) names.set(one.name, `#${names.size}`);
  }
  return { eis: 1, declarations: kept.map((one) => declarationForm(one, { names, depth: 0 })) };
}

function declarationForm(declaration: Declaration, outer: Scope): Plain {
  const { keyword, name, binders, params, unit, from, value, block } = declaration;
  const isTop = keyword !== 'hole' && keyword !== 'variable' && keyword !== 'variant';
  // The names of an import and of a template's holes are looked up elsewhere: they are not local.
  const keepsNames = name === undefined;
  const inner = keepsNames
    ? outer
    : bindAll(
        outer,
        binders.map((one) => one.name),
      );
  const withParams = bindAll(
    inner,
    (params ?? []).map((one) => one.name),
  );
  const bound = value === undefined ? withParams : bindAll(withParams, binderArgs(value));
  const body = keepNested(bound, block ?? []);
  return {
    keyword,
    ...(name === undefined ? {} : { name: isTop ? nameForm(name, outer) : name }),
    ...(binders.length === 0
      ? {}
      : { binders: keepsNames ? binders.map((one) => one.name) : bindersForm(binders, outer) }),
    ...(params === undefined ? {} : { params: params.length }),
    ...(unit === undefined ? {} : { unit: unit.name }),
    ...(from === undefined ? {} : { from: from.value }),
    ...(value === undefined ? {} : { value: exprForm(value, withParams) }),
    ...(block === undefined ? {} : { block: block.map((one) => entryForm(one, body)) }),
  };
}

/** Names declared in a block stand for themselves there, whatever the file calls its own declarations. */
function keepNested(scope: Scope, block: readonly Entry[]): Scope {
  const names = new Map(scope.names);
  for (const entry of block) {
    if (entry.kind !== 'declaration') continue;
    if (entry.name !== undefined) names.set(entry.name, entry.name);
    else for (const one of entry.binders) names.set(one.name, one.name);
  }
  return { ...scope, names };
}

/** The indices of `grid(a in 0..p, b in 0..p) { … }` also bind in the block. */
function binderArgs(value: Expr): readonly string[] {
  if (value.kind !== 'call') return [];
  return value.args.flatMap((one) => (one.kind === 'binder' ? [one.name] : []));
}

function entryForm(entry: Entry, scope: Scope): Plain {
  switch (entry.kind) {
    case 'declaration':
      return declarationForm(entry, scope);
    case 'field':
      if (prose.has(entry.name) && entry.value.kind === 'string') return { field: entry.name, prose: true };
      return { field: entry.name, value: exprForm(entry.value, scope) };
    case 'view':
      return { view: exprForm(entry.call, scope) };
  }
}

function bindAll(scope: Scope, added: readonly string[]): Scope {
  if (added.length === 0) return scope;
  const names = new Map(scope.names);
  for (const [index, name] of added.entries()) names.set(name, `$${scope.depth + index}`);
  return { names, depth: scope.depth + added.length };
}

function nameForm(name: string, scope: Scope): string {
  return scope.names.get(name) ?? name;
}

/** Ranges in order; each may use the indices before it. */
function bindersForm(binders: readonly Binder[], outer: Scope): Plain {
  let scope = outer;
  const forms: Plain[] = [];
  for (const one of binders) {
    forms.push(one.range === undefined ? null : exprForm(one.range, scope));
    scope = bindAll(scope, [one.name]);
  }
  return forms;
}

function exprForm(expr: Expr, scope: Scope): Plain {
  const form = (inner: Expr): Plain => exprForm(inner, scope);
  switch (expr.kind) {
    case 'number':
      return numberForm(expr);
    case 'string':
      return { string: expr.value };
    case 'hole':
      return { hole: true };
    case 'name':
      return { name: nameForm(expr.name, scope) };
    case 'list':
      return { list: expr.items.map(form) };
    case 'call':
      return { call: form(expr.callee), args: argsForm(expr.args, scope) };
    case 'index':
      return { index: form(expr.base), args: argsForm(expr.args, scope) };
    case 'member':
      return { member: expr.name, of: form(expr.base) };
    case 'unary':
      return { minus: form(expr.operand) };
    case 'binary':
      return { operator: expr.operator, left: form(expr.left), right: form(expr.right) };
    case 'not':
      return { not: form(expr.operand) };
    case 'range':
      return { from: form(expr.from), to: form(expr.to), inclusive: expr.inclusive };
    case 'at':
      return { at: form(expr.world), base: form(expr.base) };
    case 'as':
      return { as: expr.axis.name, base: form(expr.base) };
    case 'where':
      return { where: form(expr.mask), base: form(expr.base) };
    case 'write':
      return { write: form(expr.target), value: form(expr.value) };
    case 'given':
      return { given: substitutionsForm(expr.substitutions, scope), base: form(expr.base) };
    case 'quantifier': {
      const inner = bindAll(
        scope,
        expr.binders.map((one) => one.name),
      );
      return {
        quantifier: expr.quantifier,
        k: expr.k === undefined ? null : numberForm(expr.k),
        binders: bindersForm(expr.binders, scope),
        body: exprForm(expr.body, inner),
      };
    }
    case 'world':
      return { world: form(expr.base), parts: expr.parts.map((part) => partForm(part, scope)) };
  }
}

/** The number meant: `9_999` and `9999`, `40%` and `40.0%` are one. `40%` and `0.4` are not: they read differently. */
function numberForm(number: NumberExpr): Plain {
  const unit = number.unit === undefined ? {} : { unit: number.unit };
  return { number: number.value, ...unit, ...(number.percent ? { percent: true } : {}) };
}

/** Named arguments keep their order, which may matter to a split. An index binds in the arguments behind it. */
function argsForm(args: readonly Arg[], outer: Scope): Plain {
  let scope = outer;
  const positional: Plain[] = [];
  const named: Plain[] = [];
  for (const arg of args) {
    switch (arg.kind) {
      case 'positional':
        positional.push(exprForm(arg.value, scope));
        break;
      case 'named':
        named.push([arg.name, exprForm(arg.value, scope)]);
        break;
      case 'binder':
        positional.push({ in: exprForm(arg.range, scope) });
        scope = bindAll(scope, [arg.name]);
        break;
    }
  }
  return { positional, named };
}

/** New names among the indices of a path bind in the replacement: `given knock[l, h] = z[l, h] <- …`. */
function substitutionsForm(substitutions: readonly { path: Expr; value: Expr }[], scope: Scope): Plain {
  return substitutions.map((one) => {
    const added = pathNames(one.path).filter((name) => !scope.names.has(name));
    const inner = bindAll(scope, added);
    return [exprForm(one.path, inner), exprForm(one.value, inner)];
  });
}

function pathNames(path: Expr): readonly string[] {
  const found: string[] = [];
  for (let step = path; step.kind === 'index' || step.kind === 'member'; step = step.base) {
    if (step.kind === 'member') continue;
    for (const arg of step.args) {
      if (arg.kind === 'positional' && arg.value.kind === 'name') found.push(arg.value.name);
    }
  }
  return found;
}

function partForm(part: WorldPart, scope: Scope): Plain {
  if (part.kind === 'on') return { on: exprForm(part.rows, scope) };
  const write = part.write === undefined ? {} : { write: exprForm(part.write, scope) };
  return { [part.kind]: exprForm(part.value, scope), ...write };
}
