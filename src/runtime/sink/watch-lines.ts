// A watched file as plain lines, for pipes and logs: each answer in full, no escape codes.
import { visible } from '../../compiler/base/visible.js';
import { answerLines, costText } from '../watch/answer-lines.js';
import type { WatchEvent } from '../watch/watch-event.js';
import { lockedText, startedText } from '../watch/watch-words.js';

/** A reader of events that hands lines (without newline) to `write`. */
export function watchLines(write: (line: string) => void): (event: WatchEvent) => void {
  let answered = 0;
  return (event) => {
    if (event.kind === 'watch-answer') answered = event.look;
    for (const line of linesOf(event)) write(line);
    const isOld = event.kind === 'watch-refused' || event.kind === 'watch-locked';
    if (isOld && answered > 0) write(`the answer of look ${answered} stays`);
  };
}

function linesOf(event: WatchEvent): readonly string[] {
  switch (event.kind) {
    case 'watch-started':
      return [startedText(event)];
    case 'watch-look':
      return event.changed.length === 0
        ? []
        : ['', `look ${event.look}: ${event.changed.map(visible).join(', ')} saved`];
    case 'watch-progress':
    case 'watch-stopped':
      return [];
    case 'watch-answer':
      return [
        ...event.warnings.map((one) => `warning: ${visible(one)}`),
        ...answerLines(event.answer, event.changes).map((one) => one.text),
        costText(event.cost),
      ];
    case 'watch-refused':
      return event.texts.flatMap((one) => one.split('\n'));
    case 'watch-locked':
      return [lockedText(event)];
  }
}
