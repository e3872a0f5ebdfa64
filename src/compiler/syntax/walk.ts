// The parts of every node, in reading order: the one place that lists them for stages that only look.
import type { Arg, Declaration, Entry, Expr, WorldPart } from './ast.js';

/** The expressions directly inside an expression, in reading order. */
export function childExprs(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'number':
    case 'string':
    case 'hole':
    case 'name':
      return [];
    case 'list':
      return expr.items;
    case 'call':
      return [expr.callee, ...expr.args.map(argExpr)];
    case 'index':
      return [expr.base, ...expr.args.map(argExpr)];
    case 'member':
    case 'as':
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
    case 'where':
      return [expr.base, expr.mask];
    case 'write':
      return [expr.target, expr.value];
    case 'given':
      return [expr.base, ...expr.substitutions.flatMap((one) => [one.path, one.value])];
    case 'quantifier':
      return [
        ...(expr.k === undefined ? [] : [expr.k]),
        ...expr.binders.flatMap((one) => (one.range === undefined ? [] : [one.range])),
        expr.body,
      ];
    case 'world':
      return [expr.base, ...expr.parts.flatMap(partExprs)];
  }
}

function argExpr(arg: Arg): Expr {
  return arg.kind === 'binder' ? arg.range : arg.value;
}

function partExprs(part: WorldPart): readonly Expr[] {
  if (part.kind === 'on') return [part.rows];
  return part.write === undefined ? [part.value] : [part.value, part.write];
}

/** The expressions directly inside a declaration or entry, those of nested declarations included. */
export function entryExprs(entry: Entry): readonly Expr[] {
  switch (entry.kind) {
    case 'field':
      return [entry.value];
    case 'view':
      return [entry.call];
    case 'declaration':
      return declarationExprs(entry);
  }
}

function declarationExprs(declaration: Declaration): readonly Expr[] {
  return [
    ...declaration.binders.flatMap((one) => (one.range === undefined ? [] : [one.range])),
    ...(declaration.value === undefined ? [] : [declaration.value]),
    ...(declaration.block ?? []).flatMap(entryExprs),
  ];
}

/** The first expression that lies more than `limit` levels deep. Uses no recursion, so any depth is safe. */
export function findTooDeep(roots: readonly Expr[], limit: number): Expr | undefined {
  let level = roots;
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > limit) return level[0];
    level = level.flatMap(childExprs);
  }
  return undefined;
}
