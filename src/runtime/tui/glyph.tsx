// One glyph in its colour, two columns wide; it never shrinks.
import { Box, Text } from 'ink';
import type { Look } from './theme.js';

export function Glyph({ look }: { readonly look: Look }) {
  return (
    <Box width={2} flexShrink={0}>
      {look.color === undefined ? <Text>{look.glyph}</Text> : <Text color={look.color}>{look.glyph}</Text>}
    </Box>
  );
}
