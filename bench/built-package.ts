// The package as it is installed: built by tsc into a temporary folder, and started with plain node.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type BuiltPackage = {
  readonly folder: string;
  /** The file that plain node starts. */
  readonly command: string;
  readonly remove: () => void;
};

const SHIPPED = ['bin', 'grammar', 'models', 'std', 'package.json'] as const;

export function buildPackage(root: string): BuiltPackage {
  const folder = mkdtempSync(join(tmpdir(), 'eisc-bench-'));
  for (const name of SHIPPED) cpSync(join(root, name), join(folder, name), { recursive: true });
  const dist = join(folder, 'dist');
  mkdirSync(dist);
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  execFileSync(process.execPath, [compiler, '-p', 'tsconfig.build.json', '--outDir', dist], { cwd: root });
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
