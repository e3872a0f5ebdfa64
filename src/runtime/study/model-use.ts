// Which model a number comes from: the stages that run a model, and the claims that any of its weights went into.
import { bug } from '../../compiler/base/bug.js';
import type { ClaimSpec, ClassOutputs } from '../../compiler/check/claim-spec.js';
import type { CheckedFile } from '../../compiler/check/experiment.js';
import type { Pool, Stage } from '../../compiler/check/stage.js';
import type { ModelValue } from '../../compiler/check/value.js';
import type { ValueId } from '../../compiler/ir/graph.js';

/** Stages that run this very model (not a reinitialised copy), claims first: the rows of each can be fed to it. */
export function stagesThatRun(model: ModelValue, checked: CheckedFile): readonly Stage[] {
  const claims = checked.claims.map((one) => one.stage);
  const all = new Set([...claims, ...checked.stages.stages.values()]);
  return [...all].filter((stage) => stage.executions.some((one) => one.model.id === model.id));
}

/**
 * Names of the claims that the model's weights went into, by way of pooled values, assays and paired controls too. Claims on
 * the same rows share a stage, so that each of their outputs is followed back by itself.
 */
export function claimsThatUse(model: ModelValue, checked: CheckedFile): readonly string[] {
  const weights = new Set(
    model.graph.graph.nodes.flatMap(({ op }) => (op.name === 'Weight' ? [op.attrs.digest] : [])),
  );
  const trace = new Trace(checked.stages.pools, weights);
  const paired = (claim: ClaimSpec): readonly ClaimSpec[] =>
    checked.controls.flatMap(({ claim: name, what }) =>
      name === claim.name && what.kind === 'paired' ? [what.variant] : [],
    );
  return checked.claims
    .filter((claim) =>
      [claim, ...paired(claim)].some((one) =>
        [...outputNames(one.classes), ...outputNames(one.assay?.classes ?? [])].some((name) =>
          trace.reads(one.stage, name),
        ),
      ),
    )
    .map((one) => one.name);
}

function outputNames(classes: readonly ClassOutputs[]): readonly string[] {
  return classes.flatMap(({ parts }) =>
    parts.flatMap(({ x, reference }) => (reference === null ? [x] : [x, reference])),
  );
}

/** Follows outputs back to weights, through pools into other stages. Every value is visited once. */
class Trace {
  readonly #pools: readonly Pool[];
  readonly #weights: ReadonlySet<string>;
  readonly #known = new Map<Stage, Map<ValueId, boolean>>();
  readonly #pooled = new Map<number, boolean>();

  constructor(pools: readonly Pool[], weights: ReadonlySet<string>) {
    this.#pools = pools;
    this.#weights = weights;
  }

  reads(stage: Stage, output: string): boolean {
    const found = stage.outputs.find((one) => one.name === output) ?? bug(`no output ${output}`);
    return this.#value(stage, found.value);
  }

  #value(stage: Stage, start: ValueId): boolean {
    const known = this.#known.get(stage) ?? new Map<ValueId, boolean>();
    this.#known.set(stage, known);
    const seen = new Set([start]);
    const waiting = [start];
    let found = false;
    for (let value = waiting.pop(); value !== undefined && !found; value = waiting.pop()) {
      const node = stage.builder.nodeOf(value);
      found = known.get(value) ?? (node.op.name === 'Weight' && this.#weights.has(node.op.attrs.digest));
      if (!found && node.op.name === 'Input') found = this.#input(stage, node.op.attrs.name);
      for (const input of node.inputs) {
        if (seen.has(input)) continue;
        seen.add(input);
        waiting.push(input);
      }
    }
    known.set(start, found);
    return found;
  }

  #input(stage: Stage, name: string): boolean {
    const spec = stage.inputs.get(name)?.spec;
    if (spec?.kind !== 'pooled' && spec?.kind !== 'cluster-pooled') return false;
    const known = this.#pooled.get(spec.pool);
    if (known !== undefined) return known;
    const pool = this.#pools.find((one) => one.id === spec.pool) ?? bug(`no pool ${spec.pool}`);
    const found = pool.stage.outputs.some(
      ({ purpose, value }) =>
        purpose.kind === 'pooled' && purpose.pool === pool.id && this.#value(pool.stage, value),
    );
    this.#pooled.set(pool.id, found);
    return found;
  }
}
