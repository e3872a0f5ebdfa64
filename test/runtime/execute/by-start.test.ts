// Members divided by where they begin to differ, on the graphs of real stages: who is placed, from which call, how often.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { byStart } from '../../../src/compiler/plan/by-start.js';
import { alikeOfSet, membersOfSet, runsAgain } from '../../../src/compiler/plan/members.js';
import { bucketsOf, lengthSources } from '../../../src/compiler/plan/row-lengths.js';
import { programOf } from '../../../src/compiler/plan/stage-program.js';
import { lengthsOf } from '../../../src/runtime/execute/stage-lengths.js';
import { objects, tinyStudy } from './tiny-study.js';

const test = suite('by-start');
const head = objects.slice(0, objects.indexOf('intervention direct'));

/** Two families that are changed at positions of their own, and the clean run beside them. */
function dividedOf(early: string, late: string, more = '') {
  const study = tinyStudy(`${head}intervention early[p in ${early}] = m.blocks[0].resid_pre[pos: p] <- 0
intervention late[p in ${late}] = m.blocks[1].resid_pre[pos: p] <- 0
metric first[p in ${early}] unit logit = ld @ (m with early[p]) - ld
metric second[p in ${late}] unit logit = ld @ (m with late[p]) - ld
${more}report { table(first), table(second), table(ld)${more === '' ? '' : ', table(third)'} }
`);
  const [stage] = study.stages;
  if (stage === undefined) throw new Error('no stage');
  const program = programOf(stage, { skip: [] });
  const rows = study.book.rows(stage.data, stage.split);
  const lengths = lengthsOf(program, { rows, drawn: new Map() });
  const [part] = program.parts;
  if (part === undefined) throw new Error('no part');
  const buckets = bucketsOf(lengths, [...lengthSources(part.inputs).keys()]);
  const request = { lengths, memoryBytes: 1e8, batch: null, skip: [], parallelRuns: 2 };
  const [made, again] = [byStart(part, buckets, request), byStart(part, buckets, request)];
  if (made === null) throw new Error('nothing is shared');
  assert.is(again?.piece.part, made.piece.part, 'it is arranged once');
  assert.is(again?.piece.captured?.part, made.piece.captured?.part, 'and divided once');
  return { part: made.piece.part, piece: made.piece, rows: rows.rows };
}

/** A family that changes every position, so that no call has less of it. */
const everywhere = `intervention scaled[s in [0.5, 2, 3]] = m.blocks[1].mlp_out <- self * s
metric third[s in [0.5, 2, 3]] unit logit = ld @ (m with scaled[s]) - ld
`;

for (const [early, late, more] of [
  ['0..=3', '5..=9', ''],
  ['5..=8', '0..=3', ''],
  ['0..=6', '3..=10', ''],
  ['4..=4', '7..=9', ''],
  ['4..=6', '7..=9', everywhere],
] as const) {
  const beside = more === '' ? '' : ', and a family at all positions';
  test(`positions ${early} beside ${late}${beside}: every row of every member is placed once`, () => {
    const { part, piece, rows } = dividedOf(early, late, more);
    assert.is(part.contexts.length, more === '' ? 2 : 3);
    assert.ok(part.outputs.some(({ context }) => context === null));
    const clean = new Map<number, number>();
    const placed = new Map<string, number>();
    let again = 0;
    for (const [i, call] of piece.calls.entries()) {
      const shared = piece.captured?.calls[piece.captured.of[i] ?? -1];
      assert.equal([...(shared?.rows ?? [])], [...call.rows], 'it reads what its own rows share');
      if (call.isFirst) for (const row of call.rows) clean.set(row, (clean.get(row) ?? 0) + 1);
      for (const [context, set] of call.members) {
        if (runsAgain(set)) again += 1;
        else
          for (const member of [...membersOfSet(set), ...alikeOfSet(set)])
            for (const row of call.rows) {
              const key = `${context} ${member} ${row}`;
              placed.set(key, (placed.get(key) ?? 0) + 1);
            }
      }
    }
    assert.ok(again > 0, 'some call runs a member of a family of which none begins there');
    const members = part.contexts.reduce((sum, one) => sum + one.members.members.length, 0);
    assert.is(placed.size, members * rows);
    assert.is(clean.size, rows, 'what is the same for all members is in the first calls');
    assert.ok([...placed.values(), ...clean.values()].every((times) => times === 1));
  });
}

test.run();
