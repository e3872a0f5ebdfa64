// One problem for each code of this folder, as the pages in grammar/errors show it.
import type { Code } from '../../src/compiler/base/codes.js';
import type { FileAction, FileProblemKind, RunProblem } from '../../src/runtime/store/problem.js';

const ledger = 'eis.ledger.jsonl';
const file = (
  why: FileProblemKind,
  action: FileAction,
  path: string,
  detail = why as string,
): RunProblem => ({
  kind: 'file',
  why,
  action,
  path,
  detail,
});

export const sampleProblems: readonly (readonly [Code, RunProblem])[] = [
  ['EIS5101', file('no-space', 'write', 'induction.eis.result/report.json')],
  ['EIS5102', file('no-permission', 'write', '.eis/.gitignore')],
  ['EIS5103', file('read-only', 'write', 'eis.ledger.jsonl')],
  ['EIS5104', file('missing', 'read', 'names.txt')],
  ['EIS5105', file('other', 'read', 'weights.safetensors', 'EIO: i/o error, read')],
  ['EIS5106', { kind: 'in-use', path: `${ledger}.lock`, holder: 'process 4121 on lab', waitedMs: 10_010 }],
  ['EIS5107', file('not-text', 'read', 'names.txt')],
  ['EIS5201', { kind: 'ledger-line', path: ledger, line: 7, text: 'the line is not complete' }],
  ['EIS5202', { kind: 'ledger-conflict', path: ledger, line: 12 }],
  [
    'EIS5203',
    {
      kind: 'ledger-chain',
      path: ledger,
      line: 3,
      text: 'its content does not have the hash that it states: it was changed after it was written',
    },
  ],
  ['EIS5204', { kind: 'ledger-fork', path: ledger, heads: ['3f'.repeat(32), 'a8'.repeat(32)] }],
  [
    'EIS5205',
    {
      kind: 'spent',
      data: 'a41c'.repeat(16),
      split: 'confirm',
      shared: 14,
      by: { seq: 5, kind: 'open', time: '2026-01-31T12:00:00.000Z', file: 'ioi.eis' },
    },
  ],
  ['EIS5206', { kind: 'ledger-lost-head', path: ledger, head: '9b'.repeat(32), holder: '`ioi.eis.lock`' }],
  ['EIS5207', { kind: 'unlocked', lock: 'c0de'.repeat(16) }],
  ['EIS5301', { kind: 'lock-file', path: 'ioi.eis.lock', text: 'not JSON' }],
  ['EIS5302', { kind: 'lock-digest', path: 'ioi.eis.lock', part: 'meaning' }],
  ['EIS5303', { kind: 'lock-version', path: 'ioi.eis.lock', version: '2' }],
  [
    'EIS5401',
    { kind: 'result-file', path: 'outcomes/main.npy', text: 'it was changed after it was written' },
  ],
];
