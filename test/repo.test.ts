// Rules of the repository that neither the types nor the linter can hold.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { codeNames } from '../src/compiler/base/codes.js';
import type { Declaration } from '../src/compiler/syntax/ast.js';
import { parseFile } from '../src/compiler/syntax/parse.js';

const test = suite('repository');
const root = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** Written by a script or by git, not by us. */
const ignored = new Set(['node_modules', 'dist', '.git', '.eis', '.venv', '__pycache__', 'made']);

/** All files under a folder of the repository, as paths from its root. */
function filesUnder(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return ignored.has(entry.name) ? [] : filesUnder(path);
    return entry.isFile() ? [relative(root, join(root, path))] : [];
  });
}

const all = filesUnder('.');
const isCode = (path: string) => /\.(ts|tsx|js)$/.test(path);
const isGenerated = (path: string) => path.endsWith('.gen.d.ts');
const inFolder = (...folders: readonly string[]) =>
  all.filter((path) => folders.some((one) => path.startsWith(`${one}/`)));
const product = inFolder('src', 'grammar').filter((path) => isCode(path) && !isGenerated(path));

test('every diagnostic has a page, and every page a diagnostic', () => {
  const pages = inFolder('grammar/errors').map((path) => path.slice('grammar/errors/'.length));
  assert.equal(
    pages.toSorted(),
    codeNames()
      .map((code) => `${code}.md`)
      .toSorted(),
  );
});

test('no file of code is longer than 500 lines', () => {
  const long = inFolder('src', 'grammar', 'test', 'scripts', 'bench', 'bin')
    .filter((path) => isCode(path) && !isGenerated(path))
    .map((path) => [read(path).split('\n').length - 1, path] as const)
    .filter(([lines]) => lines > 500);
  assert.equal(long, []);
});

test('every file of the product opens by saying what it is for', () => {
  const silent = [...product, ...inFolder('scripts', 'bench').filter(isCode)].filter(
    (path) => !/^(#!.*\n)?\/\/ \S.{15}/.test(read(path)),
  );
  assert.equal(silent, []);
});

test('randomness comes from the seeded generator', () => {
  assert.equal(
    product.filter((path) => /Math\.random|randomUUID|getRandomValues|randomBytes/.test(read(path))),
    [],
  );
});

/** The one door of each third-party package: a folder, or the files that need it. */
const doors: Readonly<Record<string, readonly string[]>> = {
  chevrotain: ['grammar/', 'src/compiler/syntax/'],
  '@noble/hashes': [
    'src/compiler/base/digest.ts',
    'src/runtime/stats/rng.ts',
    'src/runtime/store/ledger-entry.ts',
    'src/runtime/data/',
  ],
  protobufjs: ['src/compiler/onnx/'],
  'onnxruntime-node': ['src/runtime/backend/'],
  '@tensorflow/tfjs-core': ['src/runtime/backend/'],
  '@tensorflow/tfjs-backend-cpu': ['src/runtime/backend/'],
  '@tensorflow/tfjs-backend-wasm': ['src/runtime/backend/'],
  'lib-r-math.js': ['src/runtime/stats/'],
  hyparquet: ['src/runtime/data/parquet/'],
  'hyparquet-compressors': ['src/runtime/data/parquet/'],
  'hyparquet-writer': ['src/runtime/store/parquet.ts'],
  papaparse: ['src/runtime/data/'],
  picomatch: ['src/runtime/data/', 'src/compiler/model/'],
  ajv: ['src/runtime/store/schema.ts'],
  '@huggingface/gguf': ['src/runtime/model/gguf/'],
  '@huggingface/hub': ['src/runtime/model/hf/'],
  '@huggingface/tokenizers': ['src/runtime/model/tokenizer/'],
  commander: ['src/runtime/cli/'],
  ink: ['src/runtime/tui/'],
  react: ['src/runtime/tui/'],
  vega: ['src/runtime/report/'],
  'vega-lite': ['src/runtime/report/'],
};

/** What a file imports by name, statically or not: `vega`, `@noble/hashes`. */
function packagesOf(path: string): readonly string[] {
  const imports = read(path).matchAll(/^(?:import|export|\}).* from '([^']+)';$|\bimport\('([^']+)'\)/gm);
  return [...imports]
    .map(([, still, moving]) => still ?? moving ?? '')
    .filter((name) => !/^(\.|node:)/.test(name))
    .map((name) => /^(@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name);
}

test('each third-party package is imported through its door only', () => {
  const strays = product.flatMap((path) =>
    packagesOf(path)
      .filter((name) => doors[name]?.some((door) => path.startsWith(door)) !== true)
      .map((name) => `${path}: ${name}`),
  );
  assert.equal(strays, []);
});

test('each dependency has a door, and each door a dependency', () => {
  const { dependencies, optionalDependencies } = JSON.parse(read('package.json')) as Readonly<
    Record<'dependencies' | 'optionalDependencies', Record<string, string>>
  >;
  assert.equal(
    Object.keys({ ...dependencies, ...optionalDependencies }).toSorted(),
    Object.keys(doors).toSorted(),
  );
});

/** Names that a file declares at its top level or in the blocks of its declarations. */
function declaredNames(path: string): readonly string[] {
  const { file, diagnostics } = parseFile(read(path), path);
  assert.equal(diagnostics, [], path);
  const namesOf = (one: Declaration): readonly string[] => {
    const nested = (one.block ?? []).flatMap((entry) => (entry.kind === 'declaration' ? namesOf(entry) : []));
    return [...(one.name === undefined ? [] : [one.name]), ...nested];
  };
  return file.declarations.flatMap(namesOf);
}

// Words that pipelines use as names and that the language, its sites or its reports have of their own.
const shared = ['direction', 'family', 'out', 'pattern', 'removed', 'z'];

test('nothing in the product knows a name of the library or of a pipeline', () => {
  const library = inFolder('std')
    .filter((path) => path.endsWith('.eis'))
    .flatMap(declaredNames);
  const pipelines = inFolder('pipelines')
    .filter((path) => path.endsWith('.eis'))
    .flatMap(declaredNames);
  assert.ok(library.length >= 8, 'the library declares functions');
  const declared = new Set([...library, ...pipelines]);
  for (const word of shared) assert.ok(declared.has(word), `\`${word}\` is shared with no file any more`);
  const names = [...declared].filter((name) => !shared.includes(name));
  const found = product.flatMap((path) => {
    const text = read(path);
    const code = text.replace(/^\s*(\/\/|\/?\*).*$/gm, '');
    // A name with an underscore is no word of English: it must not even be mentioned. Others are compared where a program
    // could decide by them.
    const known = names.filter((name) =>
      name.includes('_')
        ? new RegExp(`\\b${name}\\b`).test(text)
        : new RegExp(`['"\`]${name}['"\`]`).test(code),
    );
    return known.map((name) => `${path}: ${name}`);
  });
  assert.equal(found, []);
});

test('no file names a place on the machine it was written on', () => {
  const places = new RegExp(`${['', 'work', ''].join('/')}|/(home|Users)/[a-z]|/root/`);
  const texts = all.filter(
    (path) => /\.(ts|tsx|js|json|jsonc|md|eis|py|ebnf|txt|expect)$/.test(path) || !/\./.test(path),
  );
  const own = relative(root, import.meta.filename);
  assert.equal(
    texts.filter(
      (path) => path !== own && statSync(join(root, path)).size < 2_000_000 && places.test(read(path)),
    ),
    [],
  );
});

test('the lock file names no registry', () => {
  assert.not.match(
    read('package-lock.json'),
    /"resolved"|https?:\/\/(?!opencollective|github\.com|tidelift|www\.)[^"]*registry/,
  );
});

test('the version, the change log and the licence belong together', () => {
  const facts = JSON.parse(read('package.json')) as {
    version: string;
    license: string;
    files: readonly string[];
  };
  const changes = read('CHANGELOG.md');
  assert.match(changes, /^## Unreleased$/m);
  const released = /^#{2,3} (\d+\.\d+\.\d+)/m.exec(changes)?.[1];
  assert.is(released, facts.version);
  assert.is(facts.license, 'MIT');
  assert.match(read('LICENSE'), /^MIT License\n\nCopyright \(c\) \d+ the eisc authors\n/);
  for (const path of facts.files) {
    if (!path.startsWith('!') && path !== 'dist') assert.ok(existsSync(join(root, path)), path);
  }
});

/** Exports that only tests use, with the reason why they stand in the product. */
const forTests: Readonly<Record<string, string>> = {
  'src/compiler/compile.ts compile':
    'the compiler as one call: `run` takes its two steps apart, because it waits for models in between',
};

/** What is imported by files outside of tests, statically or not: `src/compiler/compile readFile`; `*` for a whole file. */
function importedNames(texts: ReadonlyMap<string, string>): ReadonlySet<string> {
  const found = new Set<string>();
  for (const [path, text] of texts) {
    const add = (from: string, names: string): void => {
      const file = join(dirname(path), from).replace(/\.js$/, '');
      for (const name of names.split(','))
        found.add(
          `${file} ${
            name
              .trim()
              .replace(/^type /, '')
              .split(/ as |:/)[0]
          }`,
        );
    };
    const still =
      /^(?:import|export) (?:type )?(?:\w+, )?(?:\{([^{}]*)\}|(\*) as \w+)\s*from '(\.[^']+)';$/gm;
    for (const [, names, whole, from = ''] of text.matchAll(still)) add(from, names ?? whole ?? '');
    const moving = /\{([^{}]*)\}\s*=\s*await import\(\s*'(\.[^']+)'/g;
    for (const [, names = '', from = ''] of text.matchAll(moving)) add(from, names);
    const member = /import\('(\.[^']+)'\)\)\.(\w+)/g;
    for (const [, from = '', name = ''] of text.matchAll(member)) add(from, name);
  }
  return found;
}

test('every exported function or constant has an importer outside of the tests, or is used in its own file', () => {
  const outside = [...product, ...inFolder('scripts', 'bench', 'bin', 'docs').filter(isCode)];
  const uncommented = (path: string) =>
    read(path)
      .replace(/^\s*(\/\/|\/?\*).*$/gm, '')
      .replace(/\s\/\/ .*$/gm, '');
  const texts = new Map(outside.map((path) => [path, uncommented(path)]));
  const imported = importedNames(texts);
  const unused = product.flatMap((path) => {
    const text = texts.get(path) ?? '';
    const file = path.replace(/\.tsx?$/, '');
    const names = [...text.matchAll(/^export (?:async )?(?:function\*?|const|class) (\w+)/gm)].map(
      ([, name = '']) => name,
    );
    return names
      .filter((name) => !imported.has(`${file} ${name}`) && !imported.has(`${file} *`))
      .filter((name) => [...text.matchAll(new RegExp(`\\b${name}\\b`, 'g'))].length < 2)
      .map((name) => `${path} ${name}`);
  });
  assert.ok(imported.has('src/runtime/app openApp') && imported.size > 1000, 'imports were found');
  assert.equal(unused, Object.keys(forTests));
});

test('every operator has a file of cases', () => {
  const ops = inFolder('test/ops').filter((path) => path.endsWith('.jsonc'));
  const declared = [...read('src/compiler/ir/op-kind.ts').matchAll(/^ {2}([A-Z]\w+):/gm)].map(
    (one) => one[1] ?? '',
  );
  assert.ok(declared.length > 40, 'the table of operators was found');
  const without = declared.filter((name) => !ops.includes(`test/ops/${name}.jsonc`));
  assert.equal(without, []);
});

test.run();
