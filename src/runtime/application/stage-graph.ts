// The stages of an experiment as a drawing: what each is for, how often it runs, and which others it needs. Titles are those
// of `eisc plan`.
import type { CheckedFile } from '../../compiler/check/experiment.js';
import type { Stage } from '../../compiler/check/stage.js';
import { plural } from '../quantity-text.js';
import { stageGroups } from '../study/stage-groups.js';
import { stagesNeeded } from '../study/stage-runner.js';

export type StageNode = {
  readonly id: string;
  /** What it is for, on which rows, how often. */
  readonly title: string;
  /** The title, and how many members it has. */
  readonly label: string;
};
export type StageEdge = { readonly from: string; readonly to: string };
export type StageGraph = { readonly nodes: readonly StageNode[]; readonly edges: readonly StageEdge[] };

/** Replicates that are checked as one are one node, which says how many there are. */
export function stageGraph(checked: CheckedFile): StageGraph {
  const { pools } = checked.stages;
  const titles = titlesOf(checked);
  const all = stagesNeeded([...titles.keys()], pools);
  const id = new Map(all.map((stage, i) => [stage, `s${i + 1}`] as const));
  const nodes = all.map((stage): StageNode => {
    const { what, note } = titles.get(stage) ?? { what: 'pooled', note: '' };
    const times = timesOf(stage, checked);
    const often = times === 1 ? '' : ` (× ${times})`;
    const title = `${what} on ${stage.data.declared}.${stage.split}${note}${often}`;
    return { id: id.get(stage) ?? '', title, label: `${title}${membersText(stage, checked)}` };
  });
  const edges = all.flatMap((stage) => {
    const to = id.get(stage) ?? '';
    const before = new Set([...poolsOf(stage, checked), ...searchesOf(stage, checked)]);
    return [...before].flatMap((needed): readonly StageEdge[] => {
      const from = id.get(needed);
      return from === undefined || needed === stage ? [] : [{ from, to }];
    });
  });
  return { nodes, edges };
}

type Title = { readonly what: string; readonly note: string };

function titlesOf(checked: CheckedFile): ReadonlyMap<Stage, Title> {
  const titles = new Map<Stage, Title>();
  for (const { run, circuit } of checked.searches) {
    const note = isOfReplicates(run.stage) ? ', new weights' : '';
    titles.set(run.stage, { what: `search ${circuit.name}`, note });
  }
  for (const group of stageGroups(checked)) {
    for (const stage of group.stages)
      if (!titles.has(stage)) titles.set(stage, { what: group.title, note: '' });
  }
  return titles;
}

function isOfReplicates(stage: Stage): boolean {
  return stage.executions.some((one) => one.model.reinitialised !== null);
}

/** How often the stage runs: a control's replicates may have been checked one for all. */
function timesOf(stage: Stage, { controls }: CheckedFile): number {
  const models = new Set(
    stage.executions.flatMap(({ model }) => (model.reinitialised === null ? [] : [model.declared])),
  );
  const counts = controls.flatMap(({ what, waived }) =>
    waived === null && what.kind === 'reinitialised' && models.has(what.model.declared)
      ? [what.seeds / Math.max(1, what.replicates.length)]
      : [],
  );
  return Math.max(1, ...counts);
}

/** Circuits that a control draws are its members; those of a search are as many as it keeps, whichever it will find. */
function membersText(stage: Stage, checked: CheckedFile): string {
  const drawn = checked.controls.find(
    ({ what }) => what.kind === 'circuits' && what.variant?.stage === stage,
  );
  if (drawn?.what.kind === 'circuits') return `, ${plural(drawn.what.drawn.length, 'other circuit')}`;
  const members = stage.contexts.reduce((sum, one) => sum + one.members.members.length, 0);
  if (members === 0) return '';
  const found = [...new Set(unsettledCircuits(stage, checked))];
  const origin = found.length === 0 ? '' : ` that search ${found.join(', ')} will find`;
  return `, ${plural(members, 'member')}${origin}`;
}

/** Names of searched circuits that shape a stage and have not been found yet. */
function unsettledCircuits(stage: Stage, checked: CheckedFile): readonly string[] {
  return specsOf(checked)
    .filter((one) => one.stage === stage)
    .flatMap((one) => one.circuits.filter((circuit) => !circuit.settled).map((circuit) => circuit.name));
}

function specsOf({ claims, controls }: CheckedFile): CheckedFile['claims'] {
  const variants = controls.flatMap(({ what }) => {
    if (what.kind === 'reinitialised') return what.replicates;
    return what.variant === null ? [] : [what.variant];
  });
  return [...claims, ...variants];
}

function poolsOf(stage: Stage, { stages }: CheckedFile): readonly Stage[] {
  return [...stage.inputs.values()].flatMap(({ spec }) => {
    if (spec.kind !== 'pooled' && spec.kind !== 'cluster-pooled') return [];
    const pool = stages.pools.find((one) => one.id === spec.pool);
    return pool === undefined ? [] : [pool.stage];
  });
}

/** What must have been searched: on the same weights, the untrained with the untrained. */
function searchesOf(stage: Stage, checked: CheckedFile): readonly Stage[] {
  const names = new Set(unsettledCircuits(stage, checked));
  return checked.searches
    .filter(
      ({ circuit, run }) => names.has(circuit.name) && isOfReplicates(run.stage) === isOfReplicates(stage),
    )
    .map(({ run }) => run.stage);
}
