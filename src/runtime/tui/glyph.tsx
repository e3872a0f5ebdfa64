// One glyph in its colour, followed by a space.
import { Text } from 'ink';
import type { Look } from './theme.js';

export function Glyph({ look }: { readonly look: Look }) {
  return look.color === undefined ? (
    <Text>{look.glyph} </Text>
  ) : (
    <Text color={look.color}>{look.glyph} </Text>
  );
}
