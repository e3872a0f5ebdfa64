// What kind of assertion the parts of a claim make together.
import type { ClaimSpec } from './claim-spec.js';

/** Does the claim say that nothing (much) differs: within a margin on both sides? */
export function isEquivalence({ parts }: Pick<ClaimSpec, 'parts'>): boolean {
  const shares = parts.filter((part) => part.kind === 'share');
  const bothSides =
    shares.some((part) => part.direction === 'above') && shares.some((part) => part.direction === 'below');
  return bothSides || parts.some((part) => part.kind === 'abs-mean' && part.direction === 'below');
}
