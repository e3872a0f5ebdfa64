// A model whose weights are drawn again: the control "the same search on a network that learned nothing". Weights are drawn
// from the manifest's initialiser; where none is known, each tensor's own elements are put in a random order, which keeps
// their distribution. Which of the two it was is part of the result, because a report has to say it.
import { bug } from '../../compiler/base/bug.js';
import { digest } from '../../compiler/base/digest.js';
import type { ModelGraph } from '../../compiler/model/model-graph.js';
import { type WeightFacts, weightsOf, withWeights } from '../../compiler/model/with-weights.js';
import type { HostTensor } from '../backend/host-tensor.js';
import { streamKey } from '../stats/rng.js';
import { drawTensor, permuteTensor } from './draw-tensor.js';

export type Redraw = {
  /** Digest that all randomness of this purpose comes from. */
  readonly rootHex: string;
  /** What the replicates are for, such as `control/untrained`. */
  readonly stream: string;
  readonly replicate: number;
};

export type ReinitialisedModel = {
  readonly graph: ModelGraph;
  readonly how: 'initialiser' | 'permutation';
  /** Draws the weight of a digest of `graph`; nothing is drawn before, and the same digest gives the same numbers. */
  readonly lookupWeight: (digest: string) => HostTensor;
};

/** `lookupWeight` gives the weights of `model` itself; only a permutation reads them. */
export function reinitialise(
  model: ModelGraph,
  redraw: Redraw,
  lookupWeight: (digest: string) => HostTensor,
): ReinitialisedModel {
  const { initialiser } = model;
  const how = initialiser === null ? 'permutation' : 'initialiser';
  const digests = new Map<string, string>();
  const recipes = new Map<string, () => HostTensor>();
  for (const weight of weightsOf(model)) {
    const drawn = drawnDigest(model, weight, redraw);
    // Integer tables are structure (indices, shapes), not something that is learned.
    if (initialiser === null && !FLOATS.has(weight.type.dtype)) {
      digests.set(weight.name, weight.digest);
      recipes.set(weight.digest, () => lookupWeight(weight.digest));
      continue;
    }
    digests.set(weight.name, drawn);
    recipes.set(drawn, () => {
      const key = streamKey(redraw.rootHex, `${redraw.stream}/${weight.name}`);
      const draw = { key, replicate: redraw.replicate };
      if (initialiser === null) return permuteTensor(lookupWeight(weight.digest), draw);
      const rule = initialiser[weight.name] ?? bug(`no initialiser for ${weight.name}`);
      return drawTensor(rule, dimsOf(weight), draw);
    });
  }
  return {
    graph: withWeights(model, digests),
    how,
    lookupWeight: (wanted) => {
      const recipe = recipes.get(wanted) ?? bug(`no weight with the digest ${wanted}`);
      return recipe();
    },
  };
}

const FLOATS: ReadonlySet<string> = new Set(['f32', 'f64', 'f16']);

/** How elements are put in a random order; another way gives other numbers. */
const PERMUTED_BY = 'buckets';

/** The digest of everything that decides the numbers, instead of the numbers: nothing has to be drawn to name them. */
function drawnDigest(model: ModelGraph, weight: WeightFacts, redraw: Redraw): string {
  const rule = model.initialiser?.[weight.name];
  return digest('drawn-weight', {
    tensor: weight.name,
    dims: dimsOf(weight),
    from: rule === undefined ? { permutation: weight.digest, by: PERMUTED_BY } : { ...rule },
    root: redraw.rootHex,
    stream: redraw.stream,
    replicate: redraw.replicate,
  });
}

function dimsOf(weight: WeightFacts): readonly number[] {
  return weight.type.axes.map(({ size }) =>
    typeof size === 'number' ? size : bug(`a weight with the size ${size}`),
  );
}
