// The optimising passes in order. Each obeys the law that results stay the same; each can be left out by name.
import { dirtyPositions } from './dirty-positions.js';
import { foldConstants } from './fold-constants.js';
import type { Pass } from './pass.js';
import { pruneDead } from './prune-dead.js';
import { shareContent } from './share-content.js';
import { sharePrefix } from './share-prefix.js';
import { simplify } from './simplify.js';
import { slicePositions } from './slice-positions.js';

export const PIPELINE: readonly Pass[] = [
  pruneDead, // first, so that nothing below looks at what no output needs
  simplify, // sites are set apart by Identity; once the worlds are spliced these only hide equal values from each other
  sharePrefix, // before slicing: a sliced copy of a row's prefix would no longer equal the clean run's, which is needed whole
  slicePositions, // after sharing, when it is known which values are read whole by somebody
  dirtyPositions, // after slicing, which carries reads of the last position below the last attention
  foldConstants, // index lists that slicing put together are constants again
  shareContent, // what the passes above made equal
];
