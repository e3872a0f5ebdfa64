// Before a run trusts a model: the compiled, unmodified graph gives the outputs it was stored with, and its sites do not
// contradict each other. A model that fails stops the run.
import type { CheckedFile } from '../../compiler/check/experiment.js';
import { wordsOf } from '../../compiler/model/messages.js';
import type { Backend } from '../backend/backend.js';
import type { LoadedModel } from '../model/load-model.js';
import { type ModelCheck, verifyModel } from '../model/verify-model.js';
import type { ManipulationCheck } from './manipulation-checks.js';
import { RunFailed } from './run-failed.js';

export async function checkModels(
  checked: CheckedFile,
  loaded: ReadonlyMap<string, LoadedModel>,
  backend: Backend,
): Promise<readonly ManipulationCheck[]> {
  const made: ManipulationCheck[] = [];
  for (const model of checked.models) {
    const source = loaded.get(model.graph.digest);
    if (source === undefined) continue;
    const { checks, problems } = await verifyModel(source, backend);
    const isIdentity = (one: ModelCheck): boolean => one.what.includes('=');
    made.push(
      summary(
        `stored outputs of ${model.declared}`,
        checks.filter((one) => !isIdentity(one)),
        'none are stored',
      ),
      summary(
        `site identities of ${model.declared}`,
        checks.filter(isIdentity),
        'no blocks whose sites could contradict each other',
      ),
    );
    const [problem] = problems;
    if (problem !== undefined) {
      const { code, message, notes } = wordsOf(problem);
      throw new RunFailed([{ code, severity: 'error', message, secondary: [], notes }]);
    }
  }
  return made;
}

function summary(name: string, checks: readonly ModelCheck[], none: string): ManipulationCheck {
  return {
    name,
    passed: checks.every((one) => one.difference <= one.tolerance),
    text: deviationText(checks, none),
  };
}

function deviationText(checks: readonly ModelCheck[], none: string): string {
  const [worst] = checks.toSorted((a, b) => b.difference / b.tolerance - a.difference / a.tolerance);
  if (worst === undefined) return none;
  const numbers = `${worst.difference.toExponential(1)} at ${worst.what} (allowed ${worst.tolerance.toExponential(1)})`;
  return `${checks.length} comparisons; largest deviation ${numbers}`;
}
