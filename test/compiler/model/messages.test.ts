// Every problem has a code, and the page of that code shows the message as it is printed.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { factsOf } from '../../../src/compiler/base/codes.js';
import { renderDiagnostic } from '../../../src/compiler/base/render.js';
import { modelDiagnostic, wordsOf } from '../../../src/compiler/model/messages.js';
import type { ModelProblem } from '../../../src/compiler/model/problem.js';
import { codecNames } from '../../../src/runtime/model/element-codec.js';

const test = suite('model/messages');
const FILE = 'models/attn2/model.safetensors';

const SAMPLES = {
  'no-such-site': { kind: 'no-such-site', name: 'zz', model: 'attn2', nearest: ['z'] },
  'refused-site': {
    kind: 'refused-site',
    name: 'blocks.0.hook_mlp_in',
    model: 'ioi3',
    reason: 'before-or-after-norm',
    instead: ['blocks.0.resid_mid', 'blocks.0.mlp.in'],
  },
  'no-match': {
    kind: 'no-match',
    pattern: '**/GlobalMaxPool_output_1',
    model: 'model.onnx',
    nearest: ['/pool/GlobalMaxPool_output_0'],
  },
  'no-such-model': { kind: 'no-such-model', name: 'attn3', known: ['attn2', 'ioi3'] },
  unreadable: { kind: 'unreadable', path: 'nowhere/model.onnx', text: 'there is no such file' },
  malformed: {
    kind: 'malformed',
    path: 'models/attn2/manifest.json',
    text: '`architecture.heads` must be integer',
  },
  'damaged-weights': {
    kind: 'damaged-weights',
    path: FILE,
    text: 'its header should have 1216 bytes but only 992 follow; it is cut short',
  },
  'weights-mismatch': {
    kind: 'weights-mismatch',
    path: FILE,
    text: '`unembed.W_U` has the shape [256, 128] instead of [128, 256]',
  },
  'not-finite': { kind: 'not-finite', path: FILE, tensor: 'blocks.0.attn.W_Q', count: 3, first: 17 },
  'digest-mismatch': { kind: 'digest-mismatch', path: FILE, stated: 'efd57de9…', actual: '03ba204e…' },
  onnx: { kind: 'onnx', path: 'x.onnx', problem: { kind: 'empty', text: 'the file is empty' } },
  'fixed-batch': { kind: 'fixed-batch', model: 'net.onnx', input: 'input' },
  'fixture-differs': {
    kind: 'fixture-differs',
    model: 'attn2',
    backend: 'ort:cpu',
    site: 'logits of case 0',
    difference: 0.31,
    tolerance: 0.000024,
  },
  'identity-fails': {
    kind: 'identity-fails',
    model: 'net',
    identity: 'blocks.0: pattern · v = z',
    difference: 0.12,
    tolerance: 0.0000046,
  },
  'unknown-word': { kind: 'unknown-word', word: 'Marry', model: 'ioi3', nearest: ['Mary'] },
  'too-long': { kind: 'too-long', model: 'ioi3', length: 131, context: 128 },
  'no-tokenizer': { kind: 'no-tokenizer', model: 'attn2' },
  architecture: {
    kind: 'architecture',
    path: 'mamba-130m',
    problem: { kind: 'unknown-architecture', modelType: 'mamba', known: ['gpt2', 'llama'] },
  },
  'gguf-file': { kind: 'gguf-file', path: 'smollm2.gguf', text: 'its header is cut short' },
  'element-type': {
    kind: 'element-type',
    path: 'smollm2.gguf',
    tensor: 'blk.0.attn_q.weight',
    type: 'IQ2_XXS',
    known: codecNames(),
  },
  'incomplete-folder': {
    kind: 'incomplete-folder',
    path: 'nowhere',
    text: 'there is no such folder, and it is no id of the hub',
    help: 'write the path of a folder relative to the pipeline, or an id such as `openai-community/gpt2`',
  },
  hub: {
    kind: 'hub',
    id: 'openai-community/gpt2',
    revision: null,
    why: 'unpinned',
    text: 'it has no revision, and what is downloaded must be pinned',
  },
  'tokenizer-file': {
    kind: 'tokenizer-file',
    path: 'xlm-roberta/tokenizer.json',
    text: 'its model is Unigram, which is not read',
  },
  'file-changed': { kind: 'file-changed', path: 'smollm2.gguf' },
  'too-large': { kind: 'too-large', path: 'smollm2.gguf', weightBytes: 538_060_032, memoryBytes: 256e6 },
  unreachable: { kind: 'unreachable', intervention: 'late', sites: ['logits'], metrics: ['early'] },
} as const satisfies { readonly [K in ModelProblem['kind']]: Extract<ModelProblem, { readonly kind: K }> };

for (const [kind, problem] of Object.entries(SAMPLES)) {
  test(`${kind} has a page with its title and its words`, () => {
    const { code, message } = wordsOf(problem);
    assert.not.match(message, /^[A-Z]|[.]$/);
    if (kind === 'onnx') return; // its pages belong to the ONNX reader
    const page = readFileSync(join(import.meta.dirname, `../../../grammar/errors/${code}.md`), 'utf8');
    assert.is(page.split('\n')[0], `# ${code}: ${factsOf(code).title}`);
    assert.match(page, /\n## Failing\n[\s\S]*\n## Repaired\n/);
    if (page.includes('```console')) {
      assert.ok(
        page.includes(`${renderDiagnostic(modelDiagnostic(problem), '')}\n`),
        renderDiagnostic(modelDiagnostic(problem), ''),
      );
    }
  });
}

test('whoever names an unknown model is told of every way to name one', () => {
  const { help } = wordsOf(SAMPLES['no-such-model']);
  for (const source of ['bundled(', 'hf(', 'gguf(', 'onnx(']) assert.ok(help?.includes(source), source);
});

test.run();
