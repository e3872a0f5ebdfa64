// What a run looks at, as the ledger records it: which rows of which data, and what identifies their clusters.
import { bug } from '../../compiler/base/bug.js';
import type { CheckedFile } from '../../compiler/check/experiment.js';
import type { DataValue } from '../../compiler/check/value.js';
import { dataDigest } from '../data/data-digest.js';
import { layOut } from '../data/data-kinds.js';
import type { DataSource } from '../store/ledger-entry.js';
import type { LookRequest } from '../store/looks.js';

/** Fresh rows can be drawn for every lock; a set of templates or a corpus is spent when it has been opened. */
export function sourceOf(data: DataValue): DataSource {
  switch (data.spec.kind) {
    case 'repeated_tokens':
      return 'generated';
    case 'template':
      return data.spec.generalisesTo === 'fillers' ? 'generated' : 'templates';
    case 'grid':
    case 'table':
    case 'bytes':
    case 'rows':
      return 'corpus';
  }
}

export function lookAt(data: DataValue, split: string): LookRequest {
  return { data: data.digest, split, source: sourceOf(data), clusters: clusterTexts(data, split) };
}

/** Text that identifies each cluster of a split whatever file it is used in. */
function clusterTexts(data: DataValue, split: string): readonly string[] {
  if (sourceOf(data) === 'generated') return [];
  const layout = layOut(data.spec, dataDigest(data.spec));
  // The checker has laid out the same rows before: an empty answer would say that nothing was seen of them.
  if (layout.kind === 'failed')
    return bug(`rows of ${data.declared} that cannot be laid out: ${layout.problems[0]?.text ?? ''}`);
  const found = layout.value.splits.find((one) => one.name === split);
  if (found === undefined) return bug(`${data.declared} has no split ${split}`);
  const { spec } = data;
  const texts = found
    .places()
    .map((place) =>
      spec.kind === 'template' ? (spec.templates[place.source] ?? place.cluster) : place.cluster,
    );
  return [...new Set(texts)];
}

/** The splits that the claims of a file are tested on. */
export function confirmLooks(checked: CheckedFile): readonly LookRequest[] {
  const found = new Map<string, LookRequest>();
  for (const claim of checked.claims) {
    const sealed = claim.data.facts.splits.find((one) => one.name === claim.split)?.sealed ?? false;
    if (sealed) found.set(`${claim.data.digest}/${claim.split}`, lookAt(claim.data, claim.split));
  }
  return [...found.values()];
}
