// Tells when one of a set of files was written, replaced or removed. Folders are watched, not files: editors save by renaming.
import { existsSync, type FSWatcher, watch } from 'node:fs';
import { dirname, join, sep } from 'node:path';

export type FileWatch = {
  /** Watches these paths and no others; a path that is a folder stands for all files directly in it. */
  readonly watch: (paths: Iterable<string>) => void;
  readonly close: () => void;
};

/** How files are watched: `onChange` is called with the path, sometimes more than once for one save. */
export type OpenFileWatch = (onChange: (path: string) => void) => FileWatch;

export const watchFiles: OpenFileWatch = (onChange) => {
  let wanted: ReadonlySet<string> = new Set();
  const folders = new Map<string, FSWatcher>();
  const drop = (folder: string): void => {
    folders.get(folder)?.close();
    folders.delete(folder);
  };
  const open = (folder: string): void => {
    const watcher = watch(folder, { persistent: true }, (_, name) => {
      const full = name === null ? folder : join(folder, name);
      if (name === null || isWanted(full, wanted)) onChange(full);
    });
    watcher.on('error', () => drop(folder)); // the folder was removed: the next save names what is missing
    folders.set(folder, watcher);
  };
  return {
    watch: (paths) => {
      wanted = new Set(paths);
      const needed = new Set([...wanted].flatMap((path) => [path, dirname(path)]).filter(isFolder));
      for (const folder of [...folders.keys()]) if (!needed.has(folder)) drop(folder);
      for (const folder of needed) if (!folders.has(folder)) open(folder);
    },
    close: () => {
      for (const folder of [...folders.keys()]) drop(folder);
    },
  };
};

function isFolder(path: string): boolean {
  return existsSync(path) && existsSync(`${path}${sep}.`);
}

function isWanted(path: string, wanted: ReadonlySet<string>): boolean {
  return wanted.has(path) || wanted.has(dirname(path));
}
