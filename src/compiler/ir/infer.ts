// The type of every operator's result, as one total table. An inconsistency is a bug whose text names both axes.
import { inferElementwise } from './infer-elementwise.js';
import { inferLayout } from './infer-layout.js';
import { inferLinear } from './infer-linear.js';
import { inferReduce } from './infer-reduce.js';
import type { InferRule, InferTable } from './infer-rule.js';
import type { Op, OpName } from './op.js';
import type { TensorType } from './tensor-type.js';

const infer = { ...inferElementwise, ...inferLayout, ...inferLinear, ...inferReduce } satisfies InferTable;

/** The type of an operator applied to inputs of the given types. Throws a bug if they do not fit. */
export function inferType(op: Op, inputTypes: readonly TensorType[]): TensorType {
  // The rule under a name takes the attributes of that name; TypeScript cannot follow the pair through the lookup.
  const rule = infer[op.name] as InferRule<OpName>;
  return rule(inputTypes, op.attrs, op.name);
}
