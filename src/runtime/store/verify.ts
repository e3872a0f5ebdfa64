// `eisc verify`: what can be shown about a result from its lock, the ledger and the stored outcomes alone, and what
// cannot. Pure: it needs no model, no cache and no clock.
import { diffMeaning } from './diff-meaning.js';
import { isObject, type PlainObject } from './json.js';
import { NO_ENTRY } from './ledger-entry.js';
import { meaningDigest } from './lock.js';
import { openedSpent } from './looks.js';
import { problemText } from './messages.js';
import { ancestorsOf } from './parse-ledger.js';
import { type DecisionFacts, decisionDigest } from './result.js';
import {
  type Case,
  type Check,
  failed,
  named,
  noLedger,
  noLock,
  noResult,
  type Outcome,
  ok,
  readCase,
  shortHash,
  unchecked,
  type VerifyInput,
} from './verify-case.js';

/** All checks, in the order in which a reader should see them. */
export function verifyProject(input: VerifyInput): readonly Check[] {
  const { chain, lock, facts } = readCase(input);
  return [
    chain,
    lock,
    named('source', checkSource(facts)),
    named('registered', checkRegistered(facts)),
    named('opened', checkOpened(facts)),
    named('fresh', checkFresh(facts)),
    named('predictions', checkPredictions(facts)),
    named('heads', checkHeads(facts)),
    named('files', checkFiles(facts)),
    named('outcomes', checkOutcomes(facts)),
    named('decision', checkDecision(facts)),
    named('anchor', checkAnchor(facts)),
    named('file-drawer', unchecked('runs outside this ledger (a file drawer) cannot be excluded')),
  ];
}

/** Exit code 4 when true. */
export function hasFailed(checks: readonly Check[]): boolean {
  return checks.some((check) => check.state === 'failed');
}

function checkSource({ lock, input }: Case): Outcome {
  if (lock === undefined) return noLock;
  if (input.meaning === null) return unchecked('the pipeline was not compiled');
  if (meaningDigest(input.meaning) === lock.lock) return ok('the pipeline means what was locked');
  const [first = 'it changed', ...others] = diffMeaning(lock.meaning, input.meaning);
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  return failed(`the pipeline no longer means what was locked: ${first}${more}`);
}

function checkRegistered({ lock, entries, registered }: Case): Outcome {
  if (lock === undefined) return noLock;
  if (entries === undefined) return noLedger;
  if (registered === undefined) return failed('the ledger has no entry of this lock');
  if (!ancestorsOf(entries, registered.hash).has(lock.head) && lock.head !== NO_ENTRY) {
    return failed('the lock names a head of the ledger that does not precede its entry');
  }
  return ok(`entry ${registered.seq}, ${registered.body.time}`);
}

function checkOpened({ lock, entries, open, runs, registered, result }: Case): Outcome {
  if (lock === undefined) return noLock;
  if (entries === undefined) return noLedger;
  if (open === undefined) {
    return runs.length > 0 ? failed('confirm rows were used but never opened') : unchecked('not opened yet');
  }
  if (registered === undefined || !ancestorsOf(entries, open.hash).has(registered.hash)) {
    return failed('confirm rows were opened before the lock was in the ledger');
  }
  if (runs.some(({ hash }) => !ancestorsOf(entries, hash).has(open.hash))) {
    return failed('a confirm run stands before the entry that opened its rows');
  }
  if (runs.length > 0) return ok(`opened by entry ${open.seq}, before the confirm run`);
  return result === undefined
    ? unchecked(`opened by entry ${open.seq}, but there is no confirm run yet (it counts as a look)`)
    : failed('the result was never entered in the ledger; `eisc run` finishes it');
}

function checkFresh({ lock, entries, open }: Case): Outcome {
  if (lock === undefined) return noLock;
  if (entries === undefined) return noLedger;
  if (open === undefined) return unchecked('not opened yet');
  const spent = openedSpent(entries, open);
  return spent === undefined ? ok('no earlier entry saw the confirm rows') : failed(problemText(spent));
}

function checkPredictions({ lock, open, registered, entries }: Case): Outcome {
  if (lock === undefined) return noLock;
  if (entries === undefined) return noLedger;
  const count = lock.meaning.predictions.length;
  if (count === 0) return ok('none were made');
  if (registered === undefined) return failed('the lock that seals them is not in the ledger');
  const { body } = registered;
  if (body.kind === 'lock' && body.predictions !== count) return failed('the ledger counts them otherwise');
  if (open === undefined) return ok(`${count} sealed; not opened yet`);
  const isBefore = ancestorsOf(entries, open.hash).has(registered.hash);
  return isBefore
    ? ok(`${count} sealed before the rows were opened`)
    : failed('sealed after the rows were opened');
}

function checkHeads({ entries, lock, result, open }: Case): Outcome {
  if (entries === undefined) return noLedger;
  const heads: string[] = lock === undefined ? [] : [lock.head];
  const reportHead = result?.kind === 'ok' ? result.report.head : undefined;
  if (typeof reportHead === 'string') heads.push(reportHead);
  if (heads.length === 0) return unchecked('neither a lock nor a report names a head');
  const hashes = new Set([NO_ENTRY, ...entries.map(({ hash }) => hash)]);
  const lost = heads.find((head) => !hashes.has(head));
  if (lost !== undefined)
    return failed(`the ledger no longer holds the head ${shortHash(lost)}: it was cut or begun anew`);
  const isConfirmed = result?.kind === 'ok' && result.report.state === 'confirmed';
  if (isConfirmed && reportHead !== open?.hash)
    return failed('the report does not name the entry that opened its rows');
  return ok('the heads in the lock and the report are part of the ledger');
}

function checkFiles({ result, runs }: Case): Outcome {
  if (result === undefined) {
    return runs.length === 0
      ? unchecked('there is no result')
      : failed('the ledger has a confirm run, but its result is gone');
  }
  if (result.kind === 'bad') return failed(`\`${result.path}\`: ${result.text}`);
  const { files, views } = result.manifest;
  return ok(`${files.length + views.length} files as they were written`);
}

function checkOutcomes({ lock, entries, result, runs }: Case): Outcome {
  if (result?.kind !== 'ok') return noResult;
  const { manifest, report } = result;
  if (report.state === 'exploratory') {
    const known =
      entries?.some(({ body }) => body.kind === 'explore' && body.outcome === manifest.outcome) === true;
    return known
      ? ok('the outcomes are those of an exploration in the ledger')
      : unchecked('exploratory: not registered');
  }
  if (entries === undefined) return noLedger;
  if (lock === undefined) return noLock;
  if (report.lock !== lock.lock) return failed('the result belongs to another lock');
  const run = runs.at(-1);
  if (run === undefined) return failed('no run of this lock is in the ledger');
  const differing = runs.find((one) => one.body.kind === 'replay' && one.body.agrees === 'neither');
  if (differing !== undefined) return failed(`entry ${differing.seq}: a replay came to other verdicts`);
  const { body } = run;
  if (body.outcome !== manifest.outcome) return failed('the outcomes are not those that the ledger names');
  if (body.evidence !== manifest.evidence)
    return failed('the result files are not those that the ledger names');
  return ok(`as entry ${run.seq} of the ledger names them`);
}

function checkDecision({ input, lock, result, runs }: Case): Outcome {
  if (result?.kind !== 'ok') return noResult;
  const { report, outcomes, manifest } = result;
  const isConfirmed = report.state === 'confirmed';
  if (isConfirmed && lock === undefined) return noLock;
  const again = input.recomputeVerdicts({ lock: isConfirmed ? (lock ?? null) : null, report, outcomes });
  if ('cannot' in again) return unchecked(again.cannot);
  if (decisionDigest(again) !== manifest.decision)
    return failed('the verdicts do not follow from the stored outcomes');
  const run = runs.at(-1);
  if (isConfirmed && run !== undefined && run.body.decision !== manifest.decision) {
    return failed('the verdicts are not those that the ledger names');
  }
  const wrong = reportedVerdicts(report).find(({ id, verdict }) => !holds(again, id, verdict));
  if (wrong !== undefined)
    return failed(`the report calls \`${wrong.id}\` ${wrong.verdict}, which does not follow`);
  return ok(`${again.verdicts.length} verdicts recomputed from the stored outcomes`);
}

function checkAnchor({ input, entries, open }: Case): Outcome {
  const { anchor } = input;
  if (entries === undefined) return noLedger;
  if (anchor === null) {
    const noted = entries.findLast(({ body }) => body.kind === 'anchor');
    return noted?.body.kind === 'anchor'
      ? unchecked(`noted at \`${noted.body.where}\`: compare with --anchor ${noted.body.head}`)
      : unchecked('no anchor: that nothing ran before the lock cannot be shown');
  }
  if (!entries.some(({ hash }) => hash === anchor))
    return failed('the ledger does not hold the anchored head');
  if (open === undefined) return ok('the anchored head is part of the ledger; nothing is opened yet');
  return ancestorsOf(entries, open.hash).has(anchor) && open.hash !== anchor
    ? ok('the anchored head precedes the opening of confirm rows')
    : ok('the anchored head is part of the ledger, but later than the opening of confirm rows');
}

/** Claims and members of a report with the ids that decisions use. */
export function reportedVerdicts(
  report: PlainObject,
): readonly { readonly id: string; readonly verdict: string }[] {
  return listOf(report.claims).flatMap((claim) => {
    const id = String(claim.id);
    const members = listOf(claim.members).map((member) => ({
      id: `${id}/${String(member.id)}`,
      verdict: String(member.verdict),
    }));
    return [{ id, verdict: String(claim.verdict) }, ...members];
  });
}

function listOf(value: PlainObject[string] | undefined): readonly PlainObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** `by-member` and `with-claim` say that there is no conclusion of that name: then none may follow. */
function holds(decision: DecisionFacts, id: string, verdict: string): boolean {
  const found = decision.verdicts.find((one) => one.id === id)?.verdict;
  if (verdict === 'by-member' || verdict === 'with-claim') return found === undefined;
  return found === verdict;
}
