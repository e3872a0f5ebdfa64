// Before a run trusts a model: the compiled, unmodified graph must give the stored outputs of the framework that trained it,
// and its sites must not contradict each other. Both are checked on the backend that the run uses.
import { bug } from '../../compiler/base/bug.js';
import { GraphBuilder } from '../../compiler/ir/graph.js';
import { resolveSite } from '../../compiler/model/component-tree.js';
import { identityGraph, identityTolerance } from '../../compiler/model/identities.js';
import type { ModelGraph, Site } from '../../compiler/model/model-graph.js';
import type { ModelProblem } from '../../compiler/model/problem.js';
import { instantiate } from '../../compiler/model/replay.js';
import type { Backend } from '../backend/backend.js';
import { type HostTensor, numbersOf, tensorOf } from '../backend/host-tensor.js';
import { type FixtureCase, readFixtures, type StoredActivation } from './fixtures.js';
import type { LoadedModel } from './load-model.js';

export type ModelCheck = {
  readonly kind: 'stored-output' | 'identity';
  /** What was compared, such as `logits` or `blocks.0.attn.z`. */
  readonly what: string;
  readonly difference: number;
  readonly tolerance: number;
};
export type ModelVerification = {
  readonly checks: readonly ModelCheck[];
  readonly problems: readonly ModelProblem[];
};

const EPSILON = 2 ** -23;
/** How much worse than the framework's own float32 another order of summation may be. */
const SLACK = 8;

/** Compares with the stored outputs and checks the identities. A model without fixtures has only the identities. */
export async function verifyModel(model: LoadedModel, backend: Backend): Promise<ModelVerification> {
  const { graph } = model;
  const first = { tokens: [0, 0], logits: [], exact: [], activations: [] } satisfies FixtureCase;
  let cases: readonly FixtureCase[] = [];
  if (model.fixtures !== null) {
    const shown = `models/${graph.name}/${model.manifest?.fixtures ?? ''}`;
    const read = readFixtures(
      model.fixtures,
      shown,
      graph.geometry.vocab ?? bug('fixtures without a vocabulary'),
    );
    if (read.kind === 'problem') return { checks: [], problems: [read.problem] };
    cases = read.value;
  }
  const fixtures = cases.length === 0 ? [] : await compareCases(model, cases, backend);
  const identities = await checkIdentities(model, cases[0] ?? first, backend);
  return {
    checks: [...fixtures, ...identities],
    problems: [
      ...failures(fixtures).map(
        ({ what, difference, tolerance }): ModelProblem => ({
          kind: 'fixture-differs',
          model: graph.name,
          backend: backend.name,
          site: what,
          difference,
          tolerance,
        }),
      ),
      ...failures(identities).map(
        ({ what, difference, tolerance }): ModelProblem => ({
          kind: 'identity-fails',
          model: graph.name,
          identity: what,
          difference,
          tolerance,
        }),
      ),
    ],
  };
}

function failures(checks: readonly ModelCheck[]): readonly ModelCheck[] {
  return checks.filter(deviates);
}

/** A difference that is NaN is one. */
export function deviates({ difference, tolerance }: ModelCheck): boolean {
  return !(difference <= tolerance);
}

async function compareCases(
  model: LoadedModel,
  cases: readonly FixtureCase[],
  backend: Backend,
): Promise<readonly ModelCheck[]> {
  const { graph } = model;
  const stored = new Set(cases.flatMap((one) => one.activations.map(({ name }) => name)));
  const sites = new Map([...stored, 'logits'].map((name) => [name, siteNamed(graph, name)] as const));
  const b = new GraphBuilder();
  const replay = unwritten(b, graph);
  const outputs = [...sites].map(([name, site]) => ({ name, value: replay.valueOf(site.path) }));
  const executable = await backend.compile(b.build(outputs), {
    weights: 'inputs',
    lookupWeight: (digest) => model.weights.get(digest) ?? bug(`no weight ${digest}`),
  });
  const tolerance = logitTolerance(cases);
  const depth = 2 * (graph.geometry.layers ?? 1) + 1;
  const checks: ModelCheck[] = [];
  try {
    for (const [index, one] of cases.entries()) {
      const result = await executable.run(feedsOf(graph, one));
      const elementsOf = (name: string): readonly number[] =>
        numbersOf(result.outputs.get(name) ?? bug(`no output ${name}`));
      const what = cases.length === 1 ? 'logits' : `logits of case ${index}`;
      checks.push({
        kind: 'stored-output',
        what,
        difference: largestGap(elementsOf('logits'), one.exact),
        tolerance,
      });
      for (const activation of one.activations) {
        const { path } = sites.get(activation.name) ?? bug(`no site for ${activation.name}`);
        const difference = activationGap(path, elementsOf(activation.name), activation);
        checks.push({
          kind: 'stored-output',
          what: path,
          difference,
          tolerance: activationTolerance(graph, activation, depth),
        });
      }
    }
  } finally {
    executable.dispose();
  }
  return checks;
}

/**
 * float32 against float64, as the framework measured it over all cases, times SLACK; at least SLACK roundings of the largest
 * logit, because a short case can come out exact by luck.
 */
function logitTolerance(cases: readonly FixtureCase[]): number {
  const measured = Math.max(...cases.map((one) => largestGap(one.logits, one.exact)));
  const largest = Math.max(...cases.map((one) => largestOf(one.exact)));
  return SLACK * Math.max(measured, EPSILON * largest);
}

/**
 * Only float32 is stored of activations: eps · sqrt(depth · fan-in) · largest element, the error of a random walk of
 * roundings through `depth` sums of `fan-in` terms.
 */
function activationTolerance(model: ModelGraph, { values }: StoredActivation, depth: number): number {
  const { d_model = 1, d_mlp = 1, heads = 1, d_head = 1 } = model.geometry;
  const fanIn = Math.max(d_model, d_mlp, heads * d_head);
  return EPSILON * Math.sqrt(depth * fanIn) * largestOf(values);
}

/** Scores are stored before the causal mask; behind it ours are -inf, which is a difference of infinity where it is not so. */
function activationGap(path: string, ours: readonly number[], stored: StoredActivation): number {
  if (!path.endsWith('.attn_scores')) return largestGap(ours, stored.values);
  const length = stored.dims.at(-1) ?? 0;
  let largest = ours.length === stored.values.length ? 0 : Number.POSITIVE_INFINITY;
  for (const [i, value] of ours.entries()) {
    const key = i % length;
    const query = Math.floor(i / length) % length;
    const gap =
      key > query
        ? value === Number.NEGATIVE_INFINITY
          ? 0
          : Number.POSITIVE_INFINITY
        : Math.abs(value - (stored.values[i] ?? Number.NaN));
    if (!(gap <= largest)) largest = gap;
  }
  return largest;
}

async function checkIdentities(
  model: LoadedModel,
  input: FixtureCase,
  backend: Backend,
): Promise<readonly ModelCheck[]> {
  const { graph, identities } = identityGraph(model.graph);
  if (identities.length === 0) return [];
  const executable = await backend.compile(graph, {
    weights: 'inputs',
    lookupWeight: (digest) => model.weights.get(digest) ?? bug(`no weight ${digest}`),
  });
  try {
    const { outputs } = await executable.run(feedsOf(model.graph, input));
    const scalar = (name: string): number =>
      numbersOf(outputs.get(name) ?? bug(`no output ${name}`))[0] ?? Number.NaN;
    return identities.map((one) => ({
      kind: 'identity',
      what: one.text,
      difference: scalar(one.difference),
      tolerance: identityTolerance(one.terms({ pos: input.tokens.length }), scalar(one.magnitude)),
    }));
  } finally {
    executable.dispose();
  }
}

function unwritten(b: GraphBuilder, model: ModelGraph): ReturnType<typeof instantiate> {
  return instantiate(b, model, {
    inputs: new Map(model.inputs.map(({ name, type }) => [name, b.input(name, type)])),
    symbols: new Map(),
    written: new Set(),
    substitute: (_, inflight) => inflight,
  });
}

function feedsOf(model: ModelGraph, { tokens }: FixtureCase): ReadonlyMap<string, HostTensor> {
  const [input] = model.inputs;
  if (input === undefined) return bug('a model without inputs');
  const { dtype, axes } = input.type;
  const isTokens = axes.length === 2 && (dtype === 'i64' || dtype === 'i32');
  // Imported files may fix the number of positions, or read an image.
  const dims = axes.map(({ size }, i) => (typeof size === 'number' ? size : i === 0 ? 1 : tokens.length));
  const count = dims.reduce((product, size) => product * size, 1);
  const data = Array.from({ length: count }, (_, i) => (isTokens ? (tokens[i] ?? 0) : Math.sin(i)));
  return new Map([[input.name, tensorOf(dtype, dims, data)]]);
}

function siteNamed(model: ModelGraph, name: string): Site {
  const answer = resolveSite(model, name);
  return answer.kind === 'site'
    ? answer.site
    : bug(`the fixtures of ${model.name} store ${name}, which is no site`);
}

function largestGap(left: readonly number[], right: readonly number[]): number {
  if (left.length !== right.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (const [i, value] of left.entries()) {
    const gap = Math.abs(value - (right[i] ?? Number.NaN));
    if (!(gap <= largest)) largest = gap;
  }
  return largest;
}

function largestOf(values: readonly number[]): number {
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  return largest;
}
