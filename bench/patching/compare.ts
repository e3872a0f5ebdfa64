// One sweep, one number of prompts: eisc and its rivals in turn on the same rows and weights, numbers compared before times are.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bug } from '../../src/compiler/base/bug.js';
import { streamKey, uniform01 } from '../../src/runtime/stats/rng.js';
import { gemmPeak } from '../gemm-peak.js';
import { load, median } from '../measure.js';
import { Contestant } from './contestant.js';
import type { EiscReady } from './eisc-side.js';
import { neededGigaflops, type Shape } from './needed-flops.js';
import type { Ran } from './protocol.js';
import { pipelineOf, type SweepName, type Workload } from './sweeps.js';

export const RIVALS = {
  transformer_lens: 'TransformerLens',
  loop: 'PyTorch loop',
  expert: "expert's PyTorch",
} as const;
export type RivalName = keyof typeof RIVALS;
const RIVAL_NAMES = Object.keys(RIVALS) as RivalName[]; // the table's own keys

/** Logit differences must agree within this, member by member and prompt by prompt, before times are compared. */
const TOLERANCE = 1e-4;
const THREADS = 2;

export type Model = { readonly folder: string; readonly gguf: string | null; readonly shape: Shape };
export type Settings = {
  readonly root: string;
  readonly python: string;
  readonly rounds: number;
  /** A rival whose sweep takes longer is timed on a sample of its members: one of each layer. */
  readonly sampleOverSeconds: number;
};
export type Spread = { readonly median: number; readonly least: number; readonly most: number };
export type RivalResult = {
  readonly version: string;
  readonly seconds: Spread;
  readonly ratio: Spread;
  readonly cpuRatio: Spread;
  readonly extrapolated: boolean;
  /** Members per round. */
  readonly timedMembers: number;
  readonly largestDifference: number;
  readonly creationSeconds: number;
  /** From the start of the process to the number of the first member. */
  readonly firstResultSeconds: number;
  readonly peakMegabytes: number;
};
export type Comparison = {
  readonly sweep: SweepName;
  readonly prompts: number;
  readonly tokens: number;
  readonly members: number;
  readonly eisc: {
    readonly version: string;
    readonly seconds: Spread;
    readonly cpuSeconds: number;
    /** From the start of the process to the numbers of all members: checking, planning, sessions and one run. */
    readonly creationSeconds: number;
    readonly peakMegabytes: number;
    readonly plan: EiscReady['plan'];
  };
  readonly neededGigaflops: number;
  readonly peakGigaflopsPerSecond: number;
  readonly load: number;
  readonly rivals: { readonly [name in RivalName]: RivalResult };
};

export async function compare(workload: Workload, model: Model, settings: Settings): Promise<Comparison> {
  const folder = mkdtempSync(join(tmpdir(), 'eisc-bench-patching-'));
  const started: Contestant[] = [];
  try {
    writeFileSync(join(folder, 'sweep.eis'), pipelineOf(workload));
    const side = join(import.meta.dirname, 'eisc-side.ts');
    const own = await Contestant.start<EiscReady>(process.execPath, ['--import', 'tsx', side, folder]);
    started.push(own);
    const task = join(folder, 'task.json');
    const { rows } = own.ready;
    writeFileSync(task, JSON.stringify({ sweep: workload.sweep, threads: THREADS, model, rows }));
    const match = new Match(own, workload.sweep, settings);
    for (const name of RIVAL_NAMES) {
      const script = join(settings.root, 'bench', 'rivals', `patching_${name}.py`);
      const rival = await Contestant.start(settings.python, [script, task]);
      started.push(rival);
      await match.enter(name, rival);
    }
    const before = await gemmPeak();
    for (let round = 0; round < settings.rounds; round++) await match.round(round);
    const after = await gemmPeak();
    return {
      sweep: workload.sweep,
      prompts: workload.prompts,
      tokens: workload.tokens,
      members: own.ready.plan.members,
      eisc: match.ownResult(),
      neededGigaflops: neededGigaflops(workload.sweep, model.shape, rows),
      peakGigaflopsPerSecond: Math.max(before.gigaflopsPerSecond, after.gigaflopsPerSecond),
      load: load(),
      rivals: {
        transformer_lens: match.result('transformer_lens'),
        loop: match.result('loop'),
        expert: match.result('expert'),
      },
    };
  } finally {
    for (const one of started) await one.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

type Lap = { readonly seconds: number; readonly cpuSeconds: number; readonly ran: Ran };
type Entry = {
  readonly contestant: Contestant;
  readonly firstResultSeconds: number;
  readonly isSampled: boolean;
  readonly laps: {
    readonly lap: Lap;
    readonly own: Lap;
    readonly timed: number;
    readonly difference: number;
  }[];
};

class Match {
  readonly #own: Contestant<EiscReady>;
  readonly #sweep: SweepName;
  readonly #settings: Settings;
  readonly #members: number;
  readonly #perLayer: number;
  readonly #ownLaps: Lap[] = [];
  readonly #entries = new Map<RivalName, Entry>();

  constructor(own: Contestant<EiscReady>, sweep: SweepName, settings: Settings) {
    this.#own = own;
    this.#sweep = sweep;
    this.#settings = settings;
    this.#members = own.ready.plan.members;
    this.#perLayer = own.ready.plan.perLayer;
  }

  /** Warms the rival up, and finds out whether its whole sweep takes too long. */
  async enter(name: RivalName, contestant: Contestant): Promise<void> {
    const first = await contestant.run({ members: [0] });
    const members = this.#sample(name, -1);
    const trial = lapOf(await contestant.run({ members }), this.#members, members);
    this.#entries.set(name, {
      contestant,
      firstResultSeconds: contestant.ready.creationSeconds + first.sharedSeconds + first.memberSeconds,
      isSampled: trial.seconds > this.#settings.sampleOverSeconds,
      laps: [],
    });
  }

  async round(round: number): Promise<void> {
    const own = lapOf(await this.#own.run({ members: null }), this.#members, null);
    this.#ownLaps.push(own);
    for (const [name, { contestant, isSampled, laps }] of this.#entries) {
      const members = isSampled ? this.#sample(name, round) : null;
      const lap = lapOf(await contestant.run({ members }), this.#members, members);
      const difference = differenceOf(own.ran, lap.ran, members);
      if (!(difference < TOLERANCE))
        throw new Error(`${this.#sweep}: ${RIVALS[name]} differs by ${difference}: times are not compared`);
      laps.push({ lap, own, timed: members?.length ?? this.#members, difference });
    }
  }

  ownResult(): Comparison['eisc'] {
    const { version, creationSeconds, plan } = this.#own.ready;
    return {
      version,
      seconds: spread(this.#ownLaps.map((one) => one.seconds)),
      cpuSeconds: median(this.#ownLaps.map((one) => one.cpuSeconds)),
      creationSeconds,
      peakMegabytes: Math.max(...this.#ownLaps.map(({ ran }) => ran.peakMegabytes)),
      plan,
    };
  }

  result(name: RivalName): RivalResult {
    const entry = this.#entries.get(name) ?? bug(`${name} did not enter`);
    const { contestant, firstResultSeconds, isSampled, laps } = entry;
    return {
      version: contestant.ready.version,
      seconds: spread(laps.map(({ lap }) => lap.seconds)),
      ratio: spread(laps.map(({ lap, own }) => lap.seconds / own.seconds)),
      cpuRatio: spread(laps.map(({ lap, own }) => lap.cpuSeconds / own.cpuSeconds)),
      extrapolated: isSampled,
      timedMembers: laps[0]?.timed ?? 0,
      largestDifference: Math.max(...laps.map(({ difference }) => difference)),
      creationSeconds: contestant.ready.creationSeconds,
      firstResultSeconds,
      peakMegabytes: Math.max(...laps.map(({ lap }) => lap.ran.peakMegabytes)),
    };
  }

  /** One member of each layer: what a member costs depends on its layer. At least 12. */
  #sample(name: RivalName, round: number): readonly number[] {
    const key = streamKey('0'.repeat(64), `bench/${this.#sweep}/${name}/${round}`);
    const layers = this.#members / this.#perLayer;
    const of = (layer: number) =>
      layer * this.#perLayer + Math.floor(uniform01(key, layer, 0) * this.#perLayer);
    return Array.from({ length: layers }, (_, layer) => of(layer));
  }
}

/** A run of some members, as long as one of all would be. */
function lapOf(ran: Ran, all: number, members: readonly number[] | null): Lap {
  const scale = members === null ? 1 : all / members.length;
  const measured = ran.sharedSeconds + ran.memberSeconds;
  const seconds = ran.sharedSeconds + scale * ran.memberSeconds;
  return { ran, seconds, cpuSeconds: ran.cpuSeconds * (seconds / measured) };
}

function differenceOf(own: Ran, other: Ran, members: readonly number[] | null): number {
  const wanted = members === null ? own.values : members.map((one) => own.values[one] ?? []);
  if (wanted.length !== other.values.length) return bug('another number of members');
  const differences = wanted.flatMap((prompts, at) =>
    prompts.map((value, prompt) => Math.abs(value - (other.values[at]?.[prompt] ?? Number.NaN))),
  );
  return differences.reduce((most, one) => Math.max(most, one), 0);
}

function spread(values: readonly number[]): Spread {
  return { median: median(values), least: Math.min(...values), most: Math.max(...values) };
}

/** The Python of the rivals, or null where there is none. */
export function rivalsPython(root: string): string | null {
  const python = process.env.EISC_BENCH_PYTHON ?? join(root, '.venv', 'bin', 'python');
  return existsSync(python) ? python : null;
}
