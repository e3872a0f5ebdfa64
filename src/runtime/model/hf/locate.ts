// `hf("…", revision: "…")` to files: a folder where there is one, otherwise the local cache of the hub, otherwise the hub.
import { existsSync, statSync } from 'node:fs';
import { failed, type Loaded, loaded } from '../model-files.js';
import { type Environment, findSnapshot, hubCacheFolder, isCommit, isHubId } from './hub-cache.js';
import type { FolderPlace } from './model-folder.js';

export type HfRequest = {
  /** As written, and as a path. */
  readonly text: string;
  readonly path: string;
  readonly revision: string | null;
  readonly environment: Environment;
};

/** Where the model is without asking anyone; `absent` where only the hub can tell. */
export function findModel(request: HfRequest): Loaded<FolderPlace> | { readonly kind: 'absent' } {
  const { text, path, revision, environment } = request;
  const looksLikePath = text.startsWith('.') || text.startsWith('/') || text.endsWith('/');
  const isFolder = existsSync(path) && statSync(path).isDirectory();
  if (looksLikePath && !isFolder)
    return failed({
      kind: 'incomplete-folder',
      path: text,
      text: 'there is no such folder',
      help: 'check the path; it is relative to the pipeline',
    });
  if (isFolder) {
    if (revision !== null)
      return failed({
        kind: 'incomplete-folder',
        path: text,
        text: 'it is a folder, and a folder has no revision',
        help: 'leave `revision:` out; the weights are recorded by their content',
      });
    return loaded({ path, shown: text, origin: { kind: 'folder', path: text } });
  }
  if (!isHubId(text))
    return failed({
      kind: 'incomplete-folder',
      path: text,
      text: 'there is no such folder, and it is no id of the hub',
      help: 'write the path of a folder relative to the pipeline, or an id such as `openai-community/gpt2`',
    });
  const snapshot = findSnapshot(hubCacheFolder(environment), text, revision);
  if (snapshot !== undefined) return loaded(placeOf(text, snapshot));
  const unpinned = (why: string) => failed({ kind: 'hub', id: text, revision, why: 'unpinned', text: why });
  if (revision === null) return unpinned('it has no revision, and what is downloaded must be pinned');
  if (!isCommit(revision))
    return unpinned('its revision is no commit, and what is downloaded must be pinned');
  return { kind: 'absent' };
}

/** As `findModel`, with a download where nothing nearer has it. */
export async function locateModel(request: HfRequest): Promise<Loaded<FolderPlace>> {
  const found = findModel(request);
  if (found.kind !== 'absent') return found;
  const { text: id, revision, environment } = request;
  const cache = hubCacheFolder(environment);
  const { downloadModel } = await import('./download.js');
  const snapshot = await downloadModel({ id, revision: revision ?? '', cache, environment });
  return snapshot.kind === 'problem' ? snapshot : loaded(placeOf(id, snapshot.value));
}

function placeOf(id: string, snapshot: { readonly folder: string; readonly revision: string }): FolderPlace {
  return { path: snapshot.folder, shown: id, origin: { kind: 'hub', id, revision: snapshot.revision } };
}
