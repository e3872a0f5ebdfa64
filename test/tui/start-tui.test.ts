// The mounted screen on a terminal that only records: redraws are throttled, and the end is drawn.
import { EventEmitter } from 'node:events';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { RunEvent, Subscribe } from '../../src/runtime/event.js';
import { startTui } from '../../src/runtime/tui/start-tui.js';
import { readLog } from './event-log.js';

const test = suite('start tui');

/** Enough of a terminal for Ink: it has a size and takes text. */
class RecordingTerminal extends EventEmitter {
  readonly columns = 80;
  readonly rows = 40;
  readonly isTTY = true;
  readonly written: string[] = [];
  write(text: string): boolean {
    this.written.push(text);
    return true;
  }
}

test('a thousand events draw a few frames, the last state among them, and unsubscribe at the end', async () => {
  const listeners = new Set<(event: RunEvent) => void>();
  const subscribe: Subscribe = (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  const terminal = new RecordingTerminal();
  const tui = startTui(subscribe, {
    stdout: terminal as unknown as NodeJS.WriteStream, // Ink calls write, on, off, columns and rows only
    stdin: process.stdin,
    now: () => 0,
  });
  for (const event of readLog('confirm-interrupted')) for (const listener of listeners) listener(event);
  const before = terminal.written.length;
  await tui.stop();
  assert.is(listeners.size, 0);
  assert.ok(before < 10, `${before} writes before the first tick of the clock`);
  assert.match(terminal.written.join(''), /interrupted: nothing is lost/);
});

test.run();
