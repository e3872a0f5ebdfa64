// Compares numbers with a stated tolerance and shows the worst element, not the whole array.
import * as assert from 'uvu/assert';

export interface Tolerance {
  /** Relative to the expected value. */
  readonly rtol: number;
  readonly atol: number;
}

/** Passes if |actual - expected| <= atol + rtol * |expected| for every element. NaN and infinities must be equal. */
export function assertClose(
  actual: number | ArrayLike<number>,
  expected: number | ArrayLike<number>,
  { rtol = 1e-9, atol = 0 }: Partial<Tolerance> = {},
): void {
  const left = typeof actual === 'number' ? [actual] : actual;
  const right = typeof expected === 'number' ? [expected] : expected;
  assert.is(left.length, right.length, `lengths ${left.length} and ${right.length} differ`);
  let worst = { index: -1, excess: 0 };
  for (let index = 0; index < right.length; index++) {
    const a = left[index] ?? Number.NaN;
    const b = right[index] ?? Number.NaN;
    const excess = Object.is(a, b) ? 0 : Math.abs(a - b) - atol - rtol * Math.abs(b);
    const failed = Number.isNaN(excess) ? Number.POSITIVE_INFINITY : excess;
    if (failed > worst.excess) worst = { index, excess: failed };
  }
  if (worst.index >= 0) {
    const { index } = worst;
    assert.unreachable(
      `element ${index}: got ${left[index]}, expected ${right[index]} (rtol ${rtol}, atol ${atol})`,
    );
  }
}
