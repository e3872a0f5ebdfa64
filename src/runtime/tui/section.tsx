// A heading and its lines; nothing at all when there are no lines.
import { Box, Text } from 'ink';
import type { ReactNode } from 'react';

type Props = {
  readonly title: string;
  readonly children: readonly ReactNode[];
  readonly more: number;
  readonly of: string;
};

export function Section({ title, children, more, of }: Props) {
  if (children.length === 0 && more === 0) return null;
  return (
    <Box flexDirection="column" marginTop={1}>
      <Text bold>{title}</Text>
      {children}
      {more > 0 && <Text dimColor>{`  … and ${more} more ${of}`}</Text>}
    </Box>
  );
}
