// The words for everything in source-problem.ts.
import type { SourceProblem } from './source-problem.js';
import type { ModelWords } from './words.js';

/** Code, message, notes and help of a problem with a model's files. */
export function sourceWords(problem: SourceProblem): ModelWords {
  switch (problem.kind) {
    case 'gguf-file':
      return {
        code: 'EIS4030',
        message: `\`${problem.path}\` is no GGUF file that can be read: ${problem.text}`,
        notes: ['read are GGUF versions 2 and 3, little-endian, in one file'],
        help: 'get the file again and compare its SHA-256',
      };
    case 'element-type':
      return {
        code: 'EIS4031',
        message: `\`${problem.tensor}\` has the element type ${problem.type}, which is not read`,
        notes: [`it is in \`${problem.path}\``, `read are ${problem.known.join(', ')}`],
        help: 'convert the weights to one of these',
      };
    case 'incomplete-folder':
      return {
        code: 'EIS4032',
        message: `\`${problem.path}\` is no model folder: ${problem.text}`,
        notes: [
          'a model folder holds config.json, model.safetensors (or its shards and their index) and tokenizer.json',
        ],
        help: problem.help,
      };
    case 'hub':
      return {
        code: 'EIS4033',
        message: `\`${problem.id}\`${problem.revision === null ? '' : ` at ${problem.revision.slice(0, 12)}`} cannot be had: ${problem.text}`,
        notes: ['it is neither a folder nor in the local cache of the hub'],
        help: hubHelp[problem.why],
      };
    case 'tokenizer-file':
      return {
        code: 'EIS4034',
        message: `the tokenizer in \`${problem.path}\` cannot be used: ${problem.text}`,
        notes: [
          'a tokenizer that is understood in part would give other tokens than the model was trained on',
        ],
        help: null,
      };
    case 'file-changed':
      return {
        code: 'EIS4035',
        message: `\`${problem.path}\` was changed while it was in use`,
        notes: ['results of two versions of the weights would be mixed'],
        help: 'run again when the file is complete',
      };
    case 'too-large':
      return {
        code: 'EIS4038',
        message: `the weights of \`${problem.path}\` take ${megabytes(problem.weightBytes)}, and the run may use ${megabytes(problem.memoryBytes)}`,
        notes: [
          'weights are held as float32, whatever the file stores, and beside them everything that is computed',
        ],
        help: `give the run more, such as \`--memory ${roomFor(problem.weightBytes)}\`, or use a smaller model`,
      };
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** For the weights, and as much again for what is computed with them. */
function roomFor(weightBytes: number): string {
  return `${Math.ceil((2 * weightBytes) / 1e9)}GB`;
}

const hubHelp = {
  unpinned: 'write `revision: "…"` with the 40 digits of a commit, so that the same files are read next year',
  offline: 'unset HF_HUB_OFFLINE, or name a folder that holds the files',
  unreachable: 'run where the hub can be reached, or name a folder that holds the files',
  refused: 'check the id and the revision; for a gated model set HF_TOKEN',
  altered: 'run again; if it happens again, do not use the files',
} as const satisfies Record<Extract<SourceProblem, { kind: 'hub' }>['why'], string>;
