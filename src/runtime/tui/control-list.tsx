// Every control with its state, in words: a control that has not come out yet is in the list, too.
import { Box, Text } from 'ink';
import { visible } from '../../compiler/base/visible.js';
import { controlWords } from '../run-words.js';
import { Glyph } from './glyph.js';
import { fitting } from './live-budget.js';
import { Section } from './section.js';
import { controlLooks, waitingLook } from './theme.js';
import type { ControlProgress } from './tui-state.js';

type Props = { readonly controls: readonly ControlProgress[]; readonly lines: number };

export function ControlList({ controls, lines }: Props) {
  // What did not pass comes first: it must not be what a short terminal hides.
  const ordered = controls.toSorted((a, b) => rankOf(a) - rankOf(b));
  const { shown, more } = fitting(ordered, lines);
  return (
    <Section title="Controls" more={more} of={more === 1 ? 'control' : 'controls'}>
      {shown.map((control) => (
        <Box key={`${control.claim} ${control.name}`}>
          <Glyph look={control.state === null ? waitingLook : controlLooks[control.state]} />
          <Text wrap="truncate-end">
            {`${visible(control.name)} of ${visible(control.claim)}: ${stateOf(control)}`}
            <Text dimColor>{control.text === '' ? '' : `  ${visible(control.text)}`}</Text>
          </Text>
        </Box>
      ))}
    </Section>
  );
}

function rankOf({ state }: ControlProgress): number {
  if (state === 'failed') return 0;
  return state === null || state === 'passed' ? 2 : 1;
}

function stateOf({ state }: ControlProgress): string {
  return state === null ? 'not known yet' : controlWords[state];
}
