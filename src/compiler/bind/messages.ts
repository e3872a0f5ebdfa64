// What binding has to say: names, imports, and the parts of declarations.

import type { Keyword } from '../../../grammar/words.js';
import type { Diagnostic } from '../base/diagnostic.js';
import type { Span } from '../base/span.js';
import type { HostProblem } from '../host.js';

function error(
  code: Diagnostic['code'],
  span: Span,
  message: string,
  more: {
    readonly label?: string;
    readonly notes?: readonly string[];
    readonly help?: string;
    /** What the help would write in the place of `span`. */
    readonly edit?: string;
    readonly other?: { readonly span: Span; readonly text: string };
  } = {},
): Diagnostic {
  return {
    code,
    severity: 'error',
    message,
    primary: { span, text: more.label ?? '' },
    secondary: more.other === undefined ? [] : [more.other],
    notes: more.notes ?? [],
    ...(more.help === undefined
      ? {}
      : {
          help: {
            text: more.help,
            edits: more.edit === undefined ? [] : [{ span, newText: more.edit, safe: false }],
          },
        }),
  };
}

export function declaredTwice(name: string, span: Span, first: Span): Diagnostic {
  return error('EIS2002', span, `\`${name}\` is declared twice`, {
    label: 'declared again here',
    other: { span: first, text: 'first declared here' },
    help: 'give one of them another name',
  });
}

export function importWithoutPath(span: Span): Diagnostic {
  return error('EIS2010', span, 'this import does not say where from', {
    help: 'write `import [name] from "std/metrics"`',
  });
}

export function importCycle(span: Span, path: readonly string[]): Diagnostic {
  return error('EIS2010', span, `this import leads back to itself: ${path.join(' → ')}`);
}

export function importNotFound(span: Span, problem: HostProblem): Diagnostic {
  return error('EIS2010', span, problem.text, {
    notes: problem.notes,
    ...(problem.help === null ? {} : { help: problem.help }),
  });
}

export function importHasNo(span: Span, name: string, path: string, near: readonly string[]): Diagnostic {
  const [best] = near;
  return error('EIS2010', span, `\`${path}\` declares no \`${name}\``, {
    ...(best === undefined ? {} : { help: `did you mean \`${best}\`?`, edit: best }),
  });
}

export function partNotTaken(keyword: Keyword, what: string, span: Span): Diagnostic {
  return error('EIS2003', span, `a \`${keyword}\` declaration does not take ${what}`);
}

export function nestedAtTop(keyword: Keyword, span: Span): Diagnostic {
  return error('EIS2003', span, `\`${keyword}\` belongs inside the block of another declaration`, {
    help: keyword === 'variable' ? 'put it into a `fit`' : 'put it into the block of a `data` declaration',
  });
}

export function nameMissing(keyword: Keyword, span: Span): Diagnostic {
  return error('EIS2003', span, `this \`${keyword}\` declaration has no name`);
}

export function paramsMissing(span: Span): Diagnostic {
  return error('EIS2003', span, 'a function needs its parameters in parentheses', {
    help: 'write `fn f(a, b) = …`',
  });
}

export function valueMissing(keyword: Keyword, name: string, span: Span): Diagnostic {
  return error('EIS2003', span, `\`${keyword} ${name}\` has no \`=\` and so no meaning`);
}
