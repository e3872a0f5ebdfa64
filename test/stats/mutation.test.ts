// Would the reference vectors notice if a procedure were wrong? The sources of the statistics are copied, one line of them is
// broken, and the checks against numbers from R and full enumeration must fail. A mutation whose text is gone fails too.
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { columnOf, fractionOfNumber, vectors, zeroRoot } from './vectors.js';

const test = suite('mutations of the statistics');
const root = join(import.meta.dirname, '../..');
const copied = ['src/compiler/base', 'src/compiler/correction', 'src/runtime/stats'] as const;
const made: string[] = [];
test.after(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

type Mutation = {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** The check that must notice; others may too. */
  readonly noticedBy: string;
};

/** The sources with one line broken, in a folder of their own. */
function copyOf(mutation: Mutation | null): string {
  const folder = mkdtempSync(join(tmpdir(), 'eis-mutation-'));
  made.push(folder);
  for (const one of copied) cpSync(join(root, one), join(folder, one), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  if (mutation === null) return folder;
  const path = join(folder, mutation.file);
  const text = readFileSync(path, 'utf8');
  assert.is(text.split(mutation.from).length, 2, `${mutation.file} holds \`${mutation.from}\` once`);
  writeFileSync(path, text.replace(mutation.from, mutation.to));
  return folder;
}

type Sources = {
  readonly maxT: typeof import('../../src/runtime/stats/max-t.js');
  readonly single: typeof import('../../src/runtime/stats/single.js');
  readonly flips: typeof import('../../src/runtime/stats/flips.js');
  readonly rank: typeof import('../../src/runtime/stats/rank.js');
  readonly verdict: typeof import('../../src/runtime/stats/verdict.js');
  readonly procedures: typeof import('../../src/compiler/correction/procedures.js');
  readonly fraction: typeof import('../../src/compiler/correction/fraction.js');
};

async function sourcesOf(folder: string): Promise<Sources> {
  const load = (path: string) => import(pathToFileURL(join(folder, `src/${path}.ts`)).href);
  return {
    maxT: await load('runtime/stats/max-t'),
    single: await load('runtime/stats/single'),
    flips: await load('runtime/stats/flips'),
    rank: await load('runtime/stats/rank'),
    verdict: await load('runtime/stats/verdict'),
    procedures: await load('compiler/correction/procedures'),
    fraction: await load('compiler/correction/fraction'),
  };
}

const { D, one_sided: oneSided, two_sided: twoSided, min_effect_0_25: minEffect } = vectors.sign_flip_maxT;

/** The checks that a copy of the sources fails. */
async function faultsOf(folder: string): Promise<readonly string[]> {
  const { maxT, single, flips, rank, verdict, procedures, fraction } = await sourcesOf(folder);
  const all = flips.enumerateFlips(8);
  const counted = (margin: number, side: 'plus' | 'either') =>
    maxT.maxT([0, 1, 2, 3].map((j) => ({ x: single.centred(columnOf(D, j), margin), flips: all, side })));
  const adjusted = (correction: 'max_t' | 'holm', margin: number) =>
    verdict
      .decideFamily({
        correction,
        rate: '0.05',
        flipPlan: { root: zeroRoot, path: 'mutation', flips: 999 },
        claims: [
          {
            id: 'c',
            quantifier: { kind: 'each' },
            gates: [],
            block: 'members',
            members: [0, 1, 2, 3].map((j) => ({
              id: String(j),
              state: {
                kind: 'measured',
                gates: [],
                parts: [
                  {
                    kind: 'mean',
                    name: 'x',
                    direction: 'above',
                    margin,
                    x: { clusters: 'D', values: columnOf(D, j) },
                  },
                ],
              },
            })),
          },
        ],
      })
      .claims.flatMap(({ members }) =>
        members.flatMap(({ decision }) => {
          const p = decision?.adjusted.support;
          return p?.kind === 'count' ? [Math.round((256 * p.c) / p.n)] : [];
        }),
      );
  const replicates = Array.from({ length: 19 }, (_, i) => i);
  const rate = fraction.decimalFraction('0.05');
  const checks: Readonly<Record<string, () => void>> = {
    'one-sided counts': () => {
      const { raw, stepDown } = counted(0, 'plus');
      assert.equal([[...raw], [...stepDown]], [oneSided.raw, oneSided.stepdown]);
    },
    'counts with a margin': () => {
      const { raw, stepDown, single: step } = counted(0.25, 'plus');
      assert.equal(
        [[...raw], [...stepDown], [...step]],
        [minEffect.raw, minEffect.stepdown, minEffect.single],
      );
    },
    'two-sided counts': () => {
      assert.equal([...counted(0, 'either').stepDown], twoSided.stepdown);
    },
    'single columns': () => {
      const above = [0, 1, 2, 3].map(
        (j) => single.singleFlip(all, single.centred(columnOf(D, j), 0.25)).above.c,
      );
      assert.equal(above, minEffect.raw);
    },
    // Holm by hand on the enumerated counts: running maximum of (5 - rank) c, at most 256.
    'Holm of a family': () => {
      assert.equal(adjusted('holm', 0), [4, 9, 256, 256]);
    },
    // Both directions in one family: the opposite column of the first stays in the tail, so that the second lies between the
    // step-down and the single-step count of |T|.
    'joint family': () => {
      const [first, second = 0] = adjusted('max_t', 0);
      assert.is(first, twoSided.stepdown[0]);
      assert.ok(second >= (twoSided.stepdown[1] ?? 0) && second <= (twoSided.single[1] ?? 0));
    },
    'random flips hold the identity': () => {
      const drawn = flips.randomFlips({ clusters: 40, random: 99, root: zeroRoot, path: 'mutation' });
      const x = Float64Array.from({ length: 40 }, (_, i) => 1 + i / 100);
      assert.equal(single.singleFlip(drawn, x).above, { c: 1, n: 100 });
    },
    'rank of nineteen': () => {
      const shared = { replicates, exhaustive: false, rate, supportedOn: [] };
      assert.equal(rank.decideRank({ observed: 50, ...shared }), {
        kind: 'rank',
        p: { c: 1, n: 20 },
        passed: true,
      });
      assert.equal(rank.decideRank({ observed: 17.5, ...shared }).passed, false);
    },
    ...Object.fromEntries(
      (['holm', 'hochberg', 'hommel', 'bonferroni', 'bh', 'by'] as const).map((name) => [
        `p.adjust ${name}`,
        () => {
          const { p, [name]: expected } = vectors.from_R.p_adjust.p15;
          const found = procedures.procedures[name].adjust(p.map(fractionOfNumber)).map(fraction.toNumber);
          for (const [i, value] of found.entries()) assert.ok(Math.abs(value - (expected[i] ?? 0)) < 1e-9);
        },
      ]),
    ),
  };
  return Object.entries(checks).flatMap(([name, run]) => {
    try {
      run();
      return [];
    } catch (failure) {
      // The broken source may also stop itself; a check that could not be run to its end has noticed.
      return failure instanceof Error ? [name] : [];
    }
  });
}

const stats = 'src/runtime/stats';
const correction = 'src/compiler/correction';
const mutations: readonly Mutation[] = [
  // wrong sign
  {
    name: 'max-T takes the other side',
    file: `${stats}/max-t.ts`,
    from: "side === 'plus' ? value :",
    to: "side === 'plus' ? -value :",
    noticedBy: 'one-sided counts',
  },
  {
    name: 'the margin is added',
    file: `${stats}/single.ts`,
    from: 'value - margin',
    to: 'value + margin',
    noticedBy: 'single columns',
  },
  {
    name: 'above and below change places',
    file: `${stats}/single.ts`,
    from: 'above: { c: above,',
    to: 'above: { c: below,',
    noticedBy: 'single columns',
  },
  {
    name: 'a claim is tested in the other direction',
    file: `${stats}/column-tests.ts`,
    from: "side: direction === 'above' ? 'plus' : 'minus'",
    to: "side: direction === 'above' ? 'minus' : 'plus'",
    noticedBy: 'Holm of a family',
  },
  // the observed one is not counted
  {
    name: 'max-T leaves out the identity',
    file: `${stats}/max-t.ts`,
    from: 'for (let flip = 0; flip < running.length; flip++)',
    to: 'for (let flip = 1; flip < running.length; flip++)',
    noticedBy: 'one-sided counts',
  },
  {
    name: 'random flips replace the identity',
    file: `${stats}/flips.ts`,
    from: 'for (let flip = 1; flip < count; flip++)',
    to: 'for (let flip = 0; flip < count; flip++)',
    noticedBy: 'random flips hold the identity',
  },
  {
    name: 'a rank leaves out the observed one',
    file: `${stats}/rank.ts`,
    from: '{ c: atLeast + 1, n: replicates.length + 1 }',
    to: '{ c: Math.max(1, atLeast), n: replicates.length }',
    noticedBy: 'rank of nineteen',
  },
  {
    name: 'ties do not count',
    file: `${stats}/flips.ts`,
    from: 'observed - 1e-9 * Math.max(1, Math.abs(observed))',
    to: 'observed + 1e-9 * Math.max(1, Math.abs(observed))',
    noticedBy: 'one-sided counts',
  },
  // uncorrected
  {
    name: 'max-T gives the raw count',
    file: `${stats}/max-t.ts`,
    from: 'result.stepDown[index] = counted.running;',
    to: 'result.stepDown[index] = counted.raw;',
    noticedBy: 'one-sided counts',
  },
  {
    name: 'the family is not corrected',
    file: `${stats}/correct-units.ts`,
    from: '? procedure.adjust(support)',
    to: '? support',
    noticedBy: 'Holm of a family',
  },
  {
    name: 'a joint family is tested one by one',
    file: `${stats}/correct-units.ts`,
    from: 'const pOf = joint(units);',
    to: 'const all = units.map((unit) => joint([unit])); const pOf = all[0] ?? joint(units); return units.map((unit) => ({ unit, raw: rawFour(unit), adjusted: rawFour(unit) }));',
    noticedBy: 'joint family',
  },
  {
    name: 'Holm does not multiply',
    file: `${correction}/holm.ts`,
    from: 'tests - rank',
    to: '1',
    noticedBy: 'p.adjust holm',
  },
  {
    name: 'Bonferroni does not multiply',
    file: `${correction}/bonferroni.ts`,
    from: 'scale(value, tests)',
    to: 'scale(value, 1)',
    noticedBy: 'p.adjust bonferroni',
  },
];

test('the sources as they are pass every check', async () => {
  assert.equal(await faultsOf(copyOf(null)), []);
});

for (const mutation of mutations) {
  test(`${mutation.name}: noticed`, async () => {
    const faults = await faultsOf(copyOf(mutation));
    assert.ok(faults.includes(mutation.noticedBy), `noticed by: ${faults.join(', ') || 'nothing'}`);
  });
}

test.run();
