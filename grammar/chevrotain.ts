// The one door to chevrotain. Its package also ships as a single file, which loads in a tenth of the time of the
// hundreds of modules behind its main entry (25 ms against 320 ms): that is most of what `eisc check` would take.

type Chevrotain = typeof import('chevrotain');

/** Both are the same code; the main entry serves releases that no longer ship the single file. */
async function load(): Promise<Chevrotain> {
  const single = new URL('../chevrotain.mjs', import.meta.resolve('chevrotain')).href;
  return import(single).catch(() => import('chevrotain'));
}

const chevrotain = await load();

export const {
  Alternation,
  Alternative,
  CstParser,
  createToken,
  createTokenInstance,
  EOF,
  generateCstDts,
  Lexer,
  NonTerminal,
  Option,
  Repetition,
  RepetitionMandatory,
  Terminal,
  tokenLabel,
  tokenMatcher,
} = chevrotain;
