// Names while a file is checked. Declarations are looked up in a table that `given` can overlay; binders and parameters
// are local. A declaration's body sees the table of whoever asked for it (that is what `given` means), unless it was
// imported: then it sees the table of its own file.
import type { Declaration, Expr } from '../syntax/ast.js';
import type { Thunk, Value } from './value.js';

export type Table = ReadonlyMap<string, Entry>;

/** What a declared name stands for: its declaration, or what a `given` or an alternative put in its place. */
export type Entry =
  | { readonly kind: 'declared'; readonly declaration: Declaration; readonly home: Table | null }
  | { readonly kind: 'replaced'; readonly original: Declaration; readonly by: Replacement };

export type Replacement =
  | { readonly kind: 'value'; readonly value: Value }
  /** A new body under the binder names that the substitution's path writes. */
  | {
      readonly kind: 'body';
      readonly expr: Expr;
      readonly binders: readonly string[];
      readonly scope: Scope;
    };

export type Local =
  | { readonly kind: 'value'; readonly value: Value }
  | { readonly kind: 'thunk'; readonly thunk: Thunk };

export type Scope = {
  /** Top-level names of the file, imports included. */
  readonly table: Table;
  readonly locals: ReadonlyMap<string, Local>;
};

export function withLocals(scope: Scope, added: Iterable<readonly [string, Local]>): Scope {
  const locals = new Map(scope.locals);
  for (const [name, local] of added) locals.set(name, local);
  return { table: scope.table, locals };
}

export function withValues(scope: Scope, added: Iterable<readonly [string, Value]>): Scope {
  return withLocals(
    scope,
    [...added].map(([name, value]) => [name, { kind: 'value', value }] as const),
  );
}

/** The same names with one declaration replaced. */
export function withReplaced(scope: Scope, name: string, entry: Entry): Scope {
  return { table: new Map(scope.table).set(name, entry), locals: scope.locals };
}
