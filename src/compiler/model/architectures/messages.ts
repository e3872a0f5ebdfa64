// The words for everything in problem.ts.
import type { ModelWords } from '../words.js';
import type { ArchitectureProblem } from './problem.js';

/** Code, message, notes and help of a problem. `path`: the folder or file as the reader of the message knows it. */
export function architectureWords(problem: ArchitectureProblem, path: string): ModelWords {
  switch (problem.kind) {
    case 'not-a-config':
      return {
        code: 'EIS4036',
        message: `the configuration of \`${path}\` cannot be read: ${problem.text}`,
        notes: ['a configuration says which architecture the weights belong to, and its sizes'],
        help: 'get config.json again from where the weights come from',
      };
    case 'bad-field':
      return {
        code: 'EIS4036',
        message: `the configuration of \`${path}\` cannot be read: \`${problem.field}\`: ${problem.text}`,
        notes: ['a configuration says which architecture the weights belong to, and its sizes'],
        help: 'get config.json again from where the weights come from',
      };
    case 'unknown-architecture':
      return {
        code: 'EIS4036',
        message: `\`${path}\` is a \`${problem.modelType}\`, an architecture that is not built here`,
        notes: [`built are ${problem.known.join(', ')}`],
        help: 'export it to ONNX and write `onnx("path")`: every tensor of the graph is then a site',
      };
    case 'unsupported-field':
      return {
        code: 'EIS4036',
        message: `\`${path}\` has \`${problem.field}\` = ${problem.value}, which is not built here`,
        notes: [
          'without it the model would compute other numbers than it was trained to',
          `known: ${problem.known}`,
        ],
        help: 'export it to ONNX and write `onnx("path")`: every tensor of the graph is then a site',
      };
    case 'missing-tensors':
      return {
        code: 'EIS4037',
        message: `\`${path}\` lacks ${listed(problem.names)}`,
        notes: ['the configuration asks for it: file and configuration belong to different models'],
        help: null,
      };
    case 'extra-tensors':
      return {
        code: 'EIS4037',
        message: `\`${path}\` holds ${listed(problem.names)}, which its configuration has no place for`,
        notes: ['to leave weights out would be to compute another model'],
        help: null,
      };
    case 'misshapen-tensor':
      return {
        code: 'EIS4037',
        message: `\`${problem.name}\` in \`${path}\` has the shape [${problem.found.join(', ')}] instead of [${problem.wanted.join(', ')}]`,
        notes: [
          'the sizes are those of the configuration: file and configuration belong to different models',
        ],
        help: null,
      };
  }
}

const SHOWN = 3;

function listed(names: readonly string[]): string {
  const first = names.slice(0, SHOWN).map((name) => `\`${name}\``);
  const rest = names.length - first.length;
  return rest === 0 ? first.join(', ') : `${first.join(', ')} and ${rest} more`;
}
