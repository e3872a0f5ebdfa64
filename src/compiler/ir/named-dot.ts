// Contraction by axis names, as the cheapest matrix product that does it.
import { sameDim } from './dim.js';
import type { GraphBuilder, ValueId } from './graph.js';
import { mergeAxes } from './infer-layout.js';
import { AxisClash, axisNamed, EXAMPLE, elementwise, hasAxis, reduceNamed, transposeNamed } from './named.js';
import type { Axis } from './tensor-type.js';

/**
 * Sums the product of a and b over the named axes, which both must have; every other axis is kept, shared ones once.
 * Result axes: `example` first if present, then a's kept axes in a's order, then those that only b has.
 * No shared axis: one N-D by 2-D product (backends run it as a single GEMM). Shared axes: a batched product; axes that only a has
 * are merged into rows. Only shared axes left: a product and a sum. Throws AxisClash and AxisMissing.
 */
export function dotNamed(
  builder: GraphBuilder,
  a: ValueId,
  b: ValueId,
  over: string | readonly string[],
): ValueId {
  const contracted = typeof over === 'string' ? [over] : over;
  for (const name of contracted) {
    axisNamed(builder, a, name);
    axisNamed(builder, b, name);
  }
  for (const axis of builder.axesOf(a)) {
    const other = builder.axesOf(b).find((o) => o.name === axis.name);
    if (other !== undefined && !sameDim(axis.size, other.size)) throw new AxisClash(axis, other);
  }
  const kept = (x: ValueId) => builder.axesOf(x).filter((n) => !contracted.includes(n.name));
  const order = [...kept(a), ...kept(b).filter((n) => !hasAxis(builder, a, n.name))].map((n) => n.name);
  const names = [...order.filter((n) => n === EXAMPLE), ...order.filter((n) => n !== EXAMPLE)];
  const onlyRight = hasAxis(builder, b, EXAMPLE) && !hasAxis(builder, a, EXAMPLE);
  const product =
    onlyRight && !contracted.includes(EXAMPLE)
      ? contract(builder, b, a, contracted)
      : contract(builder, a, b, contracted);
  return transposeNamed(builder, product, names);
}

/** The product in whatever order of axes falls out of it. If either has a free `example`, a has. */
function contract(builder: GraphBuilder, a: ValueId, b: ValueId, over: readonly string[]): ValueId {
  const inner = builder.axesOf(a).filter((x) => over.includes(x.name));
  const shared = exampleFirst(
    builder.axesOf(a).filter((x) => !over.includes(x.name) && hasAxis(builder, b, x.name)),
  );
  const onlyA = exampleFirst(builder.axesOf(a).filter((x) => !hasAxis(builder, b, x.name)));
  const onlyB = builder.axesOf(b).filter((x) => !hasAxis(builder, a, x.name));
  if (shared.length > 0 && onlyA.length === 0 && onlyB.length === 0)
    return reduceNamed(builder, 'ReduceSum', elementwise(builder, 'Mul', a, b), over);
  if (shared.length === 0) {
    const left = grouped(builder, a, [...onlyA.map((x) => [x]), inner]);
    const right = grouped(builder, b, onlyB.length === 0 ? [inner] : [inner, onlyB]);
    const product = builder.add({ name: 'MatMul', attrs: {} }, left, right);
    return ungrouped(builder, product, [...onlyA, ...onlyB]);
  }
  // Batched. `example` may be broadcast against b; the rest of a's own axes become the rows of each product.
  const lead = onlyA.filter((x) => x.name === EXAMPLE);
  const rest = onlyA.filter((x) => x.name !== EXAMPLE);
  const mergeable = rest.filter((x) => typeof x.size === 'string').length <= 1;
  // Two symbols merged into one axis cannot be taken apart again by a backend that knows only one of them.
  const outer = mergeable ? [] : rest.slice(0, -1);
  const rows = mergeable ? rest : rest.slice(-1);
  const left = grouped(builder, a, [...lead, ...shared, ...outer].map((x) => [x]).concat([rows, inner]));
  const units: readonly Axis[][] = outer.map(() => []);
  const right = grouped(builder, b, [...shared.map((x) => [x]), ...units, inner, onlyB]);
  const product = builder.add({ name: 'MatMul', attrs: {} }, left, right);
  return ungrouped(builder, product, [...lead, ...shared, ...outer, ...rows, ...onlyB]);
}

/** x with one axis per group: a group of several is merged, an empty one is a unit axis. */
function grouped(builder: GraphBuilder, x: ValueId, groups: readonly (readonly Axis[])[]): ValueId {
  const order = groups.flatMap((g) => g.map((a) => a.name));
  const laidOut = transposeNamed(builder, x, order);
  if (groups.every((g) => g.length === 1)) return laidOut;
  if (groups.every((g) => g.length <= 1)) {
    const at = groups.flatMap((g, i) => (g.length === 0 ? [i] : []));
    return builder.add({ name: 'Unsqueeze', attrs: { at, names: at.map(() => '_unit') } }, laidOut);
  }
  const axes = groups.map((g) => (g.length === 0 ? { name: '_unit', size: 1 } : mergeAxes(g)));
  return builder.add({ name: 'Reshape', attrs: { axes } }, laidOut);
}

/** x with its merged axes taken apart and unit axes dropped. */
function ungrouped(builder: GraphBuilder, x: ValueId, axes: readonly Axis[]): ValueId {
  const own = builder.axesOf(x);
  if (own.length === axes.length && own.every((a, i) => a.name === axes[i]?.name)) return x;
  const units = own.flatMap((a, i) => (a.name === '_unit' ? [i] : []));
  const rest = own.filter((a) => a.name !== '_unit');
  if (rest.length === axes.length && rest.every((a, i) => a.name === axes[i]?.name))
    return builder.add({ name: 'Squeeze', attrs: { axes: units } }, x);
  return builder.add({ name: 'Reshape', attrs: { axes } }, x);
}

function exampleFirst(axes: readonly Axis[]): readonly Axis[] {
  return [...axes.filter((a) => a.name === EXAMPLE), ...axes.filter((a) => a.name !== EXAMPLE)];
}
