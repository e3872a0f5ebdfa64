// What stands on an encoder: the pooler (a tanh layer on the first position) and the classifier.
import type { ValueId } from '../../ir/graph.js';
import { add, matmul, transpose } from '../layers.js';
import type { Draft } from './draft.js';

/** The first position of x [example, pos, d_model]: [example, d_model]. */
export function firstPosition({ b }: Draft, x: ValueId): ValueId {
  const first = b.add({ name: 'Slice', attrs: { axis: 1, start: 0, end: 1, step: 1 } }, x);
  return b.add({ name: 'Squeeze', attrs: { axes: [1] } }, first);
}

/** The sites `pooler.pre` and `pooler.out` [example, d_model] on the first position of x. */
export function pooler(draft: Draft, x: ValueId, tensors: string): ValueId {
  const pre = draft.mark('pooler.pre', 'other', square(draft, firstPosition(draft, x), tensors, 'pooler'));
  return draft.mark('pooler.out', 'other', draft.b.add({ name: 'Tanh', attrs: {} }, pre));
}

/** A layer from d_model to d_model. In its weight the axis that comes out is called `d_model_out`, to tell the two apart. */
export function square(draft: Draft, x: ValueId, tensors: string, path: string): ValueId {
  const { b, sizes } = draft;
  const out = ['d_model_out', sizes.width] as const;
  const weight = draft.namedTensor(
    `${path}.W`,
    `${tensors}.weight`,
    [out, ['d_model', sizes.width]],
    'matrix',
  );
  const product = matmul(b, x, transpose(b, weight, [1, 0]));
  const biased = add(b, product, draft.namedTensor(`${path}.b`, `${tensors}.bias`, [out], 'bias'));
  const names = b.axesOf(biased).map(({ name }) => (name === 'd_model_out' ? 'd_model' : name));
  return b.add({ name: 'Rename', attrs: { names } }, biased);
}

/** The site `logits` [example, label] of x [example, d_model]. */
export function classifier(draft: Draft, x: ValueId, labels: number): ValueId {
  const { b, sizes } = draft;
  const label = ['label', labels] as const;
  const shape = [label, ['d_model', sizes.width]] as const;
  const weight = draft.namedTensor('classifier.W', 'classifier.weight', shape, 'matrix');
  const product = matmul(b, x, transpose(b, weight, [1, 0]));
  const bias = draft.namedTensor('classifier.b', 'classifier.bias', [label], 'bias');
  return draft.mark('logits', 'other', add(b, product, bias));
}
