// Sealed predictions and how they came out.
import { Box, Text } from 'ink';
import { visible } from '../../compiler/base/visible.js';
import { Glyph } from './glyph.js';
import { fitting } from './live-budget.js';
import { Section } from './section.js';
import { failedLook, passedLook } from './theme.js';
import type { Prediction } from './tui-state.js';

type Props = { readonly predictions: readonly Prediction[]; readonly lines: number };

export function PredictionList({ predictions, lines }: Props) {
  const { shown, more } = fitting(predictions, lines);
  return (
    <Section title="Predictions" more={more} of={more === 1 ? 'prediction' : 'predictions'}>
      {shown.map(({ claim, predicted, got, hit }) => (
        <Box key={claim}>
          <Glyph look={hit ? passedLook : failedLook} />
          <Text wrap="truncate-end">
            {`${visible(claim)}: ${hit ? 'hit' : 'miss'}, predicted ${visible(predicted)}, got ${visible(got)}`}
          </Text>
        </Box>
      ))}
    </Section>
  );
}
