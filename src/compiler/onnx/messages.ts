// The words around a problem of an ONNX file: its code, why it matters, what to do. The text of the problem itself names the place.
import type { Code } from '../base/codes.js';
import type { Diagnostic, Label } from '../base/diagnostic.js';
import type { OnnxProblem } from './problem.js';

type Words = { readonly code: Code; readonly help: string };

const words = {
  empty: { code: 'EIS4501', help: 'export or download the file again' },
  malformed: { code: 'EIS4501', help: 'export or download the file again' },
  dangling: { code: 'EIS4501', help: 'check the file with `onnx.checker.check_model` and export it again' },
  cycle: { code: 'EIS4501', help: 'check the file with `onnx.checker.check_model` and export it again' },
  duplicate: { code: 'EIS4501', help: 'check the file with `onnx.checker.check_model` and export it again' },
  shape: {
    code: 'EIS4501',
    help: 'export the model with every dynamic axis declared, so that no example size is fixed in it',
  },
  version: { code: 'EIS4502', help: 'export the model with an operator set from 9 to 23' },
  operator: {
    code: 'EIS4503',
    help: 'export the model for inference, with shape inference, as one static graph',
  },
  inputs: {
    code: 'EIS4506',
    help: 'export the model with one input, and compute or fix the others inside it',
  },
  dtype: { code: 'EIS4504', help: 'export the model in float32, without quantisation' },
  'external-data': {
    code: 'EIS4505',
    help: "put the data file where the model names it, inside the model's folder",
  },
} as const satisfies Record<OnnxProblem['kind'], Words>;

/** The diagnostic for a model file; `primary` is where the pipeline names the file. */
export function onnxDiagnostic(problem: OnnxProblem, file: string, primary?: Label): Diagnostic {
  const { code, help } = words[problem.kind];
  const diagnostic = {
    code,
    severity: 'error',
    message: `\`${file}\`: ${problem.text}`,
    secondary: [],
    notes: [],
    help: { text: help, edits: [] },
  } as const;
  return primary === undefined ? diagnostic : { ...diagnostic, primary };
}
