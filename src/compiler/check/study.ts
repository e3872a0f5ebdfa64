// `study "…" { question: … }`: why this question, this task, this model. Stated or not, the report prints it.
import type { Declaration } from '../syntax/ast.js';
import type { Session } from './context.js';
import * as rule from './evidence-messages.js';
import * as say from './messages.js';

const fields = ['question', 'rationale', 'out_of_scope', 'toy', 'near_miss', 'stakes'] as const;
export type StudyField = (typeof fields)[number];
export type StudySpec = { readonly title: string | null } & Readonly<Record<StudyField, string | null>>;

export function studyOf(declarations: readonly Declaration[], session: Session, asLock: boolean): StudySpec {
  const empty: StudySpec = {
    title: null,
    question: null,
    rationale: null,
    out_of_scope: null,
    toy: null,
    near_miss: null,
    stakes: null,
  };
  const [first, second] = declarations.filter((one) => one.keyword === 'study');
  if (second !== undefined && first !== undefined)
    session.reporter.report(rule.twoStudies(second.keywordSpan, first.keywordSpan));
  if (first === undefined) {
    if (asLock) session.reporter.report(rule.noStudy(session.file, declarations[0]?.span ?? null));
    return empty;
  }
  const found: { -readonly [N in StudyField]?: string } = {};
  for (const entry of first.block ?? []) {
    if (entry.kind !== 'field') continue;
    const name = fields.find((one) => one === entry.name);
    if (name === undefined) session.reporter.report(say.unknownField(entry.nameSpan, entry.name, fields));
    else if (entry.value.kind === 'string') found[name] = entry.value.value;
    else session.reporter.report(say.expected(entry.value.span, 'a text in quotes'));
  }
  if (asLock && found.question === undefined) session.reporter.report(rule.noQuestion(first));
  return { ...empty, title: first.title?.value ?? null, ...found };
}
