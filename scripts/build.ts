// Builds the package: one file per part that is loaded on its own (commands, workers, what `import()` names) and chunks for what
// they share, in dist/. Loading a few files takes a third of the time of loading some three hundred modules. What every start
// needs of other packages is taken in, with its licence; what is large, native or optional stays an import.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Metafile, type Plugin } from 'esbuild';

/** Packages that `eisc check` loads whatever the file says. */
const TAKEN_IN: readonly string[] = [
  '@huggingface/tokenizers',
  '@noble/hashes',
  'chevrotain',
  'commander',
  'papaparse',
  'picomatch',
];

/** The command line and the threads that it starts, by the names that they are started by. */
const ENTRIES = {
  start: 'src/runtime/cli/start.ts',
  'ort-worker': 'src/runtime/backend/ort-worker.ts',
  'tfjs-worker': 'src/runtime/backend/tfjs-worker.ts',
};

const LICENCES = 'licences.txt';

/** All files lie in one folder, so that a worker is found beside whatever chunk starts it. */
export async function buildDist(root: string, folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ENTRIES,
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    jsx: 'automatic',
    plugins: [onlyTakenIn, wholeChevrotain],
    // Packages of the older kind ask for modules of node by `require`.
    banner: {
      js: "import { createRequire as makeRequire } from 'node:module';\nconst require = makeRequire(import.meta.url);",
    },
    legalComments: 'none',
    logLevel: 'warning',
    metafile: true,
  });
  writeFileSync(join(folder, LICENCES), licencesOf(root, metafile));
}

const onlyTakenIn: Plugin = {
  name: 'only what is taken in',
  setup: ({ onResolve }) => {
    onResolve({ filter: /^[^./]/ }, ({ path, importer, kind }) => {
      if (kind === 'entry-point' || importer.includes('/node_modules/')) return undefined;
      return TAKEN_IN.includes(packageName(path)) ? undefined : { path, external: true };
    });
  },
};

/** The door to chevrotain looks for a single file of the installed package; here its modules are joined, without what is not used. */
const wholeChevrotain: Plugin = {
  name: 'whole chevrotain',
  setup: ({ onLoad }) => {
    onLoad({ filter: /[/\\]grammar[/\\]chevrotain\.ts$/ }, ({ path }) => {
      const names = /export const \{([^}]*)\} = chevrotain;/.exec(readFileSync(path, 'utf8'))?.[1];
      if (names === undefined) throw new Error(`${path} no longer lists what it takes from chevrotain`);
      return { contents: `export {${names}} from 'chevrotain';`, loader: 'ts', resolveDir: join(path, '..') };
    });
  },
};

function packageName(path: string): string {
  return path
    .split('/')
    .slice(0, path.startsWith('@') ? 2 : 1)
    .join('/');
}

/** The licences of all packages of which something was taken in. */
function licencesOf(root: string, { inputs }: Metafile): string {
  const names = new Set<string>();
  for (const input of Object.keys(inputs)) {
    const inside = input.split('node_modules/').at(-1);
    if (inside !== undefined && inside !== input) names.add(packageName(inside));
  }
  return [...names]
    .toSorted()
    .map((name) => {
      const folder = join(root, 'node_modules', name);
      const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
        readonly version: string;
        readonly license: string;
      };
      const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
      const text = file === undefined ? '' : readFileSync(join(folder, file), 'utf8').trim();
      return `${name} ${version} (${license})\n\n${text}\n`;
    })
    .join(`\n${'-'.repeat(80)}\n\n`);
}

const [, script, folder = 'dist'] = process.argv;
if (script !== undefined && existsSync(script) && import.meta.url === pathToFileURL(script).href) {
  await buildDist(process.cwd(), folder);
}
