// What the compiler asks of the world, answered from the file system: library text, data files, models, facts about data.
// Remembers what it loaded, so that a run that checks a file several times reads it once.
import { existsSync, readdirSync } from 'node:fs';
import { dirname, extname, isAbsolute, join, relative, resolve } from 'node:path';
import { type Digest, plainSha256 } from '../compiler/base/digest.js';
import type { DataFacts } from '../compiler/data/data-facts.js';
import type { DataSpec, TableColumn } from '../compiler/data/data-spec.js';
import type { Answer, CompileHost, HostProblem, ModelSource } from '../compiler/host.js';
import { bytesOfWeights } from '../compiler/ir/memory.js';
import { matchSites } from '../compiler/model/component-tree.js';
import { modelDiagnostic } from '../compiler/model/messages.js';
import type { ModelGraph } from '../compiler/model/model-graph.js';
import type { HostTensor } from './backend/host-tensor.js';
import { indexFiles, matchFiles } from './data/byte-files.js';
import { readColumn, readLines } from './data/column-file.js';
import { dataDigest } from './data/data-digest.js';
import { dataFacts } from './data/data-facts.js';
import { type DataProblem, type Made, PROBLEM_SEVERITY } from './data/problem.js';
import { readTextTable, TABLE_FORMATS, type TableFormat } from './data/text-table.js';
import { exists, type Host, readText } from './host.js';
import { findModel } from './model/hf/locate.js';
import { type LoadedModel, loadBundled } from './model/load-model.js';
import { failed, fileProblem, type Loaded } from './model/model-files.js';
import { reinitialise } from './model/reinitialise.js';
import { tokenizerOf, unknownWord } from './model/tokenizer.js';
import { packageRoot } from './package-root.js';
import { permutation, streamKey } from './stats/rng.js';
import { RunFailed } from './study/run-failed.js';

export type FileRead = { readonly path: string; readonly digest: Digest; readonly bytes: number };

export type RuntimeHost = CompileHost & {
  /** Weights by digest, of every model that was loaded or drawn. Throws for an unknown digest. */
  lookupWeight(digest: string): HostTensor;
  readonly loaded: ReadonlyMap<string, LoadedModel & { readonly source: ModelSource }>;
  /** How reinitialised models were drawn, by model digest. */
  readonly redrawn: ReadonlyMap<string, 'initialiser' | 'permutation'>;
  readonly filesRead: readonly FileRead[];
  /** Full paths of everything that was asked for beside the pipeline, found or not: models (files or folders) and the rest. */
  readonly touched: { readonly models: ReadonlySet<string>; readonly files: ReadonlySet<string> };
  readonly warnings: readonly DataProblem[];
  readDataBytes(path: string): Uint8Array;
  /**
   * Opens what could not be opened at once: headers that are parsed in pieces, downloads, and files whose reader is a library
   * that is only loaded where it is needed. True where there was any: the answers given before are void, and the file has to be
   * checked again.
   */
  settle(): Promise<boolean>;
};

/** Models that were opened, by source and by digest. Whoever keeps them drops them when one of their files changes. */
export type OpenedModels = {
  readonly loaded: Map<string, LoadedModel & { readonly source: ModelSource }>;
  readonly bySource: Map<string, Answer<ModelGraph>>;
};

export function noModels(): OpenedModels {
  return { loaded: new Map(), bySource: new Map() };
}

export type HostRequest = {
  readonly host: Host;
  /** The folder of the pipeline. */
  readonly folder: string;
  /** Root of everything that controls draw: derived from the meaning of the file. */
  readonly controlRoot: () => string;
  /** Where the cache of the hub is and how it is reached: HF_HOME and so on. */
  readonly environment?: { readonly [name: string]: string | undefined };
  /** Models from earlier checks, which are not opened again; what this check opens is added. */
  readonly models?: OpenedModels;
  /** What a run may use: a model whose weights alone are more is refused before they are read; absent: there is no bound. */
  readonly memoryBytes?: number;
};

export function openCompileHost(request: HostRequest): RuntimeHost {
  const { host, folder } = request;
  const { loaded, bySource } = request.models ?? noModels();
  const drawn: ((digest: string) => HostTensor | undefined)[] = [];
  const redrawn = new Map<string, 'initialiser' | 'permutation'>();
  const redraws = new Map<string, ModelGraph>();
  const facts = new Map<string, Answer<DataFacts>>();
  const files = new Map<string, FileRead>();
  const touched = { models: new Set<string>(), files: new Set<string>() };
  const warnings: DataProblem[] = [];
  /** By what it is about; each keeps what it opened for the next check. */
  const waiting = new Map<string, () => Promise<void>>();
  let readTable: typeof import('./data/table-file.js').readTable | null = null;
  const environment = request.environment ?? process.env;
  const bound = request.memoryBytes === undefined ? {} : { memoryBytes: request.memoryBytes };

  const place = (path: string): string => (isAbsolute(path) ? path : resolve(folder, path));
  const bytesOf = (path: string): Answer<Uint8Array> => {
    const full = place(path);
    touched.files.add(full);
    if (!exists(host, full)) return missing(path, folder);
    try {
      const bytes = host.readBytes(full);
      files.set(path, { path, digest: plainSha256(bytes), bytes: bytes.length });
      return { kind: 'ok', value: bytes };
    } catch (problem) {
      return {
        kind: 'problem',
        code: 'EIS2024',
        text: `\`${path}\` cannot be read: ${String(problem instanceof Error ? problem.message : problem)}`,
        notes: [],
        help: null,
      };
    }
  };
  const madeFrom = <T>(path: string, make: (bytes: Uint8Array) => Made<T>): Answer<T> => {
    const bytes = bytesOf(path);
    return bytes.kind === 'problem' ? bytes : answerOf(make(bytes.value), warnings);
  };
  const lookupWeight = (digest: string): HostTensor => {
    for (const model of loaded.values()) {
      const found = weightOf(model, digest);
      if (found !== undefined) return found;
    }
    for (const lookup of drawn) {
      const found = lookup(digest);
      if (found !== undefined) return found;
    }
    throw new Error(`no weight with the digest ${digest}`);
  };

  const columnsFrom = (path: string, read: (bytes: Uint8Array) => Made<readonly TableColumn[]>) =>
    madeFrom(path, (bytes) => {
      const table = read(bytes);
      return table.kind === 'failed'
        ? table
        : { ...table, value: { columns: table.value, source: plainSha256(bytes) } };
    });
  const waits = (key: string, source: ModelSource, load: () => Opening): void => {
    waiting.set(key, async () => {
      keep(key, source, await load());
    });
  };
  /** The model, or null where it takes waiting. What can be known at once is: that there is no such file. */
  const open = (source: ModelSource, key: string): Loaded<LoadedModel> | null => {
    switch (source.kind) {
      case 'bundled':
        return loadBundled(source.name);
      case 'onnx':
        waits(key, source, async () =>
          (await import('./model/load-onnx.js')).loadOnnx(place(source.path), source.path, {
            inputs: 'one',
            ...bound,
          }),
        );
        return null;
      case 'gguf': {
        const path = place(source.path);
        if (!existsSync(path))
          return failed({ kind: 'unreadable', path: source.path, text: 'there is no such file' });
        waits(key, source, async () =>
          (await import('./model/load-source.js')).loadGguf(path, source.path, request.memoryBytes),
        );
        return null;
      }
      case 'hf': {
        const { place: text, revision } = source;
        const asked = { text, path: place(text), revision, environment };
        const found = findModel(asked);
        if (found.kind === 'problem') return found;
        waits(key, source, async () =>
          (await import('./model/load-source.js')).loadHf(asked, request.memoryBytes),
        );
        return null;
      }
    }
  };
  const keep = (key: string, source: ModelSource, found: Loaded<LoadedModel>): Answer<ModelGraph> => {
    const answer: Answer<ModelGraph> =
      found.kind === 'problem' ? fromModelProblem(found.problem) : { kind: 'ok', value: found.value.graph };
    if (found.kind !== 'problem') loaded.set(found.value.graph.digest, { ...found.value, source });
    bySource.set(key, answer);
    return answer;
  };

  return {
    loaded,
    redrawn,
    touched,
    warnings,
    get filesRead() {
      return [...files.values()];
    },
    lookupWeight,
    readDataBytes: (path) => host.readBytes(place(path)),
    readLibrary: (path) => {
      const inside = path.startsWith('std/')
        ? join(packageRoot(), `${path}.eis`)
        : place(path.endsWith('.eis') ? path : `${path}.eis`);
      if (!path.startsWith('std/')) touched.files.add(inside);
      if (!exists(host, inside)) {
        const known = listLibrary();
        return {
          kind: 'problem',
          code: 'EIS2010',
          text: `there is no library file \`${path}\``,
          notes: [`the library has ${known.join(', ')}`],
          help: null,
        };
      }
      return { kind: 'ok', value: readText(host, inside) };
    },
    readLines: (path) => madeFrom(path, (bytes) => readLines(path, bytes)),
    readColumn: (path, column) => madeFrom(path, (bytes) => readColumn(path, bytes, column ?? undefined)),
    readTable: (path) => {
      const format = formatOf(path);
      if (format === null)
        return {
          kind: 'problem',
          code: 'EIS2023',
          text: `\`${path}\` is no table this version reads`,
          notes: [],
          help: 'use .csv, .tsv, .jsonl or .parquet',
        };
      if (format !== 'parquet') return columnsFrom(path, (bytes) => readTextTable(path, format, bytes));
      const read = readTable;
      if (read !== null) return columnsFrom(path, (bytes) => read(path, format, bytes));
      waiting.set('parquet', async () => {
        ({ readTable } = await import('./data/table-file.js'));
      });
      return notOpenYet;
    },
    listFiles: (glob) => {
      const paths = matchFiles(glob, walk(folder, folder));
      for (const path of paths) touched.files.add(place(path));
      return answerOf(
        indexFiles(glob, paths, (path) => host.readBytes(place(path))),
        warnings,
      );
    },
    loadModel: (source) => {
      const key = JSON.stringify(source);
      if (source.kind === 'onnx' || source.kind === 'gguf') touched.models.add(place(source.path));
      if (source.kind === 'hf') touched.models.add(place(source.place));
      const known = bySource.get(key);
      if (known !== undefined) return known;
      const found = open(source, key);
      return found === null ? notOpenYet : keep(key, source, found);
    },
    settle: async () => {
      if (waiting.size === 0) return false;
      const opening = [...waiting.values()];
      waiting.clear();
      facts.clear();
      warnings.length = 0;
      for (const open of opening) await open();
      return true;
    },
    reinitialised: (model, stream, replicate) => {
      const key = `${model.digest} ${stream} ${replicate}`;
      const known = redraws.get(key);
      if (known !== undefined) return { kind: 'ok', value: known };
      const fresh = reinitialise(
        model,
        { rootHex: request.controlRoot(), stream: `control/${stream}`, replicate },
        lookupWeight,
      );
      const cache = new Map<string, HostTensor>();
      const digests = new Set(
        fresh.graph.graph.nodes.flatMap(({ op }) => (op.name === 'Weight' ? [op.attrs.digest] : [])),
      );
      const isKept = bytesOfWeights(fresh.graph.graph) <= KEPT_BYTES;
      drawn.push((digest) => {
        if (!digests.has(digest)) return undefined;
        const made = cache.get(digest) ?? fresh.lookupWeight(digest);
        if (isKept) cache.set(digest, made);
        return made;
      });
      redrawn.set(fresh.graph.digest, fresh.how);
      redraws.set(key, fresh.graph);
      return { kind: 'ok', value: fresh.graph };
    },
    dataFacts: (spec, model, paths) => {
      const root = dataDigest(spec);
      const known = facts.get(root);
      if (known !== undefined) return known;
      const answer = factsOf(spec, root, model, paths, warnings);
      facts.set(root, answer);
      return answer;
    },
    subsetRanks: (stream, draw, ids) => ranksOf(request.controlRoot(), stream, draw, ids),
    matchSites,
  };
}

/** Replicates of larger models are drawn again when they are asked for again: a run has dozens, and all of them must fit. */
const KEPT_BYTES = 2 ** 25;

type Opening = Promise<Loaded<LoadedModel>>;

/** Nobody sees this: whoever checks a file settles its host and checks again. */
const notOpenYet: HostProblem = {
  kind: 'problem',
  code: 'EIS4005',
  text: 'it is not open yet',
  notes: [],
  help: null,
};

/** A weight of a model; a file that was changed or taken away meanwhile ends the run with a diagnostic. */
function weightOf(model: LoadedModel, digest: string): HostTensor | undefined {
  try {
    return model.weights.get(digest);
  } catch (error) {
    throw new RunFailed([modelDiagnostic(fileProblem(error, model.graph.name).problem)]);
  }
}

function factsOf(
  spec: DataSpec,
  root: Digest,
  model: ModelGraph | null,
  paths: readonly string[],
  warnings: DataProblem[],
): Answer<DataFacts> {
  const tokenizer = model === null ? undefined : tokenizerOf(model);
  const made = dataFacts({ spec, root, paths, ...(tokenizer === undefined ? {} : { tokenizer }) });
  const words = model === null || made.kind === 'made' ? null : tokenizerWords(model, made.problems);
  return words ?? answerOf(made, warnings);
}

/** What the model's tokenizer lacks is said with the name of the model and the nearest words that it knows. */
function tokenizerWords(model: ModelGraph, problems: readonly DataProblem[]): HostProblem | null {
  const first = problems.find((one) => PROBLEM_SEVERITY[one.kind] === 'error');
  if (first?.kind === 'tokenizer-missing')
    return fromModelProblem({ kind: 'no-tokenizer', model: model.name });
  if (first?.kind !== 'unknown-word' || first.subject === undefined) return null;
  const found = fromModelProblem(unknownWord(model, first.subject));
  const others = problems.filter((one) => PROBLEM_SEVERITY[one.kind] === 'error' && one !== first);
  return {
    ...found,
    notes: [
      ...found.notes,
      ...(first.text.includes(',') ? [first.text] : []),
      ...others.map((one) => one.text),
    ],
  };
}

function answerOf<T>(made: Made<T>, warnings: DataProblem[]): Answer<T> {
  if (made.kind === 'made') {
    warnings.push(...made.warnings);
    return { kind: 'ok', value: made.value };
  }
  const errors = made.problems.filter((one) => PROBLEM_SEVERITY[one.kind] === 'error');
  const [first, ...others] = errors;
  return {
    kind: 'problem',
    code: first === undefined ? 'EIS2023' : codeOf(first),
    text: first?.text ?? 'these data cannot be made',
    notes: others.map((one) => one.text),
    help: first?.help ?? null,
  };
}

/** Words and tokenizers are a matter of the model; everything else is one of the declaration. */
function codeOf(problem: DataProblem): HostProblem['code'] {
  if (problem.kind === 'unknown-word') return 'EIS4014';
  return problem.kind === 'tokenizer-missing' ? 'EIS4016' : 'EIS2023';
}

function fromModelProblem(problem: Parameters<typeof modelDiagnostic>[0]): HostProblem {
  const diagnostic = modelDiagnostic(problem);
  return {
    kind: 'problem',
    code: diagnostic.code,
    text: diagnostic.message,
    notes: diagnostic.notes,
    help: diagnostic.help?.text ?? null,
  };
}

function missing(path: string, folder: string): HostProblem {
  const near = siblings(path, folder);
  return {
    kind: 'problem',
    code: 'EIS2024',
    text: `there is no file \`${path}\``,
    notes: ['paths are relative to the folder of the pipeline'],
    help: near.length === 0 ? null : `the folder holds ${near.map((one) => `\`${one}\``).join(', ')}`,
  };
}

/** Files of the same ending: others are not what was meant. */
function siblings(path: string, folder: string): readonly string[] {
  const ending = extname(path).toLowerCase();
  try {
    return readdirSync(dirname(resolve(folder, path)))
      .filter((one) => ending !== '' && extname(one).toLowerCase() === ending)
      .slice(0, 8);
  } catch {
    return []; // no such folder: there is nothing to offer
  }
}

function listLibrary(): readonly string[] {
  return readdirSync(join(packageRoot(), 'std'))
    .filter((one) => one.endsWith('.eis'))
    .map((one) => `std/${one.slice(0, -4)}`);
}

function formatOf(path: string): TableFormat | null {
  return TABLE_FORMATS.find((format) => path.toLowerCase().endsWith(`.${format}`)) ?? null;
}

/** Files below a folder, relative to it; hidden folders and node_modules aside. */
function* walk(root: string, folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
    const full = join(folder, entry.name);
    if (entry.isDirectory()) yield* walk(root, full);
    else if (entry.isFile()) yield relative(root, full);
  }
}

/** A random order of the ids: draw number `draw` of a stream. */
function ranksOf(root: string, stream: string, draw: number, ids: readonly string[]): readonly number[] {
  return permutation(streamKey(root, stream), ids.length, draw);
}
