// Collects diagnostics while a stage runs.
import type { Diagnostic } from './diagnostic.js';

/** Gathers diagnostics in any order and returns them by file, then offset, then code. */
export class Reporter {
  readonly #diagnostics: Diagnostic[] = [];

  report(diagnostic: Diagnostic): void {
    this.#diagnostics.push(diagnostic);
  }

  /** True when a stage that follows must not start. */
  get hasErrors(): boolean {
    return hasErrors(this.#diagnostics);
  }

  get diagnostics(): readonly Diagnostic[] {
    return sortDiagnostics(this.#diagnostics);
  }
}

/** Whether any of them is an error rather than a warning. */
export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((one) => one.severity === 'error');
}

/** In reading order; those without a place come first. Equal places keep the order of reporting. */
export function sortDiagnostics(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return diagnostics.toSorted((a, b) => {
    const fileA = a.primary?.span.file ?? '';
    const fileB = b.primary?.span.file ?? '';
    if (fileA !== fileB) return fileA < fileB ? -1 : 1;
    return (a.primary?.span.start ?? -1) - (b.primary?.span.start ?? -1);
  });
}
