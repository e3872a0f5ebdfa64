// Names while a file is checked. Declarations are looked up in a table that `given` can overlay; binders and parameters
// are local. A declaration's body sees the table of whoever asked for it (that is what `given` means), unless it was
// imported: then it sees the table of its own file.
import type { Entry, Local, Scope, Value } from './value.js';

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
