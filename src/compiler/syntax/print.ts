// The canonical layout of a file, which is what `eisc fmt` writes: decided by the tree alone, so that printing twice
// changes nothing, and parsing what was printed gives the same tree.
import type { Declaration, Entry, File } from './ast.js';
import { bracketed, flat, hardLine, indent, type Layout, render } from './layout.js';
import { layBinder, layExpression, quote } from './print-expression.js';

export const lineWidth = 110;
/** Blocks of more entries than this are never on one line. */
const inlineEntries = 3;

/** The whole file, ending with a newline unless it is empty. */
export function printFile(file: File): string {
  const out: string[] = [];
  pushComments(out, file.trivia.before, 0);
  if (file.version !== undefined) {
    out.push(`eis ${file.version.text}${comment(file.trivia.header)}`);
  }
  for (const declaration of file.declarations) printEntry(out, declaration, 0);
  pushComments(out, file.trivia.close, 0);
  return out.length === 0 ? '' : `${out.join('\n')}\n`;
}

function printEntry(out: string[], entry: Entry, base: number): void {
  pushComments(out, entry.trivia.before, base);
  const after = comment(entry.trivia.after);
  if (entry.kind !== 'declaration') {
    out.push(place(layPlain(entry), base) + after);
    return;
  }
  const inline = layInline(entry, base);
  if (inline !== undefined && (entry.block === undefined || fits(inline, base))) {
    out.push(place(inline, base) + after);
    return;
  }
  out.push(place([layHead(entry, base), ' {'], base) + comment(entry.trivia.open));
  const start = out.length;
  for (const one of entry.block ?? []) printEntry(out, one, base + 2);
  pushComments(out, entry.trivia.close, base + 2);
  // A block has no blank line behind its `{`.
  while (out.length > start && out[start] === '') out.splice(start, 1);
  out.push(`${' '.repeat(base)}}${after}`);
}

function pushComments(out: string[], comments: readonly string[], base: number): void {
  for (const one of comments) {
    if (one !== '') out.push(' '.repeat(base) + one);
    else if (out.length > 0 && out.at(-1) !== '') out.push('');
  }
}

function comment(text: string | undefined): string {
  return text === undefined ? '' : `  ${text}`;
}

function place(layout: Layout, base: number): string {
  return ' '.repeat(base) + render(layout, { base, width: lineWidth });
}

function fits(layout: Layout, base: number): boolean {
  return base + flat(layout).length <= lineWidth;
}

/** The declaration with its block on the same line; undefined when it cannot stand so. */
function layInline(declaration: Declaration, base: number): Layout | undefined {
  const head = layHead(declaration, base);
  const { block, trivia } = declaration;
  if (block === undefined) return head;
  if (block.length === 0 && trivia.open === undefined && trivia.close.length === 0) return [head, ' {}'];
  const { keyword } = declaration;
  if (keyword === 'study' || keyword === 'report' || block.length > inlineEntries) return undefined;
  if (trivia.open !== undefined || trivia.close.length > 0) return undefined;
  const entries: Layout[] = [];
  for (const entry of block) {
    const quiet = entry.trivia.after === undefined && entry.trivia.before.every((one) => one === '');
    const inner = entry.kind === 'declaration' ? layInline(entry, base) : layPlain(entry);
    if (!quiet || inner === undefined) return undefined;
    entries.push(inner);
  }
  return [head, ' { ', entries.flatMap((one, index) => (index === 0 ? [one] : [', ', one])), ' }'];
}

function layPlain(entry: Exclude<Entry, Declaration>): Layout {
  switch (entry.kind) {
    case 'field':
      return [`${entry.name}: `, layExpression(entry.value)];
    case 'view':
      return layExpression(entry.call);
  }
}

/** Everything before the block. */
function layHead(declaration: Declaration, base: number): Layout {
  const { keyword, name, title, binders, params, unit, from, value, block } = declaration;
  const head: Layout[] = [keyword];
  if (name !== undefined) head.push(` ${name}`);
  if (title !== undefined) head.push(` ${quote(title.value)}`);
  if (binders.length > 0) {
    if (name === undefined) head.push(' ');
    head.push(bracketed('[', binders.map(layBinder), ']'));
  }
  if (params !== undefined) {
    const list = params.map((one) => one.name);
    head.push(bracketed('(', list, ')'));
  }
  if (unit !== undefined) head.push(` unit ${unit.name}`);
  if (from !== undefined) head.push(` from ${quote(from.value)}`);
  if (value === undefined) return head;
  const body = layExpression(value);
  const room = lineWidth - base - (block === undefined ? 0 : 2);
  const width = flat(body).length;
  const headWidth = flat(head).length;
  // A value too long even for a line of its own breaks inside its brackets instead.
  if (headWidth + 3 + width <= room || width + 2 > room || headWidth > room) return [head, ' = ', body];
  return [head, ' =', indent([hardLine, body])];
}
