// Whether a test over G clusters counts every sign flip there is: known before anything runs.

const enumerateUpTo = 16;

/** Few enough clusters for all 2^G patterns. */
export function canEnumerate(clusters: number): boolean {
  return clusters <= enumerateUpTo;
}
