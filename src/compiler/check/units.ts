// Units on numbers and tensors. They are names, not dimensions with scales: `nat`, `logit`, `point`, `probability`, ….
// A value without a unit is a plain number. A sum needs equal units, or one side without.
import type { Span } from '../base/span.js';
import { refuse } from './context.js';
import * as say from './messages.js';
import type { BinaryRule } from './tensors.js';

export function unitRules(operator: '+' | '-' | '*' | '/', span: Span): BinaryRule {
  switch (operator) {
    case '+':
    case '-':
      return {
        op: operator === '+' ? 'Add' : 'Sub',
        unit: (a, b) => {
          if (a !== null && b !== null && a !== b) refuse(say.unitClash(span, a, b));
          return a ?? b;
        },
      };
    case '*':
      return {
        op: 'Mul',
        unit: (a, b) => (a === null ? b : b === null ? a : a === b && a === 'probability' ? a : `${a}·${b}`),
      };
    case '/':
      return { op: 'Div', unit: (a, b) => (b === null ? a : a === b ? null : `${a ?? '1'}/${b}`) };
  }
}

export function negateUnit(unit: string | null): string | null {
  return unit;
}

/** Whether a value of unit `found` may be declared or compared as `wanted`. Nothing known about `found` is no clash. */
export function unitFits(found: string | null, wanted: string | null): boolean {
  return found === null || wanted === null || found === wanted;
}
