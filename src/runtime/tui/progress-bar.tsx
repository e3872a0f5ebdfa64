// A bar of fixed width with its percentage as a number beside it.
import { Text } from 'ink';
import { BAR_EMPTY, BAR_FULL } from './theme.js';

type Props = { readonly share: number; readonly width: number };

export function ProgressBar({ share, width }: Props) {
  const full = share >= 1 ? width : Math.min(width - 1, Math.floor(share * width));
  const percent = share >= 1 ? 100 : Math.min(99, Math.floor(share * 100));
  return (
    <Text>
      <Text color="cyan">{BAR_FULL.repeat(full)}</Text>
      <Text dimColor>{BAR_EMPTY.repeat(width - full)}</Text>
      {` ${String(percent).padStart(3)} %`}
    </Text>
  );
}
