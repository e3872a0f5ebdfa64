// A check of the machinery that a run makes: of a model against what is stored of it, of interventions against what they say
// they do. A check that compared nothing is not a passed one.

export type CheckState = 'passed' | 'failed' | 'not-checked';

export type RunCheck = {
  readonly name: string;
  /** The declared name of the model. */
  readonly model: string;
  readonly state: CheckState;
  /** For readers that know two states only: false unless something was compared and found right. */
  readonly passed: boolean;
  /** What was compared and how it came out, or why nothing was. */
  readonly text: string;
};

export function runCheck(check: Omit<RunCheck, 'passed'>): RunCheck {
  return { ...check, passed: check.state === 'passed' };
}
