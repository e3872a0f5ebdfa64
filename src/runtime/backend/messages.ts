// The words around a failure of a backend. It has no span: nothing in a pipeline caused it.
import type { Code } from '../../compiler/base/codes.js';
import type { Diagnostic } from '../../compiler/base/diagnostic.js';
import type { BackendProblem } from './backend.js';

const codes = {
  'not-available': 'EIS5501',
  compile: 'EIS5502',
  run: 'EIS5503',
  'out-of-memory': 'EIS5504',
  aborted: 'EIS5505',
} as const satisfies Record<BackendProblem['kind'], Code>;

/** The diagnostic for what a backend threw. */
export function backendDiagnostic(problem: BackendProblem): Diagnostic {
  const diagnostic = {
    code: codes[problem.kind],
    severity: 'error',
    message: problem.kind === 'not-available' ? problem.text : `\`${problem.backend}\`: ${problem.text}`,
    secondary: [],
    notes: [],
  } as const;
  return problem.help === undefined ? diagnostic : { ...diagnostic, help: { text: problem.help, edits: [] } };
}
