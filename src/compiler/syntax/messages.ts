// Every sentence of the syntax stage. Constructors are named for the fact they report.

import { topKeywords } from '../../../grammar/words.js';
import type { Code } from '../base/codes.js';
import type { Diagnostic, Edit, Help } from '../base/diagnostic.js';
import type { Span } from '../base/span.js';
import { suggest } from '../base/suggest.js';

type Parts = { readonly label?: string; readonly notes?: readonly string[]; readonly help?: Help };

function error(code: Code, span: Span, message: string, parts: Parts = {}): Diagnostic {
  const { label = '', notes = [], help } = parts;
  const base = {
    code,
    severity: 'error' as const,
    message,
    primary: { span, text: label },
    secondary: [],
    notes,
  };
  return help === undefined ? base : { ...base, help };
}

function advise(text: string, ...edits: readonly Edit[]): { readonly help: Help } {
  return { help: { text, edits } };
}

const characterAdvice: ReadonlyMap<string, string> = new Map([
  ["'", 'strings stand in double quotes: `"…"`'],
  ['“', 'use the straight quote `"`'],
  ['”', 'use the straight quote `"`'],
  ['‘', 'strings stand in double quotes: `"…"`'],
  ['’', 'strings stand in double quotes: `"…"`'],
  ['#', 'comments begin with `//`'],
  ['&', 'write `and`'],
  ['|', 'write `or`'],
  ['!', 'write `not`'],
  ['~', 'write `not`'],
  ['^', 'there is no operator for powers: write `pow(a, b)`'],
  [';', 'a declaration ends where its line ends; entries of a block may also be separated by `,`'],
  ['−', 'use the ASCII minus `-`'],
  ['–', 'use the ASCII minus `-`'],
  ['…', 'use two dots for a range: `0..p`'],
  ['\u00A0', 'replace the no-break space by a space'],
]);

export function unexpectedCharacter(span: Span, message: string, character: string): Diagnostic {
  const letter = /\p{L}/u.test(character);
  const text =
    characterAdvice.get(character) ??
    (letter ? 'names consist of the letters a to z, digits and `_`' : undefined);
  return error('EIS1001', span, message, text === undefined ? {} : advise(text));
}

export function stringWithoutEnd(span: Span): Diagnostic {
  return error('EIS1002', span, 'this string has no closing quote', {
    label: 'begins here and does not end on this line',
    ...advise('put `"` where the string ends; a line break inside a string is written `\\n`'),
  });
}

export function badEscape(span: Span, sequence: string): Diagnostic {
  return error('EIS1003', span, `unknown escape \`${sequence}\``, {
    notes: [
      'a string knows the escapes `\\"`, `\\\\`, `\\n`, `\\t` and `\\u{…}` with a code point in hexadecimal',
    ],
    ...advise('write `\\\\` for a backslash', { span, newText: `\\${sequence}`, safe: false }),
  });
}

export function unclosedBracket(opener: Span, bracket: string, found: Span | undefined): Diagnostic {
  const closer = closing(bracket);
  const base = error('EIS1004', opener, `this \`${bracket}\` is never closed`, {
    label: 'opened here',
    ...advise(`add \`${closer}\` where it ends`),
  });
  if (found === undefined) return base;
  return { ...base, secondary: [{ span: found, text: `\`${closer}\` is missing before this` }] };
}

function closing(bracket: string): string {
  if (bracket === '(') return ')';
  return bracket === '[' ? ']' : '}';
}

export function unopenedBracket(span: Span, bracket: string): Diagnostic {
  return error('EIS1005', span, `this \`${bracket}\` closes nothing`, {
    ...advise('remove it, or add the bracket it closes', { span, newText: '', safe: false }),
  });
}

export function nestedTooDeeply(span: Span, limit: number): Diagnostic {
  return error('EIS1006', span, `nested more than ${limit} deep`, {
    notes: ['the limit keeps every stage of the compiler clear of the end of its stack'],
    ...advise('name the inner parts with `let` declarations'),
  });
}

export function fileTooLarge(file: string, length: number, limit: number): Diagnostic {
  return error('EIS1007', startOf(file), `the file has ${length} characters, ${limit} is the limit`, {
    notes: ['a `.eis` file describes an experiment; its data are files of their own'],
    ...advise(
      'move data into a file that a `data` declaration reads, such as `table("rows.csv", cluster: id)`',
    ),
  });
}

export function notText(span: Span): Diagnostic {
  return error('EIS1008', span, 'this is not a text file: it holds a zero byte', {
    ...advise('name a `.eis` file, encoded as UTF-8'),
  });
}

export function emptyFile(file: string): Diagnostic {
  return error('EIS1009', startOf(file), 'the file declares nothing', {
    ...advise('begin with `eis 1` and a declaration, or let `eisc new` write a file that runs'),
  });
}

function startOf(file: string): Span {
  return { file, start: 0, end: 0 };
}

export function unexpected(span: Span, message: string, advice: string | undefined): Diagnostic {
  return error('EIS1010', span, message, advice === undefined ? {} : advise(advice));
}

export function notADeclaration(span: Span, found: string): Diagnostic {
  const near = suggest(found.replaceAll('`', ''), topKeywords, 1)[0];
  return error('EIS1011', span, `${found} does not begin a declaration`, {
    notes: [`declarations begin with one of ${topKeywords.map((word) => `\`${word}\``).join(', ')}`],
    ...(near === undefined
      ? advise('begin the line with the kind of thing it declares, such as `let`')
      : advise(`did you mean \`${near}\`?`, { span, newText: near, safe: true })),
  });
}

export function fieldOutsideBlock(span: Span, name: string): Diagnostic {
  return error('EIS1011', span, `\`${name}:\` is a field, and this line is outside any block`, {
    ...advise('fields stand between the `{` and `}` of the declaration they belong to'),
  });
}

export function continuedLine(span: Span, found: string): Diagnostic {
  return error('EIS1012', span, `a line cannot begin with ${found}`, {
    notes: [
      'a line ends where it could end; one that begins with an operator does not continue the one before',
    ],
    ...advise('end the line before with the operator, or put the whole expression in parentheses'),
  });
}

/** `span` holds the two characters `<-`. */
export function writeWithoutSpace(span: Span): Diagnostic {
  const end = { ...span, start: span.end };
  return error('EIS1013', span, '`<-` writes only with a space behind it', {
    label: 'read as `<` and `-`',
    ...advise('add a space to write; to compare, write `< -`', { span: end, newText: ' ', safe: true }),
  });
}

export function chainedComparison(span: Span, first: Span): Diagnostic {
  const base = error('EIS1014', span, 'comparisons do not chain', {
    label: 'second comparison',
    ...advise('join two comparisons with `and`: `a < b and b < c`'),
  });
  return { ...base, secondary: [{ span: first, text: 'first comparison' }] };
}

export function percentAfterValue(span: Span): Diagnostic {
  return error('EIS1015', span, '`%` belongs to a number', {
    label: 'not a number before it',
    ...advise('write `mod(a, b)` for the remainder'),
  });
}

export function wrongCount(span: Span, quantifier: string): Diagnostic {
  if (quantifier === 'at_least') {
    return error('EIS1016', span, '`at_least` needs a count', {
      ...advise('write how many, as in `at_least 2 of c in movers: …`'),
    });
  }
  return error('EIS1016', span, `\`${quantifier}\` takes no count`, {
    ...advise('only `at_least` counts, as in `at_least 2 of c in movers: …`'),
  });
}

export function unsupportedVersion(span: Span, text: string): Diagnostic {
  return error('EIS1017', span, `this compiler reads version 1 of the language, not version ${text}`, {
    ...advise('write `eis 1`, or use a compiler that knows the version', { span, newText: '1', safe: false }),
  });
}

export function numberOutOfRange(span: Span, text: string): Diagnostic {
  return error('EIS1018', span, `\`${text}\` is out of range for a 64-bit float`, {
    notes: ['numbers reach from about 5e-324 to about 1.8e308; `inf` is a name of its own'],
  });
}
