// What circuits, ablations and controls mean, in numbers, against forward passes written in plain loops.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assertClose } from '../../support/close.js';
import { checkedFile } from './checking.js';
import { outputOf } from './feed-stage.js';
import {
  assertHeads,
  both,
  clean,
  close,
  column,
  D,
  E,
  END,
  H,
  headAt,
  ldWith,
  minus,
  P,
  pairs,
  program,
  rows,
  run,
  site,
  tokens,
  V,
  valuesOf,
  weights,
  writeHead,
} from './patching-oracle.js';
import type { Edit } from './plain-run.js';

const test = suite('meaning of circuits and controls');

test('a circuit as an index is one joint write; its complement spares it', () => {
  const own = both(
    writeHead(0, 1, () => 0),
    writeHead(2, 0, () => 0),
  );
  assertClose(
    valuesOf('metric x = ld @ (m with z[pair] <- 0)', 'x').get('') ?? [],
    ldWith(() => own),
    close,
  );
  const others = both(
    ...pairs
      .filter(([l, h]) => !((l === 0 && h === 1) || (l === 2 && h === 0)))
      .map(([l, h]) => writeHead(l, h, () => 0)),
  );
  assertClose(
    valuesOf('metric x = ld @ (m with z[complement(pair)] <- 0)', 'x').get('') ?? [],
    ldWith(() => others),
    close,
  );
  assertClose(
    valuesOf('circuit more = union(pair, [z[1, 1]])\nmetric x = ld', 'x').get('') ?? [],
    clean,
    close,
  );
});

test('a binder over a circuit is a family of its members', () => {
  const found = valuesOf('metric x[c in pair] = ld @ (m with z[c] <- 0)', 'x');
  assert.equal([...found.keys()], ['0,1', '2,0']);
  for (const [l, h] of [
    [0, 1],
    [2, 0],
  ] as const)
    assertClose(
      found.get(`${l},${h}`) ?? [],
      ldWith(() => writeHead(l, h, () => 0)),
      close,
    );
});

test('`only` ablates everything but the circuit, `without` the circuit, `with` everything', () => {
  const policy = 'ablation none = zero { of: z, because: "a test" }';
  const zero = (which: (l: number, h: number) => boolean): readonly number[] =>
    ldWith(() => both(...pairs.filter(([l, h]) => which(l, h)).map(([l, h]) => writeHead(l, h, () => 0))));
  const inPair = (l: number, h: number): boolean => (l === 0 && h === 1) || (l === 2 && h === 0);
  assertClose(
    valuesOf(`${policy}\nmetric x = kept(pair, ld, none)`, 'x').get('') ?? [],
    zero((l, h) => !inPair(l, h)),
    close,
  );
  assertClose(
    valuesOf(`${policy}\nmetric x = removed(pair, ld, none)`, 'x').get('') ?? [],
    zero(inPair),
    close,
  );
  assertClose(
    valuesOf(`${policy}\nmetric x = emptied(ld, none)`, 'x').get('') ?? [],
    zero(() => true),
    close,
  );
});

test("an ablation by template and role writes the mean of the row's own cluster, position by position", () => {
  const found = valuesOf(
    'ablation own = mean { of: z, on: d.abc, by: [template, role] }\nmetric x = removed(pair, ld, own)',
    'x',
  );
  const zs = tokens('abc').map((row) => run(row));
  const clusters = rows.discover?.clusters ?? [];
  const wanted = ldWith((row) => {
    const mine = zs.filter((_, e) => clusters[e] === clusters[row]);
    const write = (l: number, h: number): Edit =>
      writeHead(
        l,
        h,
        (p, e) =>
          mine.reduce((sum, seen) => sum + headAt(site(seen, `blocks.${l}.attn.z`), h, p, e), 0) /
          mine.length,
      );
    return both(write(0, 1), write(2, 0));
  });
  assertClose(found.get('') ?? [], wanted, close);
});

test('a resample ablation takes the paired row, a mean the reference rows', () => {
  const zs = tokens('abc').map((row) => run(row));
  const resample =
    valuesOf('ablation swap = resample { of: z, on: d.abc }\nmetric x = removed(pair, ld, swap)', 'x').get(
      '',
    ) ?? [];
  const swap = (l: number, h: number, row: number): Edit =>
    writeHead(l, h, (p, e) => headAt(site(zs[row] ?? new Map(), `blocks.${l}.attn.z`), h, p, e));
  assertClose(
    resample,
    ldWith((row) => both(swap(0, 1, row), swap(2, 0, row))),
    close,
  );
  const mean =
    valuesOf(
      'ablation middle = mean { of: z, on: d.reference }\nmetric x = removed(pair, ld, middle)',
      'x',
    ).get('') ?? [];
  const reference = tokens('base', 'reference').map((row) => run(row));
  const average = (l: number, h: number): Edit =>
    writeHead(
      l,
      h,
      (_, e) =>
        reference.reduce(
          (sum, seen) =>
            sum +
            Array.from({ length: P }, (__, p) => headAt(site(seen, `blocks.${l}.attn.z`), h, p, e)).reduce(
              (a, b) => a + b,
              0,
            ),
          0,
        ) /
        (reference.length * P),
    );
  assertClose(
    mean,
    ldWith(() => both(average(0, 1), average(2, 0))),
    close,
  );
});

test('causal scrubbing: a world inside a write, on donors', () => {
  const found = valuesOf(
    'draw other = d.reference where d.IO == row.IO\nintervention scrub = m.blocks[2].attn.q[head: 1, query: end] <- m.blocks[2].attn.q[head: 1, query: end] @ (m with [z[0, 1] <- 2 * self] on other)\nmetric x = ld @ (m with scrub) - ld',
    'x',
  );
  const donors = tokens('base~other').map((row) =>
    site(
      run(
        row,
        writeHead(0, 1, (_, __, now) => 2 * now),
      ),
      'blocks.2.attn.q',
    ),
  );
  const wanted = ldWith(
    (row) => (path, x) =>
      path === 'blocks.2.attn.q'
        ? x.map((now, i) =>
            Math.floor(i / (H * E)) === END && Math.floor(i / E) % H === 1 ? (donors[row]?.[i] ?? 0) : now,
          )
        : x,
  );
  assertClose(found.get('') ?? [], minus(wanted, clean), close);
});

test('a random direction is as long as the change it is compared with, at each position', () => {
  const body = `intervention knock[l, h] = z[l, h] <- 0
metric x[l, h] = sum((z[l, h] @ (m with z[l, h] <- self + random_direction(norm: change(knock[l, h]))) - z[l, h]) * (z[l, h] @ (m with z[l, h] <- self + random_direction(norm: change(knock[l, h]))) - z[l, h]), over: [pos, d_head])`;
  const found = valuesOf(body, 'x', { normal: (i) => Math.sin(i * 12.9898) * 2 });
  assertHeads(found, (l, h) =>
    tokens('base').map((row) => {
      const z = site(run(row), `blocks.${l}.attn.z`);
      let sum = 0;
      for (let p = 0; p < P; p++) for (let e = 0; e < E; e++) sum += headAt(z, h, p, e) ** 2;
      return sum;
    }),
  );
});

test("direct logit attribution with the clean scale is linear in the head's output", () => {
  const found = valuesOf(
    'hook W_O[l in m.layers, h in m.heads] = m.weights.blocks[l].attn.W_O[head: h]\nmetric x[l, h] = dot(m.final_norm(dot(z[l, h][pos: end], W_O[l, h], over: d_head), scale: clean), unembed(d.answer) - unembed(d.wrong), over: d_model)',
    'x',
  );
  assertHeads(found, (l, h) =>
    tokens('base').map((row, r) => {
      const seen = run(row);
      const z = site(seen, `blocks.${l}.attn.z`);
      const matrix = weights.get(`blocks.${l}.attn.W_O`)?.data ?? [];
      const result = Array.from({ length: D }, (_, d) =>
        [0, 1, 2].reduce((sum, e) => sum + headAt(z, h, END, e) * (matrix[(h * E + e) * D + d] ?? 0), 0),
      );
      const mean = result.reduce((a, b) => a + b, 0) / D;
      const scale = site(seen, 'final_norm.scale')[END] ?? 1;
      const W_U = weights.get('unembed.W_U')?.data ?? [];
      const gain = weights.get('ln_final.w')?.data ?? [];
      const [right, wrong] = [column('base', 'answer')[r] ?? 0, column('base', 'wrong')[r] ?? 0];
      return result.reduce(
        (sum, one, d) =>
          sum +
          ((one - mean) / scale) * (gain[d] ?? 0) * ((W_U[d * V + right] ?? 0) - (W_U[d * V + wrong] ?? 0)),
        0,
      );
    }),
  );
});

test('circuits run side by side are each one joint write, and so are their complements', () => {
  for (const how of ['without', 'only'] as const) {
    const claim = `ablation none = zero { of: z, because: "a test" }
claim c = mean(ld @ (m ${how} none[pair])) > 0.1 logit { on: d.confirm }
control others = c given pair = circuits(like: pair, match: [size, layer], n: 99)`;
    const file = checkedFile(program(claim, ['ld']), undefined, { replicates: 'all' });
    const control = file.controls.find((one) => one.name === 'others')?.what;
    if (control?.kind !== 'circuits' || control.variant === null) throw new Error('no control');
    // One of two heads in each of two layers: four circuits, and three others than the one that is named.
    assert.is(control.exhaustive, true);
    assert.equal(control.drawn, [
      [
        [0, 0],
        [2, 0],
      ],
      [
        [0, 0],
        [2, 1],
      ],
      [
        [0, 1],
        [2, 1],
      ],
    ]);
    const output = control.variant.classes[0]?.parts[0]?.x ?? '';
    const { data } = outputOf(control.variant.stage, output, { stages: file.stages, rows, weights });
    const wanted = control.drawn.flatMap((members) => {
      const inside = (l: number, h: number): boolean => members.some((one) => one[0] === l && one[1] === h);
      return ldWith(() =>
        both(
          ...pairs
            .filter(([l, h]) => inside(l, h) === (how === 'without'))
            .map(([l, h]) => writeHead(l, h, () => 0)),
        ),
      );
    });
    assertClose(data, wanted, close);
  }
});

test('equal worlds meet: what is written twice is computed once', () => {
  const file = checkedFile(
    program(
      'metric x[l, h] = ld @ (m with z[l, h] <- 0) - ld\nmetric y[l, h] = ld @ (m with z[l, h] <- 0) - ld',
      ['x', 'y'],
    ),
  );
  const [x, y] = file.views.map((view) => view.metrics[0]);
  for (const [i, one] of (x?.classes ?? []).entries()) {
    const other = y?.classes[i];
    const value = (name: string | undefined) =>
      x?.stage.outputs.find((output) => output.name === name)?.value;
    assert.is(value(one.output), value(other?.output));
  }
});

test.run();
