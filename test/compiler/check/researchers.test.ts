// What researchers must be able to say: each line of section 2.5 of the language beside a preamble that declares its free
// names. What runs has no errors; what cannot run yet stops at one diagnostic that says so. Layers 6 and 8 of the text are
// layers 2 and 1 here: the bundled model has three.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openCompileHost } from '../../../src/runtime/compile-host.js';
import { realHost } from '../../../src/runtime/host.js';
import { check } from './checking.js';
import { root } from './fake-host.js';

const test = suite('what researchers say');

const folder = join(root, 'test/corpus/check/researchers');
const host = openCompileHost({ host: realHost(), folder, controlRoot: () => '00'.repeat(32) });
const preamble = readFileSync(join(folder, 'preamble.eis'), 'utf8');
const lines = readFileSync(join(folder, 'lines.eis'), 'utf8').trimEnd().split('\n');

/** What a line needs besides the preamble and the lines before it. */
const extras: Readonly<Record<string, string>> = {
  useful:
    'metric effect[a] unit logit = ld @ (m with steer[a]) - ld\nmetric side[a] unit nat = (cross_entropy(m.logits[pos: 0], ioi.answer) @ (m with steer[a])) - cross_entropy(m.logits[pos: 0], ioi.answer)',
  agree: 'metric exact[l, h] unit logit = ld @ (m with z[l, h] <- z[l, h] @ (m on ioi.abc)) - ld',
  u: 'let R = m.weights.blocks[0].attn.W_O[head: 0]',
};

/** Lines that this version reads and does not run. */
const later = new Set([
  'useful',
  'atp',
  'agree',
  'probe',
  'selectivity',
  'u',
  'f',
  'text',
  'picture',
  'shown',
]);
/** Lines that speak of another model: see the tests of imported graphs. */
const elsewhere = new Set(['drop']);

const nameOf = (line: string): string => /^\w+ +(\w+)/.exec(line)?.[1] ?? '';

let before = preamble;
for (const line of lines) {
  const name = nameOf(line);
  if (elsewhere.has(name)) continue;
  const text = [before, extras[name] ?? '', line].join('\n');
  if (later.has(name)) {
    test(`\`${name}\` stops at one diagnostic`, () => {
      // A line that needs another one that cannot run is silent: that one speaks, wherever it stands.
      const needs = new Map([
        ['agree', 'atp'],
        ['selectivity', 'probe'],
      ]).get(name);
      const other = lines.find((one) => nameOf(one) === needs) ?? '';
      const said = check(`${text}\n${other}`, host);
      assert.equal(said.errors, ['EIS2009'], said.text);
    });
  } else {
    before = `${before}\n${line}`;
    test(`\`${name}\` checks`, () => {
      const said = check(text, host);
      assert.equal(said.errors, [], said.text);
    });
  }
}

test('every line of the text is here', () => {
  assert.is(lines.length, 25);
  assert.is(
    lines.filter((line) => later.has(nameOf(line)) || elsewhere.has(nameOf(line))).length,
    later.size + elsewhere.size,
  );
});

test('reading a residual stream in the place of the last one is decoding, not intervening', () => {
  const lens = lines.find((line) => nameOf(line) === 'lens') ?? '';
  const { checked } = check(`${preamble}\n${lens}\nreport { table(lens) }`, host);
  assert.is(checked?.views[0]?.metrics[0]?.evidence, 'decoded');
});

test.run();
