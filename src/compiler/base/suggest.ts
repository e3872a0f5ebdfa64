// "Did you mean": the nearest of the names that would have been right.

/** Up to `limit` names within a third of the word's length (at least 1, at most 3 edits), nearest first. */
export function suggest(wanted: string, names: Iterable<string>, limit = 3): readonly string[] {
  const reach = Math.min(3, Math.max(1, Math.floor(wanted.length / 3)));
  const near: { readonly name: string; readonly distance: number }[] = [];
  for (const name of new Set(names)) {
    if (name === wanted || Math.abs(name.length - wanted.length) > reach) continue;
    const distance = editDistance(wanted.toLowerCase(), name.toLowerCase());
    // A one-letter name is near to every other one: only a difference in case counts there.
    if (distance <= reach && distance < Math.max(wanted.length, name.length)) near.push({ name, distance });
  }
  near.sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1));
  return near.slice(0, limit).map((one) => one.name);
}

/** Damerau-Levenshtein distance in its "optimal string alignment" form: insert, delete, replace, swap neighbours. */
export function editDistance(left: string, right: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i++) {
    const current = [i];
    for (let j = 1; j <= right.length; j++) {
      const same = left[i - 1] === right[j - 1];
      let best = Math.min(
        (previous[j] ?? 0) + 1,
        (current[j - 1] ?? 0) + 1,
        (previous[j - 1] ?? 0) + (same ? 0 : 1),
      );
      if (i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1]) {
        best = Math.min(best, (beforePrevious[j - 2] ?? 0) + 1);
      }
      current.push(best);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[right.length] ?? 0;
}

/** The nearest name, where one is near enough. */
export function nearest(wanted: string, names: Iterable<string>): string | undefined {
  return suggest(wanted, names, 1)[0];
}
