// `eisc graph`: the stages of an experiment and what each needs, as text or for a drawing program.
import type { App } from '../cli/app-api.js';
import { openStudy } from '../study/open-study.js';
import { stageGraph } from './stage-graph.js';
import type { World } from './world.js';

export async function graph(
  world: World,
  file: string,
  { format, settings }: Parameters<App['graph']>[1],
): ReturnType<App['graph']> {
  const study = await openStudy({
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
                .map((edge) => `  needs ${nodes.find((other) => other.id === edge.from)?.title ?? ''}`),
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
