// Files of a model from the hub into its local cache, by the hub's own client, at a commit. Only the files that are read here
// are fetched, each is compared with the hash that the hub states, and config.json comes last: where it is, all is.
import { createHash } from 'node:crypto';
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import type { SourceProblem } from '../../../compiler/model/source-problem.js';
import { failed, fileProblem, isFileError, type Loaded, loaded } from '../model-files.js';
import type { Environment, Snapshot } from './hub-cache.js';

export type DownloadRequest = {
  readonly id: string;
  /** A commit: 40 hexadecimal digits. */
  readonly revision: string;
  readonly cache: string;
  readonly environment: Environment;
};

const WEIGHTS = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';

/** Fetches what is missing of a model. HF_ENDPOINT and HF_TOKEN are respected as the hub's own tools do. */
export async function downloadModel(request: DownloadRequest): Promise<Loaded<Snapshot>> {
  const { id, revision, cache, environment } = request;
  const { HF_HUB_OFFLINE, HF_ENDPOINT, HF_TOKEN } = environment;
  const problem = (why: HubWhy, text: string) => failed({ kind: 'hub', id, revision, why, text });
  if (/^(1|on|yes|true)$/i.test(HF_HUB_OFFLINE ?? '')) return problem('offline', 'HF_HUB_OFFLINE is set');
  const { downloadFile, pathsInfo } = await import('@huggingface/hub');
  const access = {
    repo: { type: 'model', name: id },
    revision,
    ...(HF_ENDPOINT === undefined ? {} : { hubUrl: HF_ENDPOINT.replace(/\/+$/, '') }),
    ...(HF_TOKEN === undefined || HF_TOKEN === '' ? {} : { accessToken: HF_TOKEN }),
  } as const;
  const place = join(cache, `models--${id.replaceAll('/', '--')}`);
  const snapshot = join(place, 'snapshots', revision);
  const fetchFiles = async (names: readonly string[]): Promise<ReadonlySet<string>> => {
    const known = await asking(() => pathsInfo({ ...access, paths: [...names] }));
    const got = new Set<string>();
    for (const name of names) {
      const facts = known.find((one) => one.path === name && one.type === 'file');
      if (facts === undefined) continue;
      got.add(name);
      const hash = facts.lfs?.oid ?? facts.oid ?? '';
      const file = {
        pointer: join(snapshot, name),
        blob: join(place, 'blobs', hash),
        hash,
        size: facts.size,
      };
      if (!HASH.test(hash)) throw new NotFetched('altered', `the hub states no hash of ${name}`);
      if (existsSync(file.pointer)) continue;
      if (!existsSync(file.blob)) {
        const blob = await asking(() => downloadFile({ ...access, path: name }));
        if (blob === null) throw new NotFetched('refused', `the hub does not give ${name}`);
        await keep(blob, name, file);
      }
      point(file.pointer, file.blob);
    }
    return got;
  };
  try {
    const got = await fetchFiles(['tokenizer.json', WEIGHTS, INDEX]);
    if (!got.has(WEIGHTS)) {
      if (!got.has(INDEX)) return problem('refused', 'it has no model.safetensors at this revision');
      await fetchFiles(shardsOf(join(snapshot, INDEX)));
    }
    const config = await fetchFiles(['config.json']);
    if (!config.has('config.json')) return problem('refused', 'it has no config.json at this revision');
    return loaded({ folder: snapshot, revision });
  } catch (error) {
    if (error instanceof NotFetched) return problem(error.why, error.message);
    return fileProblem(error, place);
  }
}

type HubWhy = Extract<SourceProblem, { kind: 'hub' }>['why'];

class NotFetched extends Error {
  readonly why: HubWhy;
  constructor(why: HubWhy, text: string) {
    super(text);
    this.why = why;
  }
}

/** SHA-256 of a large file, or git's SHA-1 of a small one. */
const HASH = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** What the client throws is either the hub's answer or no answer; nothing of ours is called inside. */
async function asking<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw notFetched(error);
  }
}

function notFetched(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if ('statusCode' in error && typeof error.statusCode === 'number')
    return new NotFetched('refused', `the hub answers ${error.statusCode}`);
  const { cause } = error;
  const code = isFileError(cause) ? ` (${cause.code})` : '';
  if (error.message === 'fetch failed')
    return new NotFetched('unreachable', `the hub does not answer${code}`);
  return new NotFetched('refused', `the hub's answer is not understood: ${error.message}`);
}

type Target = { readonly blob: string; readonly hash: string; readonly size: number };

async function keep(content: Blob, name: string, { blob, hash, size }: Target): Promise<void> {
  mkdirSync(dirname(blob), { recursive: true });
  const incomplete = `${blob}.${process.pid}.incomplete`;
  const hasher = createHash(hash.length === 64 ? 'sha256' : 'sha1');
  if (hash.length === 40) hasher.update(`blob ${size}\0`); // how git hashes a file
  const hashing = new Transform({
    transform(chunk, _encoding, done) {
      hasher.update(chunk);
      done(null, chunk);
    },
  });
  try {
    const stream = Readable.fromWeb(content.stream() as ReadableStream); // the same stream by Node's own type
    await pipeline(stream, hashing, createWriteStream(incomplete));
    if (hasher.digest('hex') !== hash)
      throw new NotFetched('altered', `${name} does not have the hash that the hub states`);
    renameSync(incomplete, blob);
  } catch (error) {
    rmSync(incomplete, { force: true });
    throw isFileError(error) && 'syscall' in error && 'path' in error ? error : notFetched(error);
  }
}

/** The cache names files by content and points at them from the snapshot; the link is relative, so that it can be moved. */
function point(pointer: string, blob: string): void {
  mkdirSync(dirname(pointer), { recursive: true });
  symlinkSync(relative(dirname(pointer), blob), pointer);
}

function shardsOf(index: string): readonly string[] {
  let places: unknown;
  try {
    places = JSON.parse(readFileSync(index, 'utf8')).weight_map;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new NotFetched('refused', `its ${INDEX} is not JSON`);
  }
  const files = new Set(Object.values(typeof places === 'object' && places !== null ? places : {}));
  const names = [...files].filter((one) => typeof one === 'string' && /^[\w.-]+\.safetensors$/.test(one));
  if (names.length === 0 || names.length !== files.size)
    throw new NotFetched('refused', `its ${INDEX} does not list files of the model`);
  return names.map(String);
}
