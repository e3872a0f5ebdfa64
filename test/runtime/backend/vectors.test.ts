// ONNX's own node test vectors on every backend that is here. A committed subset always runs; the whole set runs where it is found, and
// what it counts must be what docs/backends.md says. `npm run conformance` writes that table anew.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  addOutcome,
  type ConformanceRecord,
  conformanceTable,
  recordText,
  TABLE_BEGIN,
  TABLE_END,
  type Tally,
} from '../../support/conformance-table.js';
import { deviationOf } from '../../support/deviations.js';
import {
  findVectors,
  openVector,
  readVectorFolder,
  readVectorLine,
  SEVERAL,
  type VectorCase,
  vectorLine,
  vectorNames,
} from '../../support/onnx-vectors.js';
import { presentBackends } from '../../support/present-backends.js';
import { runVector } from '../../support/vector-run.js';

const test = suite('onnx node vectors');
const root = join(import.meta.dirname, '../../..');
const subsetPath = join(import.meta.dirname, 'vectors.jsonl');
const recordPath = join(root, 'docs/backends.json');
const pagePath = join(root, 'docs/backends.md');
const isUpdate = process.env.UPDATE_GOLDEN === '1';

const LARGEST_COMMITTED = 3000;
/** On a device emulated in software the whole set takes too long for every test run. */
const ONLY_ON_UPDATE: readonly string[] = ['ort:webgpu'];

const present = await presentBackends;
type Ready = Extract<VectorCase, { kind: 'ready' }>;

const found = findVectors();
if ('missing' in found) process.stdout.write(`only the committed vectors: ${found.missing}\n`);
else if (isUpdate) writeFileSync(subsetPath, subsetOf(found.folder));

const subset = readFileSync(subsetPath, 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => openVector(readVectorLine(line)));

test('the committed vectors are there, and the importer reads each', () => {
  assert.ok(subset.length >= 80, `${subset.length}`);
  assert.equal(
    subset.filter((one) => one.kind === 'outside').map((one) => one.name),
    [],
  );
});

for (const backend of present.backends) {
  test(`${backend.name} passes the committed vectors, or refuses them before it runs`, async () => {
    const { faults, passed } = await runAll(backend.name, subset);
    assert.equal(faults, []);
    assert.ok(passed >= 70, `${passed} passed`);
  });
}

if ('folder' in found) {
  const all = vectorNames(found.folder).map((name) => openVector(readVectorFolder(found.folder, name)));
  const record = recordOutside(all);

  for (const backend of present.backends) {
    if (ONLY_ON_UPDATE.includes(backend.name) && !isUpdate) {
      process.stdout.write(
        `only the committed vectors on ${backend.name}: \`npm run conformance\` runs all\n`,
      );
      continue;
    }
    test(`${backend.name} passes every vector that the tensor graph can hold`, async () => {
      const { faults, operators } = await runAll(backend.name, all);
      record.backends[backend.name] = { version: backend.version, operators };
      assert.equal(faults, []);
    });
  }

  test('docs/backends.json records what this run found', () => {
    if (isUpdate) writeFileSync(recordPath, recordText(record));
    const stored: ConformanceRecord = JSON.parse(readFileSync(recordPath, 'utf8'));
    if (stored.vectors !== record.vectors) {
      process.stdout.write(`not compared with docs/backends.json: it is of ${stored.vectors} vectors\n`);
      return;
    }
    assert.equal(stored.outside, record.outside);
    for (const [name, { version, operators }] of Object.entries(record.backends)) {
      // Another version of an engine may do more; its table is then written anew.
      if (stored.backends[name]?.version === version)
        assert.equal(stored.backends[name]?.operators, operators, name);
    }
  });
}

test('docs/backends.md shows the table of docs/backends.json and the known deviations', () => {
  const stored: ConformanceRecord = JSON.parse(readFileSync(recordPath, 'utf8'));
  const page = readFileSync(pagePath, 'utf8');
  const table = conformanceTable(stored);
  const begin = page.indexOf(TABLE_BEGIN);
  const end = page.indexOf(TABLE_END) + TABLE_END.length;
  assert.ok(begin >= 0 && end > begin, 'the markers');
  if (isUpdate) writeFileSync(pagePath, page.slice(0, begin) + table + page.slice(end));
  else assert.fixture(page.slice(begin, end), table);
});

async function runAll(name: string, cases: readonly VectorCase[]) {
  const backend = present.backends.find((one) => one.name === name);
  if (backend === undefined) throw new Error(name);
  const faults: string[] = [];
  const operators: Record<string, Tally> = {};
  let passed = 0;
  for (const one of cases) {
    if (one.kind === 'outside') continue;
    const outcome = await runVector(backend, one);
    if (outcome.kind === 'passed') passed++;
    if (outcome.kind === 'failed' && deviationOf(name, one.name) === undefined) {
      faults.push(`${one.name}: ${outcome.text}`);
    }
    if (outcome.kind === 'refused' && !mayRefuse(backend.capabilities.dtypes, one)) {
      faults.push(`${one.name} is refused: ${outcome.text}`);
    }
    operators[one.operator] = addOutcome(operators[one.operator], outcome.kind);
  }
  return { faults, operators: sorted(operators), passed };
}

/** A backend may refuse what holds an element type that it does not name, or arithmetic of eight-bit integers. */
function mayRefuse(dtypes: readonly string[], one: Ready): boolean {
  const types = one.graph.nodes.map((node) => node.type.dtype);
  return types.some((dtype) => !dtypes.includes(dtype) || dtype === 'u8' || dtype === 'i8');
}

function recordOutside(all: readonly VectorCase[]) {
  const outside: Record<string, { count: number; reason: string }> = {};
  for (const one of all) {
    if (one.kind === 'ready') continue;
    const operator =
      /^[A-Z]/.test(one.operator) || one.operator === SEVERAL
        ? one.operator
        : 'other types than tensors of numbers';
    const known = outside[operator];
    outside[operator] = { count: (known?.count ?? 0) + 1, reason: known?.reason ?? one.reason };
  }
  const backends: Record<string, { version: string; operators: Record<string, Tally> }> = {};
  return { vectors: all.length, outside: sorted(outside), backends };
}

function sorted<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The smallest vector of each operator. */
function subsetOf(folder: string): string {
  const smallest = new Map<string, string>();
  for (const name of vectorNames(folder)) {
    const files = readVectorFolder(folder, name);
    const one = openVector(files);
    const line = vectorLine(files);
    if (one.kind === 'outside' || one.operator === SEVERAL || line.length > LARGEST_COMMITTED) continue;
    const known = smallest.get(one.operator);
    if (known === undefined || line.length < known.length) smallest.set(one.operator, line);
  }
  return [...smallest.values()].map((line) => `${line}\n`).join('');
}

test.run();
