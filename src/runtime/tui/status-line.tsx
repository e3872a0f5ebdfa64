// The last lines: how far, how fast, how long, how much memory; once the run is over, the one line that sums it up.
import { Box, Text } from 'ink';
import { visible } from '../../compiler/base/visible.js';
import type { RunMode } from '../event.js';
import { bytesText, countText, durationText, flopsText } from '../quantity-text.js';
import { modeWords, stampText, tallyText } from '../run-words.js';
import { ProgressBar } from './progress-bar.js';
import { overallShare, remainingMs, rowsPerSecond } from './rate.js';
import { modeColors } from './theme.js';
import type { Outcome, TuiState } from './tui-state.js';

type Props = { readonly state: TuiState; readonly now: number };

export function StatusLine({ state, now }: Props) {
  if (state.outcome !== null) return <OutcomeLines outcome={state.outcome} mode={state.mode} />;
  const rate = rowsPerSecond(state);
  const left = remainingMs(state);
  const parts = [
    rate === null ? null : `${countText(rate)} rows/s`,
    left === null ? 'time left: not known yet' : `about ${durationText(left)} left`,
    `${durationText(now - state.startedAt)} so far`,
    state.rss === null ? null : `memory ${bytesText(state.rss)}`,
  ].filter((part) => part !== null);
  return (
    <Box flexDirection="column" marginTop={1}>
      <ProgressBar share={overallShare(state)} width={40} />
      <Text dimColor wrap="truncate-end">
        {parts.join(' · ')}
      </Text>
    </Box>
  );
}

type Ended = { readonly outcome: Outcome; readonly mode: RunMode | null };

function OutcomeLines({ outcome, mode }: Ended) {
  return (
    <Box flexDirection="column" marginTop={1}>
      <OutcomeText outcome={outcome} mode={mode} />
    </Box>
  );
}

function OutcomeText({ outcome, mode }: Ended) {
  switch (outcome.kind) {
    case 'run-finished': {
      const { supported, refuted, inconclusive, invalid, timeMs, flops, executions, files } = outcome;
      const tally = tallyText({ supported, refuted, inconclusive, invalid, 'not-run': 0 });
      const stamp = stampText(mode === null ? null : modeWords[mode].title);
      const cost = `${countText(executions)} model executions, ${flopsText(flops)}`;
      return (
        <>
          {files.map((file) => (
            <Text key={file} wrap="truncate-middle">{`wrote ${visible(file)}`}</Text>
          ))}
          <Text dimColor wrap="truncate-end">
            {cost}
          </Text>
          <Text
            bold
            wrap="truncate-end"
          >{`${tally === '' ? 'no claims' : `${stamp}${tally}`} · ${durationText(timeMs)}`}</Text>
        </>
      );
    }
    case 'run-interrupted':
      return (
        <Text bold color={modeColors.explore} wrap="wrap">
          {`interrupted: nothing is lost; go on with ${visible(outcome.resume)}`}
        </Text>
      );
    case 'run-failed':
      return (
        <Text bold color="red" wrap="wrap">
          {`run failed [${visible(outcome.code)}]: ${visible(outcome.text)}`}
        </Text>
      );
  }
}
