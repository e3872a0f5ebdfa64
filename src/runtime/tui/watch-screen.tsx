// The screen of a watch: the file, what stands in the way of an answer, the last answer, and what goes on. It redraws in place and
// never grows taller than the terminal.
import { Box, Text } from 'ink';
import { visible } from '../../compiler/base/visible.js';
import { type AnswerLine, answerLines, costText } from '../watch/answer-lines.js';
import { lockedText, startedText } from '../watch/watch-words.js';
import { answerLooks } from './theme.js';
import type { WatchState } from './watch-state.js';

type Props = { readonly state: WatchState; readonly columns: number; readonly rows: number };

export function WatchScreen({ state, columns, rows }: Props) {
  const lines = fitting(watchScreenLines(state), rows - 1).map((line, at) => ({ ...line, at }));
  return (
    <Box flexDirection="column" width={columns}>
      {lines.map(({ kind, text, at }) => (
        <Text key={at} wrap="truncate-end" {...answerLooks[kind]}>
          {text === '' ? ' ' : text}
        </Text>
      ))}
    </Box>
  );
}

/** Everything that is shown, from top to bottom. */
export function watchScreenLines({
  started,
  obstacle,
  answer,
  looking,
  progress,
}: WatchState): readonly AnswerLine[] {
  const lines: AnswerLine[] = [];
  if (started !== null) lines.push({ kind: 'head', text: startedText(started) });
  if (obstacle?.kind === 'watch-locked') lines.push({ kind: 'warning', text: lockedText(obstacle) });
  if (obstacle?.kind === 'watch-refused')
    for (const text of obstacle.texts.flatMap((one) => one.split('\n')))
      lines.push({ kind: 'warning', text });
  if (obstacle !== null && answer !== null)
    lines.push({ kind: 'aside', text: `below, the answer before (look ${answer.look})` });
  if (answer !== null) {
    const now = obstacle === null ? answer.changes : [];
    for (const one of answer.warnings) lines.push({ kind: 'warning', text: `warning: ${visible(one)}` });
    lines.push(...answerLines(answer.answer, now));
    lines.push({ kind: 'aside', text: `look ${answer.look}, ${costText(answer.cost)}` });
  }
  if (looking !== null) {
    const calls =
      progress === null ? '' : ` ${visible(progress.step)} ${progress.doneCalls}/${progress.totalCalls}`;
    lines.push({ kind: 'aside', text: `looking…${calls}` });
  }
  return lines;
}

/** The last line says how things stand: it is kept, and what is left out before it is counted. */
function fitting(lines: readonly AnswerLine[], most: number): readonly AnswerLine[] {
  const last = lines.at(-1);
  if (lines.length <= most || last === undefined || most < 3) return lines.slice(0, Math.max(0, most));
  const kept = lines.slice(0, most - 2);
  return [...kept, { kind: 'aside', text: `… and ${lines.length - kept.length - 1} more lines` }, last];
}
