// `x.eis.result/`: what a run found, complete or absent. The folder is built beside its place and moved there whole; the
// one before stays until then. `manifest.json` lists every file with its SHA-256.
//   report.json                 what was found             outcomes/NAME.npy, .json   outcomes per example
//   tables/NAME.csv, .parquet    the same for pandas        views: report.html, report.md, charts
import { dirname, join } from 'node:path';
import type { Plain } from '../../compiler/base/canonical.js';
import { type Digest, digest, digestBytes, plainSha256 } from '../../compiler/base/digest.js';
import { bytesOf, exists, type Host, listFilesUnder, removeLeftovers, temporaryName } from '../host.js';
import { type TextTable, writeCsv } from './csv.js';
import { withLock } from './file-lock.js';
import { jcs, type PlainObject, readableJson } from './json.js';
import { type OutcomeTable, writeOutcomes } from './outcome-table.js';
import { type ParquetColumn, writeParquet } from './parquet.js';
import { fail } from './problem.js';
import { schemaFault } from './schema.js';

/**
 * N of the tests (number of flips) and the verdicts: all that must agree between batch sizes. A claim's `id` is that of
 * the report; a member's is `CLAIM/MEMBER`.
 */
export type DecisionFacts = {
  readonly flips: number;
  readonly verdicts: readonly { readonly id: string; readonly verdict: string }[];
};

export type Result = {
  readonly report: PlainObject;
  readonly outcomes: readonly OutcomeTable[];
  readonly decision: DecisionFacts;
  readonly tables: readonly { readonly name: string; readonly table: TextTable }[];
  /** Tables with typed columns, beside those of text or instead of them. */
  readonly parquet: readonly { readonly name: string; readonly columns: readonly ParquetColumn[] }[];
  /** Made from the report alone and free to be made again: HTML, Markdown, charts. */
  readonly views: readonly { readonly path: string; readonly content: Uint8Array | string }[];
  /** Cache keys that the run used, kept by `eisc gc`. */
  readonly keys: readonly Digest[];
};

export type FileRecord = { readonly path: string; readonly bytes: number; readonly sha256: Digest };

export type Manifest = {
  readonly version: 1;
  readonly decision: Digest;
  readonly outcome: Digest;
  /** Digest of `files`: what the ledger's `confirm` entry names. */
  readonly evidence: Digest;
  readonly files: readonly FileRecord[];
  readonly views: readonly FileRecord[];
  readonly keys: readonly Digest[];
  /** Digest of all the rest. */
  readonly seal: Digest;
};

/** Files of a result by path, `manifest.json` included. */
export type ResultFiles = ReadonlyMap<string, Uint8Array>;

export const MANIFEST = 'manifest.json';

export function resultFolder(pipeline: string): string {
  return `${pipeline}.result`;
}

/** Independent of batch size, passes and precision-equal backends; see language.md section 4, item 14. */
export function decisionDigest({ flips, verdicts }: DecisionFacts): Digest {
  const sorted = verdicts.toSorted((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  return digest('decision', { flips, verdicts: sorted });
}

/** Of the bytes of all outcome files: equal within one environment. */
export function outcomeDigest(files: ResultFiles): Digest {
  const paths = [...files.keys()].filter((path) => path.startsWith('outcomes/')).sort();
  return digest(
    'outcomes',
    paths.map((path) => [path, plainSha256(files.get(path) ?? new Uint8Array())]) as Plain,
  );
}

export function evidenceDigest(records: readonly FileRecord[]): Digest {
  return digestBytes('evidence', bytesOf(jcs(records)));
}

export function manifestSeal(manifest: Omit<Manifest, 'seal'>): Digest {
  const { version, decision, outcome, evidence, files, views, keys } = manifest;
  return digestBytes('manifest', bytesOf(jcs({ version, decision, outcome, evidence, files, views, keys })));
}

/** Everything that will be written, by path. Pure: the digests for the ledger are known before anything is on disk. */
export function layOutResult(result: Result): { readonly files: ResultFiles; readonly manifest: Manifest } {
  const fault = schemaFault('report', result.report);
  if (fault !== undefined) fail({ kind: 'result-file', path: 'report.json', text: fault });
  const evidence = new Map<string, Uint8Array>([['report.json', bytesOf(readableJson(result.report))]]);
  for (const table of result.outcomes) {
    const { index, npy } = writeOutcomes(table);
    evidence.set(`outcomes/${table.name}.json`, bytesOf(index));
    evidence.set(`outcomes/${table.name}.npy`, npy);
  }
  for (const { name, table } of result.tables) evidence.set(`tables/${name}.csv`, bytesOf(writeCsv(table)));
  for (const { name, columns } of result.parquet)
    evidence.set(`tables/${name}.parquet`, writeParquet(columns));
  const views = new Map(result.views.map(({ path, content }) => [path, bytesOf(content)]));
  const files = recordsOf(evidence);
  const unsealed = {
    version: 1,
    decision: decisionDigest(result.decision),
    outcome: outcomeDigest(evidence),
    evidence: evidenceDigest(files),
    files,
    views: recordsOf(views),
    keys: [...new Set(result.keys)].sort(),
  } as const;
  const manifest: Manifest = { ...unsealed, seal: manifestSeal(unsealed) };
  return { files: new Map([...evidence, ...views, [MANIFEST, bytesOf(readableJson(manifest))]]), manifest };
}

/** The same result with other views (`eisc report` draws them anew). The evidence and its digests stay. */
export function replaceViews(files: ResultFiles, manifest: Manifest, views: Result['views']): ResultFiles {
  const drawn = new Map(views.map(({ path, content }) => [path, bytesOf(content)]));
  const kept = [...files].filter(([path]) => manifest.files.some((one) => one.path === path));
  const unsealed = { ...manifest, views: recordsOf(drawn) };
  const text = readableJson({ ...unsealed, seal: manifestSeal(unsealed) });
  return new Map([...kept, ...drawn, [MANIFEST, bytesOf(text)]]);
}

/** Puts the files in place of those of an earlier run, all at once. */
export function writeResult(host: Host, pipeline: string, files: ResultFiles): void {
  const folder = resultFolder(pipeline);
  withLock(host, `${folder}.lock`, () => {
    settleResult(host, pipeline);
    const fresh = temporaryName(host, folder);
    try {
      for (const [path, bytes] of files) {
        host.makeFolder(dirname(join(fresh, path)));
        host.writePlain(join(fresh, path), bytes);
      }
      for (const inner of new Set([...files.keys()].map(dirname))) host.syncFolder(join(fresh, inner));
      if (exists(host, folder)) host.rename(folder, asideName(pipeline));
      host.rename(fresh, folder);
    } catch (error) {
      settleResult(host, pipeline);
      throw error;
    }
    host.syncFolder(dirname(folder));
    host.remove(asideName(pipeline));
  });
}

/**
 * The files of a result, or undefined when there is none. A run that was killed while it replaced an older result has
 * left that one aside; it is read from there.
 */
export function readResult(host: Host, pipeline: string): ResultFiles | undefined {
  const folder = [resultFolder(pipeline), asideName(pipeline)].find((one) => exists(host, one));
  if (folder === undefined) return undefined;
  return new Map(listFilesUnder(host, folder).map((path) => [path, host.readBytes(join(folder, path))]));
}

/** Finishes or undoes what a killed run left. Only under the lock. */
function settleResult(host: Host, pipeline: string): void {
  const [folder, aside] = [resultFolder(pipeline), asideName(pipeline)];
  removeLeftovers(host, folder);
  if (!exists(host, aside)) return;
  if (exists(host, folder)) host.remove(aside);
  else host.rename(aside, folder);
}

function asideName(pipeline: string): string {
  return `${resultFolder(pipeline)}.before`;
}

function recordsOf(files: ResultFiles): readonly FileRecord[] {
  return [...files]
    .map(([path, bytes]) => ({ path, bytes: bytes.length, sha256: plainSha256(bytes) }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}
