// Every operator there is: what tests that go through all of them go through.
import type { OpName } from '../../src/compiler/ir/op.js';
import { OP_KIND } from '../../src/compiler/ir/op-kind.js';

/** Every operator name, in the order of the table. */
export function opNames(): readonly OpName[] {
  return Object.keys(OP_KIND) as OpName[]; // the table is total and has no other keys
}
