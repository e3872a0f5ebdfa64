// Names to declarations: one table per file, imports opened, every keyword with the parts it takes and no others.

import type { Keyword } from '../../../grammar/words.js';
import type { Diagnostic } from '../base/diagnostic.js';
import type { Span } from '../base/span.js';
import { suggest } from '../base/suggest.js';
import type { CompileHost } from '../host.js';
import type { Declaration, ParsedFile } from '../syntax/ast.js';
import { parseFile } from '../syntax/parse.js';
import * as say from './messages.js';

/** What a declared name stands for before anything replaces it. */
export type BoundEntry = {
  readonly kind: 'declared';
  readonly declaration: Declaration;
  readonly home: ReadonlyMap<string, BoundEntry> | null;
};
export type BoundFile = {
  readonly file: ParsedFile;
  readonly table: ReadonlyMap<string, BoundEntry>;
  readonly declarations: readonly Declaration[];
  /** Source texts by file name, libraries included, for diagnostics. */
  readonly sources: ReadonlyMap<string, string>;
  readonly libraries: readonly { readonly path: string; readonly text: string }[];
};

type Parts = {
  readonly name: 'required' | 'optional' | 'never';
  readonly binders: boolean;
  readonly params: boolean;
  readonly unit: boolean;
  readonly value: 'required' | 'optional' | 'never';
  readonly block: boolean;
};

const plain: Parts = {
  name: 'required',
  binders: false,
  params: false,
  unit: false,
  value: 'required',
  block: false,
};

/** Which parts a declaration takes, by keyword. */
const partsOf = {
  study: { ...plain, name: 'never', value: 'never', block: true },
  model: { ...plain, block: false },
  data: { ...plain, block: true },
  draw: plain,
  hook: { ...plain, binders: true, block: true },
  metric: { ...plain, binders: true, unit: true, block: true },
  intervention: { ...plain, binders: true, block: true },
  ablation: { ...plain, block: true },
  circuit: { ...plain, block: true },
  fit: { ...plain, binders: true, value: 'optional', block: true },
  claim: { ...plain, block: true },
  predict: { ...plain, block: true },
  correction: { ...plain, block: true },
  control: { ...plain, block: true },
  waive: { ...plain, value: 'never', block: true },
  report: { ...plain, name: 'never', value: 'never', block: true },
  gallery: { ...plain, block: true },
  let: { ...plain, binders: true },
  fn: { ...plain, params: true },
  param: plain,
  import: { ...plain, name: 'never', binders: true, value: 'never' },
  hole: { ...plain, name: 'optional', binders: true },
  variant: { ...plain, value: 'never', block: true },
  variable: { ...plain, block: true },
} as const satisfies Record<Keyword, Parts>;

/** Keywords whose name is a new one in the file; the others name something that is already declared. */
const declares: ReadonlySet<Keyword> = new Set<Keyword>([
  'model',
  'data',
  'draw',
  'hook',
  'metric',
  'intervention',
  'ablation',
  'circuit',
  'fit',
  'claim',
  'correction',
  'control',
  'gallery',
  'let',
  'fn',
  'param',
]);

export function bindFile(
  file: ParsedFile,
  host: CompileHost,
): { readonly bound: BoundFile; readonly diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const sources = new Map<string, string>([[file.span.file, file.text]]);
  const libraries: { path: string; text: string }[] = [];
  const table = bindInto(file, host, diagnostics, sources, libraries, []);
  return { bound: { file, table, declarations: file.declarations, sources, libraries }, diagnostics };
}

function bindInto(
  file: ParsedFile,
  host: CompileHost,
  diagnostics: Diagnostic[],
  sources: Map<string, string>,
  libraries: { path: string; text: string }[],
  path: readonly string[],
): ReadonlyMap<string, BoundEntry> {
  const table = new Map<string, BoundEntry>();
  const add = (name: string, entry: BoundEntry, span: Span): void => {
    const known = table.get(name);
    if (known !== undefined) diagnostics.push(say.declaredTwice(name, span, known.declaration.nameSpan));
    else table.set(name, entry);
  };
  for (const declaration of file.declarations) {
    diagnostics.push(...checkParts(declaration));
    if (declaration.keyword === 'import') {
      for (const [name, entry, span] of importsOf(declaration, host, diagnostics, sources, libraries, path))
        add(name, entry, span);
    } else if (declares.has(declaration.keyword) && declaration.name !== undefined) {
      add(declaration.name, { kind: 'declared', declaration, home: null }, declaration.nameSpan);
    }
  }
  return table;
}

function importsOf(
  declaration: Declaration,
  host: CompileHost,
  diagnostics: Diagnostic[],
  sources: Map<string, string>,
  libraries: { path: string; text: string }[],
  path: readonly string[],
): readonly (readonly [string, BoundEntry, Span])[] {
  const { from } = declaration;
  if (from === undefined) {
    diagnostics.push(say.importWithoutPath(declaration.span));
    return [];
  }
  if (path.includes(from.value)) {
    diagnostics.push(say.importCycle(from.span, [...path, from.value]));
    return [];
  }
  const answer = host.readLibrary(from.value);
  if (answer.kind === 'problem') {
    diagnostics.push(say.importNotFound(from.span, answer));
    return [];
  }
  const parsed = parseFile(answer.value, from.value);
  sources.set(from.value, answer.value);
  if (!libraries.some((one) => one.path === from.value))
    libraries.push({ path: from.value, text: answer.value });
  if (parsed.diagnostics.some((one) => one.severity === 'error')) {
    diagnostics.push(...parsed.diagnostics);
    return [];
  }
  const inner = bindInto(parsed.file, host, diagnostics, sources, libraries, [...path, from.value]);
  return declaration.binders.flatMap((binder): readonly (readonly [string, BoundEntry, Span])[] => {
    const found = inner.get(binder.name);
    if (found === undefined) {
      diagnostics.push(
        say.importHasNo(binder.span, binder.name, from.value, suggest(binder.name, inner.keys())),
      );
      return [];
    }
    return [[binder.name, { ...found, home: found.home ?? inner }, binder.span] as const];
  });
}

/** Parts that the keyword does not take, and parts it needs. */
function checkParts(declaration: Declaration): readonly Diagnostic[] {
  const { keyword } = declaration;
  const parts: Parts = partsOf[keyword];
  const found: Diagnostic[] = [];
  const wrong = (what: string, span: Span): void => {
    found.push(say.partNotTaken(keyword, what, span));
  };
  if (['hole', 'variant', 'variable'].includes(keyword))
    return [say.nestedAtTop(keyword, declaration.keywordSpan)];
  if (parts.name === 'required' && declaration.name === undefined && declaration.title === undefined)
    found.push(say.nameMissing(keyword, declaration.keywordSpan));
  if (parts.name === 'never' && declaration.name !== undefined) wrong('a name', declaration.nameSpan);
  if (declaration.title !== undefined && keyword !== 'study') wrong('a title', declaration.title.span);
  const [binder] = declaration.binders;
  if (!parts.binders && binder !== undefined) wrong('binders', binder.span);
  if (!parts.params && declaration.params !== undefined) wrong('parameters', declaration.nameSpan);
  if (parts.params && declaration.params === undefined) found.push(say.paramsMissing(declaration.nameSpan));
  if (!parts.unit && declaration.unit !== undefined) wrong('a unit', declaration.unit.span);
  if (declaration.from !== undefined && keyword !== 'import') wrong('`from`', declaration.from.span);
  if (parts.value === 'required' && declaration.value === undefined)
    found.push(say.valueMissing(keyword, declaration.name ?? '', declaration.span));
  if (parts.value === 'never' && declaration.value !== undefined) wrong('a value', declaration.value.span);
  if (!parts.block && declaration.block !== undefined) wrong('a block', declaration.keywordSpan);
  for (const entry of declaration.block ?? []) {
    if (entry.kind === 'view' && keyword !== 'report') wrong('views', entry.span);
  }
  return found;
}
