// The sweeps that are compared, as the pipelines that a user would write. Rows are pairs that differ in one name; the first run is
// on the row, what is put into it comes from its partner.

/** How a sweep is named in `EISC_BENCH_SWEEPS`, in the results and by the rivals. */
export type SweepName = 'a' | 'a-all' | 'b' | 'c' | 'd' | 'd-mlps';

export type Sweep = {
  readonly about: string;
  /** The ratio to TransformerLens that the plan is to reach on the 15-token rows of GPT-2's shapes. */
  readonly aim: number;
  readonly body: string;
};

const HEADS = '[l in m.layers, h in m.heads]';
const CHANGE = 'metric x[l, h] unit logit = ld @ (m with k[l, h]) - ld';
const pathPatching = (redo: string): string => `
hook out = m.final.resid_pre[pos: end]
intervention k${HEADS} = out <- sent(from: z[l, h], value: z[l, h] @ (m on ioi.abc), to: out, redo: [${redo}])
${CHANGE}`;

export const SWEEPS = {
  a: {
    about: "each head's z at the last position",
    aim: 40,
    body: `
intervention k${HEADS} = z[l, h][pos: end] <- z[l, h][pos: end] @ (m on ioi.abc)
${CHANGE}`,
  },
  'a-all': {
    about: "each head's z at all positions",
    aim: 8,
    body: `
intervention k${HEADS} = z[l, h] <- z[l, h] @ (m on ioi.abc)
${CHANGE}`,
  },
  b: {
    about: 'resid_pre, layer × position',
    aim: 30,
    body: `
intervention k[l in m.layers, p in 0..LENGTH] = m.blocks[l].resid_pre[pos: p] <- m.blocks[l].resid_pre[pos: p] @ (m on ioi.abc)
metric x[l, p] unit logit = ld @ (m with k[l, p]) - ld`,
  },
  c: {
    about: 'each head replaced by its mean',
    aim: 3.5,
    body: `
intervention k${HEADS} = z[l, h] <- mean(z[l, h], over: [example, pos]) @ (m on ioi.reference)
${CHANGE}`,
  },
  d: { about: 'each head to the final residual, MLPs frozen', aim: 100, body: pathPatching('norms') },
  'd-mlps': {
    about: 'each head to the final residual, MLPs recomputed',
    aim: 35,
    body: pathPatching('mlps, norms'),
  },
} as const satisfies Record<SweepName, Sweep>;

export const SWEEP_NAMES = Object.keys(SWEEPS) as SweepName[]; // the table's own keys

/** What is patched: a model, and rows of a number of tokens of which the first share no difference. */
export type Workload = {
  readonly sweep: SweepName;
  /** An expression of the language: `hf("…")` or `gguf("…")`. */
  readonly model: string;
  readonly prompts: number;
  readonly tokens: 15 | 256;
};

const NAMES =
  'John Mary James Sarah David Anna Michael Emma Robert Laura Paul Jane Mark Alice Peter Rose George Kate Henry Lucy';

/** 15 tokens; the partner's third name differs from the second at position 9 or 10. */
const SHORT = [
  'When {IO} and {S1} went to the store, {S2} gave a cold drink to',
  'When {S1} and {IO} went to the store, {S2} gave a cold drink to',
  'Then {IO} and {S1} had a very long day, {S2} gave a drink to',
  'Then {S1} and {IO} had a very long day, {S2} gave a drink to',
] as const;

const FILLER = 'and the people of the city said that it was a good day for the house by the river';

/** 256 tokens: the same sentences with the two parts stretched, so that again the first three fifths are equal. */
const LONG = [
  `When {IO} and {S1} went to the store ${filler(146)}, {S2} ${filler(96)} gave a cold drink to`,
  `When {S1} and {IO} went to the store ${filler(146)}, {S2} ${filler(96)} gave a cold drink to`,
] as const;

function filler(words: number): string {
  const all = FILLER.split(' ');
  return Array.from({ length: words }, (_, i) => all[i % all.length]).join(' ');
}

/** Every word that stands in the rows, for a tokenizer made of whole words. */
export function wordsOfRows(): readonly string[] {
  const texts = [...SHORT, ...LONG, NAMES].map((text) => text.replaceAll(/\{\w+\}/g, ' '));
  return [...new Set(texts.flatMap((text) => text.match(/\w+|,/g) ?? []))];
}

/** The pipeline of a sweep. `discover` has the prompts, `reference` half as many. */
export function pipelineOf({ sweep, model, prompts, tokens }: Workload): string {
  const templates = tokens === 15 ? SHORT : LONG;
  const names = NAMES.split(' ').map((name) => `"${name}"`);
  return `eis 1
import [logit_difference] from "std/metrics"
import [sent] from "std/paths"

model m = ${model}

data ioi = template([
${templates.map((text) => `  "${text}",`).join('\n')}
]) {
  hole [IO, S1] = distinct([${names.join(', ')}])
  hole S2 = S1
  answer: " {IO}"
  wrong: " {S1}"
  variant abc { hole S2 = distinct([${names.join(', ')}]) }
  generalises_to: fillers
  size: ${2 * prompts}
  split: shares(discover: 50%, reference: 25%, confirm: 25%)
}

hook z${HEADS} = m.blocks[l].attn.z[head: h]
metric ld unit logit = logit_difference(m.logits, ioi.answer, ioi.wrong, at: end)
${SWEEPS[sweep].body.replaceAll('LENGTH', String(tokens)).trim()}

report { table(x) }
`;
}
