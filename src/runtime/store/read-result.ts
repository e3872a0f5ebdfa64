// Checks the files of a result against its manifest. Pure: the same code runs on a fresh clone and in tests.
import type { Plain } from '../../compiler/base/canonical.js';
import { plainSha256 } from '../../compiler/base/digest.js';
import { decodeText } from '../host.js';
import { isObject, type PlainObject, parseExactly, readableJson } from './json.js';
import { type OutcomeTable, readOutcomes } from './outcome-table.js';
import {
  evidenceDigest,
  type FileRecord,
  MANIFEST,
  type Manifest,
  manifestSeal,
  outcomeDigest,
  type ResultFiles,
} from './result.js';
import { schemaFault } from './schema.js';

export type CheckedResult =
  | {
      readonly kind: 'ok';
      readonly manifest: Manifest;
      readonly report: PlainObject;
      readonly outcomes: readonly OutcomeTable[];
    }
  | { readonly kind: 'bad'; readonly path: string; readonly text: string };

/** Every byte of every file counts; the first fault is returned. Hidden files (`.DS_Store`) are no part of a result. */
export function checkResult(files: ResultFiles): CheckedResult {
  const read = readManifest(files.get(MANIFEST));
  if (typeof read === 'string') return { kind: 'bad', path: MANIFEST, text: read };
  const fault = fileFault(files, read) ?? digestFault(files, read);
  if (fault !== undefined) return { kind: 'bad', ...fault };
  const report = parseExactly(decodeText(files.get('report.json') ?? new Uint8Array()) ?? '', readableJson);
  if (report.kind === 'bad') return { kind: 'bad', path: 'report.json', text: report.text };
  const reportFault = schemaFault('report', report.value);
  if (reportFault !== undefined || !isObject(report.value)) {
    return { kind: 'bad', path: 'report.json', text: reportFault ?? 'not an object' };
  }
  const outcomes: OutcomeTable[] = [];
  for (const [path, bytes] of files) {
    if (!/^outcomes\/.*\.json$/.test(path)) continue;
    const npy = files.get(path.replace(/json$/, 'npy'));
    if (npy === undefined) return { kind: 'bad', path, text: 'its .npy file is missing' };
    const table = readOutcomes({ index: decodeText(bytes) ?? '', npy });
    if (table.kind === 'bad') return { kind: 'bad', path, text: table.text };
    outcomes.push(table.table);
  }
  return { kind: 'ok', manifest: read, report: report.value, outcomes };
}

type Fault = { readonly path: string; readonly text: string };

function fileFault(files: ResultFiles, manifest: Manifest): Fault | undefined {
  const listed = [...manifest.files, ...manifest.views];
  for (const { path, bytes, sha256 } of listed) {
    const content = files.get(path);
    if (content === undefined) return { path, text: 'it is missing' };
    if (content.length !== bytes || plainSha256(content) !== sha256) {
      return { path, text: 'it was changed after it was written' };
    }
  }
  const known = new Set([MANIFEST, ...listed.map(({ path }) => path)]);
  const extra = [...files.keys()].find((path) => !known.has(path) && !/(^|\/)\./.test(path));
  return extra === undefined ? undefined : { path: extra, text: 'it is not part of the result' };
}

function digestFault(files: ResultFiles, manifest: Manifest): Fault | undefined {
  if (evidenceDigest(manifest.files) !== manifest.evidence)
    return { path: MANIFEST, text: '`evidence` is wrong' };
  if (outcomeDigest(files) !== manifest.outcome) return { path: MANIFEST, text: '`outcome` is wrong' };
  if (!manifest.files.some(({ path }) => path === 'report.json'))
    return { path: MANIFEST, text: 'no report is listed' };
  return undefined;
}

/** The manifest, or what is wrong with it. */
function readManifest(bytes: Uint8Array | undefined): Manifest | string {
  if (bytes === undefined) return 'it is missing';
  const parsed = parseExactly(decodeText(bytes) ?? '', readableJson);
  if (parsed.kind === 'bad') return parsed.text;
  if (!isManifest(parsed.value)) return 'it is not a manifest of this version';
  return manifestSeal(parsed.value) === parsed.value.seal
    ? parsed.value
    : 'it was changed after it was written';
}

const MANIFEST_FIELDS = 'decision,evidence,files,keys,outcome,seal,version,views';

function isManifest(value: Plain): value is Plain & Manifest {
  if (!isObject(value) || Object.keys(value).sort().join() !== MANIFEST_FIELDS || value.version !== 1)
    return false;
  const { decision, evidence, outcome, seal, files, views, keys } = value;
  const areTexts = [decision, evidence, outcome, seal].every((one) => typeof one === 'string');
  return areTexts && Array.isArray(keys) && isRecords(files) && isRecords(views);
}

function isRecords(value: Plain | undefined): value is Plain & readonly FileRecord[] {
  return Array.isArray(value) && value.every(isRecord);
}

function isRecord(value: Plain): boolean {
  if (!isObject(value)) return false;
  const { path, bytes, sha256 } = value;
  return typeof path === 'string' && typeof bytes === 'number' && typeof sha256 === 'string';
}
