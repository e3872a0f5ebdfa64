// Ten thousand mutated programs through the whole front end: whatever is written, the answer is diagnostics. An internal
// error, a full stack or anything else that is thrown is a failure.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hasErrors } from '../../../src/compiler/base/reporter.js';
import { bindFile } from '../../../src/compiler/bind/bind.js';
import { checkFile } from '../../../src/compiler/check/experiment.js';
import { checkOnly } from '../../../src/compiler/compile.js';
import { parseFile } from '../../../src/compiler/syntax/parse.js';
import { fakeHost, root } from './fake-host.js';
import { copying, naming } from './small-programs.js';

const test = suite('mutated programs');
const programs = Number(process.env.FUZZ_PROGRAMS ?? 10_000);
const seconds = 20;

/** Numerical Recipes' linear congruential generator: enough to spread mutations, and the same everywhere. */
function makeRandom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Few layers and positions: what is checked is the checker. */
const host = fakeHost();
const preamble = `eis 1
model m = bundled("plain")
data d = template(lines("t.txt")) {
  hole [IO, S1] = distinct(column("n.txt"))
  answer: " {IO}"
  wrong: " {S1}"
  variant abc { hole S1 = distinct(column("n.txt")) }
  size: 40
  split: by(template, discover: 40%, reference: 10%, confirm: 50%)
}
`;
const hooks = `hook z[l in m.layers, h in m.heads] = m.blocks[l].attn.z[head: h]
metric ld unit logit = m.logits[pos: end, vocab: d.answer] - m.logits[pos: end, vocab: d.wrong]
`;

function declarationsOf(text: string): readonly string[] {
  return text
    .split(/\n(?=[a-z])/)
    .map((one) => one.trim())
    .filter((one) =>
      /^(hook|metric|intervention|claim|control|correction|ablation|circuit|let|fn|param|data|draw|report|waive|predict|fit|gallery|study|import)\b/.test(
        one,
      ),
    );
}

const corpus: readonly string[] = [
  ...declarationsOf(copying),
  ...declarationsOf(naming),
  ...declarationsOf(readFileSync(join(root, 'test/corpus/check/researchers/lines.eis'), 'utf8')),
  ...declarationsOf(readFileSync(join(root, 'test/corpus/syntax/modular-addition.eis'), 'utf8')),
  ...declarationsOf(readFileSync(join(root, 'test/corpus/syntax/idioms.eis'), 'utf8')),
].map((one) => one.replaceAll(/\b(ioi|repeats)\b/g, 'd'));

const words = [
  'm',
  'd',
  'z',
  'z[l, h]',
  'z[0, 0]',
  'z[pair]',
  'pair',
  'ld',
  'd.abc',
  'd.discover',
  'd.confirm',
  'd.reference',
  'd.answer',
  'd.tokens',
  'd.text',
  'd.roles',
  'm.layers',
  'm.heads',
  'm.logits',
  'm.norms.scale',
  'm.final.resid_pre',
  'm.blocks[0].attn.z',
  'self',
  'end',
  'pos',
  'key',
  'query',
  'example',
  'inf',
  '-1',
  '0',
  '1e9',
  '3 nat',
  '40%',
  '?',
  '""',
  '[]',
  '0..3',
  '0..1_000_000_000',
  'mean',
  'sum',
  'abs',
  'over: pos',
  'over: example',
  'over: [example, pos]',
  'given',
  'with',
  'on',
  'where',
  'each l in m.layers:',
  'some a in [1, 2]:',
  'frozen',
  'top',
  'union',
  'complement(pair)',
  'reinitialised(m, seeds: 3)',
  'circuits(like: pair, n: 5)',
  'random_direction(norm: 1)',
  'change(put)',
  'model_of(ld)',
  'previous',
  'next',
  'dot',
  'softmax',
  '<- 0',
  '@ (m on d.abc)',
  '@ (m with z[0, 0] <- 0)',
  'as key',
  'm only policy[pair]',
  'not',
  'and',
  'or',
  '==',
  '+',
  '*',
  '(',
  ')',
  '[',
  ']',
  ',',
  '.',
  '@',
];

function mutate(text: string, random: (below: number) => number): string {
  const tokens = text.split(/(\s+|[^\w\s])/).filter((one) => one !== '');
  const count = 1 + random(2);
  for (let step = 0; step < count; step++) {
    const at = random(tokens.length);
    const other = random(tokens.length);
    const token = tokens[at] ?? '';
    const word = words[random(words.length)] ?? '';
    switch (random(16)) {
      case 0:
        tokens.splice(at, 1);
        break;
      case 1:
        tokens.splice(at, 0, ` ${word} `);
        break;
      case 2:
        tokens.splice(at, 1, tokens[other] ?? '');
        tokens.splice(other, 1, token);
        break;
      case 3:
        tokens[at] =
          token.slice(0, random(token.length + 1)) + String.fromCharCode(32 + random(95)) + token.slice(1);
        break;
      case 4:
        tokens.splice(at, 0, ...tokens.slice(other, other + random(6)));
        break;
      default:
        // A word for a word: most of these are still programs.
        if (/\w/.test(token)) tokens[at] = word;
    }
  }
  return tokens.join('');
}

/** The front end, stage by stage as in compile.ts, but with a preamble that is parsed once. */
const before = parseFile(preamble, 'preamble.eis').file.declarations;
const hooksBefore = parseFile(hooks, 'hooks.eis').file.declarations;
function codesOf(
  text: string,
  withHooks: boolean,
): { readonly stage: 'syntax' | 'names' | 'check'; readonly codes: readonly string[] } {
  const parsed = parseFile(text, 'test.eis');
  const { file } = parsed;
  if (hasErrors(parsed.diagnostics))
    return { stage: 'syntax', codes: parsed.diagnostics.map((one) => one.code) };
  const declarations = [...before, ...(withHooks ? hooksBefore : []), ...file.declarations];
  const { bound, diagnostics } = bindFile({ ...file, declarations }, host);
  if (hasErrors(diagnostics)) return { stage: 'names', codes: diagnostics.map((one) => one.code) };
  return {
    stage: 'check',
    codes: checkFile({ ...checkOnly, bound, host }).diagnostics.map((one) => one.code),
  };
}

const axes = [
  'pos',
  'key',
  'query',
  'vocab',
  'head',
  'd_model',
  'd_head',
  'd_mlp',
  'example',
  '[example, pos]',
  '[pos, vocab]',
];
const atoms = [
  '0',
  '1',
  '-1',
  '2.5 nat',
  '40%',
  'inf',
  'pi',
  'ld',
  'd.tokens',
  'd.answer',
  'd.next_token',
  'd.text',
  'd.role',
  'm.logits',
  'm.final.resid_pre',
  'm.blocks[0].attn.z',
  'm.blocks[1].attn.pattern',
  'm.blocks[0].mlp.act',
  'z[0, 1]',
  'z[pair]',
  'm.weights.W_U',
  'd.abc',
  'd.discover',
  'm',
  'pair',
  'm.layers',
  'end',
  '0..3',
  '[1, 2]',
  '"text"',
  'self',
  'm.heads',
  'd.roles',
  'weird',
] as const;
const unaries = [
  'abs',
  'sqrt',
  'exp',
  'log',
  'round',
  'previous',
  'next',
  'frozen',
  'model_of',
  'complement',
  'unembed',
  'change',
  'transpose',
  'mean',
  'sum',
  'lines',
  'column',
  'shares',
];
const binaries = [
  'cross_entropy',
  'accuracy',
  'dot',
  'mod',
  'max',
  'min',
  'union',
  'minus',
  'argmax',
  'share',
];
const operators = ['+', '-', '*', '/', '==', '!=', '<', '>=', 'and', 'or'];
const targets = [
  'z[0, 1]',
  'm.final.resid_pre',
  'm.blocks[0].attn.z[pos: d.IO]',
  'z[pair]',
  'm.logits',
  'm.norms.scale',
  'm.blocks[1].attn.pattern',
];

/** An expression that always parses and rarely makes sense. */
function expression(random: (below: number) => number, depth: number): string {
  const inner = (): string => expression(random, depth - 1);
  const pick = (from: readonly string[]): string => from[random(from.length)] ?? '0';
  if (depth <= 0 || random(6) === 0) return pick(atoms);
  switch (random(13)) {
    case 0:
      return `${pick(unaries)}(${inner()})`;
    case 1:
      return `${pick(['mean', 'sum', 'max', 'min', 'softmax', 'log_softmax', 'norm', 'argmax'])}(${inner()}, over: ${pick(axes)})`;
    case 2:
      return `mean(${inner()}, over: ${pick(axes)} where ${inner()})`;
    case 3:
      return `${pick(binaries)}(${inner()}, ${inner()})`;
    case 4:
      return `dot(${inner()}, ${inner()}, over: ${pick(axes)})`;
    case 5:
      return `(${inner()})[${pick(axes.slice(0, 8))}: ${inner()}]`;
    case 6:
      return `((${inner()}) as ${pick(axes.slice(0, 8))})`;
    case 7:
      return `((${inner()}) @ (m with ${pick([...targets, inner()])} <- (${inner()})))`;
    case 8:
      return `((${inner()}) @ (m on ${pick(['d.abc', 'd', 'd.reference', 'd.discover.abc', 'other', inner()])}))`;
    case 9:
      return `(not (${inner()}))`;
    case 10:
      return `(${inner()})[${inner()}]`;
    default:
      return `((${inner()}) ${pick(operators)} (${inner()}))`;
  }
}

test('four thousand random expressions, in every kind of declaration', () => {
  const random = makeRandom(Number(process.env.FUZZ_SEED ?? 3));
  const pair = 'circuit pair = [z[0, 1], z[1, 0]]\ndraw other = d.reference where d.IO == row.IO\n';
  const extra = parseFile(pair, 'extra.eis').file.declarations;
  const failures = new Map<string, string>();
  let clean = 0;
  for (let index = 0; index < Number(process.env.FUZZ_EXPRESSIONS ?? 4_000); index++) {
    const made = expression(random, 1 + random(4));
    const forms = [
      `metric x = ${made}`,
      `let x = ${made}`,
      `metric x[l in m.layers, h] = sum(z[l, h], over: [pos, d_head]) * (${made})`,
      `intervention x[l, h] = z[l, h] <- ${made}\nmetric y[l, h] = ld @ (m with x[l, h])`,
      `claim x = mean(${made}) > 0.1 { on: d.confirm }`,
      `hook x = ${made}`,
      `fn f(a) = a + (${made})\nlet x = f(${made})`,
    ];
    const text = forms[random(forms.length)] ?? '';
    const parsed = parseFile(text, 'test.eis');
    if (hasErrors(parsed.diagnostics)) continue;
    const declarations = [...before, ...hooksBefore, ...extra, ...parsed.file.declarations];
    try {
      const { bound } = bindFile({ ...parsed.file, declarations }, host);
      if (!hasErrors(checkFile({ ...checkOnly, bound, host }).diagnostics)) clean++;
    } catch (problem) {
      const stack = problem instanceof Error ? (problem.stack ?? problem.message) : String(problem);
      const place = stack.split('\n').slice(1, 6).join('\n');
      if (!failures.has(place)) failures.set(place, `${stack.split('\n').slice(0, 9).join('\n')}\n${text}`);
    }
  }
  assert.is(failures.size, 0, [...failures.values()].slice(0, 12).join('\n\n'));
  assert.ok(clean > 100, `${clean} without errors`);
});

test('ten thousand mutated programs give diagnostics and nothing else', () => {
  const random = makeRandom(Number(process.env.FUZZ_SEED ?? 11));
  const start = process.cpuUsage();
  let syntax = 0;
  let clean = 0;
  const codes = new Set<string>();
  const failures = new Map<string, string>();
  for (let index = 0; index < programs; index++) {
    const some = Array.from({ length: 1 + random(2) }, () =>
      mutate(corpus[random(corpus.length)] ?? '', random),
    );
    const text = some.join('\n');
    const withHooks = random(4) > 0;
    try {
      const said = codesOf(text, withHooks);
      for (const code of said.codes) codes.add(code);
      if (said.stage === 'syntax') syntax++;
      else if (said.codes.length === 0) clean++;
    } catch (problem) {
      const stack = problem instanceof Error ? (problem.stack ?? problem.message) : String(problem);
      const place = stack.split('\n').slice(0, 4).join('\n');
      if (!failures.has(place)) failures.set(place, `${stack}\n${text}`);
    }
  }
  const { user, system } = process.cpuUsage(start);
  const took = (user + system) / 1e6; // of the processor: the machine may be busy with other tests
  assert.is(failures.size, 0, [...failures.values()].slice(0, 8).join('\n\n'));
  // The mutations must reach the checker, or the test says nothing.
  assert.ok(
    programs - syntax > programs / 4,
    `${syntax} of ${programs} were broken before the checker saw them`,
  );
  assert.ok(clean > 50 && codes.size > 25, `${clean} without errors, ${codes.size} codes`);
  assert.ok(took < seconds, `${took.toFixed(1)} s`);
});

test.run();
