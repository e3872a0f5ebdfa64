// Fixed sentences of a watch, for the terminal and the plain lines.
import { visible } from '../../compiler/base/visible.js';
import type { WatchEvent } from './watch-event.js';

type EventOf<K extends WatchEvent['kind']> = Extract<WatchEvent, { readonly kind: K }>;

export function startedText({ file, backend }: EventOf<'watch-started'>): string {
  return `watching ${visible(file)} on ${visible(backend)}; Ctrl-C stops`;
}

export function lockedText({ lock }: EventOf<'watch-locked'>): string {
  return `locked as ${lock.slice(0, 12)}…: nothing is looked at. \`eisc run\` opens its confirm rows, once`;
}
