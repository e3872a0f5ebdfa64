// What the architectures build into: a graph, the names of its values, and the tensors of the model file that it asks for. A
// tensor is declared where it is used, with its axes; what is missing or has another shape is collected, and building goes on.
import { bug } from '../../base/bug.js';
import { GraphBuilder, type ValueId } from '../../ir/graph.js';
import { type Axis, axis, type Dim } from '../../ir/tensor-type.js';
import { distinct } from '../layers.js';
import type { InitialiserRule } from '../manifest.js';
import type { Part } from '../model-graph.js';
import type { TensorFacts } from './config.js';
import type { ArchitectureProblem } from './problem.js';

export type Mark = { readonly path: string; readonly part: Part; readonly value: ValueId };
export type SummandMark = { readonly path: string; readonly sum: ValueId; readonly axis: number };

/** How a tensor is drawn anew: `matrix` with the model's standard deviation, gains as ones, biases as zeros. */
export type Role = 'matrix' | 'gain' | 'bias' | { readonly std: number };

/** Sizes that the pieces of every architecture share. */
export type DraftSizes = {
  readonly width: number;
  /** The number of positions: `pos`, or a number where all inputs have as many (patches of an image). */
  readonly positions: Dim;
  readonly initialStd: number | null;
};

export class Draft {
  readonly b = new GraphBuilder();
  readonly sizes: DraftSizes;
  readonly marks: Mark[] = [];
  readonly weightMarks: Mark[] = [];
  readonly summands: SummandMark[] = [];
  readonly initialiser = new Map<string, InitialiserRule>();
  readonly #tensors: ReadonlyMap<string, TensorFacts>;
  /** `transformer.` for GPT-2: the same tensors are saved with and without it. */
  readonly #prefix: string;
  readonly #prefixed: boolean;
  readonly #used = new Set<string>();
  readonly #missing: string[] = [];
  #misshapen: ArchitectureProblem | undefined;

  constructor(sizes: DraftSizes, tensors: ReadonlyMap<string, TensorFacts>, prefix: string) {
    this.sizes = sizes;
    this.#tensors = tensors;
    this.#prefix = prefix;
    this.#prefixed = [...tensors.keys()].some((one) => one.startsWith(prefix));
  }

  /** [example, `role`, d_model] and the like. */
  perPosition(
    role: 'pos' | 'query' | 'key',
    ...rest: readonly (readonly [string, number])[]
  ): readonly Axis[] {
    return [
      axis('example', 'example'),
      axis(role, this.sizes.positions),
      ...rest.map(([n, s]) => axis(n, s)),
    ];
  }

  mark(path: string, part: Part, value: ValueId): ValueId {
    this.marks.push({ path, part, value });
    return value;
  }

  /** Names a value of its own that equals `value`. */
  markDistinct(path: string, part: Part, value: ValueId): ValueId {
    return this.mark(path, part, distinct(this.b, value));
  }

  /** `value` is not computed by the forward pass; its sum along an axis equals `sum`. */
  markSummand(path: string, value: ValueId, sum: ValueId, axisIndex: number): void {
    this.marks.push({ path, part: 'heads', value });
    this.summands.push({ path, sum, axis: axisIndex });
  }

  markWeight(path: string, value: ValueId): ValueId {
    this.weightMarks.push({ path: `weights.${path}`, part: 'other', value });
    return value;
  }

  has(name: string): boolean {
    return this.#fileName(name) !== undefined;
  }

  /** A tensor of the file, by its name without the prefix. */
  tensor(name: string, shape: readonly (readonly [string, number])[], role: Role): ValueId {
    const found = this.#fileName(name);
    const inFile = found ?? this.#usualName(name);
    const type = { dtype: 'f32', axes: shape.map(([one, size]) => axis(one, size)) } as const;
    const facts = found === undefined ? undefined : this.#tensors.get(found);
    if (facts === undefined) {
      this.#missing.push(inFile);
      return this.b.weight({ name: inFile, digest: '', type });
    }
    this.#used.add(inFile);
    const wanted = shape.map(([, size]) => size);
    if (wanted.length !== facts.dims.length || wanted.some((size, i) => size !== facts.dims[i])) {
      this.#misshapen ??= { kind: 'misshapen-tensor', name: inFile, found: facts.dims, wanted };
    }
    const rule = this.#rule(role);
    if (rule !== undefined) this.initialiser.set(inFile, rule);
    return this.b.weight({ name: inFile, digest: facts.digest, type });
  }

  /** A tensor that is itself a site. */
  namedTensor(
    path: string,
    name: string,
    shape: readonly (readonly [string, number])[],
    role: Role,
  ): ValueId {
    return this.markWeight(path, this.tensor(name, shape, role));
  }

  #fileName(name: string): string | undefined {
    const older = name.replace(/\.weight$/, '.gamma').replace(/\.bias$/, '.beta');
    const candidates = [`${this.#prefix}${name}`, name, `${this.#prefix}${older}`, older];
    return candidates.find((one) => this.#tensors.has(one));
  }

  /** What a missing tensor would be called in this file: heads stand beside the base model. */
  #usualName(name: string): string {
    return this.#prefixed && !/^(lm_head|embed_out|classifier|cls)\./.test(name)
      ? `${this.#prefix}${name}`
      : name;
  }

  #rule(role: Role): InitialiserRule | undefined {
    if (role === 'gain') return { distribution: 'constant', value: 1 };
    if (role === 'bias') return { distribution: 'constant', value: 0 };
    const std = role === 'matrix' ? this.sizes.initialStd : role.std;
    return std === null ? undefined : { distribution: 'normal', mean: 0, std };
  }

  digestOf(name: string): string | undefined {
    return this.#tensors.get(this.#fileName(name) ?? '')?.digest;
  }

  get used(): ReadonlySet<string> {
    return this.#used;
  }

  /** What the file lacks or has in another shape. */
  get fault(): ArchitectureProblem | undefined {
    if (this.#missing.length > 0) return { kind: 'missing-tensors', names: [...new Set(this.#missing)] };
    return this.#misshapen;
  }
}

/** The last site that was marked: what the model gives. */
export function lastMark(draft: Draft): Mark {
  return draft.marks.at(-1) ?? bug('an architecture without sites');
}
