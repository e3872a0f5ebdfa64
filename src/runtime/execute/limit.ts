// Runs asynchronous work with a bounded number of pieces going on at once, started in order.

export type Limit = <T>(work: () => Promise<T>) => Promise<T>;

export function limitTo(most: number): Limit {
  let running = 0;
  const waiting: (() => void)[] = [];
  const release = (): void => {
    const next = waiting.shift();
    // The place goes straight to the next in line, so that nobody who comes in between takes it.
    if (next === undefined) running--;
    else next();
  };
  return async (work) => {
    if (running < most) running++;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      release();
    }
  };
}
