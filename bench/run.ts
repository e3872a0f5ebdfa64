// `npm run bench`: times and ratios, written to bench/results and printed. Nothing here passes or fails: machines differ, and what
// else runs on them does too. `npm run bench -- check family induction flops ioi` picks sections; those that take minutes (`ioi`, `patching` and
// its relatives) run only when named.
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { type BuiltPackage, buildPackage } from './built-package.js';
import { checkSpeed } from './check-speed.js';
import { gemmPeak } from './gemm-peak.js';
import { runPipeline, runTorch } from './induction-run.js';
import { planLargeFamily } from './large-family.js';
import {
  measurePatching,
  measurePatchingNaive,
  measurePatchingProducts,
  PATCHING,
} from './patching/sections.js';
import { plannedFlops } from './planned-flops.js';

const root = join(import.meta.dirname, '..');
const INDUCTION = ['induction.eis'] as const;
const IOI = [
  'ioi.eis',
  'ioi-templates.txt',
  'charlie-templates.txt',
  'names.txt',
  'places.txt',
  'gifts.txt',
] as const;

type Line = readonly [what: string, value: string];
type Section = {
  readonly about: string;
  /** Takes minutes: runs only when named. */
  readonly isLong?: boolean;
  readonly measure: (
    built: BuiltPackage,
  ) => Promise<{ readonly data: object; readonly lines: readonly Line[]; readonly isWhole?: boolean }>;
};

const seconds = (value: number) => `${value.toPrecision(3)} s`;
const percent = (value: number) => `${Math.round(100 * value)} %`;

const sections = {
  check: {
    about: '`eisc check`, cold, built package',
    measure: async (built) => {
      const data = checkSpeed(root, built);
      const lines = data.map(
        (one): Line => [
          `${one.file}, ${one.lines} lines`,
          `median ${seconds(one.medianSeconds)} of ${one.starts} (fastest ${seconds(one.fastestSeconds)}, cpu ${seconds(one.cpuSeconds)}, load ${one.load.toFixed(1)})`,
        ],
      );
      return { data, lines };
    },
  },
  family: {
    about: 'one large family, checked and planned',
    measure: async (built) => {
      const data = planLargeFamily(built);
      const { members, medianSeconds, fastestSeconds, medianCpuSeconds, peakMegabytes } = data;
      const value = `median ${seconds(medianSeconds)} (fastest ${seconds(fastestSeconds)}, cpu ${seconds(medianCpuSeconds)}, load ${data.load.toFixed(1)}), ${Math.round(peakMegabytes)} MB`;
      return { data, lines: [[`${members.toLocaleString('en')} members`, value]] };
    },
  },
  flops: {
    about: 'floating-point operations, planned against a loop',
    measure: async (built) => {
      const data = [INDUCTION, IOI].map((files) => plannedFlops(root, built, files));
      const lines = data.map(
        (one): Line => [
          one.file,
          `${Math.round(one.gigaflops)} of ${Math.round(one.loopGigaflops)} GFLOP: ${percent(one.gigaflops / one.loopGigaflops)} (${one.bound})`,
        ],
      );
      return { data, lines };
    },
  },
  induction: {
    about: 'program 2.1 against a plain PyTorch loop, two threads each',
    measure: async (built) => {
      const peak = await gemmPeak();
      const own = runPipeline(root, built, INDUCTION);
      const torch = await runTorch(root, own);
      const rate = own.gigaflops / own.executingSeconds;
      const lines: Line[] = [
        ['matrix product, best', `${Math.round(peak.gigaflopsPerSecond)} GFLOP/s (${peak.shape})`],
        [
          'eisc run, whole process',
          `${seconds(own.wallSeconds)}, cpu ${seconds(own.cpuSeconds)}, ${Math.round(own.peakMegabytes)} MB, load ${own.load.toFixed(1)}`,
        ],
        [
          'eisc run, executing',
          `${seconds(own.executingSeconds)}, ${Math.round(rate)} GFLOP/s: ${percent(rate / peak.gigaflopsPerSecond)} of the product's`,
        ],
      ];
      if (torch === null) lines.push(['PyTorch loop', 'no Python with PyTorch: set EISC_BENCH_PYTHON']);
      else {
        lines.push(
          ['PyTorch loop, whole process', `${seconds(torch.wallSeconds)}, cpu ${seconds(torch.cpuSeconds)}`],
          ['PyTorch loop, executing', seconds(torch.executingSeconds)],
          ['harm differs by at most', torch.largestDifference.toExponential(1)],
          [
            'loop / eisc',
            `${(torch.wallSeconds / own.wallSeconds).toFixed(2)} whole, ${(torch.executingSeconds / own.executingSeconds).toFixed(2)} executing, ${(torch.cpuSeconds / own.cpuSeconds).toFixed(2)} cpu`,
          ],
        );
      }
      return { data: { peak, own: { ...own, harm: Object.fromEntries(own.harm) }, torch }, lines };
    },
  },
  ioi: {
    about: 'program 2.2, whole run',
    isLong: true,
    measure: async (built) => {
      const peak = await gemmPeak();
      const own = runPipeline(root, built, IOI);
      const rate = own.gigaflops / own.executingSeconds;
      return {
        data: { peak, own: { ...own, harm: Object.fromEntries(own.harm) } },
        lines: [
          [
            'eisc run, whole process',
            `${seconds(own.wallSeconds)}, cpu ${seconds(own.cpuSeconds)}, ${Math.round(own.peakMegabytes)} MB, load ${own.load.toFixed(1)}`,
          ],
          [
            'executing',
            `${Math.round(own.gigaflops)} GFLOP in ${seconds(own.executingSeconds)}, ${Math.round(rate)} GFLOP/s: ${percent(rate / peak.gigaflopsPerSecond)} of the product's`,
          ],
        ],
      };
    },
  },
  patching: {
    about: PATCHING.patching.about,
    isLong: true,
    measure: () => measurePatching('patching', root),
  },
  'patching-smollm2': {
    about: PATCHING['patching-smollm2'].about,
    isLong: true,
    measure: () => measurePatching('patching-smollm2', root),
  },
  'patching-long': {
    about: PATCHING['patching-long'].about,
    isLong: true,
    measure: () => measurePatching('patching-long', root),
  },
  'patching-means': {
    about: PATCHING['patching-means'].about,
    isLong: true,
    measure: () => measurePatching('patching-means', root),
  },
  'patching-naive': {
    about: 'patching sweeps as planned, against the naive plan',
    isLong: true,
    measure: () => measurePatchingNaive(root),
  },
  'patching-products': {
    about: 'matrix products of the patching sweeps, against products alone',
    isLong: true,
    measure: () => measurePatchingProducts(root),
  },
} as const satisfies Record<string, Section>;

type Name = keyof typeof sections;
const names = Object.keys(sections) as Name[]; // the table's own keys

const asked = process.argv.slice(2);
const unknown = asked.find((one) => !names.some((name) => name === one));
if (unknown !== undefined) {
  console.error(`there is no section ${unknown}; there are ${names.join(', ')}`);
  process.exit(2);
}
const isLong = (name: Name) => 'isLong' in sections[name];
const chosen = names.filter((name) => (asked.length === 0 ? !isLong(name) : asked.includes(name)));

const machine = {
  processor: cpus()[0]?.model ?? 'unknown',
  cores: availableParallelism(),
  node: process.version,
  date: new Date().toISOString().slice(0, 10),
};
console.log(`${machine.processor}, ${machine.cores} cores, node ${machine.node}`);
const built = await buildPackage(root);
mkdirSync(join(import.meta.dirname, 'results'), { recursive: true });
try {
  for (const name of chosen) {
    const { about, measure }: Section = sections[name];
    const { data, lines, isWhole = true } = await measure(built);
    const file = join(import.meta.dirname, 'results', `${name}.json`);
    if (isWhole) writeFileSync(file, `${JSON.stringify({ machine, about, results: data }, null, 2)}\n`);
    console.log(`\n${about}`);
    const width = Math.max(...lines.map(([what]) => what.length));
    for (const [what, value] of lines) console.log(`  ${what.padEnd(width)}  ${value}`);
  }
} finally {
  built.remove();
}
