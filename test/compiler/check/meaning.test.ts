// What interventions mean, in numbers: metrics of small programs, evaluated by the reference evaluator, against forward
// passes written in plain loops.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assertClose } from '../../support/close.js';
import { BASE } from '../model/tiny-model.js';
import { checkedFile } from './checking.js';
import { tinyNamed } from './fake-host.js';
import { outputOf, type Rows, type World } from './feed-stage.js';
import { type Edit, plainRun, unchanged } from './plain-run.js';

const test = suite('meaning of interventions');

const arch = { ...BASE, layers: 3 };
const { weights } = tinyNamed('tiny');
const [P, H, E, D, V] = [6, arch.heads, arch.d_head, arch.d_model, arch.vocab];
const END = P - 1;

const rows: Readonly<Record<string, Rows>> = {
  discover: {
    columns: {
      base: { tokens: [[1, 2, 3, 4, 5, 6], [6, 1, 4, 2, 0, 3], [0, 5, 1, 1, 2, 4]], answer: [2, 4, 1], wrong: [3, 0, 5] },
      abc: { tokens: [[1, 2, 6, 4, 5, 6], [6, 3, 4, 5, 0, 3], [4, 5, 1, 0, 2, 4]], answer: [5, 6, 0], wrong: [1, 2, 3] },
      'base~other': { tokens: [[3, 3, 0, 1, 5, 2], [1, 1, 4, 6, 0, 0], [2, 5, 6, 1, 3, 3]], answer: [0, 0, 0], wrong: [1, 1, 1] },
    },
    roles: { base: { IO: [1, 2, 0], S1: [2, 0, 3], S2: [4, 3, 4] }, abc: { IO: [1, 2, 0], S1: [2, 0, 3], S2: [4, 3, 4] } },
    clusters: [0, 0, 1],
  },
  reference: {
    columns: { base: { tokens: [[2, 2, 4, 0, 5, 1], [3, 6, 0, 1, 2, 5]], answer: [1, 1], wrong: [2, 2] } },
    roles: { base: { IO: [0, 1], S1: [2, 2], S2: [3, 3] } },
  },
};

const program = (body: string, views: readonly string[]): string => `eis 1
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
function valuesOf(body: string, metric: string, more: Partial<World> = {}): ReadonlyMap<string, readonly number[]> {
  const file = checkedFile(program(body, [metric]));
  const view = file.views[0]?.metrics[0];
  if (view === undefined) throw new Error('no view');
  const world: World = { stages: file.stages, rows, weights, ...more };
  const found = new Map<string, readonly number[]>();
  for (const one of view.classes) {
    const { data } = outputOf(view.stage, one.output, world);
    const count = data.length / one.members.length;
    for (const [m, member] of one.members.entries()) found.set(member.join(','), [...data.slice(m * count, (m + 1) * count)]);
  }
  return found;
}

type Table = readonly (readonly number[])[];
const tokens = (variant: string, split = 'discover'): Table => {
  const found = rows[split]?.columns[variant]?.tokens;
  return (found ?? []).map((one) => (typeof one === 'number' ? [one] : one));
};
const column = (variant: string, name: string): readonly number[] => (rows.discover?.columns[variant]?.[name] ?? []).map(Number);

const run = (row: readonly number[], edit: Edit = unchanged) => plainRun(arch, weights, row, edit);
const site = (seen: ReadonlyMap<string, readonly number[]>, path: string): readonly number[] => {
  const found = seen.get(path);
  if (found === undefined) throw new Error(`the oracle has no ${path}`);
  return found;
};
function logitDifference(seen: ReadonlyMap<string, readonly number[]>, right: number, wrong: number): number {
  const logits = site(seen, 'logits');
  return (logits[END * V + right] ?? 0) - (logits[END * V + wrong] ?? 0);
}
/** ld of each row under an edit, on the tokens and with the answers of a variant. */
function ldWith(edit: (row: number) => Edit, variant = 'base', answers = variant): readonly number[] {
  return tokens(variant).map((row, e) => logitDifference(run(row, edit(e)), column(answers, 'answer')[e] ?? 0, column(answers, 'wrong')[e] ?? 0));
}
const minus = (a: readonly number[], b: readonly number[]): number[] => a.map((one, i) => one - (b[i] ?? 0));
const clean = ldWith(() => unchanged);

/** Replaces the head's part of z (all positions, or one). */
function writeHead(l: number, h: number, value: (p: number, e: number, now: number) => number): Edit {
  return (path, x) => (path === `blocks.${l}.attn.z` ? x.map((now, i) => (Math.floor(i / E) % H === h ? value(Math.floor(i / (H * E)), i % E, now) : now)) : x);
}
const both =
  (...edits: readonly Edit[]): Edit =>
  (path, x) =>
    edits.reduce((value, edit) => edit(path, value), x);
const headAt = (z: readonly number[], h: number, p: number, e: number): number => z[(p * H + h) * E + e] ?? 0;
const pairs = [0, 1, 2].flatMap((l) => [0, 1].map((h) => [l, h] as const));
const close = { rtol: 1e-9, atol: 1e-10 };

/** Compares every member of a family over layers and heads with an oracle. */
function assertHeads(found: ReadonlyMap<string, readonly number[]>, oracle: (l: number, h: number) => readonly number[]): void {
  assert.is(found.size, 6);
  for (const [l, h] of pairs) assertClose(found.get(`${l},${h}`) ?? [], oracle(l, h), close);
}

test('a metric is the clean run of its row', () => {
  assertClose(valuesOf('metric x = ld', 'x').get('') ?? [], clean, close);
});

test('a metric `on` a variant reads its tokens and its columns', () => {
  assertClose(valuesOf('metric x = ld @ (m on d.abc)', 'x').get('') ?? [], ldWith(() => unchanged, 'abc'), close);
  // A column that is not inside the world is the row's own.
  const body = 'metric x = (m.logits @ (m on d.abc))[pos: end, vocab: d.answer]';
  const own = tokens('abc').map((row, e) => site(run(row), 'logits')[END * V + (column('base', 'answer')[e] ?? 0)] ?? 0);
  assertClose(valuesOf(body, 'x').get('') ?? [], own, close);
});

test('the mean ablation of a head writes the mean over rows and positions of the reference split', () => {
  const found = valuesOf(
    'intervention knock[l, h] = z[l, h] <- mean(z[l, h], over: [example, pos]) @ (m on d.reference)\nmetric x[l, h] = ld @ (m with knock[l, h]) - ld',
    'x',
  );
  assertHeads(found, (l, h) => {
    const reference = tokens('base', 'reference').map((row) => site(run(row), `blocks.${l}.attn.z`));
    const mean = [0, 1, 2].map((e) => reference.reduce((sum, z) => sum + Array.from({ length: P }, (_, p) => headAt(z, h, p, e)).reduce((a, b) => a + b, 0), 0) / (reference.length * P));
    return minus(ldWith(() => writeHead(l, h, (_, e) => mean[e] ?? 0)), clean);
  });
});

test('patching takes the value of the same head in the paired row', () => {
  const found = valuesOf('metric x[l, h] = ld @ (m with z[l, h] <- z[l, h] @ (m on d.abc)) - ld', 'x');
  assertHeads(found, (l, h) => {
    const donors = tokens('abc').map((row) => site(run(row), `blocks.${l}.attn.z`));
    return minus(ldWith((row) => writeHead(l, h, (p, e) => headAt(donors[row] ?? [], h, p, e))), clean);
  });
});

test('patching one position leaves the others', () => {
  const found = valuesOf('metric x[l, h] = ld @ (m with m.blocks[l].attn.z[head: h, pos: d.S2] <- (m.blocks[l].attn.z[head: h, pos: d.S2] @ (m on d.abc))) - ld', 'x');
  assertHeads(found, (l, h) => {
    const donors = tokens('abc').map((row) => site(run(row), `blocks.${l}.attn.z`));
    const place = rows.discover?.roles.base?.S2 ?? [];
    return minus(ldWith((row) => writeHead(l, h, (p, e, now) => (p === place[row] ? headAt(donors[row] ?? [], h, p, e) : now))), clean);
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
      const wanted = ldWith((row) => (path, x) => (path === `blocks.${l}.resid_pre` ? x.map((now, i) => (Math.floor(i / D) === place[row] ? (healthy[row]?.[i] ?? 0) : now)) : x), 'abc');
      assertClose(found.get(`${l},${role}`) ?? [], wanted, close);
    }
  }
});

test('what a head sends directly is its change times its output matrix', () => {
  for (const d of [0, 4]) {
    const found = valuesOf(`metric x[l, h] = (sent_directly(from: z[l, h], value: z[l, h] @ (m on d.abc), to: out) - out)[d_model: ${d}]`, 'x');
    assertHeads(found, (l, h) =>
      tokens('base').map((row, r) => {
        const [now, then] = [run(row), run(tokens('abc')[r] ?? [])].map((seen) => site(seen, `blocks.${l}.attn.z`));
        const matrix = weights.get(`blocks.${l}.attn.W_O`)?.data ?? [];
        return [0, 1, 2].reduce((sum, e) => sum + (headAt(then ?? [], h, END, e) - headAt(now ?? [], h, END, e)) * (matrix[(h * E + e) * D + d] ?? 0), 0);
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
        return x.map((_, i) => (path === `blocks.${l}.attn.z` && Math.floor(i / E) % H === h ? (site(then, path)[i] ?? 0) : (frozen[i] ?? 0)));
      };
      return site(run(row, edit), 'final.resid_pre');
    });
    return minus(ldWith((row) => (path, x) => (path === 'final.resid_pre' ? x.map((now, i) => (Math.floor(i / D) === END ? (patched[row]?.[i] ?? 0) : now)) : x)), clean);
  });
});

test('frozen norms keep the scale of the clean run', () => {
  const found = valuesOf('metric x[l, h] = ld @ (m with [z[l, h] <- 0, frozen(m.norms.scale)]) - ld', 'x');
  assertHeads(found, (l, h) => {
    const scales = tokens('base').map((row) => run(row));
    return minus(ldWith((row) => both(writeHead(l, h, () => 0), (path, x) => (path.endsWith('.scale') ? [...site(scales[row] ?? new Map(), path)] : x))), clean);
  });
});

test('a score of minus infinity renormalises the others; a pattern of zero does not', () => {
  const cut = 'intervention cut[l, h] = scores[l, h][query: end, key: d.S1] <- -inf';
  const sums = valuesOf(`${cut}\nmetric x[l, h] = sum(pattern[l, h][query: end], over: key) @ (m with cut[l, h])`, 'x');
  assertHeads(sums, () => [1, 1, 1]);
  const place = rows.discover?.roles.base?.S1 ?? [];
  const cutEdit = (l: number, h: number, kind: string, to: number) => (row: number): Edit => (path, x) =>
    path === `blocks.${l}.attn.${kind}` ? x.map((now, i) => (Math.floor(i / (P * P)) === h && Math.floor(i / P) % P === END && i % P === place[row] ? to : now)) : x;
  assertHeads(valuesOf(`${cut}\nmetric x[l, h] = ld @ (m with cut[l, h]) - ld`, 'x'), (l, h) => minus(ldWith(cutEdit(l, h, 'attn_scores', Number.NEGATIVE_INFINITY)), clean));
  const zero = 'intervention zero[l, h] = pattern[l, h][query: end, key: d.S1] <- 0';
  const rest = valuesOf(`${zero}\nmetric x[l, h] = sum(pattern[l, h][query: end], over: key) @ (m with zero[l, h])`, 'x');
  assertHeads(rest, (l, h) => tokens('base').map((row, r) => 1 - (site(run(row), `blocks.${l}.attn.pattern`)[(h * P + END) * P + (place[r] ?? 0)] ?? 0)));
  assertHeads(valuesOf(`${zero}\nmetric x[l, h] = ld @ (m with zero[l, h]) - ld`, 'x'), (l, h) => minus(ldWith(cutEdit(l, h, 'pattern', 0)), clean));
});

test('writing zero to a neuron removes its column of the output matrix', () => {
  const found = valuesOf('metric x[l in m.layers, n in m.neurons] = ld @ (m with m.blocks[l].mlp.act[d_mlp: n] <- 0) - ld', 'x');
  assert.is(found.size, 3 * arch.d_mlp);
  for (const [l, n] of [[0, 0], [1, 3], [2, 7]] as const) {
    const wanted = minus(ldWith(() => (path, x) => (path === `blocks.${l}.mlp.act` ? x.map((now, i) => (i % arch.d_mlp === n ? 0 : now)) : x)), clean);
    assertClose(found.get(`${l},${n}`) ?? [], wanted, close);
  }
});

test('`self` is the value in flight, after the writes below it', () => {
  const found = valuesOf('metric x[l, h] = ld @ (m with [m.blocks[0].resid_pre <- 2 * self, z[l, h] <- self * 3]) - ld', 'x');
  assertHeads(found, (l, h) => minus(ldWith(() => both((path, x) => (path === 'blocks.0.resid_pre' ? x.map((one) => 2 * one) : x), writeHead(l, h, (_, __, now) => 3 * now))), clean));
});

test('a circuit as an index is one joint write; its complement spares it', () => {
  const own = both(writeHead(0, 1, () => 0), writeHead(2, 0, () => 0));
  assertClose(valuesOf('metric x = ld @ (m with z[pair] <- 0)', 'x').get('') ?? [], ldWith(() => own), close);
  const others = both(...pairs.filter(([l, h]) => !((l === 0 && h === 1) || (l === 2 && h === 0))).map(([l, h]) => writeHead(l, h, () => 0)));
  assertClose(valuesOf('metric x = ld @ (m with z[complement(pair)] <- 0)', 'x').get('') ?? [], ldWith(() => others), close);
  assertClose(valuesOf('circuit more = union(pair, [z[1, 1]])\nmetric x = ld', 'x').get('') ?? [], clean, close);
});

test('a binder over a circuit is a family of its members', () => {
  const found = valuesOf('metric x[c in pair] = ld @ (m with z[c] <- 0)', 'x');
  assert.equal([...found.keys()], ['0,1', '2,0']);
  for (const [l, h] of [[0, 1], [2, 0]] as const) assertClose(found.get(`${l},${h}`) ?? [], ldWith(() => writeHead(l, h, () => 0)), close);
});

test('`only` ablates everything but the circuit, `without` the circuit, `with` everything', () => {
  const policy = 'ablation none = zero { of: z, because: "a test" }';
  const zero = (which: (l: number, h: number) => boolean): readonly number[] => ldWith(() => both(...pairs.filter(([l, h]) => which(l, h)).map(([l, h]) => writeHead(l, h, () => 0))));
  const inPair = (l: number, h: number): boolean => (l === 0 && h === 1) || (l === 2 && h === 0);
  assertClose(valuesOf(`${policy}\nmetric x = kept(pair, ld, none)`, 'x').get('') ?? [], zero((l, h) => !inPair(l, h)), close);
  assertClose(valuesOf(`${policy}\nmetric x = removed(pair, ld, none)`, 'x').get('') ?? [], zero(inPair), close);
  assertClose(valuesOf(`${policy}\nmetric x = emptied(ld, none)`, 'x').get('') ?? [], zero(() => true), close);
});

test('an ablation by template and role writes the mean of the row\'s own cluster, position by position', () => {
  const found = valuesOf('ablation own = mean { of: z, on: d.abc, by: [template, role] }\nmetric x = removed(pair, ld, own)', 'x');
  const zs = tokens('abc').map((row) => run(row));
  const clusters = rows.discover?.clusters ?? [];
  const wanted = ldWith((row) => {
    const mine = zs.filter((_, e) => clusters[e] === clusters[row]);
    const write = (l: number, h: number): Edit => writeHead(l, h, (p, e) => mine.reduce((sum, seen) => sum + headAt(site(seen, `blocks.${l}.attn.z`), h, p, e), 0) / mine.length);
    return both(write(0, 1), write(2, 0));
  });
  assertClose(found.get('') ?? [], wanted, close);
});

test('a resample ablation takes the paired row, a mean the reference rows', () => {
  const zs = tokens('abc').map((row) => run(row));
  const resample = valuesOf('ablation swap = resample { of: z, on: d.abc }\nmetric x = removed(pair, ld, swap)', 'x').get('') ?? [];
  const swap = (l: number, h: number, row: number): Edit => writeHead(l, h, (p, e) => headAt(site(zs[row] ?? new Map(), `blocks.${l}.attn.z`), h, p, e));
  assertClose(resample, ldWith((row) => both(swap(0, 1, row), swap(2, 0, row))), close);
  const mean = valuesOf('ablation middle = mean { of: z, on: d.reference }\nmetric x = removed(pair, ld, middle)', 'x').get('') ?? [];
  const reference = tokens('base', 'reference').map((row) => run(row));
  const average = (l: number, h: number): Edit =>
    writeHead(l, h, (_, e) => reference.reduce((sum, seen) => sum + Array.from({ length: P }, (__, p) => headAt(site(seen, `blocks.${l}.attn.z`), h, p, e)).reduce((a, b) => a + b, 0), 0) / (reference.length * P));
  assertClose(mean, ldWith(() => both(average(0, 1), average(2, 0))), close);
});

test('a steering vector is the difference of two pooled means', () => {
  const found = valuesOf(
    'let v = mean(out, over: example) @ (m on d.discover.abc) - mean(out, over: example) @ (m on d.reference)\nmetric x[a in [-2, 0, 0.5]] = ld @ (m with m.blocks[1].resid_pre <- self + a * v) - ld',
    'x',
  );
  const mean = (list: Table): readonly number[] => {
    const ends = list.map((row) => site(run(row), 'final.resid_pre').slice(END * D));
    return Array.from({ length: D }, (_, d) => ends.reduce((sum, one) => sum + (one[d] ?? 0), 0) / ends.length);
  };
  const v = minus(mean(tokens('abc')), mean(tokens('base', 'reference')));
  for (const a of [-2, 0, 0.5]) {
    const wanted = minus(ldWith(() => (path, x) => (path === 'blocks.1.resid_pre' ? x.map((now, i) => now + a * (v[i % D] ?? 0)) : x)), clean);
    assertClose(found.get(String(a)) ?? [], wanted, close);
  }
});

test('causal scrubbing: a world inside a write, on donors', () => {
  const found = valuesOf(
    'draw other = d.reference where d.IO == row.IO\nintervention scrub = m.blocks[2].attn.q[head: 1, query: end] <- m.blocks[2].attn.q[head: 1, query: end] @ (m with [z[0, 1] <- 2 * self] on other)\nmetric x = ld @ (m with scrub) - ld',
    'x',
  );
  const donors = tokens('base~other').map((row) => site(run(row, writeHead(0, 1, (_, __, now) => 2 * now)), 'blocks.2.attn.q'));
  const wanted = ldWith((row) => (path, x) => (path === 'blocks.2.attn.q' ? x.map((now, i) => (Math.floor(i / (H * E)) === END && Math.floor(i / E) % H === 1 ? (donors[row]?.[i] ?? 0) : now)) : x));
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

test('direct logit attribution with the clean scale is linear in the head\'s output', () => {
  const found = valuesOf(
    'hook W_O[l in m.layers, h in m.heads] = m.weights.blocks[l].attn.W_O[head: h]\nmetric x[l, h] = dot(m.final_norm(dot(z[l, h][pos: end], W_O[l, h], over: d_head), scale: clean), unembed(d.answer) - unembed(d.wrong), over: d_model)',
    'x',
  );
  assertHeads(found, (l, h) =>
    tokens('base').map((row, r) => {
      const seen = run(row);
      const z = site(seen, `blocks.${l}.attn.z`);
      const matrix = weights.get(`blocks.${l}.attn.W_O`)?.data ?? [];
      const result = Array.from({ length: D }, (_, d) => [0, 1, 2].reduce((sum, e) => sum + headAt(z, h, END, e) * (matrix[(h * E + e) * D + d] ?? 0), 0));
      const mean = result.reduce((a, b) => a + b, 0) / D;
      const scale = site(seen, 'final_norm.scale')[END] ?? 1;
      const W_U = weights.get('unembed.W_U')?.data ?? [];
      const gain = weights.get('ln_final.w')?.data ?? [];
      const [right, wrong] = [column('base', 'answer')[r] ?? 0, column('base', 'wrong')[r] ?? 0];
      return result.reduce((sum, one, d) => sum + ((one - mean) / scale) * (gain[d] ?? 0) * ((W_U[d * V + right] ?? 0) - (W_U[d * V + wrong] ?? 0)), 0);
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
    assert.equal(control.drawn, [[[0, 0], [2, 0]], [[0, 0], [2, 1]], [[0, 1], [2, 1]]]);
    const output = control.variant.classes[0]?.parts[0]?.x ?? '';
    const { data } = outputOf(control.variant.stage, output, { stages: file.stages, rows, weights });
    const wanted = control.drawn.flatMap((members) => {
      const inside = (l: number, h: number): boolean => members.some((one) => one[0] === l && one[1] === h);
      return ldWith(() => both(...pairs.filter(([l, h]) => inside(l, h) === (how === 'without')).map(([l, h]) => writeHead(l, h, () => 0))));
    });
    assertClose(data, wanted, close);
  }
});

test('equal worlds meet: what is written twice is computed once', () => {
  const file = checkedFile(program('metric x[l, h] = ld @ (m with z[l, h] <- 0) - ld\nmetric y[l, h] = ld @ (m with z[l, h] <- 0) - ld', ['x', 'y']));
  const [x, y] = file.views.map((view) => view.metrics[0]);
  for (const [i, one] of (x?.classes ?? []).entries()) {
    const other = y?.classes[i];
    const value = (name: string | undefined) => x?.stage.outputs.find((output) => output.name === name)?.value;
    assert.is(value(one.output), value(other?.output));
  }
});

test.run();
