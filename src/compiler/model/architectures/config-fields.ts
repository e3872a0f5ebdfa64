// Reads the fields of a config.json with their types checked. The first fault is kept; a faulty field reads as its fallback,
// so that a reader is straight-line code which asks for `fault` at the end.
import type { Activation, RopeScaling } from './config.js';
import type { ArchitectureProblem } from './problem.js';

/** No published model is near it; a file that says more is damaged or hostile, and the graph would not fit in memory. */
const LARGEST = { size: 2 ** 24, layers: 1024, heads: 1024 } as const;

export class ConfigFields {
  readonly #json: Readonly<Record<string, unknown>>;
  #fault: ArchitectureProblem | undefined;

  constructor(json: Readonly<Record<string, unknown>>) {
    this.#json = json;
  }

  /** The first thing that was wrong. */
  get fault(): ArchitectureProblem | undefined {
    return this.#fault;
  }

  refuse(problem: ArchitectureProblem): void {
    this.#fault ??= problem;
  }

  bad(field: string, text: string): void {
    this.refuse({ kind: 'bad-field', field, text });
  }

  /** A field that is present and not null. */
  value(field: string): unknown {
    return Object.hasOwn(this.#json, field) ? (this.#json[field] ?? undefined) : undefined;
  }

  /** A positive whole number. Without a fallback the field must be there. */
  size(field: string, fallback?: number): number {
    return this.#whole(field, fallback, LARGEST.size);
  }

  layers(field: string): number {
    return this.#whole(field, undefined, LARGEST.layers);
  }

  /** A number of heads, or the width of one: the graph holds a constant of as many numbers. */
  heads(field: string, fallback?: number): number {
    return this.#whole(field, fallback, LARGEST.heads);
  }

  /** The width of a head where all of them together are as wide as the stream. */
  headWidth(field: string, width: number, heads: number): number {
    const own = width / heads;
    if (Number.isInteger(own) && own <= LARGEST.heads) return own;
    const wanted = `${heads} heads of equal width, at most ${LARGEST.heads} each`;
    this.bad(field, `${width} does not make ${wanted}`);
    return 1;
  }

  #whole(field: string, fallback: number | undefined, largest: number): number {
    const value = this.value(field) ?? fallback;
    if (value === undefined) this.bad(field, 'it is missing');
    else if (typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= largest)
      return value;
    else this.bad(field, `it is ${shown(value)}, not a whole number from 1 to ${largest}`);
    return 1;
  }

  /** A finite number that is not negative. */
  number(field: string, fallback: number): number {
    const value = this.value(field) ?? fallback;
    if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value;
    this.bad(field, `it is ${shown(value)}, not a number that is at least 0`);
    return fallback;
  }

  numberOrNull(field: string): number | null {
    return this.value(field) === undefined ? null : this.number(field, 0);
  }

  flag(field: string, fallback: boolean): boolean {
    const value = this.value(field) ?? fallback;
    if (typeof value === 'boolean') return value;
    this.bad(field, `it is ${shown(value)}, not true or false`);
    return fallback;
  }

  text(field: string, fallback: string): string {
    const value = this.value(field) ?? fallback;
    if (typeof value === 'string') return value;
    this.bad(field, `it is ${shown(value)}, not text`);
    return fallback;
  }

  /** The fields inside a field; faults of the inner ones are taken over by `absorb`. */
  inner(field: string): ConfigFields | undefined {
    const value = this.value(field);
    if (value === undefined) return undefined;
    if (isRecord(value)) return new ConfigFields(value);
    this.bad(field, `it is ${shown(value)}, not an object`);
    return undefined;
  }

  absorb(inner: ConfigFields): void {
    if (inner.fault !== undefined) this.refuse(inner.fault);
  }

  /** Fields that would change the numbers in a way that is not built: each must be absent or have the one value. */
  mustBe(values: Readonly<Record<string, unknown>>): void {
    for (const [field, known] of Object.entries(values)) {
      const value = this.value(field);
      if (value === undefined || value === known) continue;
      this.refuse({ kind: 'unsupported-field', field, value: shown(value), known: shown(known) });
    }
  }

  activation(field: string, fallback: string): Activation {
    const name = this.text(field, fallback);
    const known = ACTIVATIONS.get(name);
    if (known !== undefined) return known;
    const names = [...ACTIVATIONS.keys()].join(', ');
    this.refuse({ kind: 'unsupported-field', field, value: name, known: names });
    return 'gelu';
  }

  /** What `architectures` names first, or null. */
  headClass(): string | null {
    const value = this.value('architectures');
    const first = Array.isArray(value) ? value[0] : undefined;
    return typeof first === 'string' ? first : null;
  }

  /** Classes of a classifier: `num_labels`, or as many as `id2label` names; two where neither is written. */
  labels(): number {
    const names = this.value('id2label');
    const count = isRecord(names) ? Object.keys(names).length : 2;
    return this.size('num_labels', Math.max(1, count));
  }

  /**
   * Base, scaling and rotated share of a rotary embedding. Newer files say it in `rope_parameters`, older ones in
   * `rope_theta` (or another name, `thetaField`) and `rope_scaling`.
   */
  rope(thetaField: string, shareField: string | null): Rope {
    const newer = this.inner('rope_parameters');
    const theta = newer?.number('rope_theta', DEFAULT_THETA) ?? this.number(thetaField, DEFAULT_THETA);
    const olderShare = shareField === null ? 1 : this.number(shareField, 1);
    const share = newer?.number('partial_rotary_factor', olderShare) ?? olderShare;
    const inner = newer ?? this.inner('rope_scaling');
    const scaling = inner === undefined ? ({ kind: 'none' } as const) : ropeScaling(inner);
    if (inner !== undefined) this.absorb(inner);
    if (theta <= 0) this.bad(thetaField, 'the base of the rotary embedding is 0');
    if (share > 1) this.bad('partial_rotary_factor', `it is ${share}, more than 1`);
    return { theta, scaling, share };
  }
}

export type Rope = { readonly theta: number; readonly scaling: RopeScaling; readonly share: number };

const DEFAULT_THETA = 10_000;

function ropeScaling(fields: ConfigFields): RopeScaling {
  const kind = fields.text('rope_type', fields.text('type', 'default'));
  if (kind === 'default') return { kind: 'none' };
  if (kind === 'linear') return { kind: 'linear', factor: fields.number('factor', 1) };
  if (kind === 'llama3') {
    return {
      kind: 'llama3',
      factor: fields.number('factor', 8),
      lowFrequencyFactor: fields.number('low_freq_factor', 1),
      highFrequencyFactor: fields.number('high_freq_factor', 4),
      originalContext: fields.size('original_max_position_embeddings', 8192),
    };
  }
  fields.refuse({
    kind: 'unsupported-field',
    field: 'rope_type',
    value: kind,
    known: 'default, linear, llama3',
  });
  return { kind: 'none' };
}

const ACTIVATIONS: ReadonlyMap<string, Activation> = new Map([
  ['relu', 'relu'],
  ['gelu', 'gelu'],
  ['gelu_python', 'gelu'],
  ['gelu_new', 'gelu_tanh'],
  ['gelu_fast', 'gelu_tanh'],
  ['gelu_pytorch_tanh', 'gelu_tanh'],
  ['quick_gelu', 'gelu_quick'],
  ['silu', 'silu'],
  ['swish', 'silu'],
]);

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value of a file in a message: short whatever it is. */
function shown(value: unknown): string {
  const text = isRecord(value) ? 'an object' : Array.isArray(value) ? 'a list' : String(value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
