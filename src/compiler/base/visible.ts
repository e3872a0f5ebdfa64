// Text that is safe to print: control characters become visible escapes, and its width in terminal columns is known.

/** Characters that could move the cursor, change colours or reorder text. */
const hidden = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;
/** East Asian wide characters and emoji, near enough to put underlines in their place. */
const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;

/** The text on one line with control characters written as `\u{…}`. */
export function visible(text: string): string {
  return [...text].map(visibleCharacter).join('');
}

/** One character as it is shown; a joiner within an emoji is shown as an escape, too. */
export function visibleCharacter(character: string): string {
  return hidden.test(character) ? `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}` : character;
}

/** Terminal columns of text that is already visible. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) {
    if (wide.test(character)) width += 2;
    else if (!/\p{M}/u.test(character)) width += 1;
  }
  return width;
}
