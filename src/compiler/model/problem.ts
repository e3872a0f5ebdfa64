// What can be wrong with a model or with what is asked of it, as data. Wording is in messages.ts.
import type { OnnxProblem } from '../onnx/problem.js';
import type { Refusal } from './alias-names.js';
import type { ArchitectureProblem } from './architectures/problem.js';
import type { SourceProblem } from './source-problem.js';

export type ModelProblem =
  | SourceProblem
  | { readonly kind: 'architecture'; readonly path: string; readonly problem: ArchitectureProblem }
  | {
      readonly kind: 'no-such-site';
      readonly name: string;
      readonly model: string;
      readonly nearest: readonly string[];
    }
  | {
      readonly kind: 'refused-site';
      readonly name: string;
      readonly model: string;
      readonly reason: Refusal;
      readonly instead: readonly string[];
    }
  | {
      readonly kind: 'no-match';
      readonly pattern: string;
      readonly model: string;
      readonly nearest: readonly string[];
    }
  | { readonly kind: 'no-such-model'; readonly name: string; readonly known: readonly string[] }
  | { readonly kind: 'unreadable'; readonly path: string; readonly text: string }
  /** A manifest or fixtures file that has not the form of its format. */
  | { readonly kind: 'malformed'; readonly path: string; readonly text: string }
  | { readonly kind: 'damaged-weights'; readonly path: string; readonly text: string }
  | { readonly kind: 'weights-mismatch'; readonly path: string; readonly text: string }
  | {
      readonly kind: 'not-finite';
      readonly path: string;
      readonly tensor: string;
      readonly count: number;
      readonly first: number;
    }
  | {
      readonly kind: 'digest-mismatch';
      readonly path: string;
      readonly stated: string;
      readonly actual: string;
    }
  | { readonly kind: 'onnx'; readonly path: string; readonly problem: OnnxProblem }
  | { readonly kind: 'fixed-batch'; readonly model: string; readonly input: string }
  | {
      readonly kind: 'fixture-differs';
      readonly model: string;
      readonly backend: string;
      readonly site: string;
      readonly difference: number;
      readonly tolerance: number;
    }
  | {
      readonly kind: 'identity-fails';
      readonly model: string;
      readonly identity: string;
      readonly difference: number;
      readonly tolerance: number;
    }
  | {
      readonly kind: 'unknown-word';
      readonly word: string;
      readonly model: string;
      readonly nearest: readonly string[];
    }
  | {
      readonly kind: 'too-long';
      readonly model: string;
      readonly length: number;
      readonly context: number;
    }
  | { readonly kind: 'no-tokenizer'; readonly model: string }
  | {
      readonly kind: 'unreachable';
      readonly intervention: string;
      readonly sites: readonly string[];
      readonly metrics: readonly string[];
    };
