import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { renderDiagnostic } from '../../../src/compiler/base/render.js';
import { hasErrors } from '../../../src/compiler/base/reporter.js';
import { parseFile } from '../../../src/compiler/syntax/parse.js';
import { printFile } from '../../../src/compiler/syntax/print.js';
import { corpusTexts } from './programs.js';

const test = suite('mutated files');
const files = 10_000;

/** Numerical Recipes' linear congruential generator: enough to spread mutations, and the same everywhere. */
function makeRandom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const scraps = [
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
  ',',
  ':',
  '=',
  '<-',
  '<- ',
  '..',
  '@',
  '"',
  '\\',
  '%',
  '?',
  '.',
  '\n',
  '\r\n',
  '\t',
  '\0',
  '\u001b',
  '\uFEFF',
  '\u{1F600}',
  '\ud800',
  ' given ',
  ' with ',
  ' on ',
  '\nlet ',
  '\nclaim c = ',
  ' not ',
  '//',
  '1e999',
  '9_',
];

function mutate(text: string, random: (below: number) => number): string {
  const tokens = text.split(/(\s+|[^\w\s])/).filter((one) => one !== '');
  const count = 1 + random(4);
  for (let step = 0; step < count; step++) {
    const at = random(tokens.length);
    const other = random(tokens.length);
    const token = tokens[at] ?? '';
    switch (random(5)) {
      case 0:
        tokens.splice(at, 1);
        break;
      case 1:
        tokens.splice(at, 0, scraps[random(scraps.length)] ?? '');
        break;
      case 2:
        tokens.splice(at, 1, tokens[other] ?? '');
        tokens.splice(other, 1, token);
        break;
      case 3:
        tokens[at] =
          token.slice(0, random(token.length + 1)) + String.fromCharCode(random(300)) + token.slice(1);
        break;
      case 4:
        tokens.splice(at, 0, ...tokens.slice(other, other + random(6)));
        break;
    }
  }
  return tokens.join('');
}

/** Pieces of a few declarations, so that ten thousand files take seconds. */
function pieces(): readonly string[] {
  const found = corpusTexts().flatMap((text) => text.split(/\n(?=[a-z])/));
  return found.filter((one) => one.trim() !== '');
}

test('ten thousand mutated files parse, render and print without throwing', () => {
  const random = makeRandom(7);
  const sources = pieces();
  let broken = 0;
  for (let index = 0; index < files; index++) {
    const some = Array.from({ length: 1 + random(3) }, () => sources[random(sources.length)] ?? '');
    const text = mutate(some.join('\n'), random);
    const { file, diagnostics } = parseFile(text, 'fuzz.eis');
    for (const one of diagnostics) {
      const { start, end } = one.primary?.span ?? { start: -1, end: -1 };
      assert.ok(start >= 0 && start <= end && end <= text.length, JSON.stringify(text));
      assert.ok(renderDiagnostic(one, text).includes(one.code));
    }
    const printed = printFile(file);
    if (hasErrors(diagnostics)) broken++;
    else if (index % 10 === 0) {
      const again = parseFile(printed, 'fuzz.eis');
      assert.equal(again.diagnostics, [], JSON.stringify(text));
      assert.is(printFile(again.file), printed, JSON.stringify(text));
    }
  }
  // The mutations must reach both sides, or the test says nothing.
  assert.ok(broken > files / 4 && broken < files, `${broken} of ${files} were broken`);
});

test.run();
