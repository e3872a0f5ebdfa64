// A problem in what the user wrote, as data. Rendering and wording live elsewhere.
import type { Code } from './codes.js';
import type { Span } from './span.js';

export type Severity = 'error' | 'warning';
export type Label = { readonly span: Span; readonly text: string };
export type Edit = { readonly span: Span; readonly newText: string; readonly safe: boolean };
export type Help = { readonly text: string; readonly edits: readonly Edit[] };

/** The only way a stage reports a problem. Text is filled in by constructors, never at the report site. */
export type Diagnostic = {
  readonly code: Code;
  readonly severity: Severity;
  readonly message: string;
  readonly primary?: Label;
  readonly secondary: readonly Label[];
  readonly notes: readonly string[];
  readonly help?: Help;
};
