// `eisc fmt`: a text in its canonical layout.
import type { Diagnostic } from '../base/diagnostic.js';
import { hasErrors } from '../base/reporter.js';
import { parseFile } from './parse.js';
import { printFile } from './print.js';

export type FormatResult = { readonly text: string; readonly diagnostics: readonly Diagnostic[] };

/** The text laid out; the text as it was when it has errors, since a broken declaration has no tree to print. */
export function format(text: string, fileName = 'input.eis'): FormatResult {
  const { file, diagnostics } = parseFile(text, fileName);
  return { text: hasErrors(diagnostics) ? text : printFile(file), diagnostics };
}
