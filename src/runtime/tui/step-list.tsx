// The stages of the plan that are not over: those at work with their bars, those that wait. Finished ones have scrolled
// away above.
import { Box, Text } from 'ink';
import { visible } from '../../compiler/base/visible.js';
import { countText } from '../quantity-text.js';
import { Glyph } from './glyph.js';
import { fitting } from './live-budget.js';
import { ProgressBar } from './progress-bar.js';
import { doneShare } from './rate.js';
import { Section } from './section.js';
import { stepLooks } from './theme.js';
import type { StepProgress } from './tui-state.js';

type Props = { readonly steps: readonly StepProgress[]; readonly lines: number; readonly columns: number };

export function StepList({ steps, lines, columns }: Props) {
  const open = steps.filter(({ status }) => status !== 'done');
  const ordered = [
    ...open.filter(({ status }) => status === 'running'),
    ...open.filter(({ status }) => status === 'waiting'),
  ];
  const { shown, more } = fitting(ordered, lines);
  const title = `Steps  ${steps.length - open.length} of ${steps.length} done`;
  return (
    <Section title={title} more={more} of={more === 1 ? 'step' : 'steps'}>
      {shown.map((step) => (
        <StepLine key={step.outline.id} step={step} columns={columns} />
      ))}
    </Section>
  );
}

const RIGHT = 34;

function StepLine({ step, columns }: { readonly step: StepProgress; readonly columns: number }) {
  const { outline, status, doneCalls, totalCalls } = step;
  return (
    <Box>
      <Glyph look={stepLooks[status]} />
      <Box width={Math.max(16, columns - RIGHT - 2)} marginRight={1}>
        <Text wrap="truncate-end">{visible(outline.title)}</Text>
      </Box>
      {status === 'running' ? (
        <Text wrap="truncate-end">
          <ProgressBar share={doneShare(step)} width={12} />
          <Text dimColor>{totalCalls > 0 ? `  ${countText(doneCalls)}/${countText(totalCalls)}` : ''}</Text>
        </Text>
      ) : (
        <Text dimColor>{outline.rows > 0 ? `waiting, ${countText(outline.rows)} rows` : 'waiting'}</Text>
      )}
    </Box>
  );
}
