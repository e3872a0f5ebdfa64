// Absurd programs are refused in little time: definitions of themselves, chains and doublings, worlds in worlds without end.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { check } from './checking.js';

const test = suite('absurd programs');

const preamble = `eis 1
model m = bundled("plain")
data d = repeated_tokens(7, period: 3..=4) { size: 600, split: shares(discover: 40%, reference: 10%, confirm: 50%) }
`;
const times = (count: number, line: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => line(i)).join('\n');
const logit = 'm.logits[pos: end, vocab: 0]';

const cycles: Readonly<Record<string, string>> = {
  'a parameter': 'param a = a + 1',
  'a model': 'model k = k',
  data: 'data q = repeated_tokens(q, period: 1..2) { size: 1, split: shares(confirm: 100%) }',
  'a circuit': 'circuit c = union(c, c)',
  'a let': 'let x = x',
  'two lets': 'let x = y\nlet y = x',
  'a metric family': 'metric x[l in m.layers] = x[l]',
  'a function': 'fn f(x) = f(x)\nlet y = f(1)',
  'a function twice': 'fn f(x) = f(x) + f(x)\nlet y = f(m.logits)',
  'two functions': 'fn f(x) = g(x)\nfn g(x) = f(x)\nlet y = f(1)',
  'a claim': 'claim c = c',
  'a draw': 'draw o = o where d.period == row.period',
};
for (const [what, text] of Object.entries(cycles)) {
  test(`${what} defined by itself`, () => {
    const said = check(preamble + text);
    assert.ok(said.errors.length > 0 && said.errors.every((one) => one === 'EIS2004'), said.text);
  });
}

const large: Readonly<Record<string, string>> = {
  'a chain of six hundred definitions': `${times(600, (i) => `let a${i} = a${i + 1}`)}\nlet a600 = 1`,
  'a chain of six hundred functions': `${times(600, (i) => `fn f${i}(x) = f${i + 1}(x)`)}\nfn f600(x) = x\nlet y = f0(1)`,
  'an intervention inside itself': `intervention k = m.final.resid_pre <- (m.final.resid_pre @ (m with k))\nmetric x = ${logit} @ (m with k)`,
  'functions that double thirty times': `${times(30, (i) => `fn f${i}(x) = f${i + 1}(x) + f${i + 1}(x)`)}\nfn f30(x) = x\nlet y = f0(${logit})`,
  'a range of a billion': `metric x[a in 0..1_000_000_000] = a * ${logit}`,
  'a product of ranges': `metric x[a in 0..2_000, b in 0..2_000] = a * b * ${logit}`,
};
for (const [what, text] of Object.entries(large)) {
  test(`${what} is refused`, () => {
    const said = check(preamble + text);
    assert.ok(said.errors.length > 0 && said.errors.every((one) => one === 'EIS2021'), said.text);
    assert.ok(said.errors.length < 10, said.text);
  });
}

test('definitions that use others twice are computed once', () => {
  const text = `${times(40, (i) => `let a${i} = a${i + 1} + a${i + 1}`)}\nlet a40 = ${logit}\nmetric x = a0`;
  const start = process.cpuUsage();
  const said = check(preamble + text);
  const { user } = process.cpuUsage(start);
  assert.equal(said.errors, [], said.text);
  assert.ok(user < 5e6, `${user / 1e6} s`);
});

test.run();
