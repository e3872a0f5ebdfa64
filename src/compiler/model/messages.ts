// The words for everything in problem.ts. Stages and the runtime report facts; only this file has sentences.
import type { Diagnostic } from '../base/diagnostic.js';
import type { Span } from '../base/span.js';
import { onnxDiagnostic } from '../onnx/messages.js';
import type { Refusal } from './alias-names.js';
import { architectureWords } from './architectures/messages.js';
import type { ModelProblem } from './problem.js';
import { sourceWords } from './source-messages.js';
import type { ModelWords } from './words.js';

/** The diagnostic for a problem. Without a span it concerns a file or a run, not a place in the pipeline. */
export function modelDiagnostic(problem: ModelProblem, span?: Span): Diagnostic {
  const { code, message, notes, help } = wordsOf(problem);
  return {
    code,
    severity: 'error',
    message,
    secondary: [],
    notes,
    ...(span === undefined ? {} : { primary: { span, text: '' } }),
    ...(help === null ? {} : { help: { text: help, edits: [] } }),
  };
}

/** Code, message, notes and help of a problem. */
export function wordsOf(problem: ModelProblem): ModelWords {
  switch (problem.kind) {
    case 'gguf-file':
    case 'element-type':
    case 'incomplete-folder':
    case 'hub':
    case 'tokenizer-file':
    case 'file-changed':
    case 'too-large':
      return sourceWords(problem);
    case 'architecture':
      return architectureWords(problem.problem, problem.path);
    case 'no-such-site':
      return {
        code: 'EIS4001',
        message: `\`${problem.model}\` has no site \`${problem.name}\``,
        notes: [],
        help: didYouMean(problem.nearest) ?? listing(problem.model),
      };
    case 'refused-site':
      return {
        code: 'EIS4002',
        message: `\`${problem.name}\` does not name one value of \`${problem.model}\``,
        notes: [REASONS[problem.reason]],
        help: problem.instead.length === 0 ? listing(problem.model) : `write ${either(problem.instead)}`,
      };
    case 'no-match':
      return {
        code: 'EIS4003',
        message: `no tensor of \`${problem.model}\` matches \`${problem.pattern}\``,
        notes: ['`*` is any text without `/`, `**` any text'],
        help: didYouMean(problem.nearest) ?? listing(problem.model),
      };
    case 'no-such-model':
      return {
        code: 'EIS4004',
        message: `there is no bundled model \`${problem.name}\``,
        notes: [`bundled models: ${quoted(problem.known)}`],
        help: 'name one of them in `bundled("…")`; a model of your own is loaded with `hf("folder or id")`, `gguf("path")` or `onnx("path")`',
      };
    case 'unreadable':
      return {
        code: 'EIS4005',
        message: `\`${problem.path}\` cannot be read: ${problem.text}`,
        notes: [],
        help: 'check the path; it is relative to the pipeline',
      };
    case 'malformed':
      return {
        code: 'EIS4006',
        message: `\`${problem.path}\` is not what its format asks for: ${problem.text}`,
        notes: ['the form of a manifest is grammar/schema/model-manifest.schema.json'],
        help: null,
      };
    case 'damaged-weights':
      return {
        code: 'EIS4007',
        message: `\`${problem.path}\` is damaged: ${problem.text}`,
        notes: ['nothing was computed with it'],
        help: 'get the file again and compare its SHA-256',
      };
    case 'weights-mismatch':
      return {
        code: 'EIS4008',
        message: `\`${problem.path}\` does not hold the tensors of its manifest: ${problem.text}`,
        notes: [],
        help: null,
      };
    case 'not-finite':
      return {
        code: 'EIS4009',
        message: `\`${problem.tensor}\` holds ${problem.count} ${problem.count === 1 ? 'number' : 'numbers'} that ${problem.count === 1 ? 'is' : 'are'} NaN or infinite`,
        notes: [
          `the first is element ${problem.first}, in \`${problem.path}\``,
          'every value computed from it would be NaN, and a comparison with NaN is false without a word',
        ],
        help: 'use weights from before training diverged',
      };
    case 'digest-mismatch':
      return {
        code: 'EIS4010',
        message: `\`${problem.path}\` is not the file that its manifest names`,
        notes: [`SHA-256 stated: ${problem.stated}`, `SHA-256 found:  ${problem.actual}`],
        help: 'restore the file, or write a new manifest if the change was meant',
      };
    case 'onnx': {
      const { code, message, notes, help } = onnxDiagnostic(problem.problem, problem.path);
      return { code, message, notes, help: help?.text ?? null };
    }
    case 'fixed-batch':
      return {
        code: 'EIS4011',
        message: `\`${problem.model}\` was exported for one row at a time`,
        notes: [`axis 0 of its input \`${problem.input}\` has the fixed size 1`],
        help: 'export it with a dynamic batch axis',
      };
    case 'fixture-differs':
      return {
        code: 'EIS4012',
        message: `the compiled \`${problem.model}\` does not reproduce the stored \`${problem.site}\``,
        notes: [
          `largest difference ${short(problem.difference)}, allowed ${short(problem.tolerance)}, on ${problem.backend}`,
          'no result of this model can be trusted on this backend',
        ],
        help: 'try `--backend reference`; if that differs too, the model files were changed',
      };
    case 'identity-fails':
      return {
        code: 'EIS4013',
        message: `the sites of \`${problem.model}\` contradict each other: ${problem.identity}`,
        notes: [`largest difference ${short(problem.difference)}, allowed ${short(problem.tolerance)}`],
        help: null,
      };
    case 'unknown-word':
      return {
        code: 'EIS4014',
        message: `\`${problem.word}\` is not in the vocabulary of \`${problem.model}\``,
        notes: ['its tokenizer knows whole words only; case counts'],
        help: didYouMean(problem.nearest) ?? 'use words that the model was trained on',
      };
    case 'too-long':
      return {
        code: 'EIS4015',
        message: `a row has ${problem.length} tokens, \`${problem.model}\` reads at most ${problem.context}`,
        notes: [],
        help: 'make the text shorter',
      };
    case 'no-tokenizer':
      return {
        code: 'EIS4016',
        message: `\`${problem.model}\` has no tokenizer: its inputs are token ids`,
        notes: [],
        help: 'use data made of ids, such as `repeated_tokens(m.vocab, …)` or `grid(…)`',
      };
    case 'unreachable':
      return {
        code: 'EIS4018',
        message: `the intervention \`${problem.intervention}\` reaches no metric that is asked for`,
        notes: [
          `it writes ${quoted(problem.sites)}`,
          `no path of the model leads from there to ${problem.metrics.length === 0 ? 'any metric' : quoted(problem.metrics)}`,
        ],
        help: 'write to a site before what the metric reads',
      };
  }
}

const REASONS = {
  'copy-per-head': 'TransformerLens gives each head a copy of this input; here all heads read one value',
  'before-or-after-norm':
    'TransformerLens uses this name for the residual stream before the norm, the field for what the MLP reads after it',
  'sum-or-norm':
    'a norm follows the sum: TransformerLens means the sum by this name, interp-engine what leaves the block',
  'parallel-block': 'attention and MLP read the same residual stream, so there is none between them',
  'norm-after': 'the norms of this model stand after attention and MLP, not before them',
  'no-rotary': 'the model has no rotary embedding, so there is no rotated copy',
  'no-gate': 'the MLP has no gate',
  'no-post-norm': 'the model has no norm after attention or MLP',
  'no-query-norm': 'queries and keys are not normalised in this model',
  'no-attention-gate': 'its attention has no gate',
  'no-experts': 'its MLPs have no experts and no router',
  'one-stream': 'its residual stream is one vector, not several',
  'no-own-value': 'the model has no value of its own there',
  'no-mlp': 'its blocks have no MLP: resid_post is resid_pre + attn_out',
  'no-norms': 'the model has no norms',
  'no-position-embedding': 'the model adds no position embedding to the residual stream',
  'no-such-layer': 'the model has fewer layers; they are counted from 0',
} as const satisfies Record<Refusal, string>;

function didYouMean(names: readonly string[]): string | null {
  return names.length === 0 ? null : `did you mean ${either(names)}?`;
}

function listing(model: string): string {
  return `\`eisc hooks ${model}\` lists every site`;
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}

function either(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(' or ');
}

function short(value: number): string {
  return value.toPrecision(2);
}
