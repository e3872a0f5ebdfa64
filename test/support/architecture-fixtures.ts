// The tiny models that test/oracle/models/architectures.py wrote: what is in their folders, the graph that is built of them, and
// what PyTorch computed. Needs neither Python nor the network.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildModel } from '../../src/compiler/model/architectures/build.js';
import type { ModelConfig, TensorFacts } from '../../src/compiler/model/architectures/config.js';
import { parseHfConfig } from '../../src/compiler/model/architectures/parse-hf-config.js';
import type { ModelGraph } from '../../src/compiler/model/model-graph.js';
import type { HostTensor } from '../../src/runtime/backend/host-tensor.js';
import { weightDigest } from '../../src/runtime/model/model-files.js';
import { readSafetensors } from '../../src/runtime/model/safetensors.js';

const FOLDER = join(import.meta.dirname, '../oracle/models');

export type Intervention = {
  readonly site: string;
  readonly head?: number;
  readonly vector?: readonly number[];
  readonly factor?: number;
};

export type ArchitectureFixture = {
  readonly name: string;
  readonly json: unknown;
  readonly config: ModelConfig;
  readonly model: ModelGraph;
  readonly facts: ReadonlyMap<string, TensorFacts>;
  readonly weights: ReadonlyMap<string, HostTensor>;
  /** `input`, `other_input`, `site/<path>`, `patched/<kind>`. */
  readonly expected: ReadonlyMap<string, HostTensor>;
  readonly output: string;
  readonly interventions: Readonly<Record<string, Intervention>>;
  /** Largest difference between PyTorch's own float32 and float64, by key of `expected`. */
  readonly float32Error: Readonly<Record<string, number>>;
};

export function architectureNames(): readonly string[] {
  return readdirSync(FOLDER, { withFileTypes: true })
    .filter((one) => one.isDirectory())
    .map((one) => one.name)
    .sort();
}

export function architectureFixture(name: string): ArchitectureFixture {
  const folder = join(FOLDER, name);
  const json: unknown = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
  const parsed = parseHfConfig(json);
  if (parsed.kind === 'problem') throw new Error(`${name}: ${JSON.stringify(parsed.problem)}`);
  const weights = tensorsOf(join(folder, 'model.safetensors'));
  const facts = new Map(
    [...weights].map(([key, data]) => [key, { dims: data.dims, digest: weightDigest(data) }] as const),
  );
  const built = buildModel(parsed.config, facts, name);
  if (built.kind === 'problem') throw new Error(`${name}: ${JSON.stringify(built.problem)}`);
  // The form that the script writes.
  const stated = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as {
    readonly output: string;
    readonly interventions: Readonly<Record<string, Intervention>>;
    readonly float32_error: Readonly<Record<string, number>>;
  };
  return {
    name,
    json,
    config: parsed.config,
    model: built.model,
    facts,
    weights: new Map([...weights.values()].map((data) => [weightDigest(data), data] as const)),
    expected: tensorsOf(join(folder, 'expected.safetensors')),
    output: stated.output,
    interventions: stated.interventions,
    float32Error: stated.float32_error,
  };
}

function tensorsOf(path: string): ReadonlyMap<string, HostTensor> {
  const read = readSafetensors(readFileSync(path));
  if (read.kind === 'problem') throw new Error(`${path}: ${read.text}`);
  return read.tensors;
}
