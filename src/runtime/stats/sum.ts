// Sums in double precision with Neumaier's compensation and a fixed order: the order of the array.

export function neumaierSum(values: ArrayLike<number>): number {
  let sum = 0;
  let lost = 0;
  for (let index = 0; index < values.length; index++) {
    const value = values[index] ?? 0;
    const next = sum + value;
    lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
    sum = next;
  }
  return sum + lost;
}

/** NaN for an empty list. */
export function meanOf(values: ArrayLike<number>): number {
  return neumaierSum(values) / values.length;
}

/** Sample standard deviation (n - 1), two passes. NaN for fewer than two values. */
export function sdOf(values: ArrayLike<number>): number {
  if (values.length < 2) return Number.NaN;
  const mean = meanOf(values);
  const squares = Float64Array.from(values, (value) => (value - mean) ** 2);
  return Math.sqrt(neumaierSum(squares) / (values.length - 1));
}
