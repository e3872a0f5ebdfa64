// What controls add to a run.
import type { ControlSpec } from '../check/claim-spec.js';
import type { CheckedFile } from '../check/experiment.js';
import type { Stage } from '../check/stage.js';
import type { ModelValue } from '../check/value.js';
import { NO_COST } from './cost.js';
import { type Bound, costAt, type Planned, type PlanRequest, type Times } from './planned-stage.js';
import { programOf, type StageProgram } from './stage-program.js';

export type ControlPlan = {
  readonly name: string;
  readonly claim: string;
  readonly kind: ControlSpec['what']['kind'];
  readonly inserted: boolean;
  readonly waived: string | null;
  /** Models or circuits that it draws; 1 for a paired control. */
  readonly draws: number;
  /** All there are, rather than a sample. */
  readonly exhaustive: boolean;
  /** What the run costs more than without it. What several controls share is counted with the first. */
  readonly executions: number;
  readonly flops: number;
  readonly bound: Bound;
};

export function controlPlans(
  checked: CheckedFile,
  planned: readonly Planned[],
  request: PlanRequest,
  times: Times,
): readonly ControlPlan[] {
  const counted = new Set<string>();
  return checked.controls.map((control): ControlPlan => {
    const { name, claim, inserted, waived, what } = control;
    const found = extraCost(control, planned, request, times, counted);
    const draws = what.kind === 'paired' ? 1 : what.kind === 'reinitialised' ? what.seeds : what.drawn.length;
    const exhaustive = what.kind === 'circuits' && what.exhaustive;
    const stages = planned.filter(({ stage }) => stageOf(control) === stage);
    const bound: Bound = stages.some(({ plan }) => plan.bound === 'about') ? 'about' : 'exact';
    return { name, claim, kind: what.kind, inserted, waived, draws, exhaustive, ...found, bound };
  });
}

function stageOf({ what }: ControlSpec): Stage | undefined {
  return what.kind === 'reinitialised' ? what.replicates[0]?.stage : what.variant?.stage;
}

type Extra = { readonly executions: number; readonly flops: number };

function extraCost(
  control: ControlSpec,
  planned: readonly Planned[],
  request: PlanRequest,
  times: Times,
  counted: Set<string>,
): Extra {
  const { what } = control;
  if (what.kind === 'reinitialised') return replicateCost(what.model.declared, planned, times, counted);
  const own = planned.find(({ stage }) => stage === what.variant?.stage);
  if (own === undefined) return { executions: 0, flops: 0 };
  const prefix = `control:${control.name}:`;
  const without = programOf(own.stage, {
    skip: request.skip,
    wanted: (output) => (request.wanted?.(own.stage, output) ?? true) && !output.name.startsWith(prefix),
  });
  const rest = without.parts.length === 0 ? NO_COST : costAt(own.stage, without, request, times).cost;
  return { executions: own.plan.cost.executions - rest.executions, flops: own.plan.cost.flops - rest.flops };
}

/** Everything that is about new weights of a model, in whatever stage. */
function replicateCost(
  declared: string,
  planned: readonly Planned[],
  times: Times,
  counted: Set<string>,
): Extra {
  if (counted.has(declared)) return { executions: 0, flops: 0 };
  counted.add(declared);
  let executions = 0;
  let flops = 0;
  for (const { program, made, plan } of planned) {
    const isDrawn = (model: ModelValue) => model.reinitialised !== null && model.declared === declared;
    const digests = new Set(
      program.executions.flatMap(({ model }) =>
        isDrawn(model) ? weightDigests(model.graph.graph.nodes) : [],
      ),
    );
    for (const piece of made.pieces) {
      if (!weightDigests(piece.part.graph.nodes).some((one) => digests.has(one))) continue;
      flops += piece.times * piece.calls.reduce((sum, call) => sum + call.flops, 0);
    }
    for (const { model, context } of program.executions) {
      if (!isDrawn(model)) continue;
      const members = program.contexts.find((one) => one.id === context)?.members.members.length ?? 1;
      executions += times(model) * plan.examples * members;
    }
  }
  return { executions, flops };
}

function weightDigests(nodes: StageProgram['parts'][number]['graph']['nodes']): readonly string[] {
  return nodes.flatMap(({ op }) => (op.name === 'Weight' ? [op.attrs.digest] : []));
}
