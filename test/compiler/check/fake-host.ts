// A compile host that answers from memory: tiny models, facts about data worked out from the declaration alone, library
// text from `std/`. No row is drawn, so a check takes milliseconds.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { digest, plainSha256 } from '../../../src/compiler/base/digest.js';
import type { DataFacts, VariantFacts } from '../../../src/compiler/data/data-facts.js';
import type { DataSpec, SplitSpec, TableColumn } from '../../../src/compiler/data/data-spec.js';
import type { Answer, CompileHost, HostProblem } from '../../../src/compiler/host.js';
import { matchSites } from '../../../src/compiler/model/component-tree.js';
import type { Architecture } from '../../../src/compiler/model/manifest.js';
import type { ModelGraph } from '../../../src/compiler/model/model-graph.js';
import { type TinyModel, tinyModel } from '../model/tiny-model.js';

export const root = join(import.meta.dirname, '../../..');

export type FakeFiles = {
  readonly lines?: Readonly<Record<string, readonly string[]>>;
  readonly tables?: Readonly<Record<string, readonly TableColumn[]>>;
  readonly models?: Readonly<Record<string, ModelGraph>>;
};

const shapes: Readonly<Record<string, Partial<Architecture>>> = {
  tiny: { layers: 3 },
  plain: { layers: 2, norm: 'none', act: 'relu' },
  attn2: { layers: 2, heads: 4, d_head: 3, d_mlp: 0 },
  ioi3: { layers: 3, heads: 6, d_head: 2 },
};

const made = new Map<string, TinyModel>();

/** The tiny model that `bundled(name)` loads. */
export function tinyNamed(name: string): TinyModel {
  const known = made.get(name) ?? tinyModel(shapes[name] ?? {}, name.length);
  made.set(name, known);
  return known;
}

function ok<T>(value: T): Answer<T> {
  return { kind: 'ok', value };
}

function missing(code: HostProblem['code'], text: string): HostProblem {
  return { kind: 'problem', code, text, notes: [], help: null };
}

const library = new Map<string, string>();

export function fakeHost(files: FakeFiles = {}): CompileHost {
  return {
    readLibrary: (path) => {
      if (!/^std\/\w+$/.test(path) || !existsSync(join(root, `${path}.eis`)))
        return missing('EIS2010', `there is no library file \`${path}\``);
      const text = library.get(path) ?? readFileSync(join(root, `${path}.eis`), 'utf8');
      library.set(path, text);
      return ok(text);
    },
    readLines: (path) => lines(path, files),
    readColumn: (path) => lines(path, files),
    readTable: (path) => {
      const columns = files.tables?.[path];
      return columns === undefined
        ? missing('EIS2024', `there is no file \`${path}\``)
        : ok({ columns, source: plainSha256(new Uint8Array()) });
    },
    listFiles: () => ok([]),
    loadModel: (source) => {
      if (source.kind === 'bundled') {
        const known = shapes[source.name] === undefined ? undefined : tinyNamed(source.name).model;
        return known === undefined
          ? missing('EIS4004', `there is no bundled model \`${source.name}\``)
          : ok(known);
      }
      const path = source.kind === 'hf' ? source.place : source.path;
      const model = files.models?.[path];
      return model === undefined ? missing('EIS2024', `there is no file \`${path}\``) : ok(model);
    },
    reinitialised: (model, stream, replicate) =>
      ok({ ...model, digest: digest('again', [model.digest, stream, replicate]) }),
    dataFacts: (spec, _model, paths) => factsFrom(spec, paths),
    subsetRanks: (_stream, draw, ids) =>
      ids
        .map((_, i) => (i * 7 + draw * 3) % ids.length)
        .map((one, i, all) => (all.indexOf(one) === i ? one : i)),
    matchSites,
  };
}

function lines(path: string, files: FakeFiles): Answer<readonly string[]> {
  const known = files.lines?.[path];
  if (known !== undefined) return ok(known);
  const count = path.includes('template') ? 40 : 12;
  return /\.txt$/.test(path)
    ? ok(Array.from({ length: count }, (_, i) => `line ${i} of {IO} and {S1}`))
    : missing('EIS2024', `there is no file \`${path}\``);
}

function splitsFrom(split: SplitSpec, rows: number, clusters: number): DataFacts['splits'] {
  return split.shares.map(({ name, share }) => ({
    name,
    rows: Math.round(rows * share),
    clusters: Math.round(clusters * share),
    sealed: /^confirm/.test(name),
  }));
}

const sequence = [
  { name: 'tokens', kind: 'tokens', partial: false },
  { name: 'next_token', kind: 'position-token', partial: true },
] as const;

/** Facts that follow from the declaration; lengths are made up. */
function factsFrom(spec: DataSpec, paths: readonly string[]): Answer<DataFacts> {
  const id = digest('data', JSON.stringify(spec));
  const base = { digest: id, variants: [], length: { low: 5, high: 9 } };
  switch (spec.kind) {
    case 'repeated_tokens':
      return ok({
        ...base,
        columns: [
          ...sequence,
          { name: 'second_copy', kind: 'position-bool', partial: false },
          { name: 'period', kind: 'int', partial: false },
        ],
        roles: ['end'],
        splits: splitsFrom(spec.split, spec.size, spec.size),
        clusterBy: 'row',
      });
    case 'template': {
      const holes = spec.holes.flatMap((one) => one.names);
      const own = new Set(spec.variants.filter((one) => one.templates !== undefined).map((one) => one.name));
      const variants = [...spec.variants.map((one) => one.name), ...paths].map(
        (path): VariantFacts => ({ path, aligned: !path.split('.').some((one) => own.has(one)) }),
      );
      const fillers = spec.generalisesTo === 'fillers';
      return ok({
        ...base,
        columns: [
          ...sequence,
          { name: 'role', kind: 'position-int', partial: false },
          { name: 'template', kind: 'int', partial: false },
          { name: 'text', kind: 'text', partial: false },
          ...spec.columns.map(({ name }) => ({ name, kind: 'token' as const, partial: false })),
          ...holes.map((name) => ({ name, kind: 'text' as const, partial: false })),
        ],
        roles: [...holes, 'end'],
        splits: splitsFrom(spec.split, spec.size, fillers ? spec.size : spec.templates.length),
        variants,
        clusterBy: fillers ? 'row' : 'template',
      });
    }
    case 'table': {
      const rows = Math.max(0, ...spec.columns.map((one) => one.values.length));
      const cluster = spec.columns.find((one) => one.name === spec.cluster);
      if (cluster === undefined) return missing('EIS2023', `the table has no column \`${spec.cluster}\``);
      return ok({
        ...base,
        columns: [
          ...sequence,
          ...spec.columns.map((one) => ({
            name: one.name,
            kind:
              one.kind === 'flags'
                ? ('bool' as const)
                : one.kind === 'numbers'
                  ? ('float' as const)
                  : spec.oneToken.includes(one.name)
                    ? ('token' as const)
                    : ('text' as const),
            partial: false,
          })),
        ],
        roles: ['end'],
        splits: splitsFrom(spec.split, rows, new Set<unknown>(cluster.values).size),
        clusterBy: spec.cluster,
      });
    }
    case 'bytes':
      return ok({
        ...base,
        columns: [
          { name: 'bytes', kind: 'tokens', partial: false },
          { name: 'label', kind: 'int', partial: false },
        ],
        roles: [],
        splits: splitsFrom(spec.split, 40, 40),
        clusterBy: 'file',
      });
    case 'grid':
    case 'rows':
      return missing('EIS2023', 'no facts about such data');
  }
}
