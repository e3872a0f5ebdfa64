// `eisc plan`: what a run costs and what it can show, before it runs. Plans the rows that may be explored. Says what the run would
// stop at: a backend that is not here, or that refuses an operator of the graphs.
import type { Plain } from '../../compiler/base/canonical.js';
import { visible } from '../../compiler/base/visible.js';
import type { Graph } from '../../compiler/ir/graph.js';
import { planOf } from '../../compiler/plan/plan.js';
import { printPlan } from '../../compiler/plan/print.js';
import { graphRefusal } from '../backend/graph-refusal.js';
import { backendProblem } from '../backend/inventory.js';
import { backendDiagnostic } from '../backend/messages.js';
import type { App } from '../cli/app-api.js';
import { lengthsOf } from '../execute/stage-lengths.js';
import { exploredOf } from '../study/explored.js';
import { openStudy } from '../study/open-study.js';
import { resolutionLines } from '../study/resolution-lines.js';
import { RowBook } from '../study/rows.js';
import { TEXT_WIDTH, wrapText } from '../wrap-text.js';
import { diagnosticsOf, type World } from './world.js';

/** Calls that run at the same time: the workers of ort:cpu. */
const parallelRuns = 2;

export async function plan(
  world: World,
  file: string,
  options: Parameters<App['plan']>[1],
): ReturnType<App['plan']> {
  const study = await openStudy({
    host: world.host,
    folder: world.cwd,
    file,
    settings: options.settings,
    asLock: false,
    everything: true,
    memoryBytes: options.memoryBytes,
  });
  const { checked, diagnostics, sources } = study;
  if (checked === null) return { diagnostics, sources, text: null, json: null };
  const absent = backendProblem(options.backend, process.env);
  if (absent !== null) {
    return { diagnostics: [...diagnostics, backendDiagnostic(absent)], sources, text: null, json: null };
  }
  try {
    const rows = new RowBook(checked, study.compileHost.readDataBytes, null);
    rows.expect(checked.stages.stages.values());
    const graphs = new Set<Graph>();
    const made = planOf(checked, {
      lengthsOf: (stage, program) => {
        for (const part of program.parts) graphs.add(part.graph);
        const target = rows.rows(stage.data, stage.split);
        const draws = new Set(
          program.parts.flatMap((part) =>
            part.inputs.flatMap((one) =>
              'rows' in one.spec && one.spec.rows.draw !== null ? [one.spec.rows.draw] : [],
            ),
          ),
        );
        const drawn = new Map([...draws].map((name) => [name, rows.draw(name, stage.data, target)] as const));
        return lengthsOf(program, { rows: target, drawn });
      },
      memoryBytes: options.memoryBytes,
      parallelRuns,
      batch: options.batch ?? null,
      skip: options.withoutPasses,
      explain: options.explain,
    });
    const refused = await graphRefusal(options.backend, graphs);
    if (refused !== null) {
      return { diagnostics: [...diagnostics, backendDiagnostic(refused)], sources, text: null, json: null };
    }
    const resolution = resolutionLines(checked, exploredOf(world.host, study.path));
    const waivers = waiverLines(checked.waivers);
    const wrapped = resolution.flatMap((line) => wrapText(line, TEXT_WIDTH, '      '));
    const text = [...waivers, printPlan(made).trimEnd(), '', ...wrapped].join('\n');
    return {
      diagnostics,
      sources,
      text,
      json: JSON.parse(
        JSON.stringify({ ...made, waivers: Object.fromEntries(checked.waivers), resolution }),
      ) as Plain,
    };
  } catch (failure) {
    const found = diagnosticsOf(failure);
    if (found === null) throw failure;
    return { diagnostics: [...diagnostics, ...found], sources, text: null, json: null };
  }
}

/** What was left out on purpose, before anything else. */
function waiverLines(waivers: ReadonlyMap<string, string>): readonly string[] {
  if (waivers.size === 0) return [];
  return [
    ...[...waivers].flatMap(([what, because]) => wrapText(`waived ${visible(what)}: ${visible(because)}`)),
    '',
  ];
}
