// The rows that a run needs: which splits, which variants and draws beside them. Confirm rows come only with a token.
import { bug } from '../../compiler/base/bug.js';
import { digest } from '../../compiler/base/digest.js';
import type { CheckedFile } from '../../compiler/check/experiment.js';
import type { Stage } from '../../compiler/check/stage.js';
import type { DataValue, ModelValue } from '../../compiler/check/value.js';
import type { DataSpec } from '../../compiler/data/data-spec.js';
import type { Tokenizer } from '../../compiler/model/manifest.js';
import type { ConfirmToken } from '../data/confirm-token.js';
import { dataDigest } from '../data/data-digest.js';
import { drawDonors } from '../data/draw-donors.js';
import { isConfirmSplit } from '../data/layout.js';
import { materialise, materialiseConfirm } from '../data/materialise.js';
import type { DataProblem, Made } from '../data/problem.js';
import type { RowSet } from '../data/row-set.js';
import type { RowTokenizer } from '../data/row-tokenizer.js';
import { tokenizerOf } from '../model/tokenizer.js';
import { tokenizersDiffer } from './messages.js';
import { RunFailed } from './run-failed.js';

/** Data that could not be made once the run had begun. */
export class RowsFailure extends Error {
  readonly problems: readonly DataProblem[];
  constructor(problems: readonly DataProblem[]) {
    super(problems.map((one) => one.text).join('; '));
    this.problems = problems;
  }
}

export type Drawn = { readonly donors: Int32Array; readonly source: RowSet };

/** Rows that may be explored, kept from one book to the next. Equal keys are equal rows, but for the tokenizer. */
export type KeptRows = Map<string, { readonly tokenizer: RowTokenizer | undefined; readonly rows: RowSet }>;

export class RowBook {
  readonly #checked: CheckedFile;
  readonly #readBytes: (path: string) => Uint8Array;
  #token: ConfirmToken | null;
  readonly #sets = new Map<string, RowSet>();
  readonly #variants = new Map<string, Set<string>>();
  readonly #kept: KeptRows;
  #most = Number.POSITIVE_INFINITY;

  constructor(
    checked: CheckedFile,
    readBytes: (path: string) => Uint8Array,
    token: ConfirmToken | null,
    kept: KeptRows = new Map(),
  ) {
    this.#kept = kept;
    this.#checked = checked;
    this.#readBytes = readBytes;
    this.#token = token;
  }

  /** Confirm splits have so many rows at most: the first in their canonical order. */
  limit(most: number): void {
    this.#most = most;
  }

  /** From here on there are confirm rows. */
  open(token: ConfirmToken): void {
    this.#token = token;
  }

  /**
   * Notes which variants stages read, so that each split is made once with all of them. `splitOf`: for stages whose own rows
   * cannot be made yet, the split that stands in for them.
   */
  expect(stages: Iterable<Stage>, splitOf: (stage: Stage) => string = ({ split }) => split): void {
    for (const stage of stages) {
      const key = keyOf(stage.data, splitOf(stage));
      const wanted = this.#variants.get(key) ?? new Set<string>();
      this.#variants.set(key, wanted);
      for (const { spec } of stage.inputs.values()) {
        if (
          (spec.kind === 'column' || spec.kind === 'role' || spec.kind === 'binder-role') &&
          spec.rows.variant !== '' &&
          spec.rows.draw === null
        ) {
          wanted.add(spec.rows.variant);
        }
      }
    }
  }

  rows(data: DataValue, split: string): RowSet {
    const wanted = this.#variants.get(keyOf(data, split)) ?? new Set<string>();
    const key = `${keyOf(data, split)}/${[...wanted].sort().join(',')}`;
    const known = this.#sets.get(key);
    if (known !== undefined) return known;
    const tokenizer = this.#tokenizer(data);
    const kept = this.#kept.get(key);
    if (kept !== undefined && kept.tokenizer === tokenizer) return kept.rows;
    const request = {
      spec: data.spec,
      root: dataDigest(data.spec),
      split,
      variants: [...wanted].sort(),
      readBytes: this.#readBytes,
      ...(tokenizer === undefined ? {} : { tokenizer }),
    };
    const made = isConfirmSplit(split)
      ? materialiseConfirm(request, this.#token ?? bug('confirm rows before they were opened'))
      : materialise(request);
    const whole = unwrap(made);
    const rows = isConfirmSplit(split) ? firstRows(whole, this.#most) : whole;
    this.#sets.set(key, rows);
    if (!isConfirmSplit(split)) this.#kept.set(key, { tokenizer, rows });
    return rows;
  }

  /** Donor rows for a draw, one per row of the target. */
  draw(name: string, data: DataValue, target: RowSet): Drawn {
    const plan = this.#checked.draws.find((one) => one.name === name) ?? bug(`no draw ${name}`);
    const source = this.rows(data, plan.split);
    const conditions = plan.conditions.map((one) => ({
      donor: valuesOf(source, one.donor),
      row: valuesOf(target, one.row),
      equal: one.equal,
    }));
    const where = (donor: number, row: number): boolean =>
      conditions.every((one) => (one.donor(donor) === one.row(row)) === one.equal);
    const donors = unwrap(drawDonors({ name, root: dataDigest(data.spec), target, source, where }));
    return { donors, source };
  }

  /** That of the models that read the data; where none does, that of the file's first, as the checker has it. */
  #tokenizer(data: DataValue): RowTokenizer | undefined {
    const readers = new Map<string, ModelValue>();
    for (const stage of this.#checked.stages.stages.values()) {
      if (stage.data.digest !== data.digest) continue;
      for (const { model } of stage.executions) readers.set(tokenizerDigest(model.graph.tokenizer), model);
    }
    const [one, other] = readers.values();
    if (one !== undefined && other !== undefined && isText(data.spec))
      throw new RunFailed([tokenizersDiffer(data.declared, one.declared, other.declared)]);
    const model = one ?? this.#checked.models[0];
    return model === undefined ? undefined : tokenizerOf(model.graph);
  }
}

const tokenizerDigests = new WeakMap<Tokenizer, string>();

/** A vocabulary of 50,000 words is hashed once, not at each question. */
function tokenizerDigest(tokenizer: Tokenizer): string {
  const known = tokenizerDigests.get(tokenizer) ?? digest('tokenizer', tokenizer);
  tokenizerDigests.set(tokenizer, known);
  return known;
}

/** Whether a tokenizer makes these rows, rather than only bounding the ids that stand in them. */
function isText(spec: DataSpec): boolean {
  switch (spec.kind) {
    case 'template':
      return true;
    case 'table':
      return (
        spec.oneToken.length > 0 || spec.columns.some((one) => one.name === spec.text && one.kind === 'texts')
      );
    case 'rows':
      return spec.oneToken.length > 0 || spec.rows.some((one) => one.input.kind === 'text');
    case 'repeated_tokens':
    case 'grid':
    case 'bytes':
      return false;
  }
}

/** Columns may go on: they are read row by row. */
function firstRows(set: RowSet, most: number): RowSet {
  if (set.rows <= most) return set;
  const { ids, of } = set.clusters;
  return {
    ...set,
    rows: most,
    lengths: set.lengths.slice(0, most),
    itemHashes: set.itemHashes.slice(0, most),
    clusters: { ids, of: of.slice(0, most) },
  };
}

function keyOf(data: DataValue, split: string): string {
  return `${data.digest}/${split}`;
}

function unwrap<T>(made: Made<T>): T {
  if (made.kind === 'made') return made.value;
  throw new RowsFailure(made.problems);
}

function valuesOf(rows: RowSet, column: string): (row: number) => string | number {
  const found = rows.columns.get(column) ?? bug(`no column ${column}`);
  if (found.kind === 'texts') return (row) => found.values[row] ?? '';
  if (found.kind === 'scalars') return (row) => found.values[row] ?? Number.NaN;
  return bug(`the column ${column} has no one value per row`);
}
