// Before a run trusts a model: the compiled, unmodified graph gives the outputs it was stored with, and its sites do not
// contradict each other. A model that fails stops the run before any rows are opened; its checks are told first.
import { bug } from '../../compiler/base/bug.js';
import type { CheckedFile } from '../../compiler/check/experiment.js';
import { modelDiagnostic } from '../../compiler/model/messages.js';
import type { Backend } from '../backend/backend.js';
import type { LoadedModel } from '../model/load-model.js';
import { deviates, type ModelCheck, verifyModel } from '../model/verify-model.js';
import { type RunCheck, runCheck } from './run-check.js';
import { RunFailed } from './run-failed.js';

/** `tell` is called with each check as soon as it is made. Throws RunFailed for a model that is not what it should be. */
export async function checkModels(
  checked: CheckedFile,
  loaded: ReadonlyMap<string, LoadedModel>,
  backend: Backend,
  tell: (check: RunCheck) => void,
): Promise<void> {
  for (const { declared, graph } of checked.models) {
    const source = loaded.get(graph.digest) ?? bug(`the model ${declared} was never loaded`);
    const { checks, problems } = await verifyModel(source, backend);
    const of = (kind: ModelCheck['kind']) => checks.filter((one) => one.kind === kind);
    tell(summary(declared, `stored outputs of ${declared}`, of('stored-output'), 'no outputs are stored'));
    tell(
      summary(
        declared,
        `site identities of ${declared}`,
        of('identity'),
        'it has no blocks whose sites could contradict each other',
      ),
    );
    const [problem] = problems;
    if (problem !== undefined) throw new RunFailed([modelDiagnostic(problem)]);
  }
}

function summary(model: string, name: string, checks: readonly ModelCheck[], none: string): RunCheck {
  const worst = checks.toSorted((a, b) => excess(b) - excess(a))[0];
  if (worst === undefined) return runCheck({ name, model, state: 'not-checked', text: none });
  const numbers = `${worst.difference.toExponential(1)} at ${worst.what} (allowed ${worst.tolerance.toExponential(1)})`;
  const text = `${checks.length} comparisons; largest deviation ${numbers}`;
  return runCheck({ name, model, state: checks.some(deviates) ? 'failed' : 'passed', text });
}

/** By how much a comparison exceeds what is allowed; one without a number exceeds it by the most. */
function excess({ difference, tolerance }: ModelCheck): number {
  return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference / tolerance;
}
