// The plan of a checked file: what every stage, search and control will run and cost, beside what a plain loop would cost.
// Where a search has not run, the file is checked with stand-ins for what it will find, and numbers are upper bounds.
import type { CheckedFile } from '../check/experiment.js';
import type { Stage } from '../check/stage.js';
import { type ControlPlan, controlPlans } from './control-plans.js';
import { addCosts, type Cost, NO_COST } from './cost.js';
import { explainStage } from './explain.js';
import {
  type Bound,
  costAt,
  type Planned,
  type PlanRequest,
  type StageKind,
  type StagePlan,
  type Times,
} from './planned-stage.js';
import { type ProgramOptions, programOf, type StageProgram } from './stage-program.js';

export type Plan = {
  /** In the order in which they run. */
  readonly stages: readonly StagePlan[];
  readonly controls: readonly ControlPlan[];
  readonly claims: readonly { readonly name: string; readonly members: number }[];
  readonly searches: readonly {
    readonly name: string;
    readonly members: number;
    readonly keeps: number;
    readonly settled: boolean;
    readonly times: number;
  }[];
  readonly total: Cost;
  /** Of all calls that run at the same time: `weightBytes` and `valueBytes`. */
  readonly peakBytes: number;
  /** A call's weights, once for each of these calls: every worker arranges its own copy (measured: ort:cpu, 538 MB once and twice). */
  readonly weightBytes: number;
  readonly valueBytes: number;
  readonly bound: Bound;
};

export function planOf(checked: CheckedFile, request: PlanRequest): Plan {
  const times = replicateTimes(checked);
  const drawn = circuitDraws(checked);
  const planned = stagesInOrder(checked).flatMap(([key, stage]): readonly Planned[] => {
    const options: ProgramOptions = {
      skip: request.skip,
      wanted: (output) => request.wanted?.(stage, output) ?? true,
    };
    const program = withAllDraws(programOf(stage, options), drawn);
    if (program.parts.length === 0) return [];
    const made = costAt(stage, program, request, times);
    const plan: StagePlan = {
      key,
      ...titleOf(stage, program, checked),
      data: program.dataName,
      split: program.split,
      examples: request.lengthsOf(stage, program).rows,
      members: membersOf(program),
      times: Math.max(1, ...made.pieces.map((one) => one.times)),
      cost: made.cost,
      bound: isSettled(stage, checked) ? 'exact' : 'about',
      passes: request.explain ? explainStage(stage, options, made) : [],
    };
    return [{ stage, program, made, plan }];
  });
  const total = planned.reduce((cost, { plan }) => addCosts(cost, plan.cost), NO_COST);
  const weightBytes = total.weightBytes * request.parallelRuns;
  const valueBytes = total.peakBytes * request.parallelRuns;
  return {
    stages: planned.map((one) => one.plan),
    controls: controlPlans(checked, planned, request, times),
    claims: checked.claims.map(({ name, family }) => ({ name, members: family.members.length })),
    searches: checked.searches.map(({ circuit, run }) => ({
      name: circuit.name,
      members: run.members.length,
      keeps: run.k,
      settled: circuit.settled,
      times: planned.find(({ stage }) => stage === run.stage)?.plan.times ?? 1,
    })),
    total,
    peakBytes: weightBytes + valueBytes,
    weightBytes,
    valueBytes,
    bound: planned.every(({ plan }) => plan.bound === 'exact') ? 'exact' : 'about',
  };
}

/** Replicates were built one for all, or all: each that was built stands for as many as there are of it. */
function replicateTimes(checked: CheckedFile): Times {
  const times = new Map<string, number>();
  for (const { what } of checked.controls) {
    if (what.kind !== 'reinitialised' || what.replicates.length === 0) continue;
    const name = what.model.declared;
    times.set(name, Math.max(times.get(name) ?? 1, what.seeds / what.replicates.length));
  }
  return (model) => (model.reinitialised === null ? 1 : (times.get(model.declared) ?? 1));
}

/** How many circuits will really be run side by side, by the class that stands for them. */
function circuitDraws(checked: CheckedFile): ReadonlyMap<string, number> {
  const draws = new Map<string, number>();
  for (const { what } of checked.controls) {
    if (what.kind !== 'circuits' || what.variant === null) continue;
    for (const { context } of what.variant.classes) {
      const members = what.variant.stage.contexts.find((one) => one.id === context)?.members;
      if (members !== undefined) draws.set(members.key, what.drawn.length);
    }
  }
  return draws;
}

function withAllDraws(program: StageProgram, drawn: ReadonlyMap<string, number>): StageProgram {
  const widened = (context: StageProgram['contexts'][number]): StageProgram['contexts'][number] => {
    const count = drawn.get(context.members.key);
    if (count === undefined) return context;
    return {
      ...context,
      members: { ...context.members, members: Array.from({ length: count }, (_, i) => [i]) },
    };
  };
  return {
    ...program,
    contexts: program.contexts.map(widened),
    parts: program.parts.map((part) => ({ ...part, contexts: part.contexts.map(widened) })),
  };
}

function membersOf(program: StageProgram): number {
  const used = new Set(program.parts.flatMap((part) => part.contexts.map((one) => one.id)));
  return program.contexts.reduce(
    (sum, { id, members }) => sum + (used.has(id) ? members.members.length : 0),
    0,
  );
}

/** What is pooled comes before what reads it. */
function stagesInOrder(checked: CheckedFile): readonly (readonly [string, Stage])[] {
  const keys = new Map([...checked.stages.stages].map(([key, stage]) => [stage, key] as const));
  const ordered: (readonly [string, Stage])[] = [];
  const seen = new Set<Stage>();
  const visit = (stage: Stage): void => {
    if (seen.has(stage)) return;
    seen.add(stage);
    for (const { spec } of stage.inputs.values()) {
      if (spec.kind !== 'pooled' && spec.kind !== 'cluster-pooled') continue;
      const pool = checked.stages.pools[spec.pool];
      if (pool !== undefined) visit(pool.stage);
    }
    ordered.push([keys.get(stage) ?? stage.key, stage]);
  };
  for (const { run } of checked.searches) visit(run.stage);
  for (const stage of checked.stages.stages.values()) visit(stage);
  return ordered;
}

function titleOf(
  stage: Stage,
  program: StageProgram,
  checked: CheckedFile,
): { readonly kind: StageKind; readonly title: string } {
  const rows = `${stage.data.declared}.${stage.split}`;
  if (checked.claims.some((one) => one.stage === stage))
    return { kind: 'claims', title: `claims on ${rows}` };
  const search = checked.searches.find((one) => one.run.stage === stage);
  if (search !== undefined) {
    const isAgain = program.executions.every(({ model }) => model.reinitialised !== null);
    const title = `search ${search.circuit.name} on ${rows}${isAgain ? ', new weights' : ''}`;
    return { kind: 'search', title };
  }
  const controls = checked.controls.filter(({ what }) => {
    if (what.kind === 'reinitialised') return what.replicates.some((one) => one.stage === stage);
    return what.kind === 'circuits' && what.variant?.stage === stage;
  });
  if (controls.length > 0)
    return { kind: 'control', title: `control ${controls.map((one) => one.name).join(', ')}` };
  if (checked.stages.pools.some((one) => one.stage === stage))
    return { kind: 'pool', title: `pooled over ${rows}` };
  return { kind: 'views', title: `views of ${rows}` };
}

/** False where a circuit that shapes the stage stands in for one that a search will find. */
function isSettled(stage: Stage, checked: CheckedFile): boolean {
  const specs = [
    ...checked.claims,
    ...checked.controls.flatMap(({ what }) => {
      if (what.kind === 'reinitialised') return what.replicates;
      return what.variant === null ? [] : [what.variant];
    }),
  ];
  return specs.every((one) => one.stage !== stage || one.circuits.every((circuit) => circuit.settled));
}
