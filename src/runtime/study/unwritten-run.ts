// What the manipulation checks have in common: a model replayed as it is, what it is fed, and what is compared of it.
import { bug } from '../../compiler/base/bug.js';
import type { ModelValue } from '../../compiler/check/value.js';
import type { GraphBuilder, ValueId } from '../../compiler/ir/graph.js';
import type { Backend } from '../backend/backend.js';
import type { HostTensor } from '../backend/host-tensor.js';

export type CheckBench = {
  readonly model: ModelValue;
  readonly backend: Backend;
  readonly lookupWeight: (digest: string) => HostTensor;
  /** Some rows of equal length, as the model reads them. */
  readonly input: HostTensor;
};

export type CheckResult = { readonly state: 'passed' | 'failed' | 'not-checked'; readonly text: string };

/** A replay without writes. */
export const unwritten = {
  symbols: new Map<string, string>(),
  written: new Set<string>(),
  substitute: (_: readonly string[], value: ValueId) => value,
};

export function inputsOf(builder: GraphBuilder, model: ModelValue): ReadonlyMap<string, ValueId> {
  return new Map(model.graph.inputs.map(({ name, type }) => [name, builder.input(name, type)] as const));
}

export function inputNameOf({ graph }: ModelValue): string {
  return graph.inputs[0]?.name ?? bug(`the model ${graph.name} has no inputs`);
}

/** The site that everything before it flows into: its outputs are what is compared. */
export function lastSiteOf({ graph }: ModelValue): string {
  return graph.sites.at(-1)?.path ?? bug(`the model ${graph.name} has no sites`);
}

export function outputOf(outputs: ReadonlyMap<string, HostTensor>, name: string): HostTensor {
  return outputs.get(name) ?? bug(`no output ${name}`);
}
