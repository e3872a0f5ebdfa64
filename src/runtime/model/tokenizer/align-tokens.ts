// Where each token lies in its text. Tokens spell the normalised text byte by byte; both are read side by side, and a byte of
// the normalised text knows which characters it came from. White space may be added, dropped or written as ▁.

export type Spelling = {
  /** `bytes`: a character per byte (GPT-2); `pieces`: SentencePiece with ▁ and <0x0A>; `words`: WordPiece with ##. */
  readonly kind: 'bytes' | 'pieces' | 'words';
  readonly normalise: ((text: string) => string) | null;
  /** The normaliser puts a ▁ before each stretch of text, whatever it begins with. */
  readonly prepends: boolean;
  /** The content of a token that is matched in the text as it stands. */
  readonly added: (id: number) => string | undefined;
};

export type Alignment =
  | { readonly kind: 'aligned'; readonly starts: readonly number[]; readonly ends: readonly number[] }
  /** The tokens do not spell the text beyond this character. */
  | { readonly kind: 'stuck'; readonly at: number };

const SPACE = 0x20;

/** A token that covers nothing of the text (a ▁ before the first word) has equal start and end. */
export function alignTokens(
  text: string,
  tokens: { readonly ids: readonly number[]; readonly tokens: readonly string[] },
  spelling: Spelling,
): Alignment {
  const source = bytesOf(text, spelling);
  const starts: number[] = [];
  const ends: number[] = [];
  let at = 0;
  let begins = true;
  const place = (): number => source.starts[at] ?? text.length;
  const skipSpace = (): void => {
    while (at < source.bytes.length && source.bytes[at] === SPACE) at += 1;
  };
  for (const [index, token] of tokens.tokens.entries()) {
    const literal = spelling.added(tokens.ids[index] ?? -1);
    if (literal !== undefined) {
      if (!text.startsWith(literal, place())) skipSpace();
      const start = place();
      if (!text.startsWith(literal, start)) return { kind: 'stuck', at: start };
      while (at < source.bytes.length && place() < start + literal.length) at += 1;
      starts.push(start);
      ends.push(start + literal.length);
      begins = true;
      continue;
    }
    let first = -1;
    let last = -1;
    for (const byte of tokenBytes(token, spelling.kind)) {
      const isAdded = byte === SPACE && ((begins && spelling.prepends) || source.bytes[at] !== SPACE);
      begins = false;
      if (isAdded) continue;
      if (byte !== SPACE && spelling.kind !== 'bytes') skipSpace();
      if (source.bytes[at] !== byte) return { kind: 'stuck', at: place() };
      if (first < 0) first = at;
      last = at;
      at += 1;
    }
    starts.push(first < 0 ? place() : (source.starts[first] ?? 0));
    ends.push(first < 0 ? place() : (source.ends[last] ?? 0));
  }
  if (spelling.kind !== 'bytes') skipSpace();
  return at < source.bytes.length ? { kind: 'stuck', at: place() } : { kind: 'aligned', starts, ends };
}

type SourceBytes = {
  readonly bytes: readonly number[];
  /** Of the characters that byte i comes from. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
};

/** The normalised text in UTF-8. It is normalised in pieces that do not act on each other: characters with their marks. */
function bytesOf(text: string, spelling: Spelling): SourceBytes {
  const { kind, normalise } = spelling;
  const bytes: number[] = [];
  const starts: number[] = [];
  const ends: number[] = [];
  const put = (piece: string, start: number, end: number): void => {
    for (const byte of encoder.encode(piece)) {
      bytes.push(byte);
      starts.push(start);
      ends.push(end);
    }
  };
  if (normalise === null) {
    let start = 0;
    for (const character of text) {
      put(character, start, start + character.length);
      start += character.length;
    }
    return { bytes, starts, ends };
  }
  const normalised = kind === 'bytes' ? normalise : shapeOnly(spelling, normalise);
  for (const { segment, index } of new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text)) {
    const characters = Array.from(segment);
    const whole = normalised(segment);
    const apart = characters.map(normalised);
    if (apart.join('') !== whole) {
      put(whole, index, index + segment.length);
      continue;
    }
    let start = index;
    for (const [i, character] of characters.entries()) {
      put(apart[i] ?? '', start, start + character.length);
      start += character.length;
    }
  }
  return { bytes, starts, ends };
}

/** What a normaliser makes of characters, without the white space that it puts around them; ▁ is a space. */
function shapeOnly(
  { kind, prepends }: Spelling,
  normalise: (text: string) => string,
): (text: string) => string {
  return (text) => {
    const made = normalise(text);
    if (kind === 'words') return /^\s*$/u.test(made) ? (made === '' ? '' : ' ') : made.trim();
    return made.replaceAll('▁', ' ').slice(prepends ? 1 : 0);
  };
}

const encoder = new TextEncoder();

function tokenBytes(token: string, kind: Spelling['kind']): Iterable<number> {
  switch (kind) {
    case 'bytes':
      return Array.from(token, (character) => byteOf.get(character) ?? -1);
    case 'pieces': {
      const byte = /^<0x([0-9A-F]{2})>$/.exec(token)?.[1];
      return byte === undefined ? encoder.encode(token.replaceAll('▁', ' ')) : [Number.parseInt(byte, 16)];
    }
    case 'words':
      return encoder.encode(token.startsWith('##') ? token.slice(2) : token);
  }
}

/** GPT-2's alphabet: bytes that print are themselves, the others the characters from U+0100 on (`bytes_to_unicode`). */
const byteOf: ReadonlyMap<string, number> = new Map(
  (() => {
    const prints = (byte: number): boolean =>
      (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    let next = 0x100;
    return Array.from({ length: 256 }, (_, byte): [string, number] => [
      String.fromCodePoint(prints(byte) ? byte : next++),
      byte,
    ]);
  })(),
);
