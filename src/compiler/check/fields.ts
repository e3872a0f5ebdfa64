// The fields that each kind of declaration has. What is not among them is refused where it stands: a misspelt field that
// was passed over would change what the file means without a word.

import type { Declaration, Expr } from '../syntax/ast.js';
import { refuse } from './context.js';
import * as say from './messages.js';

type Keyword = Declaration['keyword'];

type Fields = {
  /** Null: read, and so refused, where the declaration is evaluated. */
  readonly fields: readonly string[] | null;
  /** Of the language, but nothing reads them yet. */
  readonly later: readonly string[];
  readonly nested: readonly Keyword[];
};

const none: Fields = { fields: [], later: [], nested: [] };
const elsewhere: Fields = { fields: null, later: [], nested: [] };

const fieldsOf = {
  study: elsewhere,
  model: none,
  data: { ...elsewhere, nested: ['hole', 'variant', 'variable'] },
  draw: none,
  hook: elsewhere,
  metric: none,
  intervention: { ...none, later: ['because'] },
  ablation: {
    ...none,
    fields: ['of', 'on', 'by', 'because'],
    later: ['positions', 'direction', 'normalisation'],
  },
  circuit: none,
  fit: elsewhere,
  claim: { ...none, fields: ['on', 'because', 'nil', 'assay', 'power'] },
  predict: { ...none, later: ['effect'] },
  correction: { ...none, fields: ['over'] },
  control: none,
  waive: { ...none, fields: ['because'] },
  report: none,
  gallery: elsewhere,
  let: none,
  fn: none,
  param: none,
  import: none,
  hole: none,
  variant: { ...none, fields: ['text', 'answer', 'wrong'], nested: ['hole'] },
  variable: elsewhere,
} as const satisfies Record<Keyword, Fields>;

/** Refuses the first field or inner declaration that this one does not have. */
export function checkFields(declaration: Declaration): void {
  const { fields, later, nested }: Fields = fieldsOf[declaration.keyword];
  for (const entry of declaration.block ?? []) {
    if (entry.kind === 'field') {
      if (later.includes(entry.name))
        refuse(say.notExecutableYet(entry.nameSpan, `the field \`${entry.name}\``));
      if (fields !== null && !fields.includes(entry.name))
        refuse(say.unknownField(entry.nameSpan, entry.name, fields));
    }
    if (entry.kind === 'declaration') {
      if (nested.includes(entry.keyword)) checkFields(entry);
      else if (fields !== null || nested.length > 0)
        refuse(say.unknownField(entry.keywordSpan, entry.keyword, [...(fields ?? []), ...nested]));
    }
  }
}

export function fieldOf(declaration: Declaration, name: string): Expr | undefined {
  for (const entry of declaration.block ?? [])
    if (entry.kind === 'field' && entry.name === name) return entry.value;
  return undefined;
}
