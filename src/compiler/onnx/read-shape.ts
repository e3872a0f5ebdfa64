// Reading of operators that make or steer shapes: evaluated on content where they can be, so that sizes become attributes.
import type { ValueId } from '../ir/graph.js';
import type { Dim } from '../ir/tensor-type.js';
import {
  type Content,
  chooseContents,
  combineContents,
  exactQuotient,
  isWholeType,
  listContent,
  scalarContent,
} from './content.js';
import { type Known, namelessAxes } from './importer.js';
import type { NodeReader, NodeRule } from './node-reader.js';
import { dtypeOfCode } from './wire.js';

/** The result of a node as content, when all it depends on is known; undefined when it must be computed at run time. */
export function readAsContent(node: NodeReader): Content | undefined {
  if (node.opType === 'Shape') return shapeContent(node);
  if (node.opType === 'Size') return scalarContent('i64', node.sizes(0).reduce<Dim>(multiply, 1));
  const contents = node.wire.inputs.map((_, i) => node.content(i));
  const known = contents.filter((c) => c !== undefined);
  const [first] = known;
  if (first === undefined || known.length !== contents.length || !known.every((c) => isWholeType(c.dtype)))
    return undefined;
  return contentRules.get(node.opType)?.(node, first, known);
}

type ContentRule = (node: NodeReader, first: Content, all: readonly Content[]) => Content | undefined;

const contentRules: ReadonlyMap<string, ContentRule> = new Map<string, ContentRule>([
  ['Identity', (_, first) => first],
  ['Cast', (node, first) => castContent(node, first)],
  [
    'Concat',
    (_, first, all) =>
      listContent(
        first.dtype,
        all.flatMap((c) => c.items),
      ),
  ],
  ['Unsqueeze', (_, first) => (first.rank === 0 ? { ...first, rank: 1 } : undefined)],
  ['Squeeze', (_, first) => (first.items.length === 1 ? { ...first, rank: 0 } : undefined)],
  ['Reshape', (_, first, all) => reshapeContent(first, all[1])],
  ['Gather', (node, first, all) => gatherContent(node, first, all[1])],
  ['Slice', (node, first) => sliceContent(node, first)],
  ['Not', (_, first) => combineContents('Equal', first, scalarContent('bool', 0))],
  ['Neg', (_, first) => combineContents('Sub', scalarContent(first.dtype, 0), first)],
  ['ReduceProd', (node, first) => foldContent(node, first)],
  ['Where', (_, first, all) => (all[1] && all[2] ? chooseContents(first, all[1], all[2]) : undefined)],
  ...[
    'Add',
    'Sub',
    'Mul',
    'Div',
    'Mod',
    'Min',
    'Max',
    'Equal',
    'Less',
    'Greater',
    'LessOrEqual',
    'GreaterOrEqual',
    'And',
    'Or',
  ].map((name): [string, ContentRule] => [
    name,
    (node, first, all) =>
      all[1] !== undefined && all.length === 2 ? combineContents(node.opType, first, all[1]) : undefined,
  ]),
]);

function shapeContent(node: NodeReader): Content {
  const sizes = node.sizes(0);
  const end = node.hasAttribute('end') ? node.int('end', 0) : sizes.length;
  return listContent('i64', sizes.slice(node.int('start', 0), end));
}

function castContent(node: NodeReader, content: Content): Content | undefined {
  const dtype = dtypeOfCode(node.int('to', 0));
  if (dtype === undefined || !isWholeType(dtype)) return undefined;
  if (dtype !== 'bool') return { ...content, dtype };
  return combineContents(
    'Equal',
    combineContents('Equal', content, scalarContent('i64', 0)) ?? content,
    scalarContent('bool', 0),
  );
}

function reshapeContent(content: Content, to: Content | undefined): Content | undefined {
  if (to === undefined || to.items.length > 1) return undefined;
  return { ...content, rank: to.items.length === 0 ? 0 : 1 };
}

function gatherContent(node: NodeReader, data: Content, indices: Content | undefined): Content | undefined {
  if (indices === undefined || data.rank !== 1) return undefined;
  const items: Dim[] = [];
  for (const index of indices.items) {
    const item = typeof index === 'number' ? data.items.at(index) : undefined;
    if (item === undefined)
      return node.fail('shape', `reads item ${index} of a list of ${data.items.length}`);
    items.push(item);
  }
  return { dtype: data.dtype, rank: indices.rank, items };
}

function sliceContent(node: NodeReader, content: Content): Content | undefined {
  const starts = node.listed('starts', 1);
  const ends = node.listed('ends', 2);
  const [step = 1] = node.listed('steps', 4) ?? [];
  const [start] = starts ?? [];
  const [end] = ends ?? [];
  if (start === undefined || end === undefined || starts?.length !== 1) return undefined;
  if (step === 1) return { ...content, items: content.items.slice(start, end) };
  return step === -1 && start === -1 && end < -content.items.length
    ? { ...content, items: content.items.toReversed() }
    : undefined;
}

function foldContent(node: NodeReader, content: Content): Content {
  const product = content.items.reduce<Dim>(multiply, 1);
  return node.int('keepdims', 1) === 1
    ? { ...content, rank: 1, items: [product] }
    : scalarContent(content.dtype, product);
}

function multiply(a: Dim, b: Dim): Dim {
  const left = scalarContent('i64', a);
  return combineContents('Mul', left, scalarContent('i64', b))?.items[0] ?? 0;
}

/** A list of sizes: all known, none negative, none beyond what an array can have. */
export function checkSizes(node: NodeReader, sizes: readonly Dim[]): readonly Dim[] {
  for (const size of sizes) {
    if (typeof size === 'number' && (!Number.isSafeInteger(size) || size < 0 || size > 2 ** 40)) {
      node.fail('shape', `has the impossible size ${size}`);
    }
  }
  return sizes;
}

export const shapeRules: Readonly<Record<string, NodeRule>> = {
  Constant: (node) => constant(node),
  ConstantOfShape: (node) => {
    const fill = node.attribute('value');
    const known: Known =
      fill?.kind === 'tensor'
        ? node.importer.tensor(node.where, fill.value)
        : { content: listContent('f32', [0]) };
    const sizes = checkSizes(node, node.items(0));
    const { content } = known;
    if (content === undefined) return node.fail('shape', 'fills with something other than one number');
    // Small whole ones often feed other shapes.
    const count = sizes.length === 1 ? sizes[0] : undefined;
    if (isWholeType(content.dtype) && typeof count === 'number' && count <= 64) {
      return {
        content: listContent(
          content.dtype,
          Array.from({ length: count }, () => content.items[0] ?? 0),
        ),
      };
    }
    const scalar = node.importer.materialize({ ...content, rank: 0 }, node.where);
    return node.add({ name: 'Expand', attrs: { axes: namelessAxes(sizes) } }, scalar);
  },
  Range: (node) => {
    const [start] = node.items(0);
    const [limit] = node.items(1);
    const [step] = node.items(2);
    const dtype = node.content(0)?.dtype ?? 'i64';
    if (
      start === undefined ||
      limit === undefined ||
      typeof step !== 'number' ||
      step === 0 ||
      !isWholeType(dtype)
    ) {
      return node.fail('operator', 'is supported for whole numbers that do not depend on data');
    }
    const length = rangeLength(node, start, limit, step);
    let value = node.add({ name: 'Iota', attrs: { axis: { name: '_0', size: length } } });
    if (step !== 1) value = node.add({ name: 'Mul', attrs: {} }, value, node.constant('i64', step));
    if (start !== 0) {
      const from = node.importer.materialize(scalarContent('i64', start), node.where);
      value = node.add({ name: 'Add', attrs: {} }, value, from);
    }
    return node.castTo(value, dtype);
  },
  Reshape: (node) => {
    const wanted = node.hasAttribute('shape') ? node.ints('shape') : node.items(1);
    const given = node.sizes(0);
    const copies = node.int('allowzero', 0) === 0;
    const sizes = wanted.map((d, i) =>
      d === 0 && copies ? (given[i] ?? node.fail('shape', `copies axis ${i}, which its input has not`)) : d,
    );
    const open = sizes.indexOf(-1);
    if (open < 0) return node.reshape(node.input(0), namelessAxes(checkSizes(node, sizes)));
    const rest = sizes.filter((_, i) => i !== open);
    const size =
      exactQuotient(given, rest) ??
      node.fail('shape', `cannot divide [${given.join(', ')}] by [${rest.join(', ')}]`);
    return node.reshape(node.input(0), namelessAxes(checkSizes(node, sizes.with(open, size))));
  },
  Expand: (node) => {
    const wanted = checkSizes(node, node.items(1));
    const value = node.input(0);
    const given = node.typeOf(value).axes;
    const rank = Math.max(wanted.length, given.length);
    // ONNX broadcasts both ways: a wanted 1 keeps the input's size.
    const sizes = Array.from({ length: rank }, (_, i) => {
      const own = given[i - (rank - given.length)]?.size ?? 1;
      const asked = wanted[i - (rank - wanted.length)] ?? 1;
      return asked === 1 ? own : asked;
    });
    const isSame = rank === given.length && sizes.every((s, i) => s === given[i]?.size);
    return isSame ? value : node.add({ name: 'Expand', attrs: { axes: namelessAxes(sizes) } }, value);
  },
  Tile: (node) => {
    const repeats = checkSizes(node, node.items(1));
    const { axes } = node.type(0);
    if (repeats.length !== axes.length) return node.fail('shape', 'has not one repeat per axis');
    const apart = axes.flatMap((a) => [1, a.size]);
    const wide = axes.flatMap((a, i) => [repeats[i] ?? 1, a.size]);
    const sizes = axes.map((a, i) => multiply(repeats[i] ?? 1, a.size));
    const split = node.reshape(node.input(0), anonymous(apart));
    const spread = node.add({ name: 'Expand', attrs: { axes: anonymous(wide) } }, split);
    return node.reshape(spread, namelessAxes(sizes));
  },
  Flatten: (node) => {
    const rank = node.type(0).axes.length;
    const axis = node.int('axis', 1);
    const at = axis < 0 ? axis + rank : axis;
    if (at < 0 || at > rank) return node.fail('shape', `is at axis ${axis} of a tensor of rank ${rank}`);
    return node.add({ name: 'Flatten', attrs: { axis: at } }, node.input(0));
  },
};

function rangeLength(node: NodeReader, start: Dim, limit: Dim, step: number): Dim {
  if (typeof start === 'number' && typeof limit === 'number') {
    const [length = 0] = checkSizes(node, [Math.max(0, Math.ceil((limit - start) / step))]);
    return length;
  }
  const span = combineContents('Sub', scalarContent('i64', limit), scalarContent('i64', start))?.items[0];
  return step === 1 && span !== undefined
    ? span
    : node.fail('operator', 'steps over a size that is not known');
}

function anonymous(sizes: readonly Dim[]): ReturnType<typeof namelessAxes> {
  return sizes.map((size, i) => ({ name: `_${i}`, size }));
}

function constant(node: NodeReader): ValueId | Known {
  const name = node.wire.outputs[0] ?? node.where;
  for (const [key, attribute] of node.wire.attributes) {
    if (attribute.kind === 'tensor') return node.importer.tensor(name, attribute.value);
    if (key === 'value_int' && attribute.kind === 'int')
      return { content: scalarContent('i64', attribute.value) };
    if (key === 'value_ints' && attribute.kind === 'ints')
      return { content: listContent('i64', attribute.value) };
    if (key === 'value_float' && attribute.kind === 'float')
      return { content: scalarContent('f32', attribute.value) };
    if (key === 'value_floats' && attribute.kind === 'floats')
      return { content: listContent('f32', attribute.value) };
  }
  return node.fail('dtype', 'holds something other than numbers');
}
