// Asserting that a promise is rejected. `assert.throws` does not wait for promises.
import * as assert from 'uvu/assert';

/** Fails unless the promise is rejected with an error whose message matches. */
export async function rejects(promise: Promise<unknown>, pattern: RegExp): Promise<void> {
  let message: string;
  try {
    await promise;
    message = '';
  } catch (error) {
    message = error instanceof Error ? error.message : String(error);
    assert.match(message, pattern);
    return;
  }
  assert.unreachable(`expected a rejection that matches ${pattern}`);
}
