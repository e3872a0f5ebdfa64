// Which declarations of two pipelines mean something else, each with both of its texts. A lock keeps a digest of what they say;
// where both files are at hand, the difference can be shown.
import { canonical } from '../../compiler/base/canonical.js';
import type { Declaration, File } from '../../compiler/syntax/ast.js';
import { canonicalForm } from '../../compiler/syntax/canonical-form.js';
import { textOf } from '../study/source-text.js';

export type PipelineText = { readonly file: File; readonly sources: (file: string) => string | undefined };

/** Longer declarations are named and not shown. */
const SHOWN = 160;

/** `known`: what is said already. A claim of which the margin is said is not shown again, unless more of it changed. */
export function declarationChanges(
  old: PipelineText,
  now: PipelineText,
  known: readonly string[],
): readonly string[] {
  const before = new Map(meant(old.file).map((one) => [titleOf(one), one] as const));
  const lines: string[] = [];
  for (const is of meant(now.file)) {
    const title = titleOf(is);
    const was = before.get(title);
    before.delete(title);
    if (was === undefined) {
      if (!known.includes(`${title} is new`)) lines.push(`${title} is new`);
      continue;
    }
    if (formOf(was, old.file) === formOf(is, now.file)) continue;
    const texts = [textOf(old.sources, was.span), textOf(now.sources, is.span)] as const;
    const isSaid = known.some((line) => line.startsWith(`${title}: `));
    if (isSaid && withoutNumbers(texts[0]) === withoutNumbers(texts[1])) continue;
    lines.push(`${title}: ${shown(texts)}`);
  }
  const gone = [...before.keys()].map((title) => `${title} is gone`);
  return [...lines, ...gone.filter((line) => !known.includes(line))];
}

function shown([was, is]: readonly [string, string]): string {
  return was.length > SHOWN || is.length > SHOWN || was === is ? 'it says something else' : `${was} → ${is}`;
}

/** What is no part of an experiment's meaning is left out. */
function meant(file: File): readonly Declaration[] {
  return file.declarations.filter(({ keyword }) => !['study', 'report', 'gallery'].includes(keyword));
}

function titleOf({ keyword, name, from }: Declaration): string {
  return [keyword, name, from === undefined ? undefined : `"${from.value}"`]
    .filter((one) => one !== undefined)
    .join(' ');
}

function formOf(declaration: Declaration, file: File): string {
  return canonical(canonicalForm({ ...file, declarations: [declaration] }));
}

function withoutNumbers(text: string): string {
  return text.replaceAll(/\d[\d._]*%?/g, '#');
}
