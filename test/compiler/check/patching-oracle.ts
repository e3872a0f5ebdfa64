// The rows, programs and oracle of the tests of meaning: a tiny transformer, three rows with a paired variant and donors, two
// reference rows, and forward passes in plain loops with edits at sites.
import * as assert from 'uvu/assert';
import { assertClose } from '../../support/close.js';
import { BASE } from '../model/tiny-model.js';
import { checkedFile } from './checking.js';
import { tinyNamed } from './fake-host.js';
import { outputOf, type Rows, type World } from './feed-stage.js';
import { type Edit, plainRun, unchanged } from './plain-run.js';

export const arch = { ...BASE, layers: 3 };
export const { weights } = tinyNamed('tiny');
export const [P, H, E, D, V] = [6, arch.heads, arch.d_head, arch.d_model, arch.vocab];
export const END = P - 1;

export const rows: Readonly<Record<string, Rows>> = {
  discover: {
    columns: {
      base: {
        tokens: [
          [1, 2, 3, 4, 5, 6],
          [6, 1, 4, 2, 0, 3],
          [0, 5, 1, 1, 2, 4],
        ],
        answer: [2, 4, 1],
        wrong: [3, 0, 5],
      },
      abc: {
        tokens: [
          [1, 2, 6, 4, 5, 6],
          [6, 3, 4, 5, 0, 3],
          [4, 5, 1, 0, 2, 4],
        ],
        answer: [5, 6, 0],
        wrong: [1, 2, 3],
      },
      'base~other': {
        tokens: [
          [3, 3, 0, 1, 5, 2],
          [1, 1, 4, 6, 0, 0],
          [2, 5, 6, 1, 3, 3],
        ],
        answer: [0, 0, 0],
        wrong: [1, 1, 1],
      },
    },
    roles: {
      base: { IO: [1, 2, 0], S1: [2, 0, 3], S2: [4, 3, 4] },
      abc: { IO: [1, 2, 0], S1: [2, 0, 3], S2: [4, 3, 4] },
    },
    clusters: [0, 0, 1],
  },
  reference: {
    columns: {
      base: {
        tokens: [
          [2, 2, 4, 0, 5, 1],
          [3, 6, 0, 1, 2, 5],
        ],
        answer: [1, 1],
        wrong: [2, 2],
      },
    },
    roles: { base: { IO: [0, 1], S1: [2, 2], S2: [3, 3] } },
  },
};

export const program = (body: string, views: readonly string[]): string => `eis 1
import [logit_difference] from "std/metrics"
import [sent, sent_directly] from "std/paths"
import [kept, removed, emptied] from "std/circuits"
model m = bundled("tiny")
data d = template(lines("templates.txt")) {
  hole [IO, S1] = distinct(column("names.txt"))
  hole S2 = S1
  answer: " {IO}"
  wrong: " {S1}"
  variant abc { hole S2 = distinct(column("names.txt")) }
  size: 400
  split: by(template, discover: 40%, reference: 10%, confirm: 50%)
}
hook z[l in m.layers, h in m.heads] = m.blocks[l].attn.z[head: h]
hook pattern[l in m.layers, h in m.heads] = m.blocks[l].attn.pattern[head: h]
hook scores[l in m.layers, h in m.heads] = m.blocks[l].attn.attn_scores[head: h]
hook out = m.final.resid_pre[pos: end]
metric ld unit logit = logit_difference(m.logits, d.answer, d.wrong, at: end)
circuit pair = [z[0, 1], z[2, 0]]
${body}
report { ${views.map((one) => `table(${one})`).join(', ')} }
`;

/** Values of a metric: for each member, in the order of the family, one number per discover row. */
export function valuesOf(
  body: string,
  metric: string,
  more: Partial<World> = {},
): ReadonlyMap<string, readonly number[]> {
  const file = checkedFile(program(body, [metric]));
  const view = file.views[0]?.metrics[0];
  if (view === undefined) throw new Error('no view');
  const world: World = { stages: file.stages, rows, weights, ...more };
  const found = new Map<string, readonly number[]>();
  for (const one of view.classes) {
    const { data } = outputOf(view.stage, one.output, world);
    const count = data.length / one.members.length;
    for (const [m, member] of one.members.entries())
      found.set(member.join(','), [...data.slice(m * count, (m + 1) * count)]);
  }
  return found;
}

export type Table = readonly (readonly number[])[];
export const tokens = (variant: string, split = 'discover'): Table => {
  const found = rows[split]?.columns[variant]?.tokens;
  return (found ?? []).map((one) => (typeof one === 'number' ? [one] : one));
};
export const column = (variant: string, name: string): readonly number[] =>
  (rows.discover?.columns[variant]?.[name] ?? []).map(Number);

export const run = (row: readonly number[], edit: Edit = unchanged) => plainRun(arch, weights, row, edit);
export const site = (seen: ReadonlyMap<string, readonly number[]>, path: string): readonly number[] => {
  const found = seen.get(path);
  if (found === undefined) throw new Error(`the oracle has no ${path}`);
  return found;
};
export function logitDifference(
  seen: ReadonlyMap<string, readonly number[]>,
  right: number,
  wrong: number,
): number {
  const logits = site(seen, 'logits');
  return (logits[END * V + right] ?? 0) - (logits[END * V + wrong] ?? 0);
}
/** ld of each row under an edit, on the tokens and with the answers of a variant. */
export function ldWith(edit: (row: number) => Edit, variant = 'base', answers = variant): readonly number[] {
  return tokens(variant).map((row, e) =>
    logitDifference(run(row, edit(e)), column(answers, 'answer')[e] ?? 0, column(answers, 'wrong')[e] ?? 0),
  );
}
export const minus = (a: readonly number[], b: readonly number[]): number[] =>
  a.map((one, i) => one - (b[i] ?? 0));
export const clean = ldWith(() => unchanged);

/** Replaces the head's part of z (all positions, or one). */
export function writeHead(l: number, h: number, value: (p: number, e: number, now: number) => number): Edit {
  return (path, x) =>
    path === `blocks.${l}.attn.z`
      ? x.map((now, i) => (Math.floor(i / E) % H === h ? value(Math.floor(i / (H * E)), i % E, now) : now))
      : x;
}
export const both =
  (...edits: readonly Edit[]): Edit =>
  (path, x) =>
    edits.reduce((value, edit) => edit(path, value), x);
export const headAt = (z: readonly number[], h: number, p: number, e: number): number =>
  z[(p * H + h) * E + e] ?? 0;
export const pairs = [0, 1, 2].flatMap((l) => [0, 1].map((h) => [l, h] as const));
export const close = { rtol: 1e-9, atol: 1e-10 };

/** Compares every member of a family over layers and heads with an oracle. */
export function assertHeads(
  found: ReadonlyMap<string, readonly number[]>,
  oracle: (l: number, h: number) => readonly number[],
): void {
  assert.is(found.size, 6);
  for (const [l, h] of pairs) assertClose(found.get(`${l},${h}`) ?? [], oracle(l, h), close);
}
