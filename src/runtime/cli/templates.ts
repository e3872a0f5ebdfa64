// Pipelines that `eisc new` writes: files of examples/, which the package ships and the tests run. A kind that this version
// cannot execute says what it waits for.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../package-root.js';

export type TemplateName = 'patching' | 'path' | 'probe' | 'steer' | 'cnn';
export type Template =
  | { readonly kind: 'example'; readonly file: string; readonly about: string }
  | { readonly kind: 'later'; readonly needs: string };

export const templates: Record<TemplateName, Template> = {
  patching: {
    kind: 'example',
    file: 'patching.eis',
    about: 'which word, in which layer, carries what decides the answer',
  },
  path: {
    kind: 'example',
    file: 'path.eis',
    about: 'which heads write the answer straight into the last position',
  },
  probe: { kind: 'later', needs: '`fit`, which trains a probe' },
  steer: {
    kind: 'example',
    file: 'steer.eis',
    about: 'adds a direction to the residual stream and measures what follows',
  },
  cnn: { kind: 'later', needs: '`cnn(…)` models and image data' },
};

export const TEMPLATE_NAMES = Object.keys(templates) as readonly TemplateName[]; // the table's own keys

/** The text of the example as it stands in the package. */
export function exampleText(file: string): string {
  return readFileSync(join(packageRoot(), 'examples', file), 'utf8');
}
