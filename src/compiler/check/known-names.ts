// Names that could have been meant, for "did you mean".
import { builtinNames } from './builtin-names.js';
import type { Scope } from './value.js';

/** Names that could have been meant, for "did you mean". */
export function knownNames(scope: Scope): readonly string[] {
  return [...scope.locals.keys(), ...scope.table.keys(), ...builtinNames];
}
