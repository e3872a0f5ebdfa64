// What differs between two meanings, in the words of the language: `claim harm: margin 0.1 logit → 0.2 logit`. Digests and
// the places of the lock file are never shown. Declarations are matched by name, those that were renamed by their place.
import { canonical, type Plain } from '../../compiler/base/canonical.js';
import { isObject, type PlainObject } from './json.js';
import type { Meaning } from './lock.js';

/** One line per difference; at least one where the two do not mean the same. */
export function diffMeaning(old: Meaning, now: Meaning): readonly string[] {
  const lines = [
    ...diffFields(old, now, outside),
    ...diffSettings(old.parameters, now.parameters),
    ...sections.flatMap((section) =>
      diffSection(section, listOf(old[section.field]), listOf(now[section.field])),
    ),
  ];
  if (same(old.program, now.program)) return lines.length > 0 ? lines : [somethingElse];
  return lines.length === 0 ? [otherProgram] : [...lines, restOfProgram];
}

const somethingElse = 'something that a lock does not spell out';
const otherProgram = 'the program: a formula, a site or an option, of which a lock keeps the digest only';
const restOfProgram = 'perhaps more: of formulas, sites and options a lock keeps the digest only';

/** Whether a line says no more than that the program is another one: where both texts are at hand, they say more. */
export function isAboutProgram(line: string): boolean {
  return line === otherProgram || line === restOfProgram;
}

type FieldWords = (was: Plain | undefined, is: Plain | undefined) => readonly string[];

type Section = {
  readonly field: string;
  /** What an item is called: `claim needed`. */
  readonly title: (item: PlainObject) => string;
  readonly fields: Readonly<Record<string, FieldWords>>;
};

const change =
  (what: string): FieldWords =>
  (was, is) => [`${what} ${text(was)} → ${text(is)}`];
const said =
  (words: string): FieldWords =>
  () => [words];
/** What a reason says is not meaning; that there is one is. */
const reason =
  (there: string, gone: string): FieldWords =>
  (was, is) =>
    isAbsent(was) === isAbsent(is) ? [] : [isAbsent(was) ? there : gone];
const silent: FieldWords = () => [];

const named =
  (keyword: string) =>
  (item: PlainObject): string =>
    `${keyword} ${text(item.name)}`;

const sections: readonly Section[] = [
  {
    field: 'libraries',
    title: (item) => `import "${text(item.path)}"`,
    fields: { path: silent, digest: said('the file says something else') },
  },
  {
    field: 'models',
    title: named('model'),
    fields: { name: silent, digest: said('another model: other weights or another graph') },
  },
  {
    field: 'data',
    title: named('data'),
    fields: {
      name: silent,
      splits: splitWords,
      digest: said('its declaration or a file it reads has changed'),
    },
  },
  {
    field: 'claims',
    title: named('claim'),
    fields: {
      name: silent,
      quantity: change('quantifier'),
      on: change('rows'),
      members: change('members'),
      margins: marginWords,
      because: reason('`because` was added', '`because` is gone'),
      nil: reason('`nil` was added', '`nil` is gone'),
      power: change('power'),
      evidence: change('evidence'),
    },
  },
  {
    field: 'families',
    title: named('correction'),
    fields: {
      name: silent,
      method: change('method'),
      rate: change('error rate'),
      flips: change('flips'),
      claims: change('claims'),
    },
  },
  {
    field: 'controls',
    title: named('control'),
    fields: {
      name: silent,
      claim: change('of claim'),
      kind: change('kind'),
      inserted: (_, is) => [is === true ? 'now inserted by the compiler' : 'now written in the file'],
      waived: reason('now waived', 'no longer waived'),
    },
  },
  {
    field: 'predictions',
    title: (item) => `predict ${text(item.claim)}`,
    fields: { claim: silent, verdict: change('verdict') },
  },
];

/** Parts of a meaning that are no lists; what is told elsewhere is not told here. */
const outside: Section['fields'] = {
  semantics: change('the rules of eisc: version'),
  program: silent,
  parameters: silent,
  ...Object.fromEntries(sections.map(({ field }) => [field, silent] as const)),
};

function diffSection(
  { title, fields }: Section,
  old: readonly PlainObject[],
  now: readonly PlainObject[],
): readonly string[] {
  const titles = new Set(old.map(title));
  const arrived = now.filter((one) => !titles.has(title(one)));
  const kept = new Set(now.map(title));
  const left = old.filter((one) => !kept.has(title(one)));
  const lines: string[] = [];
  for (const is of now) {
    // A renamed declaration stands where the one of the other name stood.
    const was = old.find((one) => title(one) === title(is)) ?? left[arrived.indexOf(is)];
    if (was === undefined) lines.push(`${title(is)} is new`);
    else lines.push(...diffFields(was, is, fields).map((words) => `${title(is)}: ${words}`));
  }
  return [...lines, ...left.slice(arrived.length).map((one) => `${title(one)} is gone`)];
}

function diffFields(was: PlainObject, is: PlainObject, fields: Section['fields']): readonly string[] {
  const differing = [...new Set([...Object.keys(was), ...Object.keys(is)])].filter(
    (name) => !same(was[name], is[name]),
  );
  return differing.flatMap((name) => (fields[name] ?? change(name))(was[name], is[name]));
}

function diffSettings(old: Plain | undefined, now: Plain | undefined): readonly string[] {
  const [was, is] = [isObject(old) ? old : {}, isObject(now) ? now : {}];
  return [...new Set([...Object.keys(was), ...Object.keys(is)])].flatMap((name) =>
    same(was[name], is[name])
      ? []
      : [`param ${name}: ${text(was[name] ?? 'as in the file')} → ${text(is[name] ?? 'as in the file')}`],
  );
}

function splitWords(was: Plain | undefined, is: Plain | undefined): readonly string[] {
  return diffSection(
    {
      field: 'splits',
      title: named('split'),
      fields: { name: silent, rows: change('rows'), clusters: change('clusters') },
    },
    listOf(was),
    listOf(is),
  );
}

/** `mean > 0.1 logit` → `mean > 0.2 logit` is a change of the margin alone. */
function marginWords(was: Plain | undefined, is: Plain | undefined): readonly string[] {
  const [old, now] = [textsOf(was), textsOf(is)];
  if (old.length !== now.length) return [`asserts ${old.join(' and ')} → ${now.join(' and ')}`];
  return old.flatMap((before, i) => {
    const after = now[i] ?? '';
    if (before === after) return [];
    const [, head, margin] = /^(.*[<>]) (.+)$/.exec(before) ?? [];
    const [, newHead, newMargin] = /^(.*[<>]) (.+)$/.exec(after) ?? [];
    return head !== undefined && head === newHead
      ? [`margin ${margin} → ${newMargin}`]
      : [`asserts ${before} → ${after}`];
  });
}

function same(was: Plain | undefined, is: Plain | undefined): boolean {
  return canonical(was ?? null) === canonical(is ?? null);
}

function isAbsent(value: Plain | undefined): boolean {
  return value === undefined || value === null;
}

function listOf(value: Plain | undefined): readonly PlainObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function textsOf(value: Plain | undefined): readonly string[] {
  return Array.isArray(value) ? value.map(text) : [];
}

/** Of a value that a reader of the file knows. */
function text(value: Plain | undefined): string {
  if (value === undefined || value === null) return 'none';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(text).join(', ');
  return typeof value === 'object' ? canonical(value) : String(value);
}
