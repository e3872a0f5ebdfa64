// The folder of the package: where models/, std/ and grammar/ lie, in a checkout as in an installation.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const up = dirname(folder);
    if (up === folder) throw new Error('the package has no package.json above it');
    folder = up;
  }
  return folder;
}
