// Numbers and strings: the only places where the text of a token means more than its letters.
import type { IToken } from 'chevrotain';
import type { Reporter } from '../base/reporter.js';
import type { NumberExpr, StringExpr } from './ast.js';
import { tokenSpan } from './cst-place.js';
import { badEscape, numberOutOfRange } from './messages.js';

type LiteralContext = { readonly file: string; readonly reporter: Reporter };

/** `suffix` is the `%` or the unit that follows. */
export function lowerNumber(token: IToken, suffix: IToken | undefined, context: LiteralContext): NumberExpr {
  const percent = suffix?.image === '%';
  const value = numberValue(token.image, percent);
  const last = tokenSpan(suffix ?? token, context.file);
  const span = { file: context.file, start: token.startOffset, end: last.end };
  const vanished = value === 0 && /[1-9]/.test(token.image.split(/e/i)[0] ?? '');
  if (!Number.isFinite(value) || vanished) context.reporter.report(numberOutOfRange(span, token.image));
  const unit = suffix === undefined || percent ? {} : { unit: suffix.image };
  return { kind: 'number', value, text: token.image, ...unit, percent, span };
}

/** Percent is taken in the decimal text, so that `0.7%` is the double nearest to 0.007. */
export function numberValue(text: string, percent: boolean): number {
  const [digits = '', exponent = '0'] = text.replaceAll('_', '').split(/e/i);
  return Number(`${digits}e${Number(exponent) - (percent ? 2 : 0)}`);
}

const simpleEscapes: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['n', '\n'],
  ['t', '\t'],
]);

/** The string between the quotes with its escapes resolved; a wrong escape is reported and kept as it stands. */
export function lowerString(token: IToken, context: LiteralContext): StringExpr {
  const span = tokenSpan(token, context.file);
  const body = token.image.slice(1, -1);
  const value = body.replace(/\\(?:u\{([0-9A-Fa-f]{1,6})\}|([\s\S]))/g, (whole, hex, letter, offset) => {
    const code = Number.parseInt(String(hex), 16);
    if (code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff)) return String.fromCodePoint(code);
    const simple = simpleEscapes.get(String(letter));
    if (simple !== undefined) return simple;
    const start = span.start + 1 + Number(offset);
    const place = { file: context.file, start, end: start + whole.length };
    context.reporter.report(badEscape(place, whole));
    return whole;
  });
  return { kind: 'string', value, span };
}
