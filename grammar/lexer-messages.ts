// The wording of what the lexer finds.
import type { ILexerErrorMessageProvider } from 'chevrotain';

export const lexerMessages: ILexerErrorMessageProvider = {
  buildUnexpectedCharactersMessage(text, offset) {
    return `unexpected character ${nameCharacter(text.codePointAt(offset) ?? 0)}`;
  },
  buildUnableToPopLexerModeMessage(token) {
    return `unexpected ${token.image}`; // the lexer has one mode
  },
};

/** A visible form of a character that may be invisible. */
export function nameCharacter(codePoint: number): string {
  const hex = `U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}`;
  const visible = codePoint > 0x20 && codePoint < 0x7f;
  return visible ? `\`${String.fromCodePoint(codePoint)}\`` : hex;
}
