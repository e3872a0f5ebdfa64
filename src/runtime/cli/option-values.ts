// Values of options as written on the command line, read strictly: what is not understood is a usage error.
import { nearest } from '../../compiler/base/suggest.js';
import { UsageError } from './usage-error.js';

const UNITS: ReadonlyMap<string, number> = new Map([
  ['b', 1],
  ['kb', 1e3],
  ['mb', 1e6],
  ['gb', 1e9],
  ['tb', 1e12],
  ['kib', 2 ** 10],
  ['mib', 2 ** 20],
  ['gib', 2 ** 30],
  ['tib', 2 ** 40],
]);
const LEAST_MEMORY = 64e6;

/** `2GB`, `1.5 GiB`, `800mb` as a number of bytes. */
export function parseMemory(text: string): number {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*$/i.exec(text);
  const unit = UNITS.get(match?.[2]?.toLowerCase() ?? '');
  if (match === null || unit === undefined) {
    throw new UsageError(
      `\`--memory ${text}\` is not a size`,
      'write a number with a unit, such as `--memory 2GB`',
    );
  }
  const bytes = Math.round(Number(match[1]) * unit);
  if (bytes < LEAST_MEMORY || !Number.isSafeInteger(bytes)) {
    throw new UsageError(`\`--memory ${text}\` is out of range`, 'the least that a run can work in is 64MB');
  }
  return bytes;
}

/** A whole number from 1 on. */
export function parseCount(option: string, text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || !Number.isSafeInteger(count)) {
    throw new UsageError(`\`${option} ${text}\` is not a whole number from 1 on`);
  }
  return count;
}

/** Days from 0 on, fractions allowed. */
export function parseDays(option: string, text: string): number {
  if (!/^\d+(\.\d+)?$/.test(text)) throw new UsageError(`\`${option} ${text}\` is not a number of days`);
  return Number(text);
}

/** `name=value` pairs; a name that is set twice is an error, since one of the two would be ignored. */
export function parseSettings(pairs: readonly string[]): ReadonlyMap<string, string> {
  const settings = new Map<string, string>();
  for (const pair of pairs) {
    const match = /^\s*([A-Za-z_]\w*)\s*=(.*)$/s.exec(pair);
    const [, name, value] = match ?? [];
    if (name === undefined || value === undefined) {
      throw new UsageError(`\`--set ${pair}\` sets nothing`, 'write `--set name=value`');
    }
    if (settings.has(name)) throw new UsageError(`\`--set ${name}\` is given twice`);
    settings.set(name, value.trim());
  }
  return settings;
}

/** One of a closed set of words. */
export function parseWord<W extends string>(what: string, text: string, words: readonly W[]): W {
  const found = words.find((word) => word === text);
  if (found !== undefined) return found;
  const near = nearest(text, words);
  const help = near === undefined ? `use one of \`${words.join('`, `')}\`` : `did you mean \`${near}\`?`;
  throw new UsageError(`there is no ${what} \`${text}\``, help);
}
