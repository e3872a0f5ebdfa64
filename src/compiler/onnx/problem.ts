// What can be wrong with an ONNX file, as data. `wire.ts` and `read.ts` throw `OnnxFailure`; `readOnnx` turns it into a result,
// so that no caller ever sees an exception for a bad file.

/** `kind` says which rule was broken; `text` is the message in the style of a diagnostic; `node` names where. */
export type OnnxProblem = {
  readonly kind:
    | 'empty'
    | 'malformed'
    | 'version'
    | 'dtype'
    | 'operator'
    | 'dangling'
    | 'cycle'
    | 'duplicate'
    | 'shape'
    | 'inputs'
    | 'external-data';
  readonly text: string;
  readonly node?: string;
};

/** Carries an `OnnxProblem` up to the boundary of this folder and no further. */
export class OnnxFailure extends Error {
  readonly problem: OnnxProblem;

  constructor(problem: OnnxProblem) {
    super(problem.text);
    this.name = 'OnnxFailure';
    this.problem = problem;
  }
}

/** Stops reading the file. */
export function failOnnx(kind: OnnxProblem['kind'], text: string, node?: string): never {
  throw new OnnxFailure(node === undefined ? { kind, text } : { kind, text, node });
}

export type OnnxResult<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'problem'; readonly problem: OnnxProblem };

/** Runs a reader; an `OnnxFailure` becomes a problem, anything else (our own mistake) goes on. */
export function attemptOnnx<T>(work: () => T): OnnxResult<T> {
  try {
    return { kind: 'ok', value: work() };
  } catch (error) {
    if (error instanceof OnnxFailure) return { kind: 'problem', problem: error.problem };
    throw error;
  }
}
