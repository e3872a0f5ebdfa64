// Values of a file to a typed column: what every format of tables shares.
import type { TableColumn } from '../../compiler/data/data-spec.js';

/** Whole where every value is a whole number of 32 bits. */
export function numbers(name: string, values: readonly (number | null)[]): TableColumn {
  const whole = values.every(
    (value) => value === null || (Number.isInteger(value) && Math.abs(value) < 2 ** 31),
  );
  return { kind: 'numbers', name, whole, values };
}

export function isTokenList(value: unknown): value is readonly number[] {
  return (
    Array.isArray(value) && value.every((token) => Number.isInteger(token) && token >= 0 && token < 2 ** 31)
  );
}
