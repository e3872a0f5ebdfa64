// What llama.cpp's converter does to a few tensors, undone: from the rows of a GGUF file to those of the Hugging Face format.
import { bug } from '../../compiler/base/bug.js';

export type Layout = {
  readonly kind: 'same' | 'rotary-pairs' | 'transposed' | 'interleaved-qkv';
  /** Heads that the rows belong to; 1 where it does not matter. */
  readonly heads: number;
  readonly arrange: (data: Float32Array, dims: readonly number[]) => Float32Array;
};

/** As it is stored. */
export const sameLayout: Layout = { kind: 'same', heads: 1, arrange: (data) => data };

/**
 * Llama's q and k: within a head the file alternates the two halves that the rotation pairs (row 2i + j is row j · d/2 + i).
 * `permute` in convert_hf_to_gguf.py.
 */
export function rotaryPairs(heads: number): Layout {
  return {
    kind: 'rotary-pairs',
    heads,
    arrange: (data, dims) => {
      const rows = dims[0] ?? bug('q or k without rows');
      const half = rows / heads / 2;
      return moveRows(data, rows, (row) => {
        const head = Math.floor(row / (2 * half));
        const within = row - head * 2 * half;
        return head * 2 * half + (within % half) * 2 + Math.floor(within / half);
      });
    },
  };
}

/** GPT-2's `Conv1D` is [in, out]; the file has [out, in]. */
export const transposed: Layout = {
  kind: 'transposed',
  heads: 1,
  arrange: (data, dims) => {
    const [rows = bug('no rows'), columns = bug('no columns')] = dims;
    const turned = new Float32Array(data.length);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        turned[column * rows + row] = data[row * columns + column] ?? 0;
      }
    }
    return turned;
  },
};

/** GPT-NeoX: per head q, k and v in the model's own file; all q, all k, all v in the GGUF file. */
export function interleavedQkv(heads: number): Layout {
  return {
    kind: 'interleaved-qkv',
    heads,
    arrange: (data, dims) => {
      const rows = dims[0] ?? bug('qkv without rows');
      const width = rows / heads / 3;
      return moveRows(data, rows, (row) => {
        const head = Math.floor(row / (3 * width));
        const part = Math.floor((row - head * 3 * width) / width);
        return part * heads * width + head * width + (row % width);
      });
    },
  };
}

/** Dims after the arrangement. */
export function arrangedAs(layout: Layout, dims: readonly number[]): readonly number[] {
  return layout.kind === 'transposed' ? dims.toReversed() : dims;
}

/** Part of a tensor's identity; empty for what stays as it is. */
export function layoutText(layout: Layout): string {
  return layout.kind === 'same' ? '' : ` ${layout.kind} ${layout.heads}`;
}

/** The rows in another order: row r of the result is row `from(r)`. */
function moveRows(data: Float32Array, rows: number, from: (row: number) => number): Float32Array {
  const width = data.length / rows;
  const moved = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    const start = from(row) * width;
    moved.set(data.subarray(start, start + width), row * width);
  }
  return moved;
}
