// Rotary position embedding (Su et al. 2021, RoFormer, section 3.2.2) in the layout of GPT-NeoX and Llama: dimension i of a head
// is rotated with dimension i + width/2. Angles are computed in the graph, in float32 as the models were trained.
import type { ValueId } from '../../ir/graph.js';
import { axis } from '../../ir/tensor-type.js';
import { add, multiply } from '../layers.js';
import type { RopeScaling } from './config.js';
import type { Draft } from './draft.js';

export type Rotation = {
  /** Dimensions of a head that are rotated, from the first; even. */
  readonly width: number;
  readonly theta: number;
  readonly scaling: RopeScaling;
};

/** x [example, query or key, heads, d_head] with every head rotated by the angles of its position. */
export function rotated(draft: Draft, x: ValueId, rotation: Rotation): ValueId {
  const { b } = draft;
  const axes = b.axesOf(x);
  const [, role = axis('pos', draft.sizes.positions), heads = axis('head', 1), inner = axis('d_head', 1)] =
    axes;
  const half = rotation.width / 2;
  const index = b.add({ name: 'Iota', attrs: { axis: role } });
  const position = b.add({ name: 'Cast', attrs: { to: 'f32' } }, index);
  const column = b.add(
    { name: 'Unsqueeze', attrs: { at: [1, 2], names: [heads.name, inner.name] } },
    position,
  );
  const frequencies = b.constant(
    { dtype: 'f32', axes: [axis(inner.name, half)] },
    inverseFrequencies(rotation),
  );
  const angle = multiply(b, column, frequencies);
  const cosine = b.add({ name: 'Cos', attrs: {} }, angle);
  const sine = b.add({ name: 'Sin', attrs: {} }, angle);
  const part = (start: number, end: number | null): ValueId =>
    b.add({ name: 'Slice', attrs: { axis: 3, start, end, step: 1 } }, x);
  const low = part(0, half);
  const high = part(half, 2 * half);
  const turned = [
    b.add({ name: 'Sub', attrs: {} }, multiply(b, low, cosine), multiply(b, high, sine)),
    add(b, multiply(b, high, cosine), multiply(b, low, sine)),
  ];
  if (inner.size !== rotation.width) turned.push(part(rotation.width, null));
  return b.add({ name: 'Concat', attrs: { axis: 3, name: inner.name, size: inner.size } }, ...turned);
}

/**
 * Radians per position of each pair: theta^(-2i/width), changed for longer contexts as `scaling` says. Rounded to float32 in the
 * steps in which transformers computes it: a last bit of a frequency is a thousandth of a radian at position 8,000.
 */
export function inverseFrequencies({ width, theta, scaling }: Rotation): readonly number[] {
  const plain = Array.from({ length: width / 2 }, (_, i) => {
    const power = Math.fround(theta ** Math.fround((2 * i) / width));
    return Math.fround(1 / power);
  });
  switch (scaling.kind) {
    case 'none':
      return plain;
    case 'linear':
      return plain.map((frequency) => Math.fround(frequency / scaling.factor));
    case 'llama3':
      return plain.map((frequency) => Math.fround(llama3(frequency, scaling)));
  }
}

/**
 * Llama 3.1 (`_compute_llama3_parameters` of transformers): wavelengths longer than the original context / lowFrequencyFactor
 * are stretched by `factor`, those shorter than the original context / highFrequencyFactor stay, between them it is blended.
 */
function llama3(frequency: number, scaling: Extract<RopeScaling, { readonly kind: 'llama3' }>): number {
  const { factor, lowFrequencyFactor, highFrequencyFactor, originalContext } = scaling;
  const wavelength = (2 * Math.PI) / frequency;
  if (wavelength < originalContext / highFrequencyFactor) return frequency;
  if (wavelength > originalContext / lowFrequencyFactor) return frequency / factor;
  const blend =
    (originalContext / wavelength - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor);
  return (1 - blend) * (frequency / factor) + blend * frequency;
}
