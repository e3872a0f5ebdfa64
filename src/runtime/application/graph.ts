// `eisc graph`: the stages of an experiment and what each needs, as text or for a drawing program.
import type { CheckedFile } from '../../compiler/check/experiment.js';
import type { Stage } from '../../compiler/check/stage.js';
import type { App } from '../cli/app-api.js';
import { openStudy } from '../study/open-study.js';
import { stageGroups } from '../study/stage-groups.js';
import { stagesNeeded } from '../study/stage-runner.js';
import type { World } from './world.js';

export async function graph(
  world: World,
  file: string,
  { format, settings }: Parameters<App['graph']>[1],
): ReturnType<App['graph']> {
  const study = openStudy({
    host: world.host,
    folder: world.cwd,
    file,
    settings,
    asLock: false,
    everything: false,
  });
  const { checked, diagnostics, sources } = study;
  if (checked === null) return { diagnostics, sources, text: null };
  const { nodes, edges } = stageGraph(checked);
  switch (format) {
    case 'text':
      return {
        diagnostics,
        sources,
        text: nodes
          .map((one) =>
            [
              one.label,
              ...edges
                .filter((edge) => edge.to === one.id)
                .map((edge) => `  needs ${nodes.find((other) => other.id === edge.from)?.label ?? ''}`),
            ].join('\n'),
          )
          .join('\n'),
      };
    case 'dot':
      return {
        diagnostics,
        sources,
        text: [
          'digraph stages {',
          ...nodes.map((one) => `  ${one.id} [label=${JSON.stringify(one.label)}];`),
          ...edges.map((one) => `  ${one.from} -> ${one.to};`),
          '}',
        ].join('\n'),
      };
    case 'mermaid':
      return {
        diagnostics,
        sources,
        text: [
          'flowchart LR',
          ...nodes.map((one) => `  ${one.id}["${one.label.replaceAll('"', "'")}"]`),
          ...edges.map((one) => `  ${one.from} --> ${one.to}`),
        ].join('\n'),
      };
  }
}

type Node = { readonly id: string; readonly label: string };
type Edge = { readonly from: string; readonly to: string };

function stageGraph(checked: CheckedFile): {
  readonly nodes: readonly Node[];
  readonly edges: readonly Edge[];
} {
  const { pools } = checked.stages;
  const groups = stageGroups(checked);
  const titles = new Map<Stage, string>();
  for (const search of checked.searches) titles.set(search.run.stage, `search ${search.circuit.name}`);
  for (const group of groups)
    for (const stage of group.stages) if (!titles.has(stage)) titles.set(stage, group.title);
  const wanted = [...titles.keys()];
  const all = stagesNeeded(wanted, pools);
  const id = new Map(all.map((stage, i) => [stage, `s${i + 1}`] as const));
  const nodes = all.map((stage): Node => {
    const members = stage.contexts.reduce((sum, one) => sum + one.members.members.length, 0);
    const title = titles.get(stage) ?? 'pooled';
    return {
      id: id.get(stage) ?? '',
      label: `${title} on ${stage.data.declared}.${stage.split}${members === 0 ? '' : `, ${members} members`}`,
    };
  });
  const edges = all.flatMap((stage): readonly Edge[] =>
    [
      ...new Set(
        [...stage.inputs.values()].flatMap(({ spec }) =>
          spec.kind === 'pooled' || spec.kind === 'cluster-pooled' ? [spec.pool] : [],
        ),
      ),
    ].flatMap((pool) => {
      const from = pools.find((one) => one.id === pool)?.stage;
      return from === undefined ? [] : [{ from: id.get(from) ?? '', to: id.get(stage) ?? '' }];
    }),
  );
  return { nodes, edges: [...new Map(edges.map((one) => [`${one.from}${one.to}`, one] as const)).values()] };
}
