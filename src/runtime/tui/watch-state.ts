// What the screen of a watch knows: a pure fold over its events. An answer stays until there is another.
import type { WatchEvent } from '../watch/watch-event.js';

type EventOf<K extends WatchEvent['kind']> = Extract<WatchEvent, { readonly kind: K }>;

export type WatchState = {
  readonly started: EventOf<'watch-started'> | null;
  readonly answer: EventOf<'watch-answer'> | null;
  /** Why the answer is not of the file as it is now; null where it is. */
  readonly obstacle: EventOf<'watch-refused'> | EventOf<'watch-locked'> | null;
  /** The look that goes on. */
  readonly looking: EventOf<'watch-look'> | null;
  readonly progress: EventOf<'watch-progress'> | null;
  readonly isStopped: boolean;
};

export const initialWatch: WatchState = {
  started: null,
  answer: null,
  obstacle: null,
  looking: null,
  progress: null,
  isStopped: false,
};

export function reduceWatch(state: WatchState, event: WatchEvent): WatchState {
  const idle = { ...state, looking: null, progress: null };
  switch (event.kind) {
    case 'watch-started':
      return { ...state, started: event };
    case 'watch-look':
      return { ...state, looking: event, progress: null };
    case 'watch-progress':
      return { ...state, progress: event };
    case 'watch-answer':
      return { ...idle, answer: event, obstacle: null };
    case 'watch-refused':
    case 'watch-locked':
      return { ...idle, obstacle: event };
    case 'watch-stopped':
      return { ...idle, isStopped: true };
  }
}
