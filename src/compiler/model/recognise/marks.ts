// What recognisers ask of the lifted graph: values to name, weights to name, and norms and activations to write in one form.
import type { ValueId } from '../../ir/graph.js';
import type { Part } from '../model-graph.js';

/** A value of the imported graph that becomes a site. Its readers read the site; `readers` restricts that to some of them. */
export type Mark = {
  readonly path: string;
  readonly part: Part;
  readonly value: ValueId;
  /** Names of the axes in the site's order. */
  readonly names: readonly string[];
  /** The order of the value's axes in the site; absent where it is their own. */
  readonly perm?: readonly number[];
  readonly readers?: ReadonlySet<ValueId>;
};

/** A stored tensor that gets a path. */
export type WeightMark = {
  readonly path: string;
  readonly value: ValueId;
  readonly names: readonly string[];
};
