// How often claims about nothing get a verdict on the real model: in each run a coin per template says whether answer and wrong are
// exchanged, and the claims of label-swap.eis are decided again. Exchanging them changes the sign of the logit difference, so the
// model runs once, through the product, and its outcomes per row are decided many times. That the sign is all that changes is
// checked to the last bit on every row, with metrics that have the answers exchanged. Prints a Markdown table.
// Run it outside the tests: `npx tsx docs/calibration/label-swap.ts [runs]`.
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bug } from '../../src/compiler/base/bug.js';
import { digest } from '../../src/compiler/base/digest.js';
import { hasErrors } from '../../src/compiler/base/reporter.js';
import { openApp } from '../../src/runtime/app.js';
import { openBackend } from '../../src/runtime/backend/registry.js';
import { realHost } from '../../src/runtime/host.js';
import { binomialCdf } from '../../src/runtime/stats/distributions.js';
import { streamKey, uniform01 } from '../../src/runtime/stats/rng.js';
import type { OutcomePart, OutcomeTable } from '../../src/runtime/store/outcome-table.js';
import { decideStudy } from '../../src/runtime/study/decide.js';
import type { ClaimFacts, MemberFacts, PartFacts, StudyFacts } from '../../src/runtime/study/facts.js';
import { openStudy } from '../../src/runtime/study/open-study.js';
import { runStudy, type StudyRun } from '../../src/runtime/study/run-study.js';

const FILE = 'label-swap.eis';
const RATE = 0.05;
/** Of the null: what of it is exchanged in which claim. */
const EXCHANGED = new Map([
  ['movers_matter', 'every_head_exchanged'],
  ['every_head', 'every_head_exchanged'],
  ['enough', 'enough_exchanged'],
  ['general', 'general_exchanged'],
]);
const rootHex = digest('label-swap', 'coins');

/** The outcomes of the claims on the confirm rows. */
async function outcomes(): Promise<StudyRun> {
  const folder = mkdtempSync(join(tmpdir(), 'label-swap-'));
  const pipelines = join(import.meta.dirname, '..', '..', 'pipelines');
  for (const name of readdirSync(pipelines).filter((one) => one.endsWith('.txt')))
    cpSync(join(pipelines, name), join(folder, name));
  cpSync(join(import.meta.dirname, FILE), join(folder, FILE));
  writeFileSync(join(folder, 'eis.project.json'), '{}\n');
  const settings = new Map<string, string>();
  const locked = await openApp(folder).lock(FILE, { settings, anchor: false });
  if (locked.lock === null) throw new Error(locked.diagnostics.map((one) => one.message).join('\n'));
  const study = await openStudy({
    host: realHost(),
    folder,
    file: FILE,
    settings,
    asLock: false,
    everything: false,
  });
  if (hasErrors(study.diagnostics)) throw new Error(study.diagnostics.map((one) => one.message).join('\n'));
  const backend = await openBackend('ort:cpu');
  const run = await runStudy({
    study,
    backend,
    memoryBytes: 2e9,
    batch: undefined,
    skip: [],
    signal: new AbortController().signal,
    stamp: { time: '', tool: 'label-swap' },
    nowMs: () => Date.now(),
    emit: () => {},
  });
  await backend.dispose();
  rmSync(folder, { recursive: true });
  return run;
}

type Place = { readonly table: string; readonly part: string };

/** The numbers that change their sign with the answers. The others must not change at all. */
class Signs {
  readonly #tables: ReadonlyMap<string, OutcomeTable>;
  readonly #turned = new Set<string>();
  compared = 0;

  constructor(tables: readonly OutcomeTable[]) {
    this.#tables = new Map(tables.map((one) => [one.name, one]));
  }

  compareClaims(own: ClaimFacts, other: ClaimFacts): void {
    for (const member of own.members) {
      const partner = other.members.find((one) => one.id === member.id) ?? bug(`no exchanged ${member.id}`);
      this.#compareMembers(own, member, other, partner);
    }
    for (const [i, part] of (own.assay ?? []).entries())
      this.#compareParts(own, part, other, other.assay?.[i] ?? bug('no exchanged assay'));
  }

  #compareMembers(own: ClaimFacts, member: MemberFacts, other: ClaimFacts, partner: MemberFacts): void {
    for (const [i, part] of member.parts.entries())
      this.#compareParts(own, part, other, partner.parts[i] ?? bug('no exchanged part'));
  }

  #compareParts(own: ClaimFacts, part: PartFacts, other: ClaimFacts, partner: PartFacts): void {
    this.#compare({ table: own.table, part: part.x }, { table: other.table, part: partner.x });
    if (part.reference === null || partner.reference === null) return;
    this.#compare(
      { table: own.table, part: part.reference },
      { table: other.table, part: partner.reference },
    );
  }

  #compare(own: Place, other: Place): void {
    const a = this.#values(own);
    const b = this.#values(other);
    const equal = a.every((value, i) => value === b[i]);
    const turned = a.every((value, i) => value === -(b[i] ?? Number.NaN));
    if (!equal && !turned) bug(`${own.part} and ${other.part} differ in more than sign`);
    if (turned && !equal) this.#turned.add(`${own.table} ${own.part}`);
    this.compared += a.length;
  }

  #values({ table, part }: Place): Float64Array {
    const found = this.#tables.get(table)?.parts.find((one) => one.id === part);
    return found?.values ?? bug(`no part ${part} in ${table}`);
  }

  get turned(): number {
    return this.#turned.size;
  }

  /** The table as it would be with the answers exchanged in the templates whose coin says so. */
  exchanged(table: OutcomeTable, coin: (template: string) => boolean): OutcomeTable {
    const signs = table.items.map((item) =>
      coin(table.clusters[item.cluster] ?? bug('no such template')) ? -1 : 1,
    );
    const turn = (part: OutcomePart): OutcomePart =>
      this.#turned.has(`${table.name} ${part.id}`)
        ? { ...part, values: part.values.map((value, i) => value * (signs[i] ?? 1)) }
        : part;
    return { ...table, parts: table.parts.map(turn) };
  }
}

/** Only what is counted: the families without the exchanged claims. */
function counted(facts: StudyFacts): StudyFacts {
  const claims = facts.claims.filter((one) => EXCHANGED.has(one.id));
  const has = (id: string) => claims.some((one) => one.id === id);
  return {
    ...facts,
    claims,
    families: facts.families.filter((one) => one.claims.every(has)),
    controls: facts.controls.filter((one) => has(one.claim)),
  };
}

/** Largest count whose upper tail at the rate is at least .001. */
function band(runs: number): number {
  let most = 0;
  while (1 - binomialCdf(most, runs, RATE) >= 0.001) most += 1;
  return most;
}

const runs = Number(process.argv[2] ?? 200);
const run = await outcomes();
const signs = new Signs(run.tables);
const claimOf = (id: string) => run.facts.claims.find((one) => one.id === id) ?? bug(`no claim ${id}`);
for (const [own, other] of EXCHANGED) signs.compareClaims(claimOf(own), claimOf(other));
const facts = counted(run.facts);
const real = decideStudy(facts, new Map(run.tables.map((one) => [one.name, one])));
const isDecided = (verdict: string) => verdict === 'supported' || verdict === 'refuted';

const rows = new Map<string, { readonly about: string; readonly ids: (id: string) => boolean }>([
  [
    'movers_matter',
    { about: '3 members, Holm with the next two', ids: (id) => id.startsWith('movers_matter/') },
  ],
  ['enough', { about: 'one conclusion of three parts', ids: (id) => id === 'enough' }],
  ['general', { about: 'the same on the charlie rows', ids: (id) => id === 'general' }],
  [
    'the family of the three',
    { about: 'Holm, as in the pipeline', ids: (id) => !id.startsWith('every_head') },
  ],
  ['every_head', { about: 'all 24 heads, max-T', ids: (id) => id.startsWith('every_head/') }],
]);
const counts = new Map([...rows.keys()].map((name) => [name, 0]));
const key = streamKey(rootHex, 'coin');
const templates = [...new Set(run.tables.flatMap((one) => one.clusters))].toSorted();
for (let at = 0; at < runs; at++) {
  const coin = (template: string) => uniform01(key, templates.indexOf(template), at) < 0.5;
  const tables = new Map(run.tables.map((one) => [one.name, signs.exchanged(one, coin)]));
  const { verdicts } = decideStudy({ ...facts, root: digest('label-swap', at) }, tables);
  const decided = verdicts.filter((one) => isDecided(one.verdict)).map((one) => one.id);
  for (const [name, { ids }] of rows) if (decided.some(ids)) counts.set(name, (counts.get(name) ?? 0) + 1);
}

console.log(
  `${signs.compared.toLocaleString('en')} outcomes compared with the answers exchanged: ${signs.turned} parts change their sign exactly, the others not at all.`,
);
console.log(
  `As trained: ${real.verdicts.filter((one) => isDecided(one.verdict)).length} of ${real.verdicts.length} conclusions decided.\n`,
);
console.log('| claim | what | runs | any decided | rate | band |\n|---|---|---|---|---|---|');
for (const [name, { about }] of rows) {
  const count = counts.get(name) ?? 0;
  const most = band(runs);
  const verdict = count <= most ? 'inside' : '**outside**';
  console.log(
    `| ${name} | ${about} | ${runs} | ${count} | ${(count / runs).toFixed(3)} | ${verdict} at most ${most} |`,
  );
}
