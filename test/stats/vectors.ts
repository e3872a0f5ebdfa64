// The reference vectors (R, statsmodels, scipy and brute force), read once per test file that needs them.
import { readFileSync } from 'node:fs';
import { decimalFraction, type Fraction } from '../../src/compiler/correction/fraction.js';

type Numbers = readonly number[];
type Adjusted = Readonly<
  Record<'p' | 'bonferroni' | 'holm' | 'hochberg' | 'hommel' | 'bh' | 'by' | 'bh_n20' | 'holm_n20', Numbers>
>;
interface FlipVector {
  readonly t: Numbers;
  readonly raw: Numbers;
  readonly single: Numbers;
  readonly stepdown: Numbers;
}
interface BcaVector {
  readonly est: number;
  readonly less: number;
  readonly equal: number;
  readonly z0: number;
  readonly a: number;
  readonly ci90: readonly [number, number];
}

export interface Vectors {
  readonly from_R: {
    readonly p_adjust: Readonly<Record<'p15' | 'tied' | 'five' | 'doc', Adjusted>>;
    readonly dist: Readonly<Record<string, number>>;
    readonly power: {
      readonly n_one_sided_80: Readonly<Record<'d' | 'alpha05' | 'alpha05o144', Numbers>>;
      readonly mde: readonly { readonly n: number; readonly a05: number; readonly a05o144: number }[];
    };
  };
  readonly sign_flip_maxT: {
    readonly D: readonly Numbers[];
    readonly one_sided: FlipVector & { readonly minP_stepdown: Numbers };
    readonly two_sided: Omit<FlipVector, 't'> & { readonly minP_stepdown: Numbers };
    readonly min_effect_0_25: FlipVector;
  };
  readonly tost: {
    readonly D_column_4: { readonly t_p_low: number; readonly t_p_up: number; readonly ci90: Numbers };
    readonly D_column_3: { readonly t_p_low: number; readonly t_p_up: number; readonly ci90: Numbers };
    readonly D_column_1: { readonly t_p: number };
  };
  readonly effect: { readonly dz_col1: number; readonly hedges_J_df7: number; readonly g_col1: number };
  readonly bca: {
    readonly x: Numbers;
    readonly less: number;
    readonly equal: number;
    readonly z0: number;
    readonly a: number;
    readonly ci95: Numbers;
    readonly ci90: Numbers;
    readonly percentile95: Numbers;
  };
  readonly bca_cluster: {
    readonly clusters: readonly Numbers[];
    readonly template_weighted: BcaVector;
    readonly item_weighted: BcaVector;
  };
  readonly closed: { readonly p: Numbers; readonly holm: Numbers; readonly hommel: Numbers };
  readonly partial_conjunction: {
    readonly p: Numbers;
    readonly bonferroni: Readonly<Record<string, number>>;
  };
  readonly philox: {
    readonly kat: readonly {
      readonly ctr: readonly string[];
      readonly key: readonly string[];
      readonly out: string;
    }[];
    readonly derived: {
      readonly root: string;
      readonly path: string;
      readonly key: readonly string[];
      readonly signs: Readonly<Record<string, string>>;
      readonly u01: Numbers;
      readonly subset_path: string;
      readonly subset_key: readonly string[];
      readonly subset_5_of_20: Readonly<Record<string, Numbers>>;
    };
  };
}

/** Typed by hand after the file beside this one, which is data and never edited. */
export const vectors = JSON.parse(
  readFileSync(new URL('./rigor-vectors.json', import.meta.url), 'utf8'),
) as Vectors;

/** Column j of a matrix given by rows. */
export function columnOf(rows: readonly Numbers[], column: number): Float64Array {
  return Float64Array.from(rows, (row) => row[column] ?? Number.NaN);
}

/** The shortest decimal of a float, exactly: 0.1 becomes 1/10. */
export function fractionOfNumber(value: number): Fraction {
  return decimalFraction(String(value));
}

export const zeroRoot = '0'.repeat(64);
