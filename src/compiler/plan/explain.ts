// What each pass saved, at the sizes of the calls that will be made.
import type { Stage } from '../check/stage.js';
import { flopsOf } from '../ir/flops.js';
import type { Graph } from '../ir/graph.js';
import { type SymbolSizes, symbolsOf } from '../ir/symbols.js';
import { PIPELINE } from '../pass/pipeline.js';
import { arrangedGraph } from './arranged.js';
import type { ProgramCost } from './cost.js';
import { PARTITION_CHOICES } from './partition.js';
import { type ProgramOptions, programOf } from './stage-program.js';

export type PassSaving = {
  readonly pass: string;
  readonly about: string;
  readonly skipped: boolean;
  readonly flopsBefore: number;
  readonly flopsAfter: number;
};

/**
 * The FLOPs of a stage after each pass and each choice of the partition, were its calls those of the plan. The rows of the family that a call holds are the
 * same before and after, so the numbers compare what is computed and nothing else.
 */
export function explainStage(
  stage: Stage,
  options: ProgramOptions,
  planned: ProgramCost,
): readonly PassSaving[] {
  const everything = PIPELINE.map((one) => one.name);
  const plain = programOf(stage, { ...options, skip: [...options.skip, ...everything] }).parts.map(
    (one) => one.graph,
  );
  const stages = new Map(everything.map((name) => [name, [...plain]]));
  let part = 0;
  let last = -1;
  programOf(stage, {
    ...options,
    dump: (pass, graph) => {
      const at = everything.indexOf(pass);
      if (at <= last) part++; // the passes began anew: the next part
      last = at;
      // What a skipped pass leaves is what the one before it left.
      for (const name of everything.slice(at)) {
        const graphs = stages.get(name);
        if (graphs !== undefined) graphs[part] = graph;
      }
    },
  });
  const sizes = callSizes(planned);
  let before = total(plain, sizes);
  const saving = (pass: string, about: string, flopsAfter: number): PassSaving => {
    const flopsBefore = before;
    before = flopsAfter;
    return { pass, about, skipped: options.skip.includes(pass), flopsBefore, flopsAfter };
  };
  const passes = PIPELINE.map(({ name, about }) =>
    saving(name, about, total(stages.get(name) ?? plain, sizes)),
  );
  const ready = stages.get(PIPELINE.at(-1)?.name ?? '') ?? plain;
  const arranged = ready.map((graph) => arrangedGraph(graph, options.skip));
  return [
    ...passes,
    saving(
      'stack-rows',
      PARTITION_CHOICES['stack-rows'],
      total(
        arranged.map((one) => one.stacked),
        sizes,
      ),
    ),
    saving(
      'attend-in-place',
      PARTITION_CHOICES['attend-in-place'],
      total(
        arranged.map((one) => one.inPlace),
        sizes,
      ),
    ),
    saving('capture', PARTITION_CHOICES.capture, planned.cost.flops),
  ];
}

type PartSizes = ReadonlyMap<number, { readonly sizes: SymbolSizes; readonly count: number }[]>;

/** Distinct sizes of calls, by the number of the part. A part that was split by context counts under its first piece. */
function callSizes({ pieces }: ProgramCost): PartSizes {
  const found = new Map<number, { sizes: SymbolSizes; count: number }[]>();
  const records = [...new Set(pieces.map((one) => one.part.records))];
  for (const { part, calls, times } of pieces) {
    const at = records.indexOf(part.records);
    const list = found.get(at) ?? [];
    found.set(at, list);
    const byText = new Map<string, { sizes: SymbolSizes; count: number }>();
    for (const { sizes } of calls) {
      const text = [...sizes].join();
      const known = byText.get(text) ?? { sizes, count: 0 };
      byText.set(text, { sizes, count: known.count + times });
    }
    list.push(...byText.values());
  }
  return found;
}

function total(graphs: readonly Graph[], parts: PartSizes): number {
  let flops = 0;
  for (const [at, graph] of graphs.entries()) {
    for (const { sizes, count } of parts.get(at) ?? []) {
      const complete = new Map(symbolsOf(graph).map((symbol) => [symbol, sizes.get(symbol) ?? 1]));
      flops += count * flopsOf(graph, complete);
    }
  }
  return flops;
}
