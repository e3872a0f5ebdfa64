// Rows of a template: drawn, written out and tokenised, for the base and for each variant. Roles are found by the
// characters that a hole filled, so they hold for every tokenizer that reports where its tokens stand.
import { bug } from '../../compiler/base/bug.js';
import type { TemplateSpec } from '../../compiler/data/data-spec.js';
import { scalarColumn, tokenColumns } from './columns.js';
import type { Fill, FilledRows } from './fill.js';
import {
  answerNotOneToken,
  type DataProblem,
  emptyText,
  failed,
  hasError,
  type Made,
  made,
  tokenizerMissing,
  unknownWords,
} from './problem.js';
import type { Column, RowColumns } from './row-set.js';
import { contentTokens, type Encoding, type RowTokenizer } from './row-tokenizer.js';
import { makeRowDrawer } from './template-draws.js';
import { fillTemplate, type TemplateLine, type UnitEnds } from './template-text.js';
import { resolveViews, type TemplateView } from './template-view.js';

export function fillTemplateRows(spec: TemplateSpec, fill: Fill): Made<FilledRows> {
  const { tokenizer } = fill;
  if (tokenizer === undefined) return failed([tokenizerMissing()]);
  const resolved = resolveViews(spec, fill.variants);
  if (resolved.kind === 'failed') return resolved;
  const { names, views } = resolved.value;
  const writer = new RowWriter(tokenizer, names);
  const drawer = makeRowDrawer(fill.root, fill.split, names.length);
  const drawn = new Map<string, string[][]>();
  const written = new Map<string, RowColumns>();
  for (const view of views.values()) {
    const parents = view.ancestors.map(
      (path) => drawn.get(path) ?? bug(`variant \`${path}\` is drawn too late`),
    );
    const rows = fill.places.map(({ source, index }, row) =>
      drawer.draw(
        view.layer,
        { template: source, index },
        parents.map((rowsOf) => rowsOf[row] ?? []),
      ),
    );
    drawn.set(view.path, rows);
    if (view.path === '' || fill.variants.includes(view.path)) {
      const templates = fill.places.map((place) => place.source);
      written.set(view.path, writer.write(view, { templates, rows }));
    }
  }
  const problems = writer.problems();
  if (hasError(problems)) return failed(problems);
  const base = written.get('') ?? bug('the base of a template was not written');
  written.delete('');
  return made({ base, variants: written }, problems);
}

type DrawnRows = { readonly templates: readonly number[]; readonly rows: readonly (readonly string[])[] };

/** Writes rows as columns and collects what the tokenizer refused. */
class RowWriter {
  readonly #tokenizer: RowTokenizer;
  readonly #names: readonly string[];
  readonly #oneToken = new Map<string, number>();
  readonly #unknown = new Set<string>();
  readonly #problems = new Map<string, DataProblem>();

  constructor(tokenizer: RowTokenizer, names: readonly string[]) {
    this.#tokenizer = tokenizer;
    this.#names = names;
  }

  problems(): DataProblem[] {
    const words = [...this.#unknown];
    return [...(words.length === 0 ? [] : [unknownWords(words)]), ...this.#problems.values()];
  }

  write(view: TemplateView, drawn: DrawnRows): RowColumns {
    const { templates, rows } = drawn;
    const count = rows.length;
    const holeIndices = [...view.table.keys()].sort((a, b) => a - b);
    const first = new Map(holeIndices.map((hole) => [hole, new Int32Array(count).fill(-1)]));
    const last = new Map(holeIndices.map((hole) => [hole, new Int32Array(count).fill(-1)]));
    const texts: string[] = [];
    const offsets = new Int32Array(count + 1);
    const ids: number[] = [];
    const slots: number[] = [];
    const units: UnitEnds = { starts: [], ends: [] };
    for (const [row, values] of rows.entries()) {
      const template = view.templates[templates[row] ?? 0] ?? bug('a row of no template');
      const text = fillTemplate(template, values, units);
      texts.push(text);
      const encoding = this.#encode(text);
      if (encoding.ids.length === 0) this.#add(emptyText(template.line));
      this.#placeUnits(encoding, { template, units, row, slots, first, last });
      for (let token = 0; token < encoding.ids.length; token++) ids.push(encoding.ids[token] ?? 0);
      offsets[row + 1] = ids.length;
    }
    const { columns, lengths, end } = tokenColumns({ offsets, values: Int32Array.from(ids) });
    columns.set('role', { kind: 'positions', type: 'int', offsets, values: Int32Array.from(slots) });
    columns.set('text', { kind: 'texts', values: texts });
    columns.set('template', { kind: 'scalars', type: 'int', values: Int32Array.from(templates) });
    for (const [name, pattern] of view.columns) columns.set(name, this.#textColumn(name, pattern, rows));
    for (const hole of holeIndices) {
      columns.set(this.#names[hole] ?? '', {
        kind: 'texts',
        values: rows.map((values) => values[hole] ?? ''),
      });
    }
    return {
      lengths,
      columns,
      roles: this.#named(last, end),
      roleStarts: this.#named(first, end),
    };
  }

  #named(positions: ReadonlyMap<number, Int32Array>, end: Int32Array): Map<string, Int32Array> {
    const named = new Map<string, Int32Array>();
    for (const [hole, column] of positions) {
      if (column.some((position) => position >= 0)) named.set(this.#names[hole] ?? '', column);
    }
    return named.set('end', end);
  }

  /**
   * A token belongs to the unit that holds its last character, or else to the unit before it (blanks). Its slot, the
   * value of column `role`, is the hole's number where it fills a hole for the first time, else the number of holes
   * plus the word index in the template, counted from 1 (0: before the first word).
   */
  #placeUnits(
    encoding: Encoding,
    at: {
      readonly template: TemplateLine;
      readonly units: UnitEnds;
      readonly row: number;
      readonly slots: number[];
      readonly first: ReadonlyMap<number, Int32Array>;
      readonly last: ReadonlyMap<number, Int32Array>;
    },
  ): void {
    const { template, units, row, slots } = at;
    const words = this.#names.length;
    let unit = -1;
    for (let token = 0; token < encoding.ids.length; token++) {
      const start = encoding.starts[token] ?? 0;
      const end = encoding.ends[token] ?? 0;
      while (unit + 1 < units.starts.length && end > start && (units.starts[unit + 1] ?? 0) < end) unit += 1;
      const role = unit < 0 ? -1 : (template.roleOf[unit] ?? -1);
      slots.push(role >= 0 ? role : words + unit + 1);
      if (role < 0) continue;
      const first = at.first.get(role);
      const last = at.last.get(role);
      if (first === undefined || last === undefined) continue;
      if ((first[row] ?? -1) < 0) first[row] = token;
      if (start < (units.ends[unit] ?? 0)) last[row] = token;
    }
  }

  #textColumn(name: string, pattern: TemplateLine, rows: readonly (readonly string[])[]): Column {
    const units: UnitEnds = { starts: [], ends: [] };
    return scalarColumn(
      'token',
      rows.map((values) => this.#token(name, fillTemplate(pattern, values, units))),
    );
  }

  #token(column: string, text: string): number {
    const known = this.#oneToken.get(text);
    if (known !== undefined) return known;
    const encoding = this.#encode(text);
    const content = contentTokens(encoding);
    if (encoding.unknown.length === 0 && content.length !== 1) {
      this.#add(answerNotOneToken(column, text, content.length));
    }
    const id = content[0] ?? 0;
    this.#oneToken.set(text, id);
    return id;
  }

  #encode(text: string): Encoding {
    const encoding = this.#tokenizer.encode(text);
    for (const word of encoding.unknown) this.#unknown.add(word);
    return encoding;
  }

  #add(problem: DataProblem): void {
    const key = `${problem.kind} ${problem.text}`;
    if (this.#problems.size < 20) this.#problems.set(key, problem);
  }
}
