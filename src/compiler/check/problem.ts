// A diagnostic at a place, as message constructors make it: what is wrong, why it matters, what to do.
import type { Code } from '../base/codes.js';
import type { Diagnostic, Edit } from '../base/diagnostic.js';
import type { Span } from '../base/span.js';

export type More = {
  readonly label?: string;
  readonly notes?: readonly string[];
  readonly help?: string | undefined;
  readonly edit?: string | undefined;
  /** Edits at other places than the diagnostic's own. */
  readonly edits?: readonly Edit[];
  readonly other?: { readonly span: Span; readonly text: string } | undefined;
};

/** A diagnostic at a place; a help with an edit replaces that place. */
export function problem(code: Code, span: Span, message: string, more: More = {}): Diagnostic {
  const edits = more.edits ?? (more.edit === undefined ? [] : [{ span, newText: more.edit, safe: false }]);
  return {
    code,
    severity: 'error',
    message,
    primary: { span, text: more.label ?? '' },
    secondary: more.other === undefined ? [] : [more.other],
    notes: more.notes ?? [],
    ...(more.help === undefined ? {} : { help: { text: more.help, edits } }),
  };
}
