// A run that cannot go on because of what the user or the world did; it carries what to say.
import type { Diagnostic } from '../../compiler/base/diagnostic.js';

export class RunFailed extends Error {
  readonly diagnostics: readonly Diagnostic[];
  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map((one) => one.message).join('; '));
    this.diagnostics = diagnostics;
  }
}
