// `eisc verify --recompute N`: the outcomes of a few rows once more, from model and data, against those that were confirmed. What
// searches found is taken from the result; controls are not run. Nothing is written, and nothing is opened that was not open.
import type { MemberTuple } from '../../compiler/check/family.js';
import { openBackend } from '../backend/registry.js';
import { isConfirmSplit } from '../data/layout.js';
import { isObject, type PlainObject } from '../store/json.js';
import { requireLedger } from '../store/ledger.js';
import { tokenOfConfirmed } from '../store/open-confirm.js';
import type { OutcomeTable } from '../store/outcome-table.js';
import { collectStudy } from '../study/collect.js';
import type { OpenStudy } from '../study/open-study.js';
import { RowBook } from '../study/rows.js';
import { StageRunner, stagesNeeded } from '../study/stage-runner.js';
import { keptWeightsFolder } from './kept-weights.js';
import { standingResult } from './standing-result.js';

export type Recompute = {
  /** Most rows of each confirm split. */
  readonly rows: number;
  readonly backend: string;
  readonly memoryBytes: number;
};

/** As checks are told: what was compared and how far it lies apart, or why nothing was compared. */
export type Recomputed = { readonly state: 'ok' | 'failed' | 'not checked'; readonly text: string };

/**
 * Of an outcome, relative to its size where that is above 1. Two float32 evaluations of one model in another order of summation
 * differ by 6e-5 at logits of 31 (SmolLM2-135M, PyTorch against float64): ten times that is no rounding.
 */
const TOLERANCE = 6e-4;

export async function recompute(study: OpenStudy, request: Recompute): Promise<Recomputed> {
  const { host, lockState, digest, path, ledger, compileHost } = study;
  if (study.checked === null) return notChecked('the pipeline does not compile here');
  if (lockState.kind !== 'locked') return notChecked('the pipeline is not what was locked');
  const entries = requireLedger(host, ledger);
  const token = tokenOfConfirmed(entries, digest);
  const standing = standingResult(host, path, entries, digest);
  if (token === null || standing === null) return notChecked('no confirmed result stands in the folder');
  const checked = settled(study, membersOf(standing.report));
  if (checked === null) return notChecked('the result does not say what its searches found');
  const { pools } = checked.stages;
  // What is drawn or pooled among the confirm rows themselves needs all of them.
  const isWhole = checked.draws.length > 0 || pools.some(({ stage }) => isConfirmSplit(stage.split));
  const rows = new RowBook(checked, compileHost.readDataBytes, token);
  if (!isWhole) rows.limit(request.rows);
  const stages = [...new Set(checked.claims.map(({ stage }) => stage))];
  rows.expect(stagesNeeded(stages, pools));
  const backend = await openBackend(request.backend, { weightsFolder: keptWeightsFolder(study.root) });
  try {
    const runner = new StageRunner({
      pools,
      rows,
      backend,
      lookupWeight: compileHost.lookupWeight,
      memoryBytes: request.memoryBytes,
      batch: undefined,
      skip: [],
      store: null,
      root: digest,
      signal: new AbortController().signal,
      onProgress: () => {},
    });
    for (const stage of stages) await runner.run(stage);
    const alone = { ...checked, controls: [] };
    const { tables } = collectStudy(alone, (stage) => runner.numbers(stage), { root: digest, checks: [] });
    return compared(tables, standing.outcomes);
  } finally {
    await backend.dispose();
  }
}

function notChecked(text: string): Recomputed {
  return { state: 'not checked', text };
}

/** The file with the circuits that were found; null where one of them is unknown. */
function settled(study: OpenStudy, members: ReadonlyMap<string, readonly MemberTuple[]>) {
  const found = new Map<string, readonly MemberTuple[]>();
  while (true) {
    const checked = study.recheck({ mode: 'confirm', found, replicates: 'none' });
    const open = checked.searches.filter((one) => !found.has(one.key));
    if (open.length === 0) return checked;
    for (const { key, circuit } of open) {
      const known = members.get(circuit.name);
      if (known === undefined) return null;
      found.set(key, known);
    }
  }
}

/** By circuit, what the report says was found: `[23, 3]`. */
function membersOf({ searches }: PlainObject): ReadonlyMap<string, readonly MemberTuple[]> {
  const found = new Map<string, readonly MemberTuple[]>();
  if (!Array.isArray(searches)) return found;
  for (const one of searches) {
    if (!isObject(one) || typeof one.circuit !== 'string' || !Array.isArray(one.members)) continue;
    found.set(
      one.circuit,
      one.members.map((text): MemberTuple => {
        const inside = String(text).replace(/^\[|\]$/g, '');
        return inside.split(',').map((part) => (/^\s*-?\d+\s*$/.test(part) ? Number(part) : part.trim()));
      }),
    );
  }
  return found;
}

function compared(own: readonly OutcomeTable[], stored: readonly OutcomeTable[]): Recomputed {
  let numbers = 0;
  let largest = 0;
  let relative = 0;
  let rows = 0;
  for (const table of own) {
    const then = stored.find((one) => one.name === table.name);
    const places = new Map(then?.items.map(({ hash }, i) => [hash, i] as const));
    rows += table.items.length;
    for (const part of table.parts) {
      const before = then?.parts.find((one) => one.id === part.id)?.values;
      if (before === undefined) return { state: 'failed', text: `the result has no outcome ${part.id}` };
      for (const [i, { hash }] of table.items.entries()) {
        const place = places.get(hash);
        if (place === undefined)
          return { state: 'failed', text: `the result has no row ${hash.slice(0, 12)}` };
        const [now, stood] = [part.values[i] ?? Number.NaN, before[place] ?? Number.NaN];
        numbers += 1;
        if (Object.is(now, stood)) continue;
        const gap = Math.abs(now - stood);
        largest = Number.isNaN(gap) ? Number.POSITIVE_INFINITY : Math.max(largest, gap);
        relative = Math.max(
          relative,
          largest === Number.POSITIVE_INFINITY ? largest : gap / Math.max(1, Math.abs(stood)),
        );
      }
    }
  }
  const what = `${numbers} outcomes of ${rows} rows computed again`;
  if (largest === 0) return { state: 'ok', text: `${what} are equal, bit for bit` };
  const text = `${what} differ by at most ${largest.toExponential(1)}`;
  return relative <= TOLERANCE
    ? { state: 'ok', text: `${text}, which is rounding` }
    : { state: 'failed', text: `${text}, which is more than rounding` };
}
