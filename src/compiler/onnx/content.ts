// Small integer tensors whose elements are known while reading, some of them as symbols: the results of Shape and what files
// compute from them to feed Reshape, Expand, Slice and Tile. Evaluating them here turns those inputs into attributes.
import { addDims, multiplyDims, sameDim, subtractDims } from '../ir/dim.js';
import type { Dim, DType } from '../ir/tensor-type.js';

/** Rank 0 (one item) or 1. Only integer types may hold symbols; bool is 0 or 1. */
export type Content = { readonly dtype: DType; readonly rank: 0 | 1; readonly items: readonly Dim[] };

export function scalarContent(dtype: DType, item: Dim): Content {
  return { dtype, rank: 0, items: [item] };
}

export function listContent(dtype: DType, items: readonly Dim[]): Content {
  return { dtype, rank: 1, items };
}

/** All items as numbers, or undefined when one is a symbol. */
export function contentNumbers(content: Content): readonly number[] | undefined {
  const numbers = content.items.filter((d) => typeof d === 'number');
  return numbers.length === content.items.length ? numbers : undefined;
}

export function isWholeType(dtype: DType): boolean {
  return dtype === 'i64' || dtype === 'i32' || dtype === 'bool';
}

type ItemRule = (a: Dim, b: Dim) => Dim | undefined;

const itemRules: ReadonlyMap<string, ItemRule> = new Map<string, ItemRule>([
  ['Add', addDims],
  ['Sub', subtractDims],
  ['Mul', multiplyDims],
  ['Div', divideItems],
  ['Mod', (a, b) => numeric(a, b, (x, y) => (y === 0 ? undefined : ((x % y) + y) % y))],
  ['Min', (a, b) => (sameDim(a, b) ? a : numeric(a, b, Math.min))],
  ['Max', (a, b) => (sameDim(a, b) ? a : numeric(a, b, Math.max))],
  ['Equal', (a, b) => truth(equalItems(a, b))],
  ['Less', (a, b) => numeric(a, b, (x, y) => Number(x < y))],
  ['Greater', (a, b) => numeric(a, b, (x, y) => Number(x > y))],
  ['LessOrEqual', (a, b) => numeric(a, b, (x, y) => Number(x <= y))],
  ['GreaterOrEqual', (a, b) => numeric(a, b, (x, y) => Number(x >= y))],
  ['And', (a, b) => numeric(a, b, (x, y) => x & y)],
  ['Or', (a, b) => numeric(a, b, (x, y) => x | y)],
]);
const COMPARISONS = new Set(['Equal', 'Less', 'Greater', 'LessOrEqual', 'GreaterOrEqual']);

/** The content of an elementwise operator on two contents, or undefined when it cannot be known. */
export function combineContents(opType: string, left: Content, right: Content): Content | undefined {
  const rule = itemRules.get(opType);
  if (rule === undefined) return undefined;
  const pairs = pairItems([left, right]);
  const items = pairs?.map(([a = 0, b = 0]) => rule(a, b));
  return finish(COMPARISONS.has(opType) ? 'bool' : left.dtype, [left, right], items);
}

export function chooseContents(
  condition: Content,
  whenTrue: Content,
  whenFalse: Content,
): Content | undefined {
  const rows = pairItems([condition, whenTrue, whenFalse]);
  const items = rows?.map(([test, a, b]) => (typeof test === 'number' ? (test !== 0 ? a : b) : undefined));
  return finish(whenTrue.dtype, [condition, whenTrue, whenFalse], items);
}

/** The quotient of products when it has no rest: `4*pos / 4` is `pos`. Undefined when that cannot be told. */
export function exactQuotient(over: readonly Dim[], under: readonly Dim[]): Dim | undefined {
  const above = factorsOf(over);
  const below = factorsOf(under);
  for (const atom of below.atoms) {
    const at = above.atoms.indexOf(atom);
    if (at < 0) return undefined;
    above.atoms.splice(at, 1);
  }
  const number = above.number / below.number;
  return Number.isInteger(number) ? above.atoms.reduce(multiplyDims, number as Dim) : undefined;
}

function factorsOf(dims: readonly Dim[]): { number: number; readonly atoms: Dim[] } {
  let number = 1;
  const atoms: Dim[] = [];
  for (const dim of dims) {
    if (typeof dim === 'number') number *= dim;
    else if (/[+()-]/.test(dim)) atoms.push(dim);
    else {
      for (const part of dim.split('*')) {
        if (/^\d+$/.test(part)) number *= Number(part);
        else atoms.push(part);
      }
    }
  }
  return { number, atoms };
}

function divideItems(a: Dim, b: Dim): Dim | undefined {
  if (typeof a === 'number' && typeof b === 'number') return b === 0 ? undefined : Math.trunc(a / b);
  return b === 0 ? undefined : exactQuotient([a], [b]);
}

// A symbol is a size, so at least 0; that it differs from a positive number cannot be known.
function equalItems(a: Dim, b: Dim): boolean | undefined {
  if (sameDim(a, b)) return true;
  if (typeof a === 'number' && typeof b === 'number') return false;
  const isNegative = (d: Dim) => typeof d === 'number' && d < 0;
  return isNegative(a) || isNegative(b) ? false : undefined;
}

function truth(value: boolean | undefined): Dim | undefined {
  return value === undefined ? undefined : Number(value);
}

function numeric(a: Dim, b: Dim, rule: (x: number, y: number) => number | undefined): Dim | undefined {
  return typeof a === 'number' && typeof b === 'number' ? rule(a, b) : undefined;
}

/** Broadcasts: lists of equal length, and single items repeated. */
function pairItems(contents: readonly Content[]): readonly (readonly Dim[])[] | undefined {
  const length = Math.max(...contents.map((c) => c.items.length));
  if (contents.some((c) => c.items.length !== length && c.items.length !== 1)) return undefined;
  return Array.from({ length }, (_, i) => contents.map((c) => c.items[c.items.length === 1 ? 0 : i] ?? 0));
}

function finish(
  dtype: DType,
  inputs: readonly Content[],
  items: readonly (Dim | undefined)[] | undefined,
): Content | undefined {
  const known = items?.filter((d) => d !== undefined);
  if (known === undefined || known.length !== items?.length) return undefined;
  const isList = inputs.some((c) => c.rank === 1);
  return { dtype, rank: isList ? 1 : 0, items: known };
}
