// Which templates and how many rows of each lie in which split, and what can be known of rows before they are drawn.

import type { ColumnFacts } from '../../compiler/data/data-facts.js';
import type { TemplateSpec } from '../../compiler/data/data-spec.js';
import {
  type ContentFacts,
  compareLengths,
  fullColumn,
  type LengthFact,
  type MeasuredVariant,
  spanLengths,
  TOKEN_FACTS,
} from './fill.js';
import type { Layout, Place } from './layout.js';
import {
  answerNotOneToken,
  clustersMerged,
  columnRepeated,
  type DataProblem,
  emptyData,
  failed,
  hasError,
  type Made,
  madeUnless,
  splitColumnUnknown,
  tokenizerMissing,
  unknownWords,
} from './problem.js';
import { checkSize } from './repeated-tokens.js';
import { contentTokens, type RowTokenizer } from './row-tokenizer.js';
import { apportion, assignUnits, checkShares, countUnits } from './shares.js';
import { fillTemplate, type TemplateLine } from './template-text.js';
import { resolveViews, simplePaths, type TemplateView } from './template-view.js';

/** Rows of a split are spread evenly over its templates; the earlier templates get one more where it does not divide. */
export function layOutTemplate(spec: TemplateSpec, root: string): Made<Layout> {
  const problems = [...checkSize(spec.size), ...checkShares(spec.split.shares)];
  if (spec.templates.length === 0) problems.push(emptyData('the list of templates'));
  if (spec.split.kind === 'by' && (spec.split.column !== 'template' || spec.generalisesTo === 'fillers')) {
    problems.push(
      splitColumnUnknown(spec.split.column, spec.generalisesTo === 'templates' ? ['template'] : []),
    );
  }
  if (hasError(problems)) return failed(problems);
  const rowCounts = apportion(
    spec.size,
    spec.split.shares.map((one) => one.share),
  );
  if (spec.generalisesTo === 'fillers') return layOutFillers(spec, rowCounts);
  const groups = groupTemplates(spec, problems);
  const { counts, problems: empty } = countUnits(spec.split, groups.length);
  problems.push(...empty);
  return madeUnless(problems, () => {
    const assigned = assignUnits(root, spec.split, counts);
    return {
      unit: 'template',
      drawn: true,
      splits: spec.split.shares.map(({ name }, split) => {
        const own = groups.filter((_, index) => assigned[index] === split);
        const rows = rowCounts[split] ?? 0;
        return { name, rows, clusters: Math.min(own.length, rows), places: () => spreadRows(own, rows) };
      }),
    };
  });
}

/** All templates in every split; each row is a cluster of its own and the template is a stratum. */
function layOutFillers(spec: TemplateSpec, rowCounts: readonly number[]): Made<Layout> {
  const { problems } = countUnits(spec.split, spec.size);
  return madeUnless(problems, () => ({
    unit: 'row',
    drawn: true,
    splits: spec.split.shares.map(({ name }, split) => {
      const rows = rowCounts[split] ?? 0;
      const all = spec.templates.map((_, template) => ({
        id: `template ${template + 1}`,
        templates: [template],
      }));
      const places = () =>
        spreadRows(all, rows).map((place) => ({
          ...place,
          cluster: `${name}/${place.cluster}/${place.index}`,
        }));
      return { name, rows, clusters: rows, places };
    }),
  }));
}

type TemplateGroup = { readonly id: string; readonly templates: readonly number[] };

/** Templates with the same text are one cluster: else they could lie on both sides of a split. */
function groupTemplates(spec: TemplateSpec, problems: DataProblem[]): TemplateGroup[] {
  const byText = new Map<string, number[]>();
  for (const [index, line] of spec.templates.entries()) {
    const text = line.normalize('NFC').trim().replace(/\s+/g, ' ');
    byText.set(text, [...(byText.get(text) ?? []), index]);
  }
  const groups = [...byText.values()].map((templates) => ({
    id: templates.map((index) => `template ${index + 1}`).join(' + '),
    templates,
  }));
  const merged = groups.filter((group) => group.templates.length > 1).map((group) => group.id);
  if (merged.length > 0) problems.push(clustersMerged(merged));
  return groups;
}

function spreadRows(groups: readonly TemplateGroup[], rows: number): Place[] {
  const places: Place[] = [];
  for (let row = 0; row < rows; row++) {
    const group = groups[row % groups.length];
    if (group === undefined) continue;
    const index = Math.floor(row / groups.length);
    places.push({ cluster: group.id, index, source: group.templates[index % group.templates.length] ?? 0 });
  }
  return places;
}

/** Names that rows have by themselves; a hole or a text column may not take them. */
const OWN_COLUMNS = ['tokens', 'next_token', 'role', 'text', 'template'] as const;

/** Checks every filler and every template with the tokenizer, without drawing anything. */
export function factsOfTemplate(
  spec: TemplateSpec,
  tokenizer: RowTokenizer | undefined,
  paths: readonly string[],
): Made<ContentFacts> {
  if (tokenizer === undefined) return failed([tokenizerMissing()]);
  const resolved = resolveViews(spec, [...new Set([...simplePaths(spec), ...paths])]);
  if (resolved.kind === 'failed') return resolved;
  const { names, views } = resolved.value;
  const base = views.get('');
  if (base === undefined) return failed([emptyData('the list of templates')]);
  const problems = checkNames(names, spec);
  const measure = new FillerMeasure(tokenizer, problems);
  const baseLengths = base.templates.map((line) => measure.lengthsOf(line, base));
  for (const pattern of base.columns) measure.checkOneToken(pattern, base);
  const variants: MeasuredVariant[] = [];
  for (const view of views.values()) {
    if (view.path === '') continue;
    for (const pattern of view.columns) measure.checkOneToken(pattern, view);
    const lengths = view.templates.map((line) => measure.lengthsOf(line, view));
    variants.push({ path: view.path, sameText: view.sameText, roles: rolesOf(view, names), lengths });
  }
  problems.push(...measure.unknown());
  return madeUnless(problems, () => ({
    columns: columnFacts(base, names),
    roles: rolesOf(base, names),
    variants: compareLengths(baseLengths, variants),
    length: spanLengths(baseLengths),
  }));
}

function checkNames(names: readonly string[], spec: TemplateSpec): DataProblem[] {
  const problems: DataProblem[] = [];
  const taken = new Set<string>(OWN_COLUMNS);
  for (const name of [...names, ...spec.columns.map((column) => column.name)]) {
    if (taken.has(name)) problems.push(columnRepeated(name));
    taken.add(name);
  }
  return problems;
}

function rolesOf(view: TemplateView, names: readonly string[]): string[] {
  const inAll = [...view.table.keys()]
    .sort((a, b) => a - b)
    .filter((hole) => view.templates.every((line) => line.holes.has(hole)));
  return [...inAll.map((hole) => names[hole] ?? ''), 'end'];
}

function columnFacts(base: TemplateView, names: readonly string[]): ColumnFacts[] {
  return [
    ...TOKEN_FACTS,
    fullColumn('role', 'position-int'),
    fullColumn('text', 'text'),
    fullColumn('template', 'int'),
    ...[...base.columns.keys()].map((name) => fullColumn(name, 'token')),
    ...[...base.table.keys()].sort((a, b) => a - b).map((hole) => fullColumn(names[hole] ?? '', 'text')),
  ];
}

/** How many tokens fillers take. Exact where a filler's tokens do not depend on what surrounds it. */
class FillerMeasure {
  readonly #tokenizer: RowTokenizer;
  readonly #problems: DataProblem[];
  readonly #unknown = new Set<string>();
  readonly #known = new Map<readonly string[], LengthFact>();

  constructor(tokenizer: RowTokenizer, problems: DataProblem[]) {
    this.#tokenizer = tokenizer;
    this.#problems = problems;
  }

  unknown(): DataProblem[] {
    return this.#unknown.size === 0 ? [] : [unknownWords([...this.#unknown])];
  }

  lengthsOf(line: TemplateLine, view: TemplateView): LengthFact {
    let { low, high } = { low: 0, high: 0 };
    const sample: string[] = [];
    for (const piece of line.pieces) {
      if (piece.kind === 'text') continue;
      const values = valuesOf(view, piece.hole);
      const filler = values[0] ?? '';
      sample[piece.hole] = filler;
      const own = this.#count(` ${filler}`);
      const range = this.#range(values);
      low += range.low - own;
      high += range.high - own;
    }
    const length = this.#count(fillTemplate(line, sample, { starts: [], ends: [] }));
    return { low: length + low, high: length + high };
  }

  /** Every value of the pattern's hole must give one token; a pattern of several holes is checked row by row. */
  checkOneToken([name, pattern]: readonly [string, TemplateLine], view: TemplateView): void {
    const holes = [...pattern.holes];
    const [hole] = holes;
    if (holes.length > 1) return;
    for (const value of hole === undefined ? [''] : valuesOf(view, hole)) {
      const sample: string[] = [];
      if (hole !== undefined) sample[hole] = value;
      const text = fillTemplate(pattern, sample, { starts: [], ends: [] });
      const encoding = this.#tokenizer.encode(text);
      for (const word of encoding.unknown) this.#unknown.add(word);
      const count = contentTokens(encoding).length;
      if (encoding.unknown.length > 0 || count === 1) continue;
      const found = answerNotOneToken(name, text, count);
      if (!this.#problems.some((one) => one.text === found.text)) this.#problems.push(found);
      return;
    }
  }

  #range(values: readonly string[]): LengthFact {
    const known = this.#known.get(values);
    if (known !== undefined) return known;
    const counts = values.map((value) => this.#count(` ${value}`));
    const range = { low: Math.min(...counts), high: Math.max(...counts) };
    this.#known.set(values, range);
    return range;
  }

  #count(text: string): number {
    const { ids, unknown } = this.#tokenizer.encode(text);
    for (const word of unknown) this.#unknown.add(word);
    return ids.length;
  }
}

function valuesOf(view: TemplateView, hole: number): readonly string[] {
  let at = hole;
  for (;;) {
    const source = view.table.get(at)?.source;
    if (source === undefined) return [];
    if (source.kind === 'column') return source.values;
    const next = view.layer.aliases.find((alias) => alias.hole === at);
    if (next === undefined) return [];
    at = next.of;
  }
}
