// Reading grammar/errors/CODE.md: its title and its two examples.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Code } from '../../src/compiler/base/codes.js';

export type ErrorPage = { readonly title: string; readonly failing: string; readonly repaired: string };

/** Throws when the page is not laid out as all of them are. A block's fence may say `repeat N` or `zero byte`. */
export function readErrorPage(code: Code): ErrorPage {
  const text = readFileSync(join(import.meta.dirname, `../../grammar/errors/${code}.md`), 'utf8');
  const title = new RegExp(`^# ${code}: (.+)\n`).exec(text)?.[1];
  const failing = /\n## Failing\n[\s\S]*?\n```eis([^\n]*)\n([\s\S]*?)```/.exec(text);
  const repaired = /\n## Repaired\n[\s\S]*?\n```eis([^\n]*)\n([\s\S]*?)```/.exec(text);
  if (title === undefined || failing === null || repaired === null)
    throw new Error(`${code}.md lacks a part`);
  return { title, failing: unfold(failing), repaired: unfold(repaired) };
}

function unfold([, how = '', body = '']: RegExpExecArray): string {
  const times = /repeat (\d+)/.exec(how)?.[1];
  if (times !== undefined) return body.repeat(Number(times));
  return how.includes('zero byte') ? body.replaceAll('␀', '\0') : body;
}
