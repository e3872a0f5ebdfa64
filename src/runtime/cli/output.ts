// What commands print. Results go to standard output, diagnostics to standard error; with `--json` everything goes to
// standard output as one object per line, each with its `kind`.
import type { Plain } from '../../compiler/base/canonical.js';
import type { Diagnostic } from '../../compiler/base/diagnostic.js';
import { diagnosticToJson } from '../../compiler/base/json.js';
import { renderDiagnostic } from '../../compiler/base/render.js';
import { hasErrors } from '../../compiler/base/reporter.js';
import { plural } from '../quantity-text.js';
import type { Answered } from './app-api.js';
import { EXIT, type ExitCode } from './exit.js';
import type { Io } from './io.js';

/** A line of `--json` output. */
export type JsonLine = { readonly kind: string } & { readonly [key: string]: Plain };

export class Output {
  readonly #io: Io;
  readonly json: boolean;

  constructor(io: Io, json: boolean) {
    this.#io = io;
    this.json = json;
  }

  /** The result: its text for people, its object for `--json`. */
  result(text: string, line: JsonLine): void {
    if (this.json) this.object(line);
    else if (text !== '') this.#io.out(text.endsWith('\n') ? text : `${text}\n`);
  }

  /** One line of the event stream or of a result. */
  object(line: JsonLine): void {
    this.#io.out(`${JSON.stringify(line)}\n`);
  }

  /** Remarks for people that are no part of the result. */
  remark(text: string): void {
    if (!this.json) this.#io.err(`${text}\n`);
  }

  /** Prints the diagnostics; the exit code says whether errors are among them. */
  diagnostics({ diagnostics, sources }: Answered): ExitCode {
    if (this.json) {
      for (const one of diagnostics) {
        this.#io.out(`{"kind":"diagnostic",${diagnosticToJson(one, sources).slice(1)}\n`);
      }
    } else if (diagnostics.length > 0) {
      for (const one of diagnostics) this.#io.err(`${renderDiagnostic(one, sources)}\n\n`);
      this.#io.err(`${countsText(diagnostics)}\n`);
    }
    return hasErrors(diagnostics) ? EXIT.diagnostics : EXIT.done;
  }
}

function countsText(diagnostics: readonly Diagnostic[]): string {
  const errors = diagnostics.filter((one) => one.severity === 'error').length;
  const warnings = diagnostics.length - errors;
  return [errors > 0 ? plural(errors, 'error') : '', warnings > 0 ? plural(warnings, 'warning') : '']
    .filter((part) => part !== '')
    .join(', ');
}
