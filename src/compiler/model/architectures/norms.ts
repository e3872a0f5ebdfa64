// LayerNorm and RMSNorm with the scale and the normalised value (before the gain) as sites that feed the result. The scale is
// what TransformerLens calls hook_scale: sqrt(variance + eps), or sqrt(mean square + eps).
import type { ValueId } from '../../ir/graph.js';
import { add, multiply, scalar } from '../layers.js';
import type { Draft } from './draft.js';

export type NormRequest = {
  /** Prefix of the sites: `blocks.0.ln1` gives `blocks.0.ln1.scale` and `blocks.0.ln1.normalized`. */
  readonly site: string;
  readonly eps: number;
  /** `rms` does not subtract the mean. */
  readonly kind: 'layer' | 'rms';
  /** How many of the last axes are normalised together. */
  readonly axes: number;
};

/** x normalised; without gain and bias. */
export function normalised(draft: Draft, x: ValueId, { site, eps, kind, axes }: NormRequest): ValueId {
  const { b } = draft;
  const all = b.axesOf(x);
  const over = all.map((_, i) => i).slice(-axes);
  const names = over.map((i) => all[i]?.name ?? '');
  const mean = { name: 'ReduceMean', attrs: { axes: over, keepdims: true } } as const;
  const centred = kind === 'rms' ? x : b.add({ name: 'Sub', attrs: {} }, x, b.add(mean, x));
  const square = b.add(
    { name: 'ReduceMean', attrs: { axes: over, keepdims: false } },
    multiply(b, centred, centred),
  );
  const root = b.add({ name: 'Sqrt', attrs: {} }, add(b, square, scalar(b, eps)));
  const scale = draft.mark(`${site}.scale`, 'norms', root);
  const column = b.add({ name: 'Unsqueeze', attrs: { at: over, names } }, scale);
  return draft.mark(`${site}.normalized`, 'norms', b.add({ name: 'Div', attrs: {} }, centred, column));
}

export type ModelNorm = {
  readonly site: string;
  /** Name of the tensors in the file: NAME.weight and, for a LayerNorm, NAME.bias. */
  readonly tensors: string;
  /** Path of the weights: `blocks.0.ln1` gives `weights.blocks.0.ln1.w`. */
  readonly weights: string;
  readonly eps: number;
  readonly kind: 'layer' | 'rms';
};

/** A norm over d_model with the gain, and the bias of a LayerNorm, that the file holds. */
export function norm(draft: Draft, x: ValueId, { site, tensors, weights, eps, kind }: ModelNorm): ValueId {
  const model = [['d_model', draft.sizes.width]] as const;
  const normalized = normalised(draft, x, { site, eps, kind, axes: 1 });
  const gain = draft.namedTensor(`${weights}.w`, `${tensors}.weight`, model, 'gain');
  const scaled = multiply(draft.b, normalized, gain);
  if (kind === 'rms') return scaled;
  return add(draft.b, scaled, draft.namedTensor(`${weights}.b`, `${tensors}.bias`, model, 'bias'));
}
