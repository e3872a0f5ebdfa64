// What the parent and each contestant say to each other: one JSON object a line. A contestant is a process of its own, so that its
// start, its memory and its processor time are its own.

/** Token ids, one list a prompt; all of one length. */
export type PlainRows = {
  readonly tokens: readonly (readonly number[])[];
  /** The partners: equal up to the name that is changed. */
  readonly partner: readonly (readonly number[])[];
  readonly right: readonly number[];
  readonly wrong: readonly number[];
  /** Rows whose mean replaces heads. */
  readonly reference: readonly (readonly number[])[];
};

/** Said once, when models are loaded and sessions created. */
export type Ready = {
  readonly kind: 'ready';
  readonly version: string;
  /** Since the process started. */
  readonly creationSeconds: number;
};

/** Said after each run. */
export type Ran = {
  readonly kind: 'ran';
  /** What runs once for all members: clean, partner's and reference activations. */
  readonly sharedSeconds: number;
  /** The members that were asked for. */
  readonly memberSeconds: number;
  readonly cpuSeconds: number;
  /** By member, then prompt: logit difference with the change less that without. */
  readonly values: readonly (readonly number[])[];
  /** Of the process so far. */
  readonly peakMegabytes: number;
};

/** `members`: which to run, in the order of the family; null: all. */
export type Ask = { readonly members: readonly number[] | null };
