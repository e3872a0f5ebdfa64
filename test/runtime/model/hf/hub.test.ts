// The hub: its cache as its own tools lay it out, and downloads by its client from a server of our own on this machine.
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { wordsOf } from '../../../../src/compiler/model/messages.js';
import { findSnapshot, hubCacheFolder, isHubId } from '../../../../src/runtime/model/hf/hub-cache.js';
import { loadHf } from '../../../../src/runtime/model/load-source.js';

const test = suite('model/hf/hub');
const model = join(import.meta.dirname, '../../../oracle/models/gpt2');
const root = mkdtempSync(join(tmpdir(), 'eisc-hub-'));
const commit = '0123456789abcdef0123456789abcdef01234567';
const id = 'some-org/tiny-gpt2';

type Content = { readonly bytes: Uint8Array; readonly isLarge: boolean };
const files = new Map<string, Content>([
  ['config.json', { bytes: readFileSync(join(model, 'config.json')), isLarge: false }],
  ['model.safetensors', { bytes: readFileSync(join(model, 'model.safetensors')), isLarge: true }],
]);
/** What the server does wrong, and what it was asked. */
const server = { lies: false, broken: false, status: 200, asked: [] as string[], tokens: new Set<string>() };
let http: Server;
let endpoint = '';

function hashOf({ bytes, isLarge }: Content): string {
  return isLarge
    ? createHash('sha256').update(bytes).digest('hex')
    : createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

test.before(async () => {
  http = createServer((request, response) => {
    const url = request.url ?? '';
    server.asked.push(`${request.method} ${url}`);
    if (request.headers.authorization !== undefined) server.tokens.add(request.headers.authorization);
    const answer = (status: number, headers: Record<string, string>, body: Uint8Array | string): void => {
      response.writeHead(status, headers).end(body);
    };
    if (server.status !== 200)
      return answer(server.status, { 'content-type': 'application/json' }, '{"error":"no"}');
    if (url === `/api/models/${id}/paths-info/${commit}`) {
      const body: Buffer[] = [];
      request.on('data', (part: Buffer) => body.push(part));
      request.on('end', () => {
        const wanted: { readonly paths: readonly string[] } = JSON.parse(Buffer.concat(body).toString());
        const list = wanted.paths.flatMap((path) => {
          const content = files.get(path);
          if (content === undefined) return [];
          const hash = hashOf(content);
          const size = content.bytes.length;
          const lfs = content.isLarge ? { lfs: { oid: hash, size, pointerSize: 134 } } : {};
          return [{ type: 'file', path, oid: content.isLarge ? 'f'.repeat(40) : hash, size, ...lfs }];
        });
        answer(200, { 'content-type': 'application/json' }, server.broken ? '{}' : JSON.stringify(list));
      });
      return;
    }
    const path = url.startsWith(`/${id}/resolve/${commit}/`)
      ? url.slice(`/${id}/resolve/${commit}/`.length)
      : '';
    const content = files.get(path);
    if (content === undefined) return answer(404, { 'x-error-code': 'EntryNotFound' }, '');
    const bytes = Uint8Array.from(content.bytes);
    if (server.lies) bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
    const [, from = '0', to = ''] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
    const end = to === '' ? bytes.length : Number(to) + 1;
    const headers = {
      etag: `"${hashOf(content)}"`,
      'content-range': `bytes ${from}-${end - 1}/${bytes.length}`,
    };
    answer(request.headers.range === undefined ? 200 : 206, headers, bytes.subarray(Number(from), end));
  });
  await new Promise<void>((done) => http.listen(0, '127.0.0.1', done));
  endpoint = `http://127.0.0.1:${(http.address() as AddressInfo).port}`; // a TCP server's address has a port
});
test.after(() => {
  http.closeAllConnections();
  http.close();
  rmSync(root, { recursive: true, force: true });
});
test.before.each(() => {
  Object.assign(server, { lies: false, broken: false, status: 200, asked: [] });
  server.tokens.clear();
});

let count = 0;
const freshHome = (): string => join(root, `home${count++}`);

async function load(
  home: string,
  more: { revision?: string | null; [name: string]: string | null | undefined } = {},
) {
  const { revision = commit, ...environment } = more;
  const found = await loadHf({
    text: id,
    path: join(root, 'no-such-folder', id),
    revision,
    environment: { HF_HOME: home, HF_ENDPOINT: endpoint, ...(environment as Record<string, string>) },
  });
  return found.kind === 'problem' ? wordsOf(found.problem) : found.value;
}

function messageOf(found: Awaited<ReturnType<typeof load>>): string {
  return 'message' in found ? found.message : 'ok';
}

test('a model is downloaded at its commit, into the cache as the hub lays it out', async () => {
  const home = freshHome();
  const found = await load(home);
  assert.ok('graph' in found, messageOf(found));
  if (!('graph' in found)) return;
  assert.equal(found.files?.origin, { kind: 'hub', id, revision: commit });
  const place = join(home, 'hub/models--some-org--tiny-gpt2');
  assert.equal(readdirSync(join(place, 'snapshots', commit)).sort(), ['config.json', 'model.safetensors']);
  const blobs = [...files.values()].map(hashOf).sort();
  assert.equal(readdirSync(join(place, 'blobs')).sort(), blobs);
  assert.equal(
    readFileSync(join(place, 'snapshots', commit, 'model.safetensors')),
    files.get('model.safetensors')?.bytes,
  );
});

test('what is in the cache is not asked for again, and needs no network', async () => {
  const home = freshHome();
  await load(home);
  server.asked.length = 0;
  assert.is(messageOf(await load(home, { HF_ENDPOINT: 'http://127.0.0.1:9', HF_HUB_OFFLINE: '1' })), 'ok');
  assert.equal(server.asked, []);
});

test('a branch is read from the cache only, by the commit that the cache knows', async () => {
  const home = freshHome();
  await load(home);
  assert.match(messageOf(await load(home, { revision: null })), /it has no revision/);
  const refs = join(home, 'hub/models--some-org--tiny-gpt2/refs');
  mkdirSync(refs);
  writeFileSync(join(refs, 'main'), commit);
  const found = await load(home, { revision: null });
  assert.equal('files' in found ? found.files?.origin : found, { kind: 'hub', id, revision: commit });
  assert.is(messageOf(await load(home, { revision: 'main' })), 'ok');
  assert.match(messageOf(await load(home, { revision: 'dev' })), /its revision is no commit/);
});

test('a token is sent where one is set, and only then', async () => {
  await load(freshHome());
  assert.equal([...server.tokens], []);
  await load(freshHome(), { HF_TOKEN: 'hf_abc' });
  assert.equal([...server.tokens], ['Bearer hf_abc']);
});

test('bytes that do not have the stated hash are not kept', async () => {
  const home = freshHome();
  server.lies = true;
  assert.match(messageOf(await load(home)), /does not have the hash that the hub states/);
  const place = join(home, 'hub/models--some-org--tiny-gpt2');
  assert.equal(readdirSync(join(place, 'blobs')), []);
  assert.not.ok(existsSync(join(place, 'snapshots', commit, 'config.json')));
  server.lies = false;
  assert.is(messageOf(await load(home)), 'ok');
});

test('no answer, a refusal and an answer of another kind are told apart', async () => {
  assert.match(messageOf(await load(freshHome(), { HF_ENDPOINT: 'http://127.0.0.1:9' })), /does not answer/);
  assert.match(messageOf(await load(freshHome(), { HF_HUB_OFFLINE: '1' })), /HF_HUB_OFFLINE is set/);
  server.status = 401;
  assert.match(messageOf(await load(freshHome())), /the hub answers 401/);
  server.status = 200;
  server.broken = true;
  assert.match(messageOf(await load(freshHome())), /answer is not understood/);
});

test('a model without safetensors at the commit is refused', async () => {
  const weights = files.get('model.safetensors');
  files.delete('model.safetensors');
  assert.match(messageOf(await load(freshHome())), /no model.safetensors at this revision/);
  if (weights !== undefined) files.set('model.safetensors', weights);
});

test('shards are fetched through their index, and only files of the model', async () => {
  const weights = files.get('model.safetensors');
  if (weights === undefined) throw new Error('no weights');
  const { weight_map } = { weight_map: mapOf(weights.bytes, 'model-00001-of-00001.safetensors') };
  const text = (value: unknown): Content => ({ bytes: Buffer.from(JSON.stringify(value)), isLarge: false });
  files.delete('model.safetensors');
  files.set('model.safetensors.index.json', text({ weight_map }));
  files.set('model-00001-of-00001.safetensors', weights);
  assert.is(messageOf(await load(freshHome())), 'ok');
  files.set('model.safetensors.index.json', text({ weight_map: { x: '../../../evil.safetensors' } }));
  assert.match(messageOf(await load(freshHome())), /does not list files of the model/);
  files.delete('model.safetensors.index.json');
  files.set('model.safetensors', weights);
});

test('the cache is where the hub keeps it, and ids lead nowhere else', () => {
  assert.is(hubCacheFolder({ HF_HUB_CACHE: '/a', HF_HOME: '/b' }), '/a');
  assert.is(hubCacheFolder({ HF_HOME: '/b' }), join('/b', 'hub'));
  assert.is(hubCacheFolder({ XDG_CACHE_HOME: '/c' }), join('/c', 'huggingface', 'hub'));
  for (const good of ['gpt2', 'openai-community/gpt2', 'HuggingFaceTB/SmolLM2-135M', 'a/b.c_d'])
    assert.ok(isHubId(good), good);
  for (const bad of ['', '..', '../x', 'a/../b', 'a/b/c', '/a', 'a/', 'a b', 'a--b/c', 'a/.b', 'a\\b'])
    assert.not.ok(isHubId(bad), bad);
  assert.is(findSnapshot(root, 'a/b', '../../x'), undefined);
});

function mapOf(bytes: Uint8Array, file: string): Record<string, string> {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const header: Record<string, unknown> = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  return Object.fromEntries(
    Object.keys(header)
      .filter((one) => one !== '__metadata__')
      .map((one) => [one, file]),
  );
}

test.run();
