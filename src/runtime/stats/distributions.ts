// The one door to lib-r-math.js (a port of R's nmath). Normal, beta and binomial equal R to 1e-13,
// Student's t to 5e-8 relative (it describes and plans; no verdict depends on it);
// test/stats/distributions.test.ts holds the reference values.
import * as nmath from 'lib-r-math.js';

/**
 * P(T > q) for Student's t with `df` degrees of freedom and non-centrality `ncp`, computed without cancellation in the
 * central case.
 */
export function studentUpper(q: number, df: number, ncp = 0): number {
  return ncp === 0 ? nmath.pt(q, df, undefined, false) : nmath.pt(q, df, ncp, false);
}

/** The q with P(T <= q) = p. */
export function studentQuantile(p: number, df: number): number {
  return nmath.qt(p, df);
}

export function normalCdf(z: number): number {
  return nmath.pnorm(z);
}

export function normalDensity(z: number): number {
  return Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);
}

export function normalQuantile(p: number): number {
  return nmath.qnorm(p);
}

export function betaQuantile(p: number, a: number, b: number): number {
  return nmath.qbeta(p, a, b);
}

/** P(X <= successes) for a binomial count. */
export function binomialCdf(successes: number, trials: number, probability: number): number {
  return nmath.pbinom(successes, trials, probability);
}
