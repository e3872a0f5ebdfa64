// The words of the language as plain data: what may begin a declaration, what may stand after an operand.
// Only `and`, `or`, `not` are reserved; every other word is also a name where a name is expected.

/** Words that begin a declaration at the top level. */
export const topKeywords = [
  'ablation',
  'circuit',
  'claim',
  'control',
  'correction',
  'data',
  'draw',
  'fit',
  'fn',
  'gallery',
  'hook',
  'import',
  'intervention',
  'let',
  'metric',
  'model',
  'param',
  'predict',
  'report',
  'study',
  'waive',
] as const;

/** Words that begin a declaration inside the block of another. */
export const nestedKeywords = ['hole', 'variable', 'variant'] as const;

/** Words that begin an assertion over a family. */
export const quantifiers = ['all', 'at_least', 'count', 'each', 'some'] as const;

/** Words that change the world a value is taken from, and come after it. */
export const changeWords = ['only', 'with', 'without'] as const;

/** Words that mean something after an operand. A binder cannot have one of them as its name. */
export const infixWords = ['as', 'given', 'in', 'of', 'on', 'where'] as const;

/** Words between the name of a declaration and its `=`. A declaration cannot have one of them as its name. */
export const headerWords = ['from', 'unit'] as const;

/** Words that are never names. */
export const reservedWords = ['and', 'not', 'or'] as const;

export type TopKeyword = (typeof topKeywords)[number];
export type NestedKeyword = (typeof nestedKeywords)[number];
export type Keyword = TopKeyword | NestedKeyword;
export type Quantifier = (typeof quantifiers)[number];
export type ChangeWord = (typeof changeWords)[number];
