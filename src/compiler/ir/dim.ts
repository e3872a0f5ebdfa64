// Arithmetic on axis sizes: polynomials with integer coefficients over symbols, in one canonical text (`2*example*pos+pos-1`).
// A strided extent of a symbol is the atom `ceil((EXPR)/K)`. Two sizes are equal exactly if their canonical forms are.
import { bug } from '../base/bug.js';
import type { Dim } from './tensor-type.js';

/** Monomial (factors sorted and joined by `*`; the empty text is the constant) to its coefficient, never 0. */
type Polynomial = ReadonlyMap<string, number>;

export function addDims(left: Dim, right: Dim): Dim {
  if (typeof left === 'number' && typeof right === 'number') return left + right;
  const sum = new Map(parse(left));
  for (const [term, factor] of parse(right)) accumulate(sum, term, factor);
  return print(sum);
}

export function subtractDims(left: Dim, right: Dim): Dim {
  return addDims(left, multiplyDims(right, -1));
}

export function multiplyDims(left: Dim, right: Dim): Dim {
  if (typeof left === 'number' && typeof right === 'number') return left * right;
  const product = new Map<string, number>();
  const others = parse(right);
  for (const [a, m] of parse(left)) for (const [b, n] of others) accumulate(product, joinTerms(a, b), m * n);
  return print(product);
}

export function productOfDims(dims: readonly Dim[]): Dim {
  return dims.reduce(multiplyDims, 1);
}

/** The smallest whole number of steps that covers `dim`. */
export function ceilDivideDim(dim: Dim, step: number): Dim {
  if (typeof dim === 'number') return Math.max(0, Math.ceil(dim / step));
  return step === 1 ? dim : `ceil((${dim})/${step})`;
}

export function sameDim(left: Dim, right: Dim): boolean {
  if (left === right) return true;
  if (isAtom(left) && isAtom(right)) return false;
  return print(parse(left)) === print(parse(right));
}

/** The value of a size once its symbols are known. A symbol without a value is a bug. */
export function evaluateDim(dim: Dim, sizes: ReadonlyMap<string, number>): number {
  if (typeof dim === 'number') return dim;
  const known = sizes.get(dim);
  if (known !== undefined) return known;
  let sum = 0;
  for (const [term, factor] of parse(dim)) {
    let product = factor;
    for (const atom of factorsOf(term)) product *= evaluateAtom(atom, dim, sizes);
    sum += product;
  }
  return sum;
}

const ROWS = /^row:(\d+)$/;

/** The rows of a family are its members times the examples: `row:3` is `example*member:3`. Member by member. */
export function expandRows(dim: Dim): Dim {
  if (typeof dim === 'number' || !dim.includes('row:')) return dim;
  const terms = new Map<string, number>();
  for (const [term, factor] of parse(dim)) {
    const atoms = factorsOf(term).map((atom) => atom.replace(ROWS, 'example*member:$1'));
    accumulate(terms, atoms.reduce(joinTerms, ''), factor);
  }
  return print(terms);
}

/** `row:3` for `member:3`, whose number is that of the rows divided by the examples. */
export function rowsOfMembers(symbol: string): string | undefined {
  const number = /^member:(\d+)$/.exec(symbol)?.[1];
  return number === undefined ? undefined : `row:${number}`;
}

/** The symbols that occur in a size, each once. */
export function symbolsOfDim(dim: Dim): readonly string[] {
  if (typeof dim === 'number') return [];
  const found = new Set<string>();
  for (const term of parse(dim).keys()) {
    for (const atom of factorsOf(term)) {
      const quotient = splitQuotient(atom);
      if (quotient === undefined) found.add(atom);
      else for (const symbol of symbolsOfDim(quotient.of)) found.add(symbol);
    }
  }
  return [...found];
}

export type DimAtom =
  | { readonly kind: 'symbol'; readonly name: string }
  | { readonly kind: 'quotient'; readonly of: Dim; readonly by: number };
export type DimTerm = { readonly factor: number; readonly atoms: readonly DimAtom[] };

/** A size as a sum of products, for whoever must compute it at run time. A quotient is rounded up and not below 0. */
export function termsOfDim(dim: Dim): readonly DimTerm[] {
  return [...parse(dim)].map(([term, factor]) => ({
    factor,
    atoms: factorsOf(term).map((atom): DimAtom => {
      const quotient = splitQuotient(atom);
      return quotient === undefined ? { kind: 'symbol', name: atom } : { kind: 'quotient', ...quotient };
    }),
  }));
}

function evaluateAtom(atom: string, whole: Dim, sizes: ReadonlyMap<string, number>): number {
  const quotient = splitQuotient(atom);
  if (quotient !== undefined) return Math.max(0, Math.ceil(evaluateDim(quotient.of, sizes) / quotient.by));
  return sizes.get(atom) ?? bug(`the size \`${whole}\` needs the symbol \`${atom}\`, which has no value`);
}

/** A number or a lone symbol is its own canonical form. */
function isAtom(dim: Dim): boolean {
  return typeof dim === 'number' || !/[*+-]/.test(dim);
}

function splitQuotient(atom: string): { of: Dim; by: number } | undefined {
  const match = /^ceil\(\((.*)\)\/(\d+)\)$/.exec(atom);
  return match === null ? undefined : { of: match[1] ?? '', by: Number(match[2]) };
}

/** The same few sizes are asked for again and again, those of stacked rows with dozens of terms. */
const parsed = new Map<string, Polynomial>();
const MOST_PARSED = 10_000;

function parse(dim: Dim): Polynomial {
  if (typeof dim === 'number' || isAtom(dim)) return parseAnew(dim);
  const known = parsed.get(dim);
  if (known !== undefined) return known;
  if (parsed.size >= MOST_PARSED) parsed.clear();
  const made = parseAnew(dim);
  parsed.set(dim, made);
  return made;
}

function parseAnew(dim: Dim): Polynomial {
  if (typeof dim === 'number') return dim === 0 ? new Map() : new Map([['', dim]]);
  if (isAtom(dim)) return new Map([[dim, 1]]);
  const terms = new Map<string, number>();
  for (const { sign, text } of splitTerms(dim)) {
    let factor = sign;
    const atoms: string[] = [];
    for (const part of splitOutside(text, '*')) {
      if (/^\d+$/.test(part)) factor *= Number(part);
      else atoms.push(part);
    }
    accumulate(terms, atoms.sort().join('*'), factor);
  }
  return terms;
}

function print(terms: Polynomial): Dim {
  const names = [...terms.keys()].sort((a, b) => (a === '' ? 1 : b === '' ? -1 : a < b ? -1 : 1));
  if (names.length === 0) return 0;
  if (names.length === 1 && names[0] === '') return terms.get('') ?? 0;
  let text = '';
  for (const name of names) {
    const factor = terms.get(name) ?? 0;
    const size = Math.abs(factor);
    text += factor < 0 ? '-' : text === '' ? '' : '+';
    text += name === '' ? String(size) : size === 1 ? name : `${size}*${name}`;
  }
  return text;
}

function accumulate(terms: Map<string, number>, term: string, factor: number): void {
  const sum = (terms.get(term) ?? 0) + factor;
  if (sum === 0) terms.delete(term);
  else terms.set(term, sum);
}

function joinTerms(left: string, right: string): string {
  if (left === '') return right;
  if (right === '') return left;
  return [...factorsOf(left), ...factorsOf(right)].sort().join('*');
}

function factorsOf(term: string): readonly string[] {
  return term === '' ? [] : splitOutside(term, '*');
}

function splitTerms(text: string): readonly { sign: number; text: string }[] {
  const found: { sign: number; text: string }[] = [];
  for (const positive of splitOutside(text, '+')) {
    for (const [i, part] of splitOutside(positive, '-').entries()) {
      if (part !== '') found.push({ sign: i === 0 ? 1 : -1, text: part });
    }
  }
  return found;
}

/** Splits at a character that stands outside parentheses. */
function splitOutside(text: string, separator: string): readonly string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (char === '(') depth++;
    else if (char === ')') depth--;
    else if (char === separator && depth === 0) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}
