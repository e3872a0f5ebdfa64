// Checking a text in a test: what was said, and the text after a help's edits.

import type { Diagnostic } from '../../../src/compiler/base/diagnostic.js';
import { renderDiagnostic } from '../../../src/compiler/base/render.js';
import type { ClaimSpec } from '../../../src/compiler/check/claim-spec.js';
import type { CheckedFile } from '../../../src/compiler/check/experiment.js';
import { checkOnly, compile, type Options } from '../../../src/compiler/compile.js';
import type { CompileHost } from '../../../src/compiler/host.js';
import { fakeHost } from './fake-host.js';

export type Said = {
  readonly checked: CheckedFile | null;
  readonly diagnostics: readonly Diagnostic[];
  /** Codes of errors, in reading order. */
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
  /** All of it as a user reads it. */
  readonly text: string;
};

export function check(text: string, host: CompileHost = fakeHost(), options: Partial<Options> = {}): Said {
  const { checked, diagnostics, sources } = compile({ text, file: 'test.eis' }, host, {
    ...checkOnly,
    ...options,
  });
  return {
    checked,
    diagnostics,
    errors: diagnostics.filter((one) => one.severity === 'error').map((one) => one.code),
    warnings: diagnostics.filter((one) => one.severity === 'warning').map((one) => one.code),
    text: diagnostics.map((one) => renderDiagnostic(one, sources)).join('\n'),
  };
}

/** The checked file of a text that has no errors. Throws with what was said otherwise. */
export function checkedFile(text: string, host?: CompileHost, options?: Partial<Options>): CheckedFile {
  const said = check(text, host, options);
  if (said.checked === null || said.errors.length > 0) throw new Error(`the text has errors\n${said.text}`);
  return said.checked;
}

export function claimOf(file: CheckedFile, name: string): ClaimSpec {
  const found = file.claims.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no claim ${name}`);
  return found;
}

/** The text with the edits of a diagnostic's help in place; edits of other files are left alone. */
export function withHelp(text: string, { help }: Diagnostic): string {
  const edits = (help?.edits ?? [])
    .filter((one) => one.span.file === 'test.eis')
    .toSorted((a, b) => b.span.start - a.span.start);
  return edits.reduce(
    (now, { span, newText }) => now.slice(0, span.start) + newText + now.slice(span.end),
    text,
  );
}
