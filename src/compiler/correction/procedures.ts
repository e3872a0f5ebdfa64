// From the name of a correction to what it does to a vector of p-values. `max_t` has no such form: it works on columns
// (runtime/stats/max-t.ts), because it needs their joint distribution. Shared by the checker and the statistics.
import { benjaminiHochberg } from './benjamini-hochberg.js';
import { benjaminiYekutieli } from './benjamini-yekutieli.js';
import { bonferroni } from './bonferroni.js';
import type { Fraction } from './fraction.js';
import { hochberg } from './hochberg.js';
import { holm } from './holm.js';
import { hommel } from './hommel.js';

export type CorrectionName = 'max_t' | 'holm' | 'bonferroni' | 'hochberg' | 'hommel' | 'bh' | 'by';

export type Procedure =
  | { readonly kind: 'joint'; readonly controls: 'fwer' }
  | {
      readonly kind: 'vector';
      readonly controls: 'fwer' | 'fdr';
      readonly adjust: (p: readonly Fraction[], tests?: number) => Fraction[];
    };

export const procedures = {
  max_t: { kind: 'joint', controls: 'fwer' },
  holm: { kind: 'vector', controls: 'fwer', adjust: holm },
  bonferroni: { kind: 'vector', controls: 'fwer', adjust: bonferroni },
  hochberg: { kind: 'vector', controls: 'fwer', adjust: hochberg },
  hommel: { kind: 'vector', controls: 'fwer', adjust: hommel },
  bh: { kind: 'vector', controls: 'fdr', adjust: benjaminiHochberg },
  by: { kind: 'vector', controls: 'fdr', adjust: benjaminiYekutieli },
} as const satisfies Record<CorrectionName, Procedure>;
