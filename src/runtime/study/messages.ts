// The words for what can be wrong with a pipeline as a whole before or while it runs. Only this file of the folder has sentences
// of diagnostics.
import type { Diagnostic } from '../../compiler/base/diagnostic.js';

export function missingPipeline(file: string): Diagnostic {
  return {
    code: 'EIS2024',
    severity: 'error',
    message: `there is no file \`${file}\``,
    secondary: [],
    notes: [],
    help: { text: 'write the path of a .eis file, or begin one with `eisc new`', edits: [] },
  };
}

/** Where a pipeline was wanted, and there is a folder: `names` are the pipelines in it. */
export function folderForPipeline(folder: string, names: readonly string[]): Diagnostic {
  const shown = names.slice(0, 6).map((one) => `\`${one}\``);
  const more = names.length > shown.length ? ` and ${names.length - shown.length} more` : '';
  const help =
    names.length === 0
      ? 'write the path of a .eis file, or begin one with `eisc new`'
      : `the folder holds ${shown.join(', ')}${more}: name one of them`;
  return {
    code: 'EIS2024',
    severity: 'error',
    message: `\`${folder}\` is a folder, not a pipeline`,
    secondary: [],
    notes: [],
    help: { text: help, edits: [] },
  };
}

/** Two models that would read the same text as other tokens. */
export function tokenizersDiffer(data: string, one: string, other: string): Diagnostic {
  return {
    code: 'EIS4016',
    severity: 'error',
    message: `\`${one}\` and \`${other}\` read \`${data}\` with different tokenizers`,
    secondary: [],
    notes: [
      'rows are tokens of one vocabulary: what is measured in one model would mean nothing in the other',
    ],
    help: { text: `declare the same rows once more for \`${other}\``, edits: [] },
  };
}

/** A position that is read of every row, and rows that do not have it. `rows` names the rows. */
export function noSuchPosition(rows: string, index: number, shortest: number): Diagnostic {
  const many = `${shortest} position${shortest === 1 ? '' : 's'}`;
  const last = index < 0 ? '' : ` (0 to ${shortest - 1})`;
  return {
    code: 'EIS2015',
    severity: 'error',
    message: `${index} is outside \`pos\`: there are rows of \`${rows}\` with ${many}${last}`,
    secondary: [],
    notes: ['a fixed position is read of every row, and what a row does not have cannot be measured'],
    help: { text: 'name a position that every row has: a role, `end`, or a smaller number', edits: [] },
  };
}
