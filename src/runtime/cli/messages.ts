// The words for what the command line itself finds wrong, and for our own mistakes at the edge of the process.
import type { Diagnostic } from '../../compiler/base/diagnostic.js';

/** A kind of pipeline that the language describes and this version cannot run. */
export function templateNotExecutable(template: string, needs: string): Diagnostic {
  return {
    code: 'EIS2009',
    severity: 'error',
    message: `a \`${template}\` pipeline is not executable yet`,
    secondary: [],
    notes: [`it needs ${needs}`, 'nothing was written'],
    help: { text: '`eisc new patching` writes a pipeline that runs', edits: [] },
  };
}

export function internalError(facts: {
  readonly text: string;
  readonly stage: string;
  readonly inputs: readonly string[];
  readonly debug: boolean;
}): Diagnostic {
  const message = facts.text.replace(/^internal error: /, '').split('\n')[0] ?? '';
  return {
    code: 'EIS9001',
    severity: 'error',
    message: `internal error: ${message}`,
    secondary: [],
    notes: [
      `stage: ${facts.stage}`,
      ...facts.inputs.map((one) => `input: ${one}`),
      'this is a mistake of eisc, not of the file; nothing that was running counts as a result',
    ],
    help: {
      text: `please report it with the file and what \`eisc --version\` prints${facts.debug ? '' : '; EISC_DEBUG=1 shows where it happened'}`,
      edits: [],
    },
  };
}
