// One way of looking at the rows of a template: the base (path "") or a variant path such as `charlie.abc`, where each
// name is applied to the rows made so far. Text, holes and answers of later names replace those of earlier ones.
import type { TemplateSpec } from '../../compiler/data/data-spec.js';
import { type DataProblem, type Made, madeUnless, unequalLines, unknownVariant } from './problem.js';
import { type HoleLayer, type HoleTable, holeNames, resolveLayer } from './template-holes.js';
import { parseTemplate, type TemplateLine } from './template-text.js';

export type TemplateView = {
  readonly path: string;
  /** Paths of the rows it is made from, from the base to the nearest. Empty for the base. */
  readonly ancestors: readonly string[];
  readonly layer: HoleLayer;
  readonly templates: readonly TemplateLine[];
  readonly columns: ReadonlyMap<string, TemplateLine>;
  /** It has the same text as the base. */
  readonly sameText: boolean;
  /** Every hole with its definition, to tell the lengths of what fills it. */
  readonly table: HoleTable;
};

export type TemplateViews = {
  readonly names: readonly string[];
  readonly views: ReadonlyMap<string, TemplateView>;
};

type Step = { readonly view: TemplateView; readonly tables: readonly HoleTable[] };

/** The base under "", and each asked path with all paths on the way to it. */
export function resolveViews(spec: TemplateSpec, paths: readonly string[]): Made<TemplateViews> {
  const names = holeNames(spec);
  const problems: DataProblem[] = [];
  const steps = new Map<string, Step>();
  const base = baseStep(spec, names, problems);
  steps.set('', base);
  for (const path of paths) {
    let parent = base;
    for (const name of path.split('.')) {
      const own = parent.view.path === '' ? name : `${parent.view.path}.${name}`;
      const known = steps.get(own) ?? variantStep({ spec, names, parent, name }, problems);
      if (known === undefined) break;
      steps.set(own, known);
      parent = known;
    }
  }
  const unique = [...new Map(problems.map((one) => [`${one.kind} ${one.text}`, one])).values()];
  return madeUnless(unique, () => ({
    names,
    views: new Map([...steps].map(([path, step]) => [path, step.view])),
  }));
}

function baseStep(spec: TemplateSpec, names: readonly string[], problems: DataProblem[]): Step {
  const resolved = resolveLayer({ names, holes: spec.holes, ancestors: [], variant: undefined });
  problems.push(...resolved.problems);
  const templates = spec.templates.map((line) => parseLine(line, { names, table: resolved.table }, problems));
  const columns = new Map(
    spec.columns.map((one) => [one.name, parseLine(one.pattern, { names, table: resolved.table }, problems)]),
  );
  const view = {
    path: '',
    ancestors: [],
    layer: resolved.layer,
    templates,
    columns,
    sameText: true,
    table: resolved.table,
  };
  return { view, tables: [resolved.table] };
}

type VariantStep = {
  readonly spec: TemplateSpec;
  readonly names: readonly string[];
  readonly parent: Step;
  readonly name: string;
};

function variantStep({ spec, names, parent, name }: VariantStep, problems: DataProblem[]): Step | undefined {
  const variant = spec.variants.find((one) => one.name === name);
  if (variant === undefined) {
    const known = spec.variants.map((one) => one.name);
    problems.push(unknownVariant(name, known));
    return undefined;
  }
  const resolved = resolveLayer({ names, holes: variant.holes, ancestors: parent.tables, variant });
  problems.push(...resolved.problems);
  const scope = { names, table: resolved.table };
  if (variant.templates !== undefined && variant.templates.length !== spec.templates.length) {
    problems.push(unequalLines(name, variant.templates.length, spec.templates.length));
  }
  const templates =
    variant.templates?.map((line) => parseLine(line, scope, problems)) ?? parent.view.templates;
  const columns = new Map(parent.view.columns);
  for (const one of variant.columns) columns.set(one.name, parseLine(one.pattern, scope, problems));
  const view = {
    path: parent.view.path === '' ? name : `${parent.view.path}.${name}`,
    ancestors: [...parent.view.ancestors, parent.view.path],
    layer: resolved.layer,
    templates,
    columns,
    sameText: parent.view.sameText && variant.templates === undefined,
    table: resolved.table,
  };
  return { view, tables: [...parent.tables, resolved.table] };
}

type Scope = { readonly names: readonly string[]; readonly table: HoleTable };

/** A line may use the holes of its own layers only: a variant's hole has no value in the base. */
function parseLine(line: string, { names, table }: Scope, problems: DataProblem[]): TemplateLine {
  const known = names.map((name, index) => (table.has(index) ? name : ''));
  const { template, problems: found } = parseTemplate(line, known);
  problems.push(...found);
  return template;
}

/** Names of all paths that a `data` declaration gives by itself: its variants, one at a time. */
export function simplePaths(spec: TemplateSpec): string[] {
  return spec.variants.map((variant) => variant.name);
}
