// The event log: one JSON object per line, for `--json` and for tools that follow a run.
import type { RunEvent } from '../event.js';
import type { WatchEvent } from '../watch/watch-event.js';

/** Characters that JSON allows but a terminal or an editor would act on. */
const risky = /[\u007f-\u009f\p{Cf}\u2028\u2029]/gu;

/** The line of an event, with its newline. Control characters are escaped, so that the log can be shown as it is. */
export function eventLine(event: RunEvent | WatchEvent): string {
  const text = JSON.stringify(event).replace(risky, (character) =>
    [...Array(character.length).keys()]
      .map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`)
      .join(''),
  );
  return `${text}\n`;
}
