// `hf(…)` and `gguf(…)` in a pipeline: opened while it is checked, refused in words, and what is computed is what the folder's
// weights give.
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { realHost } from '../../../src/runtime/host.js';
import { type OpenStudy, openStudy } from '../../../src/runtime/study/open-study.js';

const test = suite('model/declaration');
const oracle = join(import.meta.dirname, '../../oracle');
const folder = mkdtempSync(join(tmpdir(), 'eisc-models-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));
cpSync(join(oracle, 'model-files/gguf/qwen3.gguf'), join(folder, 'qwen3.gguf'));
mkdirSync(join(folder, 'qwen3'));
for (const file of ['config.json', 'model.safetensors'])
  cpSync(join(oracle, 'models/qwen3', file), join(folder, 'qwen3', file));
cpSync(join(oracle, 'model-files/tokenizers/gpt2.json'), join(folder, 'qwen3', 'tokenizer.json'));

async function opened(model: string, data = 'repeated_tokens(m.vocab, period: 2..=3)'): Promise<OpenStudy> {
  const text = `eis 1
model m = ${model}
data d = ${data} {
  size: 40
  split: shares(discover: 50%, confirm: 50%)
}
metric loss unit nat = mean(cross_entropy(m.logits, d.next_token), over: pos where d.second_copy)
`;
  writeFileSync(join(folder, 'p.eis'), text);
  const host = realHost();
  return openStudy({ host, folder, file: 'p.eis', settings: new Map(), asLock: false, everything: true });
}

const errors = ({ diagnostics }: OpenStudy): readonly string[] =>
  diagnostics.filter((one) => one.severity === 'error').map((one) => `${one.code}: ${one.message}`);

test('a folder and a GGUF file are models like any other', async () => {
  for (const source of ['hf("qwen3")', 'hf("./qwen3")', 'gguf("qwen3.gguf")']) {
    const study = await opened(source);
    assert.equal(errors(study), [], source);
    const [model] = study.checked?.models ?? [];
    assert.equal([model?.graph.geometry.layers, model?.graph.geometry.kv_heads], [2, 2], source);
    assert.is(study.compileHost.loaded.size, 1);
  }
});

test('weights are found by the digests of the graph, and the same array while it is held', async () => {
  const { compileHost, checked } = await opened('gguf("qwen3.gguf")');
  const digests = (checked?.models[0]?.graph.graph.nodes ?? []).flatMap(({ op }) =>
    op.name === 'Weight' ? [op.attrs.digest] : [],
  );
  assert.ok(digests.length > 15);
  const held = digests.map((one) => compileHost.lookupWeight(one));
  assert.ok(digests.every((one, i) => compileHost.lookupWeight(one) === held[i]));
});

test('what cannot be opened is one diagnostic at the declaration', async () => {
  const cases = {
    'gguf("nowhere.gguf")': /^EIS4005: `nowhere.gguf` cannot be read: there is no such file/,
    'gguf("p.eis")': /^EIS4030: `p.eis` is no GGUF file/,
    'hf("./nowhere")': /^EIS4032: `.\/nowhere` is no model folder/,
    'hf("nobody-here/no-such-model")': /^EIS4033: .* no revision/,
    'hf("nobody-here/no-such-model", revision: "main")': /^EIS4033: .* its revision is no commit/,
    'hf("a b c")': /^EIS4032: .* no id of the hub/,
    'hf("qwen3", revision: "main")': /^EIS4032: .* a folder has no revision/,
    'hf("qwen3", commit: "main")': /^EIS2006|^EIS2008/,
    'gguf()': /^EIS2006/,
  };
  for (const [source, wanted] of Object.entries(cases)) {
    const said = errors(await opened(source));
    assert.is(said.length, 1, `${source}: ${said.join('; ')}`);
    assert.match(said[0] ?? '', wanted, source);
  }
});

test('a model is what its files hold, however their path is written; another tokenizer is another model', async () => {
  const digestOf = async (source: string) => (await opened(source)).checked?.models[0]?.graph.digest;
  assert.is(await digestOf('gguf("qwen3.gguf")'), await digestOf('gguf("./qwen3.gguf")'));
  assert.is.not(await digestOf('gguf("qwen3.gguf")'), await digestOf('hf("qwen3")'));
});

test.run();
