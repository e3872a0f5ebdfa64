// `npm run bench -- patching-products`: for every sweep, what share of the best rate its matrix products reach.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Contestant } from './contestant.js';
import type { ProductRate } from './product-rate.js';
import { pipelineOf, SWEEP_NAMES, SWEEPS, type SweepName } from './sweeps.js';
import { letterOf, percent, table } from './tables.js';

const PROMPTS = 8;
const TOKENS = 15;

export type SweepProducts = Omit<ProductRate, 'kind'> & {
  readonly model: string;
  readonly sweep: SweepName;
};

/** Each in a process of its own. `models`: expressions of the language, by what they are called in the table. */
export async function measureProducts(
  models: ReadonlyMap<string, string>,
): Promise<readonly SweepProducts[]> {
  const measured: SweepProducts[] = [];
  for (const [name, expression] of models)
    for (const sweep of SWEEP_NAMES)
      measured.push({ model: name, sweep, ...(await rateOf(expression, sweep)) });
  return measured;
}

async function rateOf(model: string, sweep: SweepName): Promise<ProductRate> {
  const folder = mkdtempSync(join(tmpdir(), 'eisc-bench-products-'));
  try {
    writeFileSync(join(folder, 'sweep.eis'), pipelineOf({ sweep, model, prompts: PROMPTS, tokens: TOKENS }));
    const script = join(import.meta.dirname, 'product-rate.ts');
    const args = ['--import', 'tsx', script, folder];
    const measuring = await Contestant.start<ProductRate>(process.execPath, args);
    await measuring.end();
    return measuring.ready;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function productLines(measured: readonly SweepProducts[]): readonly (readonly [string, string])[] {
  return measured.map((one) => [
    `${one.model}, (${letterOf(one)}) ${SWEEPS[one.sweep].about}`,
    `${percent(one.gigaflopsPerSecond / one.alone)} of what its products reach alone (${digits(one.gigaflopsPerSecond)} of ${digits(one.alone)} GFLOP/s); ${percent(one.shareOfTime)} of the time in kernels`,
  ]);
}

export function productTable(measured: readonly SweepProducts[]): string {
  return `${PROMPTS} prompts of ${TOKENS} tokens; one thread, warm. Rates in GFLOP/s over the calls of matrix products in one run; *alone*: products of the same
shapes and nothing else (both sides as they lie, so that what is read transposed is not), the fastest of several, weighted by the work in them.
The profile is onnxruntime's own, of the graphs that \`eisc\` runs, with their weights in the file rather than beside it.

${table(
  ['model', 'sweep', 'rate', 'alone', 'share', 'of the time in kernels', 'shapes covered'],
  measured.map((one) => [
    one.model,
    letterOf(one),
    digits(one.gigaflopsPerSecond),
    digits(one.alone),
    percent(one.gigaflopsPerSecond / one.alone),
    percent(one.shareOfTime),
    percent(one.covered),
  ]),
)}`;
}

function digits(value: number): string {
  return value.toFixed(0);
}
