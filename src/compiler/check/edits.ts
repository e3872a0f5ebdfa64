// Edits that a help offers: small replacements in the text, each of which makes its diagnostic go away.
import type { Edit } from '../base/diagnostic.js';
import type { Span } from '../base/span.js';
import type { Declaration, Expr } from '../syntax/ast.js';

export function replaceAt(span: Span, newText: string): Edit {
  return { span, newText, safe: false };
}

export function insertAt({ file }: Span, offset: number, newText: string): Edit {
  return { span: { file, start: offset, end: offset }, newText, safe: false };
}

/** A field put into the block of a declaration, which gets one where it has none. */
export function insertField(declaration: Declaration, field: string): readonly Edit[] {
  const { block, span } = declaration;
  if (block === undefined) return [insertAt(span, span.end, ` { ${field} }`)];
  const [first] = block;
  return first === undefined ? [] : [insertAt(span, first.span.start, `${field}, `)];
}

/** `mean(abs(x))` to `abs(mean(x))`. */
export function unfold(expr: Expr): readonly Edit[] {
  if (expr.kind !== 'call') return [];
  const [inner] = expr.args;
  if (inner?.kind !== 'positional' || inner.value.kind !== 'call') return [];
  return [replaceAt(expr.callee.span, 'abs'), replaceAt(inner.value.callee.span, 'mean')];
}

/** The same number with another unit, as it would be written. */
export function numberText(value: number, text: string, unit: string | null): string {
  return `${value < 0 && !text.startsWith('-') ? '-' : ''}${text}${unit === null ? '' : ` ${unit}`}`;
}
