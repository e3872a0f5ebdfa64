// What a run tells while it goes on: events with their time, steps with how long they took, entries of the ledger.
import type { Digest } from '../../compiler/base/digest.js';
import type { CheckedFile } from '../../compiler/check/experiment.js';
import type { RunEvent } from '../event.js';
import { changeLedger, stamped } from '../store/ledger.js';
import type { Fact, Look, Stamp } from '../store/ledger-entry.js';
import { recordLook } from '../store/looks.js';
import { lookAt } from './looks.js';
import type { OpenStudy } from './open-study.js';

export type EventFact = RunEvent extends infer E ? (E extends RunEvent ? Omit<E, 'at'> : never) : never;

export type JournalRequest = {
  readonly study: OpenStudy;
  readonly stamp: Stamp;
  readonly signal: AbortSignal;
  readonly nowMs: () => number;
  readonly emit: (event: RunEvent) => void;
  /** Looks that this process has entered before. Absent: every look is entered. */
  readonly entered?: Set<string>;
};

/** An entry of the ledger about rows that anyone may look at. */
type LookFact = Extract<Fact, { readonly kind: 'explore' | 'search' }>;

/** Rows that were looked at. */
export type Looked = { readonly data: CheckedFile['data'][number]; readonly split: string };

export class Journal {
  readonly #request: JournalRequest;
  readonly startedMs: number;
  steps = 0;
  /** Steps whose calls all came from the store. */
  cachedSteps = 0;
  /** The step that is running. */
  step = '';

  constructor(request: JournalRequest) {
    this.#request = request;
    this.startedMs = request.nowMs();
  }

  emit(event: EventFact): void {
    this.#request.emit({ ...event, at: this.#request.nowMs() } as RunEvent); // `at` completes the event
  }

  /** Runs a step; `work` says whether everything came from the store. */
  async stepOf(id: string, work: () => Promise<boolean>): Promise<void> {
    this.#request.signal.throwIfAborted();
    this.step = id;
    this.steps += 1;
    const from = this.#request.nowMs();
    this.emit({ kind: 'step-started', step: id });
    const cached = await work();
    if (cached) this.cachedSteps += 1;
    this.emit({ kind: 'step-finished', step: id, cached, timeMs: this.#request.nowMs() - from });
  }

  stamp(): Stamp {
    return {
      ...this.#request.stamp,
      time: new Date(this.#request.nowMs()).toISOString(),
      file: this.#request.study.inProject,
    };
  }

  /**
   * Enters a look at rows in the ledger: it is on disk when this returns, so that its result may be shown. `shown` is what it
   * shows: the same numbers of the same rows a second time are no second look.
   */
  look({ data, split }: Looked, fact: (looks: readonly Look[]) => LookFact, shown?: Digest): void {
    const { study } = this.#request;
    const request = lookAt(data, split);
    const key = shown === undefined ? null : `${data.digest} ${split} ${shown}`;
    if (key !== null && this.#request.entered?.has(key) === true) return;
    changeLedger(study.host, study.ledger, (entries) =>
      stamped(fact([recordLook(entries, request)]), this.stamp()),
    );
    if (key !== null) this.#request.entered?.add(key);
  }
}
