// Golden files: what a user would see, kept beside its input. UPDATE_GOLDEN=1 rewrites; the diff is reviewed as text.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';

/** Fails unless the file holds exactly `actual`, which ends with one newline. */
export function assertGolden(path: string, actual: string): void {
  assert.ok(/[^\n]\n$/.test(actual) || actual === '', `${path}: a golden ends with one newline`);
  if (process.env.UPDATE_GOLDEN === '1') {
    writeFileSync(path, actual);
    return;
  }
  assert.ok(existsSync(path), `${path} is missing: run with UPDATE_GOLDEN=1 and read it before committing`);
  assert.fixture(readFileSync(path, 'utf8'), actual, path);
}

/** Names (without extension) of the inputs in a folder; fails on an expectation that has no input. */
export function goldenNames(folder: string, input: string, expectation: string): readonly string[] {
  const files = readdirSync(folder);
  const names = files.filter((one) => one.endsWith(input)).map((one) => one.slice(0, -input.length));
  const unused = files
    .filter((one) => one.endsWith(expectation))
    .filter((one) => !names.includes(one.slice(0, -expectation.length)));
  assert.equal(unused, [], `${join(folder, '')}: expectations without an input`);
  return names;
}
