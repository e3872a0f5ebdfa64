// What interventions mean, in numbers: metrics of small programs, evaluated by the reference evaluator, against forward
// passes written in plain loops.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assertClose } from '../../support/close.js';
import {
  arch,
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
  rows,
  run,
  site,
  type Table,
  tokens,
  V,
  valuesOf,
  weights,
  writeHead,
} from './patching-oracle.js';
import { type Edit, unchanged } from './plain-run.js';

const test = suite('meaning of interventions');

test('a metric is the clean run of its row', () => {
  assertClose(valuesOf('metric x = ld', 'x').get('') ?? [], clean, close);
});

test('a metric `on` a variant reads its tokens and its columns', () => {
  assertClose(
    valuesOf('metric x = ld @ (m on d.abc)', 'x').get('') ?? [],
    ldWith(() => unchanged, 'abc'),
    close,
  );
  // A column that is not inside the world is the row's own.
  const body = 'metric x = (m.logits @ (m on d.abc))[pos: end, vocab: d.answer]';
  const own = tokens('abc').map(
    (row, e) => site(run(row), 'logits')[END * V + (column('base', 'answer')[e] ?? 0)] ?? 0,
  );
  assertClose(valuesOf(body, 'x').get('') ?? [], own, close);
});

test('the mean ablation of a head writes the mean over rows and positions of the reference split', () => {
  const found = valuesOf(
    'intervention knock[l, h] = z[l, h] <- mean(z[l, h], over: [example, pos]) @ (m on d.reference)\nmetric x[l, h] = ld @ (m with knock[l, h]) - ld',
    'x',
  );
  assertHeads(found, (l, h) => {
    const reference = tokens('base', 'reference').map((row) => site(run(row), `blocks.${l}.attn.z`));
    const mean = [0, 1, 2].map(
      (e) =>
        reference.reduce(
          (sum, z) =>
            sum + Array.from({ length: P }, (_, p) => headAt(z, h, p, e)).reduce((a, b) => a + b, 0),
          0,
        ) /
        (reference.length * P),
    );
    return minus(
      ldWith(() => writeHead(l, h, (_, e) => mean[e] ?? 0)),
      clean,
    );
  });
});

test('patching takes the value of the same head in the paired row', () => {
  const found = valuesOf('metric x[l, h] = ld @ (m with z[l, h] <- z[l, h] @ (m on d.abc)) - ld', 'x');
  assertHeads(found, (l, h) => {
    const donors = tokens('abc').map((row) => site(run(row), `blocks.${l}.attn.z`));
    return minus(
      ldWith((row) => writeHead(l, h, (p, e) => headAt(donors[row] ?? [], h, p, e))),
      clean,
    );
  });
});

test('patching one position leaves the others', () => {
  const found = valuesOf(
    'metric x[l, h] = ld @ (m with m.blocks[l].attn.z[head: h, pos: d.S2] <- (m.blocks[l].attn.z[head: h, pos: d.S2] @ (m on d.abc))) - ld',
    'x',
  );
  assertHeads(found, (l, h) => {
    const donors = tokens('abc').map((row) => site(run(row), `blocks.${l}.attn.z`));
    const place = rows.discover?.roles.base?.S2 ?? [];
    return minus(
      ldWith((row) =>
        writeHead(l, h, (p, e, now) => (p === place[row] ? headAt(donors[row] ?? [], h, p, e) : now)),
      ),
      clean,
    );
  });
});

test('a residual stream is healed at the position of each role', () => {
  const found = valuesOf(
    'hook r[l in m.layers, p in d.roles] = m.blocks[l].resid_pre[pos: p]\nintervention back[l, p] = r[l, p] <- r[l, p] @ (m on d)\nmetric x[l, p] = ld @ (m with back[l, p] on d.abc)',
    'x',
  );
  assert.is(found.size, 9);
  for (const l of [0, 1, 2]) {
    for (const role of ['IO', 'S1', 'S2']) {
      const place = rows.discover?.roles.base?.[role] ?? [];
      const healthy = tokens('base').map((row) => site(run(row), `blocks.${l}.resid_pre`));
      const wanted = ldWith(
        (row) => (path, x) =>
          path === `blocks.${l}.resid_pre`
            ? x.map((now, i) => (Math.floor(i / D) === place[row] ? (healthy[row]?.[i] ?? 0) : now))
            : x,
        'abc',
      );
      assertClose(found.get(`${l},${role}`) ?? [], wanted, close);
    }
  }
});

test('what a head sends directly is its change times its output matrix', () => {
  for (const d of [0, 4]) {
    const found = valuesOf(
      `metric x[l, h] = (sent_directly(from: z[l, h], value: z[l, h] @ (m on d.abc), to: out) - out)[d_model: ${d}]`,
      'x',
    );
    assertHeads(found, (l, h) =>
      tokens('base').map((row, r) => {
        const [now, then] = [run(row), run(tokens('abc')[r] ?? [])].map((seen) =>
          site(seen, `blocks.${l}.attn.z`),
        );
        const matrix = weights.get(`blocks.${l}.attn.W_O`)?.data ?? [];
        return [0, 1, 2].reduce(
          (sum, e) =>
            sum +
            (headAt(then ?? [], h, END, e) - headAt(now ?? [], h, END, e)) *
              (matrix[(h * E + e) * D + d] ?? 0),
          0,
        );
      }),
    );
  }
});

test('path patching freezes the other heads and recomputes MLPs and norms', () => {
  const found = valuesOf(
    'intervention direct[l, h] = out <- sent(from: z[l, h], value: z[l, h] @ (m on d.abc), to: out, redo: [mlps, norms])\nmetric x[l, h] = ld @ (m with direct[l, h]) - ld',
    'x',
  );
  assertHeads(found, (l, h) => {
    const patched = tokens('base').map((row, r) => {
      const now = run(row);
      const then = run(tokens('abc')[r] ?? []);
      const edit: Edit = (path, x) => {
        if (!path.endsWith('.attn.z')) return x;
        const frozen = site(now, path);
        return x.map((_, i) =>
          path === `blocks.${l}.attn.z` && Math.floor(i / E) % H === h
            ? (site(then, path)[i] ?? 0)
            : (frozen[i] ?? 0),
        );
      };
      return site(run(row, edit), 'final.resid_pre');
    });
    return minus(
      ldWith(
        (row) => (path, x) =>
          path === 'final.resid_pre'
            ? x.map((now, i) => (Math.floor(i / D) === END ? (patched[row]?.[i] ?? 0) : now))
            : x,
      ),
      clean,
    );
  });
});

test('frozen norms keep the scale of the clean run', () => {
  const found = valuesOf('metric x[l, h] = ld @ (m with [z[l, h] <- 0, frozen(m.norms.scale)]) - ld', 'x');
  assertHeads(found, (l, h) => {
    const scales = tokens('base').map((row) => run(row));
    return minus(
      ldWith((row) =>
        both(
          writeHead(l, h, () => 0),
          (path, x) => (path.endsWith('.scale') ? [...site(scales[row] ?? new Map(), path)] : x),
        ),
      ),
      clean,
    );
  });
});

test('a score of minus infinity renormalises the others; a pattern of zero does not', () => {
  const cut = 'intervention cut[l, h] = scores[l, h][query: end, key: d.S1] <- -inf';
  const sums = valuesOf(
    `${cut}\nmetric x[l, h] = sum(pattern[l, h][query: end], over: key) @ (m with cut[l, h])`,
    'x',
  );
  assertHeads(sums, () => [1, 1, 1]);
  const place = rows.discover?.roles.base?.S1 ?? [];
  const cutEdit =
    (l: number, h: number, kind: string, to: number) =>
    (row: number): Edit =>
    (path, x) =>
      path === `blocks.${l}.attn.${kind}`
        ? x.map((now, i) =>
            Math.floor(i / (P * P)) === h && Math.floor(i / P) % P === END && i % P === place[row] ? to : now,
          )
        : x;
  assertHeads(valuesOf(`${cut}\nmetric x[l, h] = ld @ (m with cut[l, h]) - ld`, 'x'), (l, h) =>
    minus(ldWith(cutEdit(l, h, 'attn_scores', Number.NEGATIVE_INFINITY)), clean),
  );
  const zero = 'intervention zero[l, h] = pattern[l, h][query: end, key: d.S1] <- 0';
  const rest = valuesOf(
    `${zero}\nmetric x[l, h] = sum(pattern[l, h][query: end], over: key) @ (m with zero[l, h])`,
    'x',
  );
  assertHeads(rest, (l, h) =>
    tokens('base').map(
      (row, r) => 1 - (site(run(row), `blocks.${l}.attn.pattern`)[(h * P + END) * P + (place[r] ?? 0)] ?? 0),
    ),
  );
  assertHeads(valuesOf(`${zero}\nmetric x[l, h] = ld @ (m with zero[l, h]) - ld`, 'x'), (l, h) =>
    minus(ldWith(cutEdit(l, h, 'pattern', 0)), clean),
  );
});

test('writing zero to a neuron removes its column of the output matrix', () => {
  const found = valuesOf(
    'metric x[l in m.layers, n in m.neurons] = ld @ (m with m.blocks[l].mlp.act[d_mlp: n] <- 0) - ld',
    'x',
  );
  assert.is(found.size, 3 * arch.d_mlp);
  for (const [l, n] of [
    [0, 0],
    [1, 3],
    [2, 7],
  ] as const) {
    const wanted = minus(
      ldWith(
        () => (path, x) =>
          path === `blocks.${l}.mlp.act` ? x.map((now, i) => (i % arch.d_mlp === n ? 0 : now)) : x,
      ),
      clean,
    );
    assertClose(found.get(`${l},${n}`) ?? [], wanted, close);
  }
});

test('`self` is the value in flight, after the writes below it', () => {
  const found = valuesOf(
    'metric x[l, h] = ld @ (m with [m.blocks[0].resid_pre <- 2 * self, z[l, h] <- self * 3]) - ld',
    'x',
  );
  assertHeads(found, (l, h) =>
    minus(
      ldWith(() =>
        both(
          (path, x) => (path === 'blocks.0.resid_pre' ? x.map((one) => 2 * one) : x),
          writeHead(l, h, (_, __, now) => 3 * now),
        ),
      ),
      clean,
    ),
  );
});

test('a steering vector is the difference of two pooled means', () => {
  const found = valuesOf(
    'let v = mean(out, over: example) @ (m on d.discover.abc) - mean(out, over: example) @ (m on d.reference)\nmetric x[a in [-2, 0, 0.5]] = ld @ (m with m.blocks[1].resid_pre <- self + a * v) - ld',
    'x',
  );
  const mean = (list: Table): readonly number[] => {
    const ends = list.map((row) => site(run(row), 'final.resid_pre').slice(END * D));
    return Array.from(
      { length: D },
      (_, d) => ends.reduce((sum, one) => sum + (one[d] ?? 0), 0) / ends.length,
    );
  };
  const v = minus(mean(tokens('abc')), mean(tokens('base', 'reference')));
  for (const a of [-2, 0, 0.5]) {
    const wanted = minus(
      ldWith(
        () => (path, x) => (path === 'blocks.1.resid_pre' ? x.map((now, i) => now + a * (v[i % D] ?? 0)) : x),
      ),
      clean,
    );
    assertClose(found.get(String(a)) ?? [], wanted, close);
  }
});

test.run();
