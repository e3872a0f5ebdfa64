// The registry of diagnostic codes: one line per code, sorted. Every code has a page grammar/errors/CODE.md.
export type Phase = 'syntax' | 'names' | 'evidence' | 'model' | 'run' | 'internal';
export type CodeFacts = {
  readonly title: string;
  readonly phase: Phase;
  readonly aliases?: readonly string[];
};

// biome-ignore format: one line per code keeps the table readable and merges simple
export const codes = {
  EIS1001: { title: 'unexpected character', phase: 'syntax' },
  EIS1002: { title: 'string without an end', phase: 'syntax' },
  EIS1003: { title: 'unknown escape in a string', phase: 'syntax' },
  EIS1004: { title: 'bracket that is never closed', phase: 'syntax' },
  EIS1005: { title: 'closing bracket that closes nothing', phase: 'syntax' },
  EIS1006: { title: 'nested too deeply', phase: 'syntax' },
  EIS1007: { title: 'file too large', phase: 'syntax' },
  EIS1008: { title: 'not a text file', phase: 'syntax' },
  EIS1009: { title: 'empty file', phase: 'syntax' },
  EIS1010: { title: 'unexpected word or symbol', phase: 'syntax' },
  EIS1011: { title: 'not a declaration', phase: 'syntax' },
  EIS1012: { title: 'line that continues the one before', phase: 'syntax' },
  EIS1013: { title: 'write without a space', phase: 'syntax' },
  EIS1014: { title: 'chained comparison', phase: 'syntax' },
  EIS1015: { title: 'percent sign after something other than a number', phase: 'syntax' },
  EIS1016: { title: 'quantifier with a wrong count', phase: 'syntax' },
  EIS1017: { title: 'unsupported language version', phase: 'syntax' },
  EIS1018: { title: 'number out of range', phase: 'syntax' },
  EIS9001: { title: 'internal error', phase: 'internal' },
} as const satisfies Record<`EIS${number}`, CodeFacts>;

export type Code = keyof typeof codes;

/** The code for a text such as `EIS1001`, `eis1001` or one of a code's aliases; undefined when there is none. */
export function findCode(text: string): Code | undefined {
  const wanted = text.toUpperCase();
  return codeNames().find((code) => code === wanted || factsOf(code).aliases?.includes(wanted) === true);
}

/** All codes in order. */
export function codeNames(): readonly Code[] {
  return Object.keys(codes) as Code[]; // the table's own keys
}

/** What the registry says about a code. */
export function factsOf(code: Code): CodeFacts {
  return codes[code];
}
