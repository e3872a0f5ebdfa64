// Every claim with what is known of it: a verdict with its numbers, or for a family how many members came out how, and
// which are supported.
import { Box, Text } from 'ink';
import { visible } from '../../compiler/base/visible.js';
import type { RunMode } from '../event.js';
import { countText, estimateText, measuredText, plural } from '../quantity-text.js';
import { modeWords, stampText, tallyText, verdictWord } from '../run-words.js';
import { pText } from '../stats/wording.js';
import { Glyph } from './glyph.js';
import { fitting } from './live-budget.js';
import { Section } from './section.js';
import { type Look, passedLook, verdictLooks, waitingLook } from './theme.js';
import type { ClaimProgress, Conclusion } from './tui-state.js';

type Props = {
  readonly claims: readonly ClaimProgress[];
  readonly mode: RunMode;
  readonly lines: number;
};

export function ClaimList({ claims, mode, lines }: Props) {
  const withDetails = lines >= claims.length * 2;
  const { shown, more } = fitting(claims, withDetails ? claims.length : lines);
  return (
    <Section title="Claims" more={more} of={more === 1 ? 'claim' : 'claims'}>
      {shown.map((claim) => (
        <Box key={claim.outline.name} flexDirection="column">
          <Box>
            <Glyph look={lookOf(claim)} />
            <Text wrap="truncate-end">
              <Text bold>{visible(claim.outline.name)}</Text>
              {`  ${summaryOf(claim, mode)}`}
            </Text>
          </Box>
          {withDetails && <Text dimColor wrap="truncate-end">{`    ${detailOf(claim)}`}</Text>}
        </Box>
      ))}
    </Section>
  );
}

function known({ counts }: ClaimProgress): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

function lookOf(claim: ClaimProgress): Look {
  if (claim.whole !== null) return verdictLooks[claim.whole.verdict];
  return known(claim) < claim.outline.members || claim.outline.quantifier !== 'each'
    ? waitingLook
    : passedLook;
}

function summaryOf(claim: ClaimProgress, mode: RunMode): string {
  const { whole, outline, counts } = claim;
  const stamp = stampText(modeWords[mode].title);
  if (whole !== null) return `${stamp}${verdictLine(whole)}`;
  const members = known(claim);
  if (members === 0) return 'not known yet';
  const tally = `${stamp}${tallyText(counts)}`;
  return members < outline.members
    ? `${tally} (${countText(members)} of ${countText(outline.members)} known)`
    : tally;
}

function verdictLine({ verdict, reason }: Conclusion): string {
  return reason === '' ? verdictWord(verdict) : `${verdictWord(verdict)} (${visible(reason)})`;
}

function detailOf({ whole, outline, supported, counts }: ClaimProgress): string {
  const level = `${outline.method}, error rate ${outline.rate}`;
  const scope = outline.members === 1 ? level : `${plural(outline.members, 'member')}, ${level}`;
  if (whole !== null) return `${numbersOf(whole)}; ${scope}`;
  if (supported.length === 0) return scope;
  const names = supported.slice(0, 8).map(({ member }) => visible(member));
  const more = counts.supported - names.length;
  return `supported: ${names.join('; ')}${more > 0 ? `; … and ${countText(more)} more` : ''}`;
}

function numbersOf({ estimate, unit, interval, adjusted }: Conclusion): string {
  const around = interval === null ? '' : ` [${estimateText(interval.low)}, ${estimateText(interval.high)}]`;
  const number =
    estimate === null ? null : `${measuredText(estimate, unit === null ? null : visible(unit))}${around}`;
  const p = adjusted === null ? null : `adjusted p ${pText(adjusted)}`;
  const known = [number, p].filter((one) => one !== null);
  return known.length === 0 ? 'no estimate' : known.join(', ');
}
