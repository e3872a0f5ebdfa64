// A diagnostic as one line of JSON, for `--json`: offsets as well as lines and columns counted from 1.
import type { Diagnostic, Edit, Label } from './diagnostic.js';
import { positionOf } from './position.js';
import type { Sources } from './render.js';
import type { Span } from './span.js';

/** One object without a line break inside. */
export function diagnosticToJson(diagnostic: Diagnostic, sources: Sources): string {
  const place = (span: Span) =>
    placeOf(span, typeof sources === 'string' ? sources : (sources(span.file) ?? ''));
  const label = (one: Label) => ({ ...place(one.span), text: one.text });
  const edit = (one: Edit) => ({ ...place(one.span), newText: one.newText, safe: one.safe });
  const { code, severity, message, primary, secondary, notes, help } = diagnostic;
  return JSON.stringify({
    code,
    severity,
    message,
    primary: primary === undefined ? null : label(primary),
    secondary: secondary.map(label),
    notes,
    help: help === undefined ? null : { text: help.text, edits: help.edits.map(edit) },
  });
}

function placeOf(span: Span, text: string) {
  const from = positionOf(text, span.start);
  const to = positionOf(text, span.end);
  return {
    file: span.file,
    start: span.start,
    end: span.end,
    line: from.line,
    column: from.column,
    endLine: to.line,
    endColumn: to.column,
  };
}
