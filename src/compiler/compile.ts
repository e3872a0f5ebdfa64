// The table of contents: text to syntax tree, names to declarations, declarations to an experiment of tensor graphs. Each
// stage takes what the one before returns; none starts if the one before found errors.
import type { Diagnostic } from './base/diagnostic.js';
import { hasErrors, sortDiagnostics } from './base/reporter.js';
import { type BoundFile, bindFile } from './bind/bind.js';
import { type CheckedFile, type CheckRequest, checkFile } from './check/experiment.js';
import type { CompileHost } from './host.js';
import { parseFile } from './syntax/parse.js';

export type Source = { readonly text: string; readonly file: string };
export type Parsed = {
  readonly bound: BoundFile | null;
  readonly diagnostics: readonly Diagnostic[];
  /** Source text by file name, for showing diagnostics. */
  readonly sources: (file: string) => string | undefined;
};

/** Text to names: syntax, imports and the parts of declarations. */
export function readFile(source: Source, host: CompileHost): Parsed {
  const parsed = parseFile(source.text, source.file);
  if (hasErrors(parsed.diagnostics)) {
    return {
      bound: null,
      diagnostics: parsed.diagnostics,
      sources: (file) => (file === source.file ? source.text : undefined),
    };
  }
  const { bound, diagnostics } = bindFile(parsed.file, host);
  const all = sortDiagnostics([...parsed.diagnostics, ...diagnostics]);
  return {
    bound: hasErrors(all) ? null : bound,
    diagnostics: all,
    sources: (file) => bound.sources.get(file),
  };
}

export type Options = Omit<CheckRequest, 'bound' | 'host'>;

/** What `eisc check` needs: every declaration evaluated, controls with one replicate each, discover rows only. */
export const checkOnly: Options = {
  mode: 'explore',
  settings: new Map(),
  found: new Map(),
  replicates: 'one',
  asLock: false,
  everything: true,
};

/** The whole front end. `checked` is null where syntax or names were already wrong. */
export function compile(
  source: Source,
  host: CompileHost,
  options: Options = checkOnly,
): {
  readonly checked: CheckedFile | null;
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: Parsed['sources'];
} {
  const { bound, diagnostics, sources } = readFile(source, host);
  if (bound === null) return { checked: null, diagnostics, sources };
  const checked = checkFile({ ...options, bound, host });
  return { checked, diagnostics: sortDiagnostics([...diagnostics, ...checked.diagnostics]), sources };
}
