// The text of a pipeline at a place, for reports.
import type { Span } from '../../compiler/base/span.js';
import type { OpenStudy } from './open-study.js';

/** Source text on one line. */
export function textAt(study: OpenStudy, span: Span): string {
  const text = study.sources(span.file) ?? '';
  return text
    .slice(span.start, span.end)
    .replaceAll(/\/\/[^\n]*/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
}
