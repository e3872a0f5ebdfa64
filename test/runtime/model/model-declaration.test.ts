// `hf(…)` and `gguf(…)` in a pipeline: opened while it is checked, refused in words, and what is computed is what the folder's
// weights give.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bytesOfWeights } from '../../../src/compiler/ir/memory.js';
import { realHost } from '../../../src/runtime/host.js';
import { readSafetensors } from '../../../src/runtime/model/safetensors.js';
import { type OpenStudy, openStudy } from '../../../src/runtime/study/open-study.js';
import { writeSafetensors } from '../../support/write-safetensors.js';

const SHARDS = ['one.safetensors', 'two.safetensors'] as const;
const test = suite('model/declaration');
const oracle = join(import.meta.dirname, '../../oracle');
const folder = mkdtempSync(join(tmpdir(), 'eisc-models-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));
cpSync(join(oracle, 'model-files/gguf/qwen3.gguf'), join(folder, 'qwen3.gguf'));
mkdirSync(join(folder, 'qwen3'));
for (const file of ['config.json', 'model.safetensors'])
  cpSync(join(oracle, 'models/qwen3', file), join(folder, 'qwen3', file));
cpSync(join(oracle, 'model-files/tokenizers/gpt2.json'), join(folder, 'qwen3', 'tokenizer.json'));
cpSync(join(folder, 'qwen3.gguf'), join(folder, 'broken.gguf'));
cpSync(join(folder, 'qwen3'), join(folder, 'broken'), { recursive: true });
cpSync(join(folder, 'qwen3'), join(folder, 'sharded'), { recursive: true });
splitIntoShards(join(folder, 'sharded'));

/** The folder's one file of weights becomes two, each with every second tensor, and an index. */
function splitIntoShards(path: string): void {
  const whole = readSafetensors(readFileSync(join(path, 'model.safetensors')));
  if (whole.kind === 'problem') throw new Error(whole.text);
  const named = [...whole.tensors].map(([name, tensor], i) => ({ name, tensor, file: SHARDS[i % 2] ?? '' }));
  for (const file of SHARDS) {
    const own = named.filter((one) => one.file === file).map(({ name, tensor }) => [name, tensor] as const);
    writeFileSync(join(path, file), writeSafetensors(new Map(own)));
  }
  const places = Object.fromEntries(named.map(({ name, file }) => [name, file]));
  writeFileSync(join(path, 'model.safetensors.index.json'), JSON.stringify({ weight_map: places }));
  rmSync(join(path, 'model.safetensors'));
}

async function opened(
  model: string,
  data = 'repeated_tokens(m.vocab, period: 2..=3)',
  bound: { readonly memoryBytes?: number } = {},
): Promise<OpenStudy> {
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
  const common = { settings: new Map(), asLock: false, everything: true } as const;
  return openStudy({ host, folder, file: 'p.eis', ...common, ...bound });
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

test('a model whose weights alone are more than the run may use is refused at its declaration, one that just fits is not', async () => {
  for (const source of ['hf("qwen3")', 'hf("sharded")', 'gguf("qwen3.gguf")']) {
    const { checked } = await opened(source);
    const weightBytes = bytesOfWeights(checked?.models[0]?.graph.graph ?? { nodes: [], outputs: [] });
    assert.ok(weightBytes > 10_000, source);
    const fitting = await opened(source, undefined, { memoryBytes: weightBytes });
    assert.equal(errors(fitting), [], source);
    const refused = await opened(source, undefined, { memoryBytes: weightBytes - 1 });
    assert.is(refused.checked, null);
    const [first, ...others] = refused.diagnostics.filter((one) => one.severity === 'error');
    assert.equal([first?.code, others.length], ['EIS4038', 0], source);
    const span = first?.primary?.span ?? { start: 0, end: 0 };
    const text = refused.sources('p.eis') ?? '';
    assert.is(text.slice(span.start, span.end), source);
    assert.match(first?.help?.text ?? '', /`--memory 1GB`/);
  }
});

test('headers decide before any weight is read', async () => {
  // Weights that are no numbers are refused as such only where they are read.
  for (const [source, file] of [
    ['gguf("broken.gguf")', 'broken.gguf'],
    ['hf("broken")', 'broken/model.safetensors'],
  ] as const) {
    const bytes = readFileSync(join(folder, file));
    bytes.fill(0xff, bytes.length - 64);
    writeFileSync(join(folder, file), bytes);
    assert.match(errors(await opened(source))[0] ?? '', /^EIS4009/);
    assert.match(errors(await opened(source, undefined, { memoryBytes: 1000 }))[0] ?? '', /^EIS4038/);
  }
});

test.run();
