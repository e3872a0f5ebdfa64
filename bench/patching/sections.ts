// The sections of `npm run bench` that compare patching: which models, which rows, how many rounds.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Comparison, compare, type Model, rivalsPython } from './compare.js';
import { measureNaive, naiveLines, naiveTable } from './naive.js';
import { GPT2_SMALL, SMOLLM2_135M } from './needed-flops.js';
import { measureProducts, productLines, productTable } from './products.js';
import { randomGpt2 } from './random-gpt2.js';
import { SWEEP_NAMES, type SweepName, type Workload } from './sweeps.js';
import { linesOf, markdownOf, writeBetweenMarkers } from './tables.js';

type Case = Pick<Workload, 'sweep' | 'prompts' | 'tokens'>;
type PatchingSection = {
  readonly about: string;
  readonly model: (root: string) => { readonly expression: string; readonly model: Model };
  readonly cases: readonly Case[];
  readonly rounds: number;
};

function casesOf(sweeps: readonly SweepName[], prompts: number, tokens: Workload['tokens']): readonly Case[] {
  return sweeps.map((sweep) => ({ sweep, prompts, tokens }));
}

/** Changed where they are read, at the last position: the others take eisc itself minutes for so many tokens. */
const AT_THE_END = ['a', 'd', 'd-mlps'] as const;
const short = [...casesOf(SWEEP_NAMES, 8, 15), ...casesOf(SWEEP_NAMES, 32, 15)];

export const PATCHING = {
  patching: {
    about: 'Shapes of GPT-2 small, random weights; pairs of 15 tokens, equal in the first 9 or 10.',
    model: gpt2,
    cases: short,
    rounds: 5,
  },
  'patching-smollm2': {
    about: 'SmolLM2-135M-Instruct (Q4_1, as float32); pairs of 15 tokens, equal in the first 9 or 10.',
    model: smollm2,
    cases: casesOf(SWEEP_NAMES, 8, 15),
    rounds: 5,
  },
  'patching-long': {
    about:
      'Shapes of GPT-2 small, random weights; many prompts, and pairs of 256 tokens, equal in the first three fifths.',
    model: gpt2,
    // 128 prompts of 256 tokens have 6.6 GB of logits, which every rival makes for every member: too much for one machine of 24 GB.
    cases: [...casesOf(AT_THE_END, 128, 15), ...casesOf(AT_THE_END, 8, 256)],
    rounds: 3,
  },
  'patching-means': {
    about: 'Shapes of GPT-2 small, random weights; 256 prompts of 15 tokens.',
    model: gpt2,
    cases: casesOf(['c'], 256, 15),
    rounds: 1,
  },
} as const satisfies Record<string, PatchingSection>;

/**
 * Compares one case after the other and writes the tables into docs/benchmarks.md. `EISC_BENCH_SWEEPS=a,b`, `EISC_BENCH_PROMPTS=8`,
 * `EISC_BENCH_ROUNDS=1` and `EISC_BENCH_SAMPLE_OVER=20` (seconds) make it less. Cases that are left out keep their last results; nothing is
 * written where one has none, or with other rounds.
 */
export async function measurePatching(name: keyof typeof PATCHING, root: string) {
  const section: PatchingSection = PATCHING[name];
  const { EISC_BENCH_SWEEPS, EISC_BENCH_PROMPTS, EISC_BENCH_ROUNDS, EISC_BENCH_SAMPLE_OVER } = process.env;
  const python = rivalsPython(root);
  if (python === null) throw new Error('no Python with PyTorch and TransformerLens: set EISC_BENCH_PYTHON');
  const { expression, model } = section.model(root);
  const sweeps = EISC_BENCH_SWEEPS?.split(',');
  const prompts = EISC_BENCH_PROMPTS?.split(',').map(Number);
  const cases = section.cases.filter(
    (one) => (sweeps?.includes(one.sweep) ?? true) && (prompts?.includes(one.prompts) ?? true),
  );
  const settings = {
    root,
    python,
    rounds: Number(EISC_BENCH_ROUNDS ?? section.rounds),
    sampleOverSeconds: Number(EISC_BENCH_SAMPLE_OVER ?? 120),
  };
  const data: Comparison[] = [];
  for (const one of cases) {
    const found = await compare({ ...one, model: expression }, model, settings);
    data.push(found);
    for (const [what, value] of linesOf([found])) console.error(`${what}: ${value}`); // as it comes
  }
  const isPlanned = (process.env.EISC_BENCH_SKIP ?? '') === '';
  const known = [...data, ...storedResults(root, name)];
  const all = section.cases.flatMap((one) => known.find((result) => isOf(result, one)) ?? []);
  const isWhole = all.length === section.cases.length && settings.rounds === section.rounds && isPlanned;
  if (isWhole) writeBetweenMarkers(join(root, 'docs', 'benchmarks.md'), name, markdownOf(all, section.about));
  return { data: isWhole ? all : data, lines: linesOf(data), isWhole };
}

function isOf({ sweep, prompts, tokens }: Comparison, one: Case): boolean {
  return sweep === one.sweep && prompts === one.prompts && tokens === one.tokens;
}

function storedResults(root: string, name: string): readonly Comparison[] {
  const file = join(root, 'bench', 'results', `${name}.json`);
  if (!existsSync(file)) return [];
  const stored = JSON.parse(readFileSync(file, 'utf8')) as { readonly results: readonly Comparison[] }; // written by this program
  return stored.results;
}

/** Sweeps on both models; a model that is not here is left out, and said so. */
export async function measurePatchingProducts(root: string) {
  const models = new Map([['GPT-2 small, random', gpt2(root).expression]]);
  const { gguf, folder } = smollm2Place(root);
  if (existsSync(join(folder, gguf))) models.set('SmolLM2', smollm2(root).expression);
  else console.error(`no ${gguf} in .models: its sweeps are left out`);
  const data = await measureProducts(models);
  const isWhole = models.size === 2;
  if (isWhole)
    writeBetweenMarkers(join(root, 'docs', 'benchmarks.md'), 'patching-products', productTable(data));
  return { data, lines: productLines(data), isWhole };
}

/** Every sweep as planned, against the plan without anything that the planner does. */
export async function measurePatchingNaive(root: string) {
  const data = await measureNaive(gpt2(root).expression);
  writeBetweenMarkers(join(root, 'docs', 'benchmarks.md'), 'patching-naive', naiveTable(data));
  return { data, lines: naiveLines(data) };
}

function smollm2Place(root: string): { readonly folder: string; readonly gguf: string } {
  return { folder: join(root, '.models'), gguf: 'SmolLM2-135M-Instruct.Q4_1.gguf' };
}

function gpt2(root: string): { readonly expression: string; readonly model: Model } {
  const folder = randomGpt2(join(root, '.models'));
  return { expression: `hf("${folder}")`, model: { folder, gguf: null, shape: GPT2_SMALL } };
}

function smollm2(root: string): { readonly expression: string; readonly model: Model } {
  const { folder, gguf } = smollm2Place(root);
  if (!existsSync(join(folder, gguf)))
    throw new Error(`no ${gguf} in .models: node --import tsx scripts/fetch-smollm2.ts brings it`);
  return {
    expression: `gguf("${join(folder, gguf)}")`,
    model: { folder, gguf, shape: SMOLLM2_135M },
  };
}
