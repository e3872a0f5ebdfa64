// Text into Markdown, so that it is read as text: no links, no HTML, no emphasis, no broken tables.
import { visible } from '../../compiler/base/visible.js';

/** For running text, list items and table cells. */
export function escapeMarkdown(text: string): string {
  return visible(text)
    .replace(/[\\`*_{}[\]()#<>|~$!&]/g, '\\$&')
    .replace(/:\/\//g, '\\://')
    .replace(/\bwww\./gi, (found) => `${found.slice(0, 3)}\\.`)
    .replace(/@/g, '&#64;')
    .replace(/^(\s*)([-+=])/, '$1\\$2')
    .replace(/^(\s*\d+)([.)])/, '$1\\$2');
}

/** A fenced block whose fence is longer than any run of backticks inside. */
export function codeBlock(text: string): string {
  const runs = visible(text).match(/`+/g) ?? [];
  const fence = '`'.repeat(Math.max(3, ...runs.map((run) => run.length + 1)));
  return `${fence}text\n${visible(text)}\n${fence}`;
}
