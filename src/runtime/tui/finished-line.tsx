// One piece of finished work, printed once above the live region.
import { Box, Text } from 'ink';
import { visible } from '../../compiler/base/visible.js';
import { countText, durationText, plural } from '../quantity-text.js';
import { checkWord } from '../run-words.js';
import { Glyph } from './glyph.js';
import { cachedLook, failedLook, type Look, passedLook, warningLook } from './theme.js';
import type { FinishedItem } from './tui-state.js';

export function FinishedLine({ item }: { readonly item: FinishedItem }) {
  switch (item.kind) {
    case 'started':
      return <StartedLines item={item} />;
    case 'step':
      return (
        <Line look={item.cached ? cachedLook : passedLook}>
          {`${visible(item.title)}  ${item.cached ? 'from the store' : durationText(item.timeMs)}`}
        </Line>
      );
    case 'check':
      return (
        <Line look={item.passed ? passedLook : item.state === 'not-checked' ? warningLook : failedLook}>
          {`check ${visible(item.name)}: ${checkWord(item)}${item.text === '' ? '' : `, ${visible(item.text)}`}`}
        </Line>
      );
    case 'found':
      return (
        <Line look={passedLook}>
          {`found ${visible(item.circuit)} on ${visible(item.split)} (${plural(item.evaluations, 'evaluation')}): ${item.members.map(visible).join('; ')}`}
        </Line>
      );
    case 'warning':
      return <Line look={warningLook}>{`warning: ${visible(item.text)}`}</Line>;
  }
}

function Line({ look, children }: { readonly look: Look; readonly children: string }) {
  return (
    <Box>
      <Glyph look={look} />
      <Text wrap="wrap">{children}</Text>
    </Box>
  );
}

function StartedLines({ item }: { readonly item: Extract<FinishedItem, { readonly kind: 'started' }> }) {
  const rows = item.dataRows.map(
    ({ data, split, rows: count, clusters, sealed }) =>
      `${visible(data)}.${visible(split)} ${countText(count)} rows${clusters === count ? '' : ` in ${countText(clusters)} clusters`}${sealed ? ' (sealed)' : ''}`,
  );
  return (
    <Box flexDirection="column" marginBottom={1}>
      {item.waivers.map(({ what, because }) => (
        <Line key={what} look={warningLook}>{`waived ${visible(what)}: ${visible(because)}`}</Line>
      ))}
      <Text bold>{visible(item.title ?? item.file)}</Text>
      {item.question !== null && <Text>{visible(item.question)}</Text>}
      <Text dimColor>{[visible(item.file), ...rows].join(' · ')}</Text>
    </Box>
  );
}
