// The values of holes, drawn. A draw depends on the root, the split, the template, the row's number in it and the hole.
import { bug } from '../../compiler/base/bug.js';
import { integerBelow, type StreamKey, streamKey } from '../stats/rng.js';
import type { HoleDraw, HoleLayer } from './template-holes.js';

/** Rejections before the allowed values are listed; the law of the draw is the same either way. */
const ATTEMPTS = 32;

export type RowDrawer = {
  /** Values of a row under one more layer. `ancestors`: the rows it was made from, the nearest last. */
  draw(
    layer: HoleLayer,
    row: { readonly template: number; readonly index: number },
    ancestors: readonly (readonly string[])[],
  ): string[];
};

/** Draws rows of one split. An unfilled hole is the empty string. */
export function makeRowDrawer(root: string, split: string, holes: number): RowDrawer {
  const keys = new Map<string, StreamKey>();
  const keyOf = (template: number, stream: string): StreamKey => {
    const path = `${split}/template/${template}/${stream}`;
    const known = keys.get(path);
    if (known !== undefined) return known;
    const key = streamKey(root, path);
    keys.set(path, key);
    return key;
  };
  return {
    draw(layer, row, ancestors) {
      const parent = ancestors.at(-1);
      const values: string[] = parent === undefined ? new Array<string>(holes).fill('') : [...parent];
      for (const hole of layer.cleared) values[hole] = '';
      for (const draw of layer.draws) {
        const key = keyOf(row.template, draw.stream);
        const taken = draw.distinct ? [values, ...ancestors] : [];
        values[draw.hole] = drawValue(draw, { key, index: row.index, taken });
      }
      for (const { hole, of } of layer.aliases) values[hole] = values[of] ?? '';
      return values;
    },
  };
}

type ValueDraw = {
  readonly key: StreamKey;
  readonly index: number;
  readonly taken: readonly (readonly string[])[];
};

/**
 * Attempt a of row k is draw a of replicate k; the first allowed value stands. So two rows that differ only in what is
 * taken agree wherever they can: a composed variant repeats the draw of its simple one.
 */
function drawValue(draw: HoleDraw, { key, index, taken }: ValueDraw): string {
  const { values } = draw;
  const isFree = (value: string): boolean => !taken.some((row) => row.includes(value));
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const value = values[integerBelow(key, values.length, attempt, index)] ?? '';
    if (isFree(value)) return value;
  }
  const free = values.filter(isFree);
  if (free.length === 0) return bug(`no value left for ${draw.stream}`);
  return free[integerBelow(key, free.length, ATTEMPTS, index)] ?? '';
}
