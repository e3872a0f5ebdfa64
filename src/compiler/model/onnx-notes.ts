// What the listing of an imported file says beside its sites: inputs that are filled in, and operators that are run whole.
import type { ImportedModel } from '../onnx/read.js';
import type { Filling } from './recognise/lift.js';

/** One line each, in the order of the file. */
export function onnxNotes(
  imported: ImportedModel,
  fillings: ReadonlyMap<string, Filling>,
): readonly string[] {
  const filled = [...fillings].map(([name, filling]) => `${name} ${FILLED[filling]}`);
  const counts = new Map<string, number>();
  for (const { opType, domain } of imported.opaque) {
    const name = domain === '' ? opType : `${domain}.${opType}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const opaque = [...counts].map(([name, count]) => (count === 1 ? name : `${name} × ${count}`));
  return [
    ...filled,
    ...(opaque.length === 0 ? [] : [`run whole, with nothing inside to name: ${opaque.join(', ')}`]),
  ];
}

const FILLED = {
  ones: 'is 1 everywhere: rows have no padding',
  zeros: 'is 0 everywhere: one segment',
  positions: 'counts the positions from 0',
} as const satisfies Record<Filling, string>;

/** Whether a path is one of the field's names rather than a tensor of the file. */
export function isFieldName(path: string): boolean {
  return /^(embed|pooled|logits|probabilities|output|blocks\.\d+\..+|convs\.\d+\..+|final\..+|final_norm\..+)$/.test(
    path,
  );
}
