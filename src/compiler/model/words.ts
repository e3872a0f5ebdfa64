// What a problem of a model says, before it has a place in a pipeline.
import type { Code } from '../base/codes.js';

export type ModelWords = {
  readonly code: Code;
  readonly message: string;
  readonly notes: readonly string[];
  readonly help: string | null;
};
