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
  EIS2001: { title: 'unknown name', phase: 'names' },
  EIS2002: { title: 'declared twice', phase: 'names' },
  EIS2003: { title: 'part that a declaration does not take', phase: 'names' },
  EIS2004: { title: 'definition that needs itself', phase: 'names' },
  EIS2005: { title: 'value of another kind', phase: 'names' },
  EIS2006: { title: 'wrong arguments', phase: 'names' },
  EIS2007: { title: 'unknown function', phase: 'names' },
  EIS2008: { title: 'unknown or missing field', phase: 'names' },
  EIS2009: { title: 'not executable yet', phase: 'names' },
  EIS2010: { title: 'import that cannot be opened', phase: 'names' },
  EIS2011: { title: 'axes of different length', phase: 'names' },
  EIS2012: { title: 'no such axis', phase: 'names' },
  EIS2013: { title: 'units that differ', phase: 'names' },
  EIS2014: { title: 'binder without one range', phase: 'names' },
  EIS2015: { title: 'wrong index', phase: 'names' },
  EIS2016: { title: 'rows that do not stand beside each other', phase: 'names' },
  EIS2017: { title: 'construct in the wrong place', phase: 'names' },
  EIS2018: { title: 'no such member', phase: 'names' },
  EIS2019: { title: 'word outside a closed set', phase: 'names' },
  EIS2020: { title: 'more than one number per example', phase: 'names' },
  EIS2021: { title: 'family too large', phase: 'names' },
  EIS2022: { title: 'wrong setting', phase: 'names' },
  EIS2023: { title: 'data that cannot be made', phase: 'names' },
  EIS2024: { title: 'file that cannot be read', phase: 'names' },
  EIS3001: { title: 'chosen and tested on the same rows', phase: 'evidence', aliases: ['D303', 'EIS-D303'] },
  EIS3002: { title: 'measured on the rows that test it', phase: 'evidence', aliases: ['D305', 'EIS-D305'] },
  EIS3003: { title: 'claim without a margin', phase: 'evidence', aliases: ['E110', 'EIS-E110'] },
  EIS3004: { title: 'margin in another unit', phase: 'evidence' },
  EIS3005: { title: 'folded noise', phase: 'evidence' },
  EIS3006: { title: 'claim that can never be supported', phase: 'evidence', aliases: ['F240', 'EIS-F240'] },
  EIS3007: { title: 'claim in two families', phase: 'evidence' },
  EIS3008: { title: 'waiver without a reason', phase: 'evidence' },
  EIS3009: { title: 'unknown control', phase: 'evidence' },
  EIS3010: { title: 'equivalence without an assay', phase: 'evidence', aliases: ['E121', 'EIS-E121'] },
  EIS3011: { title: 'equivalence margin without a reason', phase: 'evidence' },
  EIS3012: { title: 'wrong kind of evidence', phase: 'evidence' },
  EIS3013: { title: 'hole that is not filled', phase: 'evidence' },
  EIS3014: { title: 'study without a question', phase: 'evidence' },
  EIS3015: { title: 'claim without rows', phase: 'evidence' },
  EIS3016: { title: 'not the form of a claim', phase: 'evidence' },
  EIS3017: { title: 'table without clusters', phase: 'evidence', aliases: ['S301', 'EIS-S301'] },
  EIS3018: { title: 'correction that cannot be read', phase: 'evidence' },
  EIS3019: { title: 'control that cannot be read', phase: 'evidence' },
  EIS3020: { title: 'ablation that is not said', phase: 'evidence', aliases: ['C601', 'EIS-C601'] },
  EIS3021: { title: 'claim without a control', phase: 'evidence', aliases: [] },
  EIS3022: { title: 'power that is not stated', phase: 'evidence', aliases: ['S340', 'EIS-S340'] },
  EIS4001: { title: 'no such site', phase: 'model' },
  EIS4002: { title: 'name that is not one value of the model', phase: 'model' },
  EIS4003: { title: 'pattern that matches no tensor', phase: 'model' },
  EIS4004: { title: 'no such bundled model', phase: 'model' },
  EIS4005: { title: 'model file that cannot be read', phase: 'model' },
  EIS4006: { title: 'malformed model manifest or fixtures', phase: 'model' },
  EIS4007: { title: 'damaged weight file', phase: 'model' },
  EIS4008: { title: 'weights that do not fit the manifest', phase: 'model' },
  EIS4009: { title: 'weights that are not finite', phase: 'model' },
  EIS4010: { title: 'model file that was changed', phase: 'model' },
  EIS4011: { title: 'model exported for one row at a time', phase: 'model' },
  EIS4012: { title: 'compiled model that does not reproduce its stored outputs', phase: 'model' },
  EIS4013: { title: 'sites that contradict each other', phase: 'model' },
  EIS4014: { title: 'word outside the vocabulary', phase: 'model' },
  EIS4015: { title: 'row longer than the context', phase: 'model' },
  EIS4016: { title: 'model without a tokenizer', phase: 'model' },
  EIS4018: { title: 'intervention that reaches no metric', phase: 'model' },
  EIS4019: { title: 'overlapping writes', phase: 'model' },
  EIS4020: { title: 'value that does not fit its site', phase: 'model' },
  EIS4030: { title: 'GGUF file that cannot be read', phase: 'model' },
  EIS4031: { title: 'element type of a weight that is not read', phase: 'model' },
  EIS4032: { title: 'folder that is no model', phase: 'model' },
  EIS4033: { title: 'model of the hub that cannot be had', phase: 'model' },
  EIS4034: { title: 'tokenizer that cannot be used', phase: 'model' },
  EIS4035: { title: 'model file that was changed during a run', phase: 'model' },
  EIS4036: { title: 'model that is not built', phase: 'model' },
  EIS4037: { title: 'tensors that do not fit the configuration', phase: 'model' },
  EIS4501: { title: 'ONNX file that cannot be read', phase: 'model' },
  EIS4502: { title: 'ONNX version that is not supported', phase: 'model' },
  EIS4503: { title: 'ONNX operator that is not supported', phase: 'model' },
  EIS4504: { title: 'ONNX element type that is not supported', phase: 'model' },
  EIS4505: { title: 'ONNX data file that is missing or outside the folder', phase: 'model' },
  EIS5101: { title: 'disk full', phase: 'run' },
  EIS5102: { title: 'permission denied', phase: 'run' },
  EIS5103: { title: 'read-only file system', phase: 'run' },
  EIS5104: { title: 'file that is not there', phase: 'run' },
  EIS5105: { title: 'failure of the file system', phase: 'run' },
  EIS5106: { title: 'file held by another run', phase: 'run' },
  EIS5107: { title: 'file that is not text', phase: 'run' },
  EIS5201: { title: 'ledger line that cannot be read', phase: 'run' },
  EIS5202: { title: 'ledger with a merge conflict', phase: 'run' },
  EIS5203: { title: 'ledger whose chain is broken', phase: 'run' },
  EIS5204: { title: 'ledger with histories that were not joined', phase: 'run' },
  EIS5205: { title: 'confirm rows that were seen before', phase: 'run', aliases: ['D311', 'EIS-D311'] },
  EIS5206: { title: 'ledger that lost an entry', phase: 'run' },
  EIS5207: { title: 'lock that the ledger does not know', phase: 'run' },
  EIS5301: { title: 'lock that cannot be read', phase: 'run' },
  EIS5302: { title: 'lock that was changed', phase: 'run' },
  EIS5303: { title: 'lock of an unknown version', phase: 'run' },
  EIS5401: { title: 'result that is incomplete or was changed', phase: 'run' },
  EIS5501: { title: 'backend that is not available', phase: 'run' },
  EIS5502: { title: 'graph that the backend does not compile', phase: 'run' },
  EIS5503: { title: 'backend run that failed', phase: 'run' },
  EIS5504: { title: 'backend out of memory', phase: 'run' },
  EIS5505: { title: 'backend run that was stopped', phase: 'run' },
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
