// Which kind of run this is: always in view, because it says what the numbers below may be used for.
import { Text } from 'ink';
import type { RunMode } from '../event.js';
import { modeWords } from '../run-words.js';
import { modeColors } from './theme.js';

export function Banner({ mode }: { readonly mode: RunMode }) {
  const { title, about } = modeWords[mode];
  return (
    <Text wrap="truncate-end">
      <Text bold inverse color={modeColors[mode]}>{` ${title} `}</Text>
      {`  ${about}`}
    </Text>
  );
}
