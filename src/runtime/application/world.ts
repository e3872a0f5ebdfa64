// What every command of the application starts from, and how failures of the world become diagnostics at its edge.
import type { Diagnostic } from '../../compiler/base/diagnostic.js';
import { BackendFailure } from '../backend/backend.js';
import { backendDiagnostic } from '../backend/messages.js';
import { ExecuteFailure } from '../execute/problem.js';
import type { Host } from '../host.js';
import { diagnosticOf } from '../store/messages.js';
import { RunFailure } from '../store/problem.js';
import { RowsFailure } from '../study/rows.js';
import { RunFailed } from '../study/run-failed.js';

export type World = { readonly cwd: string; readonly host: Host };

export const noSources = (): undefined => undefined;

/** What went wrong in the world, as diagnostics; null for our own mistakes, which nobody catches but the edge. */
export function diagnosticsOf(failure: unknown): readonly Diagnostic[] | null {
  if (failure instanceof RunFailure) return [diagnosticOf(failure.problem)];
  if (failure instanceof RunFailed) return failure.diagnostics;
  if (failure instanceof BackendFailure) return [backendDiagnostic(failure.problem)];
  if (failure instanceof RowsFailure) {
    return failure.problems.map((one) => ({
      code: 'EIS2023',
      severity: one.severity,
      message: one.text,
      secondary: [],
      notes: [],
      ...(one.help === undefined ? {} : { help: { text: one.help, edits: [] } }),
    }));
  }
  if (failure instanceof ExecuteFailure) {
    return [{ code: 'EIS2023', severity: 'error', message: failure.message, secondary: [], notes: [] }];
  }
  return null;
}

export function isAbort(failure: unknown, signal: AbortSignal): boolean {
  if (!signal.aborted) return false;
  if (failure instanceof BackendFailure) return failure.problem.kind === 'aborted';
  return failure === signal.reason || (failure instanceof Error && failure.name === 'AbortError');
}

/** Version of this package, as entries of the ledger name it. */
export const toolName = 'eisc 0.1.0';
