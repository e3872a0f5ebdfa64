// `eisc backends`, without a session and with one.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openApp } from '../../src/runtime/app.js';
import { backendNames } from '../../src/runtime/backend/registry.js';
import { jsonLines, nothing, runMain } from './fake-app.js';

const test = suite('eisc backends');

test('the command passes its option on and prints what the application answers', async () => {
  const app = { backends: async () => ({ ...nothing, text: 'ort:cpu here', json: [{ name: 'ort:cpu' }] }) };
  const plain = await runMain(['backends'], { app });
  assert.is(plain.code, 0);
  assert.is(plain.out, 'ort:cpu here\n');
  assert.equal(plain.calls[0]?.given, [{ probe: false }]);
  const json = await runMain(['backends', '--probe', '--json'], { app });
  assert.equal(json.calls[0]?.given, [{ probe: true }]);
  assert.equal(jsonLines(json.out), [{ kind: 'backends', backends: [{ name: 'ort:cpu' }] }]);
});

test('the list fits eighty columns except for what is to be copied, and names every backend', async () => {
  const { text } = await openApp('/').backends({ probe: false });
  const lines = (text ?? '').split('\n');
  for (const name of backendNames()) {
    const line = lines.find((one) => one.startsWith(`${name} `));
    assert.match(line ?? '', / (here|absent) {2}/, name);
  }
  for (const line of lines) assert.ok(line.length <= 80 || /[=/@·]/.test(line), line);
});

test('a probe runs a product on what is here', async () => {
  const { json } = await openApp('/').backends({ probe: true });
  const listed = json as readonly { name: string; here: boolean; probe: { runMs: number } | null }[];
  for (const name of ['ort:cpu', 'reference', 'tfjs:cpu', 'tfjs:wasm']) {
    const one = listed.find((entry) => entry.name === name);
    assert.is(one?.here, true, name);
    assert.ok((one?.probe?.runMs ?? -1) >= 0, name);
  }
});

test('a plan for a backend that is not here says what is missing', async () => {
  const absent = process.platform === 'darwin' ? 'ort:dml' : 'ort:coreml';
  const answer = await openApp('/').check('x.eis', { settings: new Map(), asLock: false, backend: absent });
  const found = answer.diagnostics.find((one) => one.code === 'EIS5501');
  assert.match(found?.message ?? '', new RegExp(absent));
  assert.ok((found?.help?.text ?? '').length > 0);
});

test.run();
