// Residual blocks around each attention: the stream before, between and after, the norms, and the MLP. Norms may come before the
// parts (GPT-2, Llama) or after the sums (BERT), and attention and MLP may stand side by side (NeoX).
import type { ValueId } from '../../ir/graph.js';
import type { Attention } from './attention.js';
import type { WrittenGelu } from './gelus.js';
import type { GraphFacts, Product } from './graph-facts.js';
import type { Norm } from './norms.js';

export type Mlp = {
  readonly input: ValueId;
  readonly pre: ValueId;
  /** The other factor of a gated MLP. */
  readonly linear: ValueId | null;
  readonly act: ValueId;
  readonly out: ValueId;
  readonly into: Product;
  readonly from: Product;
};
export type Block = {
  readonly attention: Attention;
  readonly attnOut: ValueId;
  readonly outputWeight: Product;
  readonly residPre: ValueId;
  /** Null side by side, and without an MLP. */
  readonly residMid: ValueId | null;
  readonly residPost: ValueId;
  readonly mlp: Mlp | null;
  readonly norms: 'before' | 'after' | 'none';
  readonly ln1: Norm | null;
  readonly ln2: Norm | null;
};

type Found = {
  readonly facts: GraphFacts;
  readonly norms: ReadonlyMap<ValueId, Norm>;
  readonly gelus: ReadonlyMap<ValueId, WrittenGelu>;
};

/** The block that holds an attention, or undefined where the stream around it has another form. */
export function blockAround(found: Found, attention: Attention): Block | undefined {
  const { facts } = found;
  const out = outputOf(facts, attention);
  if (out === undefined) return undefined;
  const sum = sumWith(facts, out.value);
  if (sum === undefined) return undefined;
  const shared = { attention, attnOut: out.value, outputWeight: out };
  if (facts.dependsOn(attention.input, sum.other)) {
    const ahead = normOf(found, attention.input);
    const isBefore = ahead?.input === sum.other;
    if (!isBefore && attention.input !== sum.other) return undefined;
    const opened = { ...shared, residPre: sum.other, ln1: isBefore ? (ahead ?? null) : null };
    return sequential(found, opened, sum.value);
  }
  // Side by side: attention + MLP first, then the stream.
  const mlp = mlpOf(found, sum.other);
  const whole = sumWith(facts, sum.value);
  if (mlp === undefined || whole === undefined || !facts.dependsOn(attention.input, whole.other))
    return undefined;
  return beside(found, { ...shared, residPre: whole.other }, mlp, whole.value);
}

type Opened = Pick<Block, 'attention' | 'attnOut' | 'outputWeight' | 'residPre'>;

function beside(found: Found, opened: Opened, mlp: Mlp, residPost: ValueId): Block {
  const ln1 = normOf(found, opened.attention.input);
  const ln2 = normOf(found, mlp.input);
  return {
    ...opened,
    residMid: null,
    residPost,
    mlp,
    norms: ln1 === undefined ? 'none' : 'before',
    ln1: ln1?.input === opened.residPre ? ln1 : null,
    // One norm may serve both.
    ln2: ln2?.input === opened.residPre && ln2.value !== ln1?.value ? ln2 : null,
  };
}

function sequential(found: Found, opened: Opened & Pick<Block, 'ln1'>, sum: ValueId): Block {
  const { facts } = found;
  for (const user of facts.usersOf(sum, 'Add')) {
    const [a, b] = facts.pair(user);
    const mlp = mlpOf(found, a === sum ? b : a);
    if (mlp === undefined) continue;
    const ln2 = normOf(found, mlp.input);
    if (ln2?.input === sum || mlp.input === sum) {
      const norms = opened.ln1 === null ? 'none' : 'before';
      return { ...opened, residMid: sum, residPost: user, mlp, norms, ln2: ln2?.input === sum ? ln2 : null };
    }
    if (facts.dependsOn(mlp.input, opened.residPre) && !facts.dependsOn(mlp.input, sum))
      return beside(found, opened, mlp, user);
  }
  const after = [...found.norms.values()].find((norm) => norm.input === sum);
  for (const user of after === undefined || opened.ln1 !== null ? [] : facts.usersOf(after.value, 'Add')) {
    const [a, b] = facts.pair(user);
    const mlp = mlpOf(found, a === after?.value ? b : a);
    if (after === undefined || mlp?.input !== after.value) continue;
    const ln2 = [...found.norms.values()].find((norm) => norm.input === user) ?? null;
    return { ...opened, residMid: sum, residPost: user, mlp, norms: 'after', ln1: after, ln2 };
  }
  const norms = opened.ln1 === null ? 'none' : 'before';
  return { ...opened, residMid: null, residPost: sum, mlp: null, norms, ln2: null };
}

function normOf({ norms }: Found, value: ValueId): Norm | undefined {
  return norms.get(value);
}

/** The attention output: heads side by side, times a stored matrix, plus a bias. */
function outputOf(facts: GraphFacts, { z, heads, width }: Attention): Product | undefined {
  let at = z.value;
  for (let steps = 0; steps < 6; steps++) {
    const users = facts.users(at);
    const [only] = users;
    if (only === undefined || users.length > 1) return undefined;
    const product = facts.product(only);
    if (product !== undefined) {
      const bare = facts.restored(only);
      const [next, ...others] = facts.users(bare);
      const biased =
        next === undefined || others.length > 0 ? undefined : facts.product(facts.restored(next));
      const whole = biased ?? product;
      const isWide = facts.sizes(whole.activation).at(-1) === heads * width;
      return isWide ? { ...whole, value: biased?.value ?? bare } : undefined;
    }
    if (!facts.isOp(only, 'Reshape') && !facts.isOp(only, 'Transpose') && !facts.isOp(only, 'Identity'))
      return undefined;
    at = only;
  }
  return undefined;
}

/** The sum that reads a value together with another that is no bias. */
function sumWith(
  facts: GraphFacts,
  value: ValueId,
): { readonly value: ValueId; readonly other: ValueId } | undefined {
  const users = facts.users(value);
  const [only] = users;
  if (only === undefined || users.length > 1 || !facts.isOp(only, 'Add')) return undefined;
  const [a, b] = facts.pair(only);
  const other = a === value ? b : a;
  return facts.isStored(other) ? undefined : { value: only, other };
}

/** An MLP by what it adds to the stream. */
function mlpOf({ facts, gelus }: Found, out: ValueId): Mlp | undefined {
  const from = facts.product(out);
  if (from === undefined) return undefined;
  const act = from.activation;
  const simple = activationInput(facts, gelus, act);
  const parts = simple === undefined ? gated(facts, gelus, act) : ({ pre: simple, linear: null } as const);
  if (parts === undefined) return undefined;
  const into = facts.product(parts.pre);
  if (into === undefined) return undefined;
  return { input: into.activation, ...parts, act, out, into, from };
}

function gated(
  facts: GraphFacts,
  gelus: Found['gelus'],
  act: ValueId,
): { readonly pre: ValueId; readonly linear: ValueId } | undefined {
  if (!facts.isOp(act, 'Mul')) return undefined;
  const [a, b] = facts.pair(act);
  for (const [gate, linear] of [
    [a, b],
    [b, a],
  ] as const) {
    const pre = activationInput(facts, gelus, gate);
    if (pre !== undefined && facts.product(linear) !== undefined) return { pre, linear };
  }
  return undefined;
}

/** x where the value is an activation function of x. */
function activationInput(facts: GraphFacts, gelus: Found['gelus'], value: ValueId): ValueId | undefined {
  const written = gelus.get(value);
  if (written !== undefined) return written.input;
  const { op, inputs } = facts.node(value);
  switch (op.name) {
    case 'Gelu':
    case 'Relu':
    case 'Tanh':
    case 'Elu':
    case 'LeakyRelu':
      return inputs[0];
    case 'Mul': {
      const [a, b] = facts.pair(value);
      if (facts.before(b, 'Sigmoid') === a) return a;
      return facts.before(a, 'Sigmoid') === b ? b : undefined;
    }
    default:
      return undefined;
  }
}
