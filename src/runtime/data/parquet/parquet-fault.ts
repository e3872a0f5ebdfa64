// What is wrong with a Parquet file, thrown where it is found and turned into a problem where the file was asked for.

export class ParquetFault extends Error {
  override readonly name = 'ParquetFault';
}

export function fault(text: string): never {
  throw new ParquetFault(text);
}

/** The library meets a broken file with errors of every kind; here they are all one: the file is broken. */
export function inLibrary<T>(step: () => T): T {
  try {
    return step();
  } catch (cause) {
    if (cause instanceof ParquetFault || !(cause instanceof Error)) throw cause;
    return fault(cause instanceof RangeError ? 'it ends before its content does' : cause.message);
  }
}
