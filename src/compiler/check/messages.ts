// What the checker has to say about names, values and axes. Rules of evidence speak in evidence-messages.ts. A message says
// what is wrong, a note why it matters, help what to do.

import type { Diagnostic } from '../base/diagnostic.js';
import type { Span } from '../base/span.js';
import { editDistance, suggest } from '../base/suggest.js';
import type { HostProblem } from '../host.js';
import type { Axis } from '../ir/tensor-type.js';
import { wordsOf } from '../model/messages.js';
import type { Binder, Declaration } from '../syntax/ast.js';
import { type More, problem } from './problem.js';
import type { CircuitValue, DataValue, ModelValue, Value } from './value.js';

function didYouMean(word: string, names: Iterable<string>): More {
  // Among equally near names, one of the file's own comes before a built-in one: they are listed first.
  const order = [...new Set(names)];
  const rank = (name: string): number =>
    editDistance(word.toLowerCase(), name.toLowerCase()) * order.length + order.indexOf(name);
  const [best, ...others] = suggest(word, order, 8)
    .toSorted((a, b) => rank(a) - rank(b))
    .slice(0, 3);
  if (best === undefined) return {};
  const rest = others.length === 0 ? '' : ` (or ${others.map((one) => `\`${one}\``).join(', ')})`;
  return { help: `did you mean \`${best}\`${rest}?`, edit: best };
}

function list(names: readonly string[], most = 8): string {
  const shown = names.slice(0, most).map((one) => `\`${one}\``);
  return names.length > most ? `${shown.join(', ')} and ${names.length - most} more` : shown.join(', ');
}

// names
export const unknownName = (span: Span, name: string, names: readonly string[]): Diagnostic =>
  problem('EIS2001', span, `nothing is called \`${name}\` here`, didYouMean(name, names));
export const unknownFunction = (span: Span, name: string, near: readonly string[]): Diagnostic =>
  problem('EIS2007', span, `there is no function \`${name}\``, didYouMean(name, near));
export const notAFunction = (span: Span, what: string): Diagnostic =>
  problem('EIS2007', span, `${what} cannot be called`);
export const missingValue = (declaration: Declaration): Diagnostic =>
  problem(
    'EIS2003',
    declaration.nameSpan,
    `\`${declaration.keyword} ${declaration.name ?? ''}\` has no value`,
  );
export const cyclicDefinition = (declaration: Declaration, path: readonly Declaration[]): Diagnostic =>
  problem('EIS2004', declaration.nameSpan, `\`${declaration.name ?? ''}\` is defined by itself`, {
    notes: path.length > 1 ? [`by way of ${list([...new Set(path.map((one) => one.name ?? ''))])}`] : [],
    help: 'break the circle: let one of them be a number, a model or data',
  });
export const tooMuch = (span: Span, inside: Declaration | undefined): Diagnostic =>
  problem(
    'EIS2021',
    span,
    `${inside?.name === undefined ? 'this' : `\`${inside.name}\``} takes more to evaluate than any experiment needs`,
    {
      notes: ['definitions that use others twice double the work with every level'],
      help: 'use fewer levels of `let` and `fn`',
    },
  );
export const notAValue = (span: Span, name: string, keyword: string): Diagnostic =>
  problem('EIS2005', span, `\`${name}\` is a \`${keyword}\`, not a value`);
export const claimAsValue = (span: Span, name: string): Diagnostic =>
  problem('EIS2005', span, `\`${name}\` is a claim, not a value`, {
    help: `write \`${name} given …\` in another claim or control`,
  });

// kinds of values
export const expected = (span: Span, wanted: string, found?: string): Diagnostic =>
  problem('EIS2005', span, `${wanted} is expected here${found === undefined ? '' : `, not ${found}`}`);
export const knownBeforeRun = (span: Span): Diagnostic =>
  problem('EIS2005', span, 'this must be known before anything runs: it cannot be made from rows');
export const undecidedHere = (span: Span): Diagnostic =>
  problem('EIS3013', span, 'this is not decided yet', {
    label: 'a hole',
    help: 'put a value in the place of `?`',
  });
export const notExecutableYet = (span: Span, what: string): Diagnostic =>
  problem('EIS2009', span, `${what}: not executable yet`, {
    notes: ['this is part of the language and is read and checked, but this version cannot run it'],
  });
export const noMember = (span: Span, name: string, value: Value): Diagnostic =>
  problem('EIS2018', span, `there is no \`.${name}\` of a ${value.kind}`);
export const memberOfWorld = (span: Span, name: string): Diagnostic =>
  problem('EIS2018', span, 'a world has no members', { help: `write \`m.${name} @ (m with …)\`` });
export const cannotIndex = (span: Span, what: string): Diagnostic =>
  problem('EIS2015', span, `${what} cannot be indexed`);
export const givenOutsideClaim = (span: Span): Diagnostic =>
  problem('EIS2017', span, '`given` stands in claims and controls', {
    help: 'use `@ (…)` to read a metric in another world',
  });
export const quantifierOutsideClaim = (span: Span): Diagnostic =>
  problem('EIS2017', span, 'quantifiers stand in claims');
export const onlyInsideWrite = (span: Span, word: string): Diagnostic =>
  problem('EIS2017', span, `\`${word}\` means the value in flight: it stands right of \`<-\``);
export const filterOutsideBinder = (span: Span): Diagnostic =>
  problem('EIS2017', span, 'a range is filtered where it is bound', {
    help: 'write `l in m.layers where l > 3`',
  });

// calls
export const missingArgument = (span: Span, name: string, what: string): Diagnostic =>
  problem('EIS2006', span, `\`${name}\` is missing ${what}`);
/** `word` is what was written, at `span`: the nearest of what it takes is offered in its place. */
export const unknownArgument = (
  span: Span,
  name: string,
  allowed: readonly string[],
  word?: string,
): Diagnostic => {
  const takes = allowed.length === 0 ? 'it takes no named arguments' : `it takes ${list(allowed)}`;
  const near = word === undefined ? {} : didYouMean(word, allowed);
  return problem(
    'EIS2006',
    span,
    `\`${name}\` does not take this argument`,
    near.help === undefined ? { help: takes } : { ...near, notes: [takes] },
  );
};
export const argumentTwice = (span: Span, name: string): Diagnostic =>
  problem('EIS2006', span, `\`${name}\` is given twice`);
export const tooManyArguments = (span: Span, name: string, params: readonly string[]): Diagnostic =>
  problem('EIS2006', span, `\`${name}\` takes ${params.length} arguments`, {
    help: `they are ${list(params)}`,
  });
export const wrongArgumentCount = (span: Span, name: string, wanted: number, found: number): Diagnostic =>
  problem('EIS2006', span, `\`${name}\` takes ${wanted} argument${wanted === 1 ? '' : 's'}, not ${found}`);
export const unknownWord = (span: Span, word: string, words: readonly string[]): Diagnostic =>
  problem('EIS2019', span, `\`${word}\` is none of ${list(words)}`, didYouMean(word, words));
export const unknownField = (span: Span, name: string, fields: readonly string[]): Diagnostic =>
  problem('EIS2008', span, `there is no field \`${name}\` here`, {
    ...didYouMean(name, fields),
    notes: [fields.length === 0 ? 'it has no fields' : `the fields are ${list(fields, 12)}`],
  });
export const missingField = (declaration: Declaration, name: string, what: string): Diagnostic =>
  problem('EIS2008', declaration.nameSpan, `\`${declaration.name ?? ''}\` does not say \`${name}:\``, {
    help: `add \`${name}: …\` (${what})`,
  });
export const meanOutsideClaim = (span: Span, how: string): Diagnostic =>
  problem('EIS2006', span, `\`${how}\` does not say over what`, {
    help: `add \`over: pos\` (or other axes); without \`over:\` a mean over clusters stands in claims and searches only`,
  });

// axes, units, rows
export const axisClash = (span: Span, name: string, left: Axis, right: Axis): Diagnostic => {
  if (typeof left.size === 'number' && typeof right.size === 'number') {
    return problem(
      'EIS2011',
      span,
      `the axis \`${name}\` is ${left.size} long on one side and ${right.size} on the other`,
      {
        notes: ['tensors are combined by the names of their axes'],
        help: 'rename one of them with `as`, or select from the longer one',
      },
    );
  }
  return problem(
    'EIS2011',
    span,
    `the axis \`${name}\` runs over other rows on one side, which may be longer or shorter`,
    {
      notes: ['tensors are combined by the names of their axes, place by place'],
      help: `take one place of each row, such as \`[${name}: end]\`, on both sides`,
    },
  );
};
export const noSuchAxis = (span: Span, name: string, axes: readonly string[]): Diagnostic =>
  problem('EIS2012', span, `there is no axis \`${name}\``, {
    ...didYouMean(name, axes),
    notes: [`the axes are ${list(axes)}`],
  });
export const noAxisFits = (span: Span, to: string, axes: readonly string[]): Diagnostic =>
  problem('EIS2012', span, `no single axis can be called \`${to}\``, {
    notes: [`the axes are ${list(axes)}`],
  });
export const maskAxis = (span: Span, name: string, axes: readonly string[]): Diagnostic =>
  problem('EIS2012', span, `the mask has an axis \`${name}\` that the value has not`, {
    notes: [`the value's axes are ${list(axes)}`],
    help: "rename the mask's axis with `as`",
  });
export const notOneNumber = (span: Span, axes: readonly string[]): Diagnostic =>
  problem(
    'EIS2020',
    span,
    `one number per example is needed, but ${list(axes)} ${axes.length === 1 ? 'is' : 'are'} left over`,
    {
      help: `reduce with \`mean(…, over: ${axes[0] ?? 'pos'})\`, or select \`[${axes[0] ?? 'pos'}: …]\``,
    },
  );
export const unitClash = (span: Span, left: string, right: string): Diagnostic =>
  problem('EIS2013', span, `\`${left}\` and \`${right}\` are different units`, {
    help: 'convert one side, or drop its unit',
  });
export const unitDeclared = (span: Span, declared: string, found: string): Diagnostic =>
  problem('EIS2013', span, `the metric is declared in \`${declared}\` but its value is in \`${found}\``, {
    edit: found,
    help: `write \`unit ${found}\``,
  });
export const mixedUnits = (span: Span): Diagnostic =>
  problem('EIS2013', span, 'the numbers of a range have one unit');
export const maskNotBoolean = (span: Span): Diagnostic =>
  problem('EIS2005', span, 'a mask is a condition, not a number', { help: 'compare it: `… == 1`' });
export const rowsNotAligned = (span: Span, here: string, there: string): Diagnostic =>
  problem('EIS2016', span, `rows of \`${there}\` do not stand beside those of \`${here}\``, {
    notes: ['a value of another row is never used by accident'],
    help: 'pool it (`mean(…, over: example)`), use a variant of the same rows, or declare a `draw`',
  });
export const nothingToPool = (span: Span): Diagnostic =>
  problem('EIS2012', span, 'there is no axis `example` to average: the value is the same for every row');
export const textColumn = (span: Span, column: string): Diagnostic =>
  problem('EIS2005', span, `\`${column}\` is text: it can be compared in a \`draw\`, not computed with`);
export const worldOfOtherModel = (span: Span, model: string, mentioned: readonly string[]): Diagnostic =>
  problem('EIS2016', span, `it is not clear which of ${list(mentioned)} the model \`${model}\` stands for`);
export const notOneModel = (span: Span, names: readonly string[]): Diagnostic =>
  problem(
    'EIS2005',
    span,
    names.length === 0 ? 'this reads no model' : `this reads ${names.length} models: ${list(names)}`,
  );

// binders and indices
export const binderWithoutRange = (binder: Binder): Diagnostic =>
  problem('EIS2014', binder.span, `nothing says what \`${binder.name}\` ranges over`, {
    help: `write \`${binder.name} in m.layers\`, or index a hook or metric with it`,
  });
export const twoRanges = (binder: Binder, first: Binder, second: Binder): Diagnostic =>
  problem('EIS2014', binder.span, `\`${binder.name}\` has two different ranges`, {
    other: { span: second.span, text: 'one range comes from here' },
    notes: [`the other comes from the binder \`${first.name}\` of another declaration`],
  });
export const binderOutsideFamily = (span: Span, name: string): Diagnostic =>
  problem('EIS2014', span, `\`${name}\` has a value only inside its family`);
export const binderHere = (span: Span): Diagnostic => problem('EIS2014', span, 'no binder can stand here');
export const filterNotStatic = (span: Span): Diagnostic =>
  problem('EIS2014', span, 'a range is filtered by binders and numbers only', {
    notes: ['families are known before anything runs'],
  });
export const familyNotIndexed = (span: Span, declaration: Declaration): Diagnostic =>
  problem('EIS2015', span, `\`${declaration.name ?? ''}\` is a family: say which member`, {
    help: `write \`${declaration.name ?? ''}[${declaration.binders.map((one) => one.name).join(', ')}]\``,
  });
export const wrongIndexCount = (span: Span, declaration: Declaration, found: number): Diagnostic =>
  problem(
    'EIS2015',
    span,
    `\`${declaration.name ?? ''}\` takes ${declaration.binders.length} indices, not ${found}`,
  );
export const namedIndexOfFamily = (span: Span): Diagnostic =>
  problem('EIS2015', span, 'members of a family are named by position', {
    help: 'name axes after the member: `z[l, h][pos: end]`',
  });
export const tensorNeedsNamedIndex = (span: Span, axes: readonly string[]): Diagnostic =>
  problem('EIS2015', span, 'a tensor is indexed by the names of its axes', {
    help: `write \`[${axes.at(-1) ?? 'pos'}: …]\``,
  });
export const indexOutOfRange = (span: Span, axis: string, index: number, size: number): Diagnostic =>
  problem('EIS2015', span, `${index} is outside \`${axis}\`, which has ${size} positions (0 to ${size - 1})`);
export const notAPosition = (span: Span, column: string): Diagnostic =>
  problem('EIS2015', span, `\`${column}\` is not a position in the text`);
export const rangeTooLong = (span: Span, most: number): Diagnostic =>
  problem('EIS2021', span, `this range has more than ${most.toLocaleString('en')} values`);
export const familyTooLarge = (span: Span, most: number): Diagnostic =>
  problem('EIS2021', span, `the family has more than ${most.toLocaleString('en')} members`, {
    help: 'filter a range with `where`',
  });
export const emptyFamily = (span: Span): Diagnostic => problem('EIS2014', span, 'the family has no members');

// data
export const noSuchColumn = (span: Span, data: DataValue, name: string): Diagnostic =>
  problem(
    'EIS2018',
    span,
    `\`${data.declared}\` has no column \`${name}\``,
    didYouMean(
      name,
      data.facts.columns.map((one) => one.name),
    ),
  );
export const noSuchDataMember = (span: Span, data: DataValue, name: string): Diagnostic => {
  const { facts } = data;
  const names = [...facts.splits, ...facts.columns]
    .map((one) => one.name)
    .concat(
      facts.roles,
      facts.variants.map((one) => one.path),
    );
  return problem('EIS2018', span, `\`${data.declared}\` has no \`${name}\``, {
    ...didYouMean(name, names),
    notes: [`it has ${list([...new Set(names)], 14)}`],
  });
};
export const notADataSource = (span: Span, what: string): Diagnostic =>
  problem('EIS2005', span, `${what} is no source of data`, {
    help: 'use `repeated_tokens(…)`, `template(…)`, `table(…)` or `bytes(…)`',
  });
export const noData = (span: Span): Diagnostic =>
  problem('EIS2016', span, 'this file declares no data', { help: 'declare `data d = …` first' });
/** `copies`: how often a row repeats its period, where it does. */
export const rowsTooLong = (
  span: Span,
  model: string,
  {
    length,
    context,
    copies,
  }: { readonly length: number; readonly context: number; readonly copies: number | null },
): Diagnostic => {
  const { code, message, notes } = wordsOf({ kind: 'too-long', model, length, context });
  return problem(code, span, message, {
    notes,
    help:
      copies === null
        ? `write texts of at most ${context} tokens; the longest here has ${length}`
        : `a row is its period ${copies} times: write a period of at most ${Math.floor(context / copies)}`,
  });
};
export const badShares = (span: Span, total: number): Diagnostic =>
  problem(
    'EIS2005',
    span,
    `the shares of a split add up to 100%, not ${Number((total * 100).toPrecision(6))}%`,
  );
export const drawNeedsCondition = (declaration: Declaration): Diagnostic =>
  problem('EIS2005', declaration.nameSpan, 'a draw says which rows can give', {
    help: 'write `draw other = d.reference where d.x == row.x`',
  });
export const drawCondition = (span: Span): Diagnostic =>
  problem('EIS2005', span, 'a donor is chosen by columns: `d.x == row.x`, joined by `and`');
export const drawTwice = (declaration: Declaration): Diagnostic =>
  problem(
    'EIS2002',
    declaration.nameSpan,
    `the draw \`${declaration.name ?? ''}\` means two different things`,
  );
export const unknownBy = (span: Span, word: string, words: readonly string[]): Diagnostic =>
  problem('EIS2019', span, `means cannot be taken by \`${word}\``, { help: `by ${list(words)}` });

// models and sites
export const notAModelSource = (span: Span, what: string): Diagnostic =>
  problem('EIS2005', span, `${what} is no source of a model`, {
    help: 'use `bundled("…")`, `hf("…")`, `gguf("…")` or `onnx("…")`',
  });
export const noSuchComponent = (
  span: Span,
  model: ModelValue,
  path: string,
  paths: readonly string[],
): Diagnostic =>
  problem('EIS4001', span, `\`${model.declared}\` has no \`${path}\``, {
    ...nearestPath(path, paths),
    notes: [`\`eisc hooks\` lists all ${paths.length} sites of the model`],
  });
export const noSuchSite = (
  span: Span,
  model: ModelValue,
  path: string,
  paths: readonly string[],
): Diagnostic => {
  const inside = paths.filter((one) => one.startsWith(`${path}.`)).map((one) => one.slice(path.length + 1));
  return problem('EIS4001', span, `\`${path}\` of \`${model.declared}\` is not a tensor`, {
    notes: inside.length > 0 ? [`inside it are ${list(inside)}`] : [],
    ...(inside.length === 0 ? { ...nearestPath(path, paths), edit: undefined } : {}),
  });
};
function nearestPath(path: string, paths: readonly string[]): More {
  const last = path.split('.').at(-1) ?? path;
  const prefix = path.slice(0, path.length - last.length);
  const siblings = [
    ...new Set(
      paths
        .filter((one) => one.startsWith(prefix))
        .map((one) => one.slice(prefix.length).split('.')[0] ?? ''),
    ),
  ];
  const [best] = suggest(last, siblings);
  if (best !== undefined) return { help: `did you mean \`${best}\`?`, edit: best };
  return siblings.length === 0 ? {} : { help: `there are ${list(siblings)}` };
}
export const noSuchParts = (span: Span, parts: Extract<Value, { kind: 'parts' }>): Diagnostic =>
  problem(
    'EIS4001',
    span,
    `\`${parts.model.declared}\` has no \`${parts.part}${parts.suffix === null ? '' : `.${parts.suffix}`}\``,
  );
export const notASite = (span: Span, what: string): Diagnostic =>
  problem('EIS4002', span, `${what} cannot be written: it is not a value inside the model`);
export const tensorsMatch = (
  span: Span,
  pattern: string,
  matches: readonly string[],
  paths: readonly string[],
): Diagnostic =>
  matches.length === 0
    ? problem('EIS4003', span, `no tensor is called \`${pattern}\``, {
        ...nearestPath(pattern, paths),
        edit: undefined,
        notes: [`\`eisc hooks\` lists all ${paths.length}`],
      })
    : problem('EIS4003', span, `${matches.length} tensors match \`${pattern}\``, {
        notes: [list(matches)],
        help: 'make the pattern longer',
      });
export const overlappingWrites = (span: Span, other: Span, path: string): Diagnostic =>
  problem('EIS4019', span, `two writes of one world touch the same part of \`${path}\``, {
    ...(other.start === span.start ? {} : { other: { span: other, text: 'the other write' } }),
    notes: ['their order would decide the result'],
    help: 'write different members or positions, or use two worlds',
  });
export const valueDoesNotFit = (
  span: Span,
  axis: string,
  path: string,
  axes: readonly string[],
): Diagnostic =>
  problem('EIS4020', span, `the value has an axis \`${axis}\` that \`${path}\` has not`, {
    notes: [`its axes are ${list(axes)}`],
    help: `reduce it (\`mean(…, over: ${axis})\`) or select from it`,
  });

// circuits and ablations
export const circuitNeedsPlace = (span: Span): Diagnostic =>
  problem('EIS2015', span, 'a hook indexed by a circuit can be written, not read as one tensor', {
    help: 'bind its members: `c in movers`, then `z[c]`',
  });
export const circuitDoesNotFit = (span: Span, circuit: CircuitValue, declaration: Declaration): Diagnostic =>
  problem('EIS2015', span, `members of \`${circuit.name}\` are not members of \`${declaration.name ?? ''}\``);
export const emptyCircuit = (span: Span, circuit: CircuitValue): Diagnostic =>
  problem('EIS2014', span, `the circuit \`${circuit.name}\` has no members`);
export const circuitsDiffer = (span: Span): Diagnostic =>
  problem('EIS2015', span, 'these circuits are of different families');
export const searchTooLarge = (span: Span, k: number, members: number): Diagnostic =>
  problem('EIS2006', span, `${k} members cannot be chosen among ${members}`);
export const circuitNeedsAblation = (span: Span, name: string, how: string): Diagnostic =>
  problem('EIS3020', span, `what takes the place of \`${name}\` is not said`, {
    notes: ['zero, mean and resample ablation can give opposite answers'],
    help: `declare an ablation and write \`${how} policy[${name}]\``,
  });
export const onlyNeedsAblation = (span: Span): Diagnostic =>
  problem('EIS3020', span, '`only` needs an ablation of a circuit', {
    help: 'write `m only policy[movers]`',
  });
export const ablationNeedsCircuit = (span: Span): Diagnostic =>
  problem('EIS2015', span, 'an ablation is applied to a circuit', {
    help: 'write `policy[movers]` or `policy[complement(movers)]`',
  });
export const unknownAblation = (span: Span, name: string, kinds: readonly string[]): Diagnostic =>
  problem('EIS2019', span, `\`${name}\` is no kind of ablation`, {
    ...didYouMean(name, kinds),
    notes: [`the kinds are ${list(kinds)}`],
  });

// settings and files
export const badSetting = (span: Span, name: string, text: string): Diagnostic =>
  problem('EIS2022', span, `\`--set ${name}=${text}\` is not a number`);
export const unknownSetting = (
  file: string,
  name: string,
  near: readonly string[],
  params: readonly string[],
): Diagnostic => {
  const [best] = near;
  return {
    ...problem('EIS2022', { file, start: 0, end: 0 }, `no parameter is called \`${name}\``, {
      notes: params.length === 0 ? ['this file declares no `param`'] : [`the parameters are ${list(params)}`],
    }),
    ...(best === undefined ? {} : { help: { text: `did you mean \`--set ${best}=…\`?`, edits: [] } }),
  };
};
export const hostProblem = (span: Span, answer: HostProblem): Diagnostic =>
  problem(answer.code, span, answer.text, { notes: answer.notes, help: answer.help ?? undefined });
export const notAView = (span: Span, kinds: readonly string[]): Diagnostic =>
  problem('EIS2019', span, `a view is one of ${list(kinds)}`);
export const viewNeedsMetrics = (span: Span, kind: string): Diagnostic =>
  problem('EIS2006', span, `a ${kind} needs ${kind === 'scatter' ? 'two metrics' : 'a metric'}`);
