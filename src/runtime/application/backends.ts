// `eisc backends`: what can compute here, and why something cannot. With `probe` each one is opened and runs a small graph.
import type { Plain } from '../../compiler/base/canonical.js';
import { GraphBuilder } from '../../compiler/ir/graph.js';
import { BackendFailure } from '../backend/backend.js';
import { tensorOf } from '../backend/host-tensor.js';
import { type BackendListing, listBackends } from '../backend/inventory.js';
import { openBackend } from '../backend/registry.js';
import type { App } from '../cli/app-api.js';
import { bytesText, durationText } from '../quantity-text.js';
import { noSources, type World } from './world.js';

/** What opening it told: how long a small product took, or why it failed. */
type Probe =
  | {
      readonly kind: 'ran';
      readonly openMs: number;
      readonly runMs: number;
      readonly dtypes: readonly string[];
    }
  | { readonly kind: 'failed'; readonly reason: string; readonly help: string | null };

const PROBE_SIZE = 64;
const NAME_WIDTH = 12;
const WIDTH = 80;
const MARGIN = ' '.repeat(NAME_WIDTH + 8);

export async function backends(
  _: World,
  { probe }: Parameters<App['backends']>[0],
): ReturnType<App['backends']> {
  const text: string[] = [];
  const json: Plain[] = [];
  for (const one of listBackends(process.env)) {
    const probed = probe && one.absence === null ? await probeBackend(one) : null;
    text.push(...linesOf(one, probed));
    json.push(jsonOf(one, probed));
  }
  return { diagnostics: [], sources: noSources, text: text.join('\n'), json };
}

function linesOf(one: BackendListing, probe: Probe | null): readonly string[] {
  const { absence, version, device, memoryBytes } = one;
  const reason = absence?.reason ?? (probe?.kind === 'failed' ? probe.reason : null);
  const help = absence?.help ?? (probe?.kind === 'failed' ? probe.help : null);
  const head = one.name.padEnd(NAME_WIDTH);
  if (reason !== null) {
    const [first = '', ...rest] = [...folded(reason), ...(help === null ? [] : folded(`help: ${help}`))];
    return [`${head}absent  ${first}`, ...rest.map((line) => MARGIN + line)];
  }
  const dtypes = (probe?.kind === 'ran' ? probe.dtypes : one.dtypes).join(' ');
  const facts = [version, device, memoryBytes === null ? null : bytesText(memoryBytes)];
  return [
    `${head}here    ${one.about}`,
    `${MARGIN}${facts.filter((part) => part !== null).join(' · ')}`,
    `${MARGIN}${dtypes}`,
    ...(probe?.kind === 'ran'
      ? [`${MARGIN}opened in ${durationText(probe.openMs)}, ran in ${durationText(probe.runMs)}`]
      : []),
  ];
}

/** At most as many columns as a narrow terminal has left of it, broken between words. */
function folded(text: string): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > WIDTH - MARGIN.length) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

function jsonOf(one: BackendListing, probe: Probe | null): Plain {
  const { name, about, absence, version, device, memoryBytes, dtypes } = one;
  const facts = {
    name,
    about,
    here: absence === null && probe?.kind !== 'failed',
    version,
    device,
    memoryBytes,
  };
  const why = absence ?? (probe?.kind === 'failed' ? { reason: probe.reason, help: probe.help } : null);
  const found = probe?.kind === 'ran' ? { openMs: probe.openMs, runMs: probe.runMs } : null;
  return { ...facts, dtypes: probe?.kind === 'ran' ? probe.dtypes : dtypes, absence: why, probe: found };
}

async function probeBackend({ name }: BackendListing): Promise<Probe> {
  const begin = performance.now();
  try {
    const backend = await openBackend(name, { workers: 1 });
    try {
      const opened = performance.now();
      await multiply(backend);
      const { dtypes } = backend.capabilities;
      return { kind: 'ran', openMs: opened - begin, runMs: performance.now() - opened, dtypes };
    } finally {
      await backend.dispose();
    }
  } catch (error) {
    if (!(error instanceof BackendFailure)) throw error;
    return { kind: 'failed', reason: error.problem.text, help: error.problem.help ?? null };
  }
}

/** One product of small matrices, compiled and run. */
async function multiply(backend: Awaited<ReturnType<typeof openBackend>>): Promise<void> {
  const b = new GraphBuilder();
  const axes = [
    { name: '_a', size: PROBE_SIZE },
    { name: '_b', size: PROBE_SIZE },
  ];
  const x = b.input('x', { dtype: 'f32', axes });
  const graph = b.build([{ name: 'y', value: b.add({ name: 'MatMul', attrs: {} }, x, x) }]);
  const ones = tensorOf('f32', [PROBE_SIZE, PROBE_SIZE], new Array<number>(PROBE_SIZE ** 2).fill(1));
  const executable = await backend.compile(graph, { weights: 'inputs', lookupWeight: () => ones });
  const { outputs } = await executable.run(new Map([['x', ones]]));
  executable.dispose();
  const wrong = outputs.get('y')?.data.find((value) => Number(value) !== PROBE_SIZE);
  if (wrong === undefined) return;
  const text = `it computes ${wrong} where ${PROBE_SIZE} is right`;
  throw new BackendFailure({ kind: 'run', backend: backend.name, text, help: 'use `ort:cpu`' });
}
