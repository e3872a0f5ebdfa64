// The text of a pipeline at a place, for reports.
import type { Span } from '../../compiler/base/span.js';
import type { OpenStudy } from './open-study.js';

/** Source text on one line. */
export function textAt(study: OpenStudy, span: Span): string {
  return textOf(study.sources, span);
}

/** The same, of any texts by file name. */
export function textOf(sources: OpenStudy['sources'], span: Span): string {
  const text = sources(span.file) ?? '';
  return text
    .slice(span.start, span.end)
    .replaceAll(/\/\/[^\n]*/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
}
