// Tables of one's own as a pipeline declares them: the same rows from every format, counterfactual columns, refusals.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Diagnostic } from '../../../src/compiler/base/diagnostic.js';
import { checkOnly, compile } from '../../../src/compiler/compile.js';
import { openCompileHost } from '../../../src/runtime/compile-host.js';
import { realHost } from '../../../src/runtime/host.js';
import { writeParquet } from '../../../src/runtime/store/parquet.js';

const test = suite('tables of one’s own');
const folder = mkdtempSync(join(tmpdir(), 'eis-tables-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

const names = ['John', 'Sarah', 'Robert', 'Megan', 'David', 'Nicole'];
const rows = Array.from({ length: 24 }, (_, i) => {
  const [a = '', b = ''] = [names[i % 6], names[(i + 1 + (i % 4)) % 6]];
  const long = i % 2 === 0 ? 'decided to hand the ring to' : 'gave a ring to';
  const place = i < 12 ? 'store' : 'garden'; // no two rows are equal: clusters that share a text would be one
  return {
    author: `writer ${i % 12}`,
    prompt: `When ${a} and ${b} went to the ${place}, ${b} ${long}`,
    // One of another length.
    other_prompt: `When ${a} and ${b} went to the ${place}, James wanted to send a small ring to`,
    answer: a,
    wrong: b,
    first_words: `${a} and`,
  };
});
type Name = keyof (typeof rows)[number];
const columns: readonly Name[] = ['author', 'prompt', 'other_prompt', 'answer', 'wrong', 'first_words'];

writeFileSync(join(folder, 'rows.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
const quoted = (text: string): string => `"${text}"`;
writeFileSync(
  join(folder, 'rows.csv'),
  [columns, ...rows.map((row) => columns.map((name) => row[name]))]
    .map((line) => `${line.map(quoted).join(',')}\n`)
    .join(''),
);
const typed = columns.map((name) => ({ kind: 'texts' as const, name, values: rows.map((row) => row[name]) }));
const parquet = writeParquet(typed);
writeFileSync(join(folder, 'rows.parquet'), parquet);
writeFileSync(join(folder, 'cut.parquet'), parquet.subarray(0, parquet.length - 100));

function program(file: string, variant: string, rest = ''): string {
  return `eis 1
import [logit_difference] from "std/metrics"

model m = bundled("ioi3")

data d = table("${file}", cluster: author) {
  text: prompt
  ${variant}
  split: by(author, discover: 50%, confirm: 50%)
}

hook z[h in m.heads] = m.blocks[1].attn.z[head: h]
metric ld unit logit = logit_difference(m.logits, d.answer, d.wrong, at: end)
${rest}`;
}

const paired = 'variant other { text: other_prompt }';
const effects = `
intervention put[h] = z[h][pos: end] <- z[h][pos: end] @ (m on d.other)
metric moved[h] unit logit = ld @ (m with put[h]) - ld
claim carries = each h in m.heads: abs(mean(moved[h])) > 0.5 logit { on: d.confirm }
`;

type Said = { readonly errors: readonly Diagnostic[]; readonly all: readonly string[] };

/** Checked again as long as something was not open yet, as a run does. */
async function check(text: string): Promise<Said> {
  const host = openCompileHost({ host: realHost(), folder, controlRoot: () => '00'.repeat(32) });
  let { diagnostics } = compile({ text, file: 'own.eis' }, host, checkOnly);
  while (await host.settle()) ({ diagnostics } = compile({ text, file: 'own.eis' }, host, checkOnly));
  return {
    errors: diagnostics.filter((one) => one.severity === 'error'),
    all: diagnostics.map((one) => `${one.code} ${one.message}`),
  };
}

for (const format of ['csv', 'jsonl', 'parquet']) {
  test(`prompts of unequal length and a counterfactual of another length come from ${format}`, async () => {
    assert.equal((await check(program(`rows.${format}`, paired, effects))).all, []);
  });
}

test('places that another length does not have are refused, as for any variant', async () => {
  const everywhere = effects.replaceAll('z[h][pos: end]', 'z[h]');
  assert.equal(
    (await check(program('rows.parquet', paired, everywhere))).errors.map((one) => one.code).length,
    1,
  );
});

test('a table that is broken is refused where it is named', async () => {
  const { errors } = await check(program('cut.parquet', paired, effects));
  assert.equal(
    errors.map((one) => one.code),
    ['EIS2023'],
  );
  assert.match(errors[0]?.message ?? '', /`cut\.parquet` cannot be read as Parquet: .*cut off/);
});

const refusals: readonly (readonly [string, string, RegExp])[] = [
  ['variant other { text: no_prompt }', 'EIS2023', /no column `no_prompt`/],
  ['variant other { text: "other_prompt" }', 'EIS', /name of a column/],
  ['variant other { prompt: other_prompt }', 'EIS', /`prompt`/],
  ['variant other { answer: first_words }', 'EIS2023', /`answer`|`first_words`.* must be one token/],
  ['hole A = ["x"]', 'EIS', /`hole`/],
];
for (const [variant, code, said] of refusals) {
  test(`\`${variant}\` is refused`, async () => {
    const { errors } = await check(program('rows.csv', variant));
    assert.is(errors.length, 1, JSON.stringify(errors.map((one) => one.message)));
    assert.ok(errors[0]?.code.startsWith(code), errors[0]?.code);
    assert.match(errors[0]?.message ?? '', said);
  });
}

test.run();
