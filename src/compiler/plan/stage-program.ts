// What is run for a stage: its graph after all passes, cut into parts that share no weights, with exactly the inputs that are
// still needed. Replicates of a model with other weights give parts of equal structure, which share one backend session.
import { bug } from '../base/bug.js';
import type { Digest } from '../base/digest.js';
import type { PositionsSpec, RowContext, Stage, StageInput, StageOutput } from '../check/stage.js';
import { type Graph, type Output, pruneGraph } from '../ir/graph.js';
import { inputsOf, type SymbolSizes, symbolsOf } from '../ir/symbols.js';
import type { TensorType } from '../ir/tensor-type.js';
import { type PassRecord, type PositionsInput, runPasses } from '../pass/pass.js';
import { PIPELINE } from '../pass/pipeline.js';
import { distinctExecutions, type ProgramExecution } from './executions.js';
import { anonymousStructure } from './structure.js';
import { splitByWeights, uniqueWeightNames } from './weights.js';

export type ProgramOptions = {
  /** Names of passes, and of choices of `partition.ts`, to leave out. */
  readonly skip: readonly string[];
  /** Sizes at which passes compare costs; representative ones where absent. */
  readonly sizes?: SymbolSizes;
  /** Which outputs are computed; absent: all. */
  readonly wanted?: (output: StageOutput) => boolean;
  /** Called with the graph of a part after each pass. */
  readonly dump?: (pass: string, graph: Graph) => void;
};

/** An output of a part: `type` is that of the graph, with axis 0 of size `example` or `row:ID`. */
export type ProgramOutput = Omit<StageOutput, 'value'> & { readonly type: TensorType };

/** One graph that is compiled and run by itself. */
export type ProgramPart = {
  readonly graph: Graph;
  /** Those the graph reads, in its order. */
  readonly inputs: readonly StageInput[];
  /** Contexts whose rows the graph computes. */
  readonly contexts: readonly RowContext[];
  readonly outputs: readonly ProgramOutput[];
  /** By context, where its rows begin to differ from the clean run. Contexts may share a symbol. */
  readonly tails: readonly PositionsSpec[];
  /** Equal for graphs that differ only in weights and in names. */
  readonly structure: Digest;
  /** What each pass saved. */
  readonly records: readonly PassRecord[];
};

export type StageProgram = {
  readonly key: string;
  readonly data: Digest;
  readonly dataName: string;
  readonly split: string;
  readonly parts: readonly ProgramPart[];
  /** Of the whole stage: an output may belong to members whose rows no part needs to tell apart. */
  readonly contexts: readonly RowContext[];
  readonly outputs: readonly ProgramOutput[];
  /** Distinct runs of models that a loop over members would make. */
  readonly executions: readonly ProgramExecution[];
};

/** The program of a stage. A stage without wanted outputs has no parts. */
export function programOf(stage: Stage, options: ProgramOptions): StageProgram {
  const outputs = stage.outputs.filter((one) => options.wanted?.(one) ?? true);
  const whole = stage.builder.build(outputs.map(({ name, value }) => ({ name, value })));
  const groups = splitByWeights(whole);
  const parts = groups.map((group) => partOf(stage, outputs, whole, group, options));
  return {
    key: stage.key,
    data: stage.data.digest,
    dataName: stage.data.declared,
    split: stage.split,
    parts,
    contexts: stage.contexts,
    outputs: parts.flatMap((part) => part.outputs),
    executions: distinctExecutions(stage, outputs),
  };
}

function partOf(
  stage: Stage,
  outputs: readonly StageOutput[],
  whole: Graph,
  group: readonly Output[],
  { skip, sizes, dump }: ProgramOptions,
): ProgramPart {
  const graph = uniqueWeightNames(pruneGraph({ nodes: whole.nodes, outputs: group }));
  const {
    graph: optimised,
    records,
    inputs: added,
  } = runPasses(graph, PIPELINE, {
    without: new Set(skip),
    ...(sizes === undefined ? {} : { sizes }),
    ...(dump === undefined ? {} : { dump }),
  });
  const purposes = new Map(outputs.map((one) => [one.name, one]));
  const described = optimised.outputs.map(({ name, value }): ProgramOutput => {
    const output = purposes.get(name) ?? bug(`no output ${name}`);
    const { type } = optimised.nodes[value] ?? bug(`no value %${value}`);
    return { name, context: output.context, purpose: output.purpose, type };
  });
  const positions = added.map((one) => positionsInput(stage, one));
  return describePart({
    graph: optimised,
    outputs: described,
    records,
    inputs: new Map([
      ...stage.inputs,
      ...positions.map(({ name, type, spec }) => [name, { name, type, spec }] as const),
    ]),
    contexts: stage.contexts,
    tails: positions.flatMap(({ spec }) => (spec.which === 'dirty' ? [spec] : [])),
  });
}

/** An input that a pass made up, with what it is filled with in terms of the stage. */
function positionsInput(
  stage: Stage,
  { name, type, rows, positions, dirty, which, bounds, alike }: PositionsInput,
): StageInput & { readonly spec: PositionsSpec } {
  const context = stage.contexts.find((one) => one.symbol === rows) ?? null;
  const inputNamed = (input: string): StageInput => stage.inputs.get(input) ?? bug(`no input ${input}`);
  const columnNamed = (input: string) => {
    const { spec } = inputNamed(input);
    return spec.kind === 'column' ? spec : bug(`${input} is no column`);
  };
  const spec: PositionsSpec = {
    kind: 'positions',
    which,
    alike,
    context: context?.id ?? null,
    positions,
    dirty,
    bounds: bounds.map(({ at, differ }) => ({
      at: at.kind === 'input' ? { kind: 'input', input: inputNamed(at.name) } : at,
      differ:
        differ?.map(([left, right]) => {
          const [a, b] = [columnNamed(left), columnNamed(right)];
          return [
            a.rows,
            b.rows,
            a.column === b.column ? a.column : bug('a difference of two columns'),
          ] as const;
        }) ?? null,
    })),
  };
  return { name, type, spec };
}

type PartFacts = {
  readonly graph: Graph;
  readonly outputs: readonly ProgramOutput[];
  readonly records: readonly PassRecord[];
  readonly inputs: ReadonlyMap<string, StageInput>;
  readonly contexts: readonly RowContext[];
  readonly tails: readonly PositionsSpec[];
};

/** Fills in what follows from the graph: the inputs it reads and the contexts whose rows it has. */
export function describePart({ graph, outputs, records, inputs, contexts, tails }: PartFacts): ProgramPart {
  const read = inputsOf(graph).map(({ name }) => inputs.get(name) ?? bug(`no input ${name}`));
  const sizes = new Set([
    ...read.flatMap(({ type }) => type.axes.map((axis) => axis.size)),
    ...outputs.flatMap(({ type }) => type.axes.map((axis) => axis.size)),
  ]);
  const used = contexts.filter(({ id, symbol }) => sizes.has(symbol) || sizes.has(`member:${id}`));
  const symbols = new Set(symbolsOf(graph));
  return {
    graph,
    inputs: read,
    contexts: used,
    outputs,
    records,
    tails: tails.filter(
      ({ dirty, context }) =>
        symbols.has(dirty) && (context === null || used.some((one) => one.id === context)),
    ),
    structure: anonymousStructure(graph),
  };
}
