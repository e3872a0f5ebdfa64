// The logits of the real SmolLM2-135M-Instruct, where `scripts/fetch-smollm2.ts` has fetched it, against those of transformers on
// the same weights (test/oracle/models/smollm2_logits.py, which compares every parameter with gguf-py's bits first).
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bug } from '../../../../src/compiler/base/bug.js';
import { type HostTensor, numbersOf, tensorOf } from '../../../../src/runtime/backend/host-tensor.js';
import { openBackend } from '../../../../src/runtime/backend/registry.js';
import { loadGguf } from '../../../../src/runtime/model/load-source.js';
import { tokenizerOf } from '../../../../src/runtime/model/tokenizer.js';

type Prompt = {
  readonly text: string;
  readonly ids: readonly number[];
  readonly float32Error: number;
  readonly largest: readonly number[];
  readonly margin: readonly number[];
  readonly float32: readonly (readonly number[])[];
  readonly float64: readonly (readonly number[])[];
};

const test = suite('model/gguf/smollm2 logits against transformers');
const root = join(import.meta.dirname, '../../../..');
const path = join(root, '.models/SmolLM2-135M-Instruct.Q4_1.gguf');
const expected: { readonly columns: readonly number[]; readonly prompts: readonly Prompt[] } = JSON.parse(
  readFileSync(join(root, 'test/oracle/models/smollm2_logits.json'), 'utf8'),
);

/**
 * How far float32 may be from transformers' float64, in units of what transformers' own float32 is from it at worst (over all
 * positions and the whole vocabulary of the prompt: 4.8e-5 to 6.7e-5, where logits reach 31). Ours sums the same products in
 * another order, so its error has the same size but other signs, and its worst case may lie higher or lower: twice is allowed.
 * Measured with onnxruntime 1.30 on the 64 columns: 0.45 to 0.93.
 */
const SLACK = 2;

test('the fixture holds what the tolerance is derived from', () => {
  assert.is(expected.columns.length, 64);
  assert.is(expected.prompts.length, 4);
  for (const { ids, float32, float64, float32Error, largest, margin } of expected.prompts) {
    assert.ok(ids.length >= 10 && ids.length <= 20);
    assert.equal([float32.length, float64.length, largest.length], [ids.length, ids.length, ids.length]);
    const error = largestDifference(float32.flat(), float64.flat());
    // The columns are a sample of the vocabulary: their error is of the size of the whole's, and not above it.
    assert.ok(error <= float32Error && error > float32Error / 3, `${error} of ${float32Error}`);
    // So that the largest logit is decided by the model and not by rounding.
    assert.ok(Math.min(...margin) > 100 * SLACK * float32Error);
  }
});

if (!existsSync(path)) {
  process.stdout.write('  SmolLM2 is not here: `node --import tsx scripts/fetch-smollm2.ts` fetches it\n');
} else {
  test('ids and logits are those of transformers', async () => {
    const found = await loadGguf(path, 'smollm2.gguf');
    if (found.kind === 'problem') throw new Error(JSON.stringify(found.problem));
    const { graph: model, weights } = found.value;
    const input = model.inputs[0] ?? bug('no input');
    const logits = model.sites.find((one) => one.path === 'logits') ?? bug('no logits');
    const backend = await openBackend('ort:cpu', { workers: 1, threads: 1 });
    try {
      const executable = await backend.compile(
        { nodes: model.graph.nodes, outputs: [{ name: 'logits', value: logits.value }] },
        { weights: 'constants', lookupWeight: (digest) => weights.get(digest) ?? bug(`no weight ${digest}`) },
      );
      for (const prompt of expected.prompts) {
        const { text, ids, float64, float32Error, largest } = prompt;
        const encoded = tokenizerOf(model)?.encode(text).ids ?? bug('no tokenizer');
        assert.equal(Array.from(encoded), [...ids], text);
        const tokens = tensorOf(input.type.dtype, [1, ids.length], ids);
        const { outputs } = await executable.run(new Map([[input.name, tokens]]));
        const rows = rowsOf(outputs.get('logits') ?? bug('no logits'));
        assert.is(rows.length, ids.length);
        const picked = rows.map((row) => expected.columns.map((at) => row[at] ?? Number.NaN));
        const difference = largestDifference(picked.flat(), float64.flat());
        assert.ok(
          difference <= SLACK * float32Error,
          `${JSON.stringify(text)}: ${difference} instead of at most ${SLACK} × ${float32Error}`,
        );
        assert.equal(
          rows.map((row) => row.indexOf(Math.max(...row))),
          [...largest],
          text,
        );
      }
    } finally {
      await backend.dispose();
    }
  });
}

/** NaN where there is one: it is below no tolerance. */
function largestDifference(a: readonly number[], b: readonly number[]): number {
  assert.is(a.length, b.length);
  return Math.max(...a.map((value, at) => Math.abs(value - (b[at] ?? Number.NaN))));
}

/** One list per position, of the whole vocabulary. */
function rowsOf(logits: HostTensor): readonly (readonly number[])[] {
  const numbers = Array.from(numbersOf(logits));
  const width = logits.dims.at(-1) ?? bug('a scalar');
  return Array.from({ length: numbers.length / width }, (_, at) =>
    numbers.slice(at * width, (at + 1) * width),
  );
}

test.run();
