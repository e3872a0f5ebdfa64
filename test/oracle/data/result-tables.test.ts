// The Parquet tables of a real run hold what its other files hold, and pandas opens them. Without pandas and pyarrow that
// part is left out, and it is said why.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { realHost } from '../../../src/runtime/host.js';
import { checkResult } from '../../../src/runtime/store/read-result.js';
import { readResult } from '../../../src/runtime/store/result.js';
import { pythonWith } from '../../support/python-with.js';
import { readCsv } from '../../support/read-csv.js';
import { FILE, Projects, run } from '../../support/small-project.js';

const test = suite('tables of a result');
const projects = new Projects();
test.after(() => projects.remove());

const python = pythonWith('pandas, pyarrow');
if (python === null)
  process.stdout.write('  partly skipped: no Python with pandas and pyarrow (set EIS_PYTHON)\n');

async function rowsOf(path: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  return parquetReadObjects({ file: new Uint8Array(readFileSync(path)).buffer });
}

test('members and outcomes are those of the other files', async () => {
  const project = projects.make();
  await run(project);
  const folder = join(project.folder, `${FILE}.result`);
  const stored = checkResult(readResult(realHost(), join(project.folder, FILE)) ?? new Map());
  assert.is(stored.kind, 'ok');
  if (stored.kind !== 'ok') return;

  const members = await rowsOf(join(folder, 'tables/members.parquet'));
  const [header = [], ...lines] = readCsv(readFileSync(join(folder, 'tables/members.csv'), 'utf8'));
  assert.ok(lines.length >= 8);
  assert.equal(
    members.map((row) => header.map((name) => String(row[name] ?? ''))),
    lines,
  );

  const outcomes = await rowsOf(join(folder, 'tables/outcomes.parquet'));
  const claimTables = stored.outcomes.filter((one) => one.name.startsWith('claims-'));
  assert.ok(claimTables.length > 0);
  for (const table of claimTables) {
    const own = outcomes.filter((row) => row.table === table.name);
    assert.is(own.length, table.parts.length * table.items.length, 'every part once');
    for (const part of table.parts) {
      const changed = part.id.includes('/changed/');
      const isControl = String(part.facts.claim).includes('/');
      if (changed || isControl || part.facts.part === undefined) continue;
      const rows = own.filter(
        (row) =>
          row.member === part.memberId &&
          row.claim === part.facts.claim &&
          row.role === 'effect' &&
          row.control === null,
      );
      assert.equal(
        rows.map((row) => row.item),
        table.items.map((one) => one.hash),
      );
      assert.equal(
        rows.map((row) => row.cluster),
        table.items.map((one) => table.clusters[one.cluster]),
      );
      assert.equal(
        rows.map((row) => row.value ?? Number.NaN),
        [...part.values],
      );
    }
  }

  if (python === null) return;
  const script = join(import.meta.dirname, 'read_result.py');
  const made = spawnSync(python, [script, folder], { encoding: 'utf8' });
  assert.is(made.status, 0, made.stderr);
  const answer = JSON.parse(made.stdout) as Readonly<Record<string, unknown>>;
  assert.equal(answer.differ, []);
  assert.is(answer.rows, lines.length);
  assert.is(answer.values, outcomes.length);
  assert.is(answer.missing, 0);
  assert.ok(Number(answer.largest) < 1e-9, `estimates differ by ${String(answer.largest)}`);
  assert.equal(Object.values(answer.columns as object).filter((kind) => kind === 'double').length, 7);
});

test.run();
