// The wording of what the parser finds. One sentence without a full stop; the compiler adds span and help.
import type { IParserErrorMessageProvider, IToken, TokenType } from 'chevrotain';
import { EOF, tokenLabel, tokenMatcher } from './chevrotain.js';
import { Closer, Comma, NewLine } from './tokens.js';

/** What a reader would call the thing a rule stands for; the rest are named by the tokens that may come next. */
const nounOfRule: ReadonlyMap<string, string> = new Map([
  ['expression', 'a value'],
  ['primary', 'a value'],
  ['entry', 'a field, such as `on: data.confirm`'],
  ['suffix', '`(`, `[` or `.`'],
  ['declaration', 'a name'],
]);

export const parserMessages: IParserErrorMessageProvider = {
  buildMismatchTokenMessage({ expected, actual, previous }) {
    const afterComma =
      tokenMatcher(previous, Comma) && tokenMatcher({ ...actual, ...typed(expected) }, Closer);
    return `expected ${afterComma ? 'a value' : tokenLabel(expected)}, found ${describe(actual)}`;
  },
  buildNotAllInputParsedMessage({ firstRedundant }) {
    return `expected a new line, found ${describe(firstRedundant)}`;
  },
  buildNoViableAltMessage({ expectedPathsPerAlt, actual, ruleName }) {
    const expected = nounOfRule.get(ruleName) ?? alternatives(expectedPathsPerAlt.flat());
    return `expected ${expected}, found ${describe(actual[0])}`;
  },
  buildEarlyExitMessage({ expectedIterationPaths, actual, ruleName }) {
    const expected = nounOfRule.get(ruleName) ?? alternatives(expectedIterationPaths);
    return `expected ${expected}, found ${describe(actual[0])}`;
  },
};

/** A token as a reader sees it. Long ones are cut. */
export function describe(token: IToken | undefined): string {
  if (token === undefined || token.tokenType === EOF) return 'the end of the declaration';
  if (token.tokenType === NewLine) return 'the end of the line';
  const text = token.image.length > 40 ? `${token.image.slice(0, 39)}…` : token.image;
  return text.startsWith('"') ? `the string ${text}` : `\`${text}\``;
}

function alternatives(paths: readonly (readonly TokenType[])[]): string {
  const labels = [...new Set(paths.flatMap((path) => path.slice(0, 1)).map(tokenLabel))];
  const last = labels.pop() ?? 'something else';
  return labels.length === 0 ? last : `${labels.join(', ')} or ${last}`;
}

function typed(tokenType: TokenType): { tokenType: TokenType; tokenTypeIdx: number } {
  return { tokenType, tokenTypeIdx: tokenType.tokenTypeIdx ?? 0 };
}
