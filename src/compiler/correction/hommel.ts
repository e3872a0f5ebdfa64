// Hommel (1988): the closure of Simes tests. Controls the family-wise error rate under the Simes inequality. The
// algorithm is that of R's p.adjust (Wright 1992); the tests compare it with the closure by brute force.
import { ascendingOrder, type Fraction, larger, one, scale, smaller } from './fraction.js';

/** Adjusted p; `tests` may exceed the length of `p` where the missing tests are declared (they count as p = 1). */
export function hommel(p: readonly Fraction[], tests = p.length): Fraction[] {
  const padded = [...p, ...Array.from({ length: tests - p.length }, () => one)];
  const order = ascendingOrder(padded);
  const sorted = order.map((index) => padded[index] ?? one);
  const n = sorted.length;
  const at = (rank: number): Fraction => sorted[rank] ?? one;
  let overall = one;
  for (let rank = 0; rank < n; rank++) overall = smaller(overall, scale(at(rank), n, rank + 1));
  const best = sorted.map((value) => larger(value, overall));
  for (let size = n - 1; size >= 2; size--) {
    // Simes over the `size` largest: first the smallest critical value of ranks n - size + 1 .. n - 1 (from 0).
    const head = n - size;
    let tail = one;
    for (let step = 2; step <= size; step++) tail = smaller(tail, scale(at(head + step - 1), size, step));
    const atHead = smaller(scale(at(head), size), tail);
    for (let rank = 0; rank < n; rank++) {
      const bound = rank <= head ? smaller(scale(at(rank), size), tail) : atHead;
      best[rank] = larger(best[rank] ?? one, bound);
    }
  }
  const adjusted = padded.map(() => one);
  for (const [rank, index] of order.entries()) adjusted[index] = best[rank] ?? one;
  return adjusted.slice(0, p.length);
}
