// The package as it is installed: built into a temporary folder, and started with plain node.
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildDist } from '../scripts/build.js';

export type BuiltPackage = {
  readonly folder: string;
  /** The file that plain node starts. */
  readonly command: string;
  readonly remove: () => void;
};

const SHIPPED = ['bin', 'grammar', 'models', 'std', 'package.json'] as const;

export async function buildPackage(root: string): Promise<BuiltPackage> {
  const folder = mkdtempSync(join(tmpdir(), 'eisc-bench-'));
  for (const name of SHIPPED) cpSync(join(root, name), join(folder, name), { recursive: true });
  await buildDist(root, join(folder, 'dist'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return {
    folder,
    command: join(folder, 'bin', 'eisc.js'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export type Project = { readonly folder: string; readonly remove: () => void };

/** An empty project with these files, and without a store. */
export function makeProject(files: readonly string[]): Project {
  const folder = mkdtempSync(join(tmpdir(), 'eisc-bench-project-'));
  for (const file of files) cpSync(file, join(folder, file.split('/').at(-1) ?? file));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
