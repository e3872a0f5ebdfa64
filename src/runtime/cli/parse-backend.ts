// The name of a backend on the command line. Where there is no such backend, those that are on this machine are offered first.
import { nearest } from '../../compiler/base/suggest.js';
import { listBackends } from '../backend/inventory.js';
import { type BackendName, backendNames } from '../backend/registry.js';
import { UsageError } from './usage-error.js';

/** One that is not on this machine is a backend all the same: opening it says what it lacks. */
export function parseBackend(
  text: string,
  environment: Readonly<Record<string, string | undefined>>,
): BackendName {
  const found = backendNames().find((name) => name === text);
  if (found !== undefined) return found;
  const near = nearest(text, backendNames());
  throw new UsageError(
    `there is no backend \`${text}\``,
    near === undefined ? presenceText(environment) : `did you mean \`${near}\`?`,
  );
}

function presenceText(environment: Parameters<typeof listBackends>[0]): string {
  const quoted = (names: readonly string[]): string => `\`${names.join('`, `')}\``;
  const all = listBackends(environment);
  const here = all.filter(({ absence }) => absence === null).map(({ name }) => name);
  const absent = all.filter(({ absence }) => absence !== null).map(({ name }) => name);
  const others = absent.length === 0 ? '' : `; not here: ${quoted(absent)} (\`eisc backends\` says why)`;
  return `use one of ${quoted(here)}${others}`;
}
