import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { renderDiagnostic } from '../../../../src/compiler/base/render.js';
import type { ArchitectureProblem } from '../../../../src/compiler/model/architectures/problem.js';
import { modelDiagnostic } from '../../../../src/compiler/model/messages.js';

const test = suite('model/architectures/messages');
const KEY = 'model.layers.0.self_attn.k_proj.weight';

function shown(problem: ArchitectureProblem, path = 'smollm2'): string {
  return renderDiagnostic(modelDiagnostic({ kind: 'architecture', path, problem }), '');
}

test('the pages show the messages as they are printed', () => {
  const page = (code: string) =>
    readFileSync(join(import.meta.dirname, `../../../../grammar/errors/${code}.md`), 'utf8');
  const unknown = shown(
    { kind: 'unknown-architecture', modelType: 'mamba', known: ['gpt2', 'llama'] },
    'mamba-130m',
  );
  assert.ok(page('EIS4036').includes(`${unknown}\n`), unknown);
  const shape = shown({ kind: 'misshapen-tensor', name: KEY, found: [576, 576], wanted: [192, 576] });
  assert.ok(page('EIS4037').includes(`${shape}\n`), shape);
});

test('every problem is said in one line without blame', () => {
  const problems: readonly ArchitectureProblem[] = [
    { kind: 'not-a-config', text: 'it is not a JSON object' },
    { kind: 'bad-field', field: 'n_layer', text: 'it is 0, not a whole number from 1 to 1024' },
    { kind: 'unsupported-field', field: 'rope_type', value: 'yarn', known: 'default, linear, llama3' },
    { kind: 'missing-tensors', names: ['a', 'b', 'c', 'd', 'e'] },
    { kind: 'extra-tensors', names: ['lm_head.bias'] },
  ];
  const lines = problems.map((problem) => shown(problem).split('\n')[0]);
  assert.equal(lines, [
    'error[EIS4036]: the configuration of `smollm2` cannot be read: it is not a JSON object',
    'error[EIS4036]: the configuration of `smollm2` cannot be read: `n_layer`: it is 0, not a whole number from 1 to 1024',
    'error[EIS4036]: `smollm2` has `rope_type` = yarn, which is not built here',
    'error[EIS4037]: `smollm2` lacks `a`, `b`, `c` and 2 more',
    'error[EIS4037]: `smollm2` holds `lm_head.bias`, which its configuration has no place for',
  ]);
});

test.run();
