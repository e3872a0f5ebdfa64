// Reading of matrix products, convolutions and pools.
import type { PoolAttrs } from '../ir/op.js';
import type { Axis } from '../ir/tensor-type.js';
import type { NodeReader, NodeRule } from './node-reader.js';
import { onlyFirstOutput } from './read-math.js';

type Windows = {
  readonly strides: readonly number[];
  readonly pads: readonly number[];
  readonly dilations: readonly number[];
};

export const linearRules: Readonly<Record<string, NodeRule>> = {
  MatMul: (n) => n.add({ name: 'MatMul', attrs: {} }, n.input(0), n.input(1)),
  Gemm: (n) => {
    const attrs = {
      alpha: n.float('alpha', 1),
      beta: n.float('beta', 1),
      transA: n.int('transA', 0) !== 0,
      transB: n.int('transB', 0) !== 0,
    };
    return n.add({ name: 'Gemm', attrs }, ...n.inputs());
  },
  Conv: (n) => {
    const kernel = n
      .type(1)
      .axes.slice(2)
      .map((a) => sizeNumber(n, a));
    const attrs = { ...windows(n, kernel), group: n.int('group', 1) };
    return n.add({ name: 'Conv', attrs }, ...n.inputs());
  },
  MaxPool: (n) => {
    onlyFirstOutput(n);
    return n.add({ name: 'MaxPool', attrs: pool(n) }, n.input(0));
  },
  AveragePool: (n) =>
    n.add(
      { name: 'AveragePool', attrs: { ...pool(n), countIncludePad: n.int('count_include_pad', 0) === 1 } },
      n.input(0),
    ),
  GlobalMaxPool: (n) => n.add({ name: 'GlobalMaxPool', attrs: {} }, n.input(0)),
  GlobalAveragePool: (n) => n.add({ name: 'GlobalAveragePool', attrs: {} }, n.input(0)),
};

function pool(n: NodeReader): PoolAttrs {
  const kernel = n.ints('kernel_shape');
  if (kernel.length === 0) return n.fail('malformed', 'has no kernel_shape');
  return { kernel, ...windows(n, kernel), ceil: n.int('ceil_mode', 0) === 1 };
}

function windows(n: NodeReader, kernel: readonly number[]): Windows {
  const ones = kernel.map(() => 1);
  const strides = n.hasAttribute('strides') ? n.ints('strides') : ones;
  const dilations = n.hasAttribute('dilations') ? n.ints('dilations') : ones;
  const isPossible = [...kernel, ...strides, ...dilations].every(
    (v) => Number.isSafeInteger(v) && v > 0 && v < 2 ** 31,
  );
  if (!isPossible) return n.fail('shape', 'has an impossible kernel, stride or dilation');
  return { strides, dilations, pads: padsOf(n, { kernel, strides, dilations }) };
}

/** SAME pads so that the result has size ceil(input / stride); an odd rest goes after (UPPER) or before (LOWER). */
function padsOf(
  n: NodeReader,
  { kernel, strides, dilations }: Omit<Windows, 'pads'> & { readonly kernel: readonly number[] },
): readonly number[] {
  const auto = n.string('auto_pad', 'NOTSET');
  const none = [...kernel, ...kernel].map(() => 0);
  if (auto === 'VALID') return none;
  if (auto === 'NOTSET') return n.hasAttribute('pads') ? n.ints('pads') : none;
  if (auto !== 'SAME_UPPER' && auto !== 'SAME_LOWER')
    return n.fail('malformed', `has the unknown auto_pad \`${auto}\``);
  const totals = kernel.map((k, i) => {
    const stride = strides[i] ?? 1;
    const span = (k - 1) * (dilations[i] ?? 1) + 1;
    if (stride === 1) return span - 1; // for any size, so also for a symbol
    const size = sizeNumber(n, n.type(0).axes[i + 2] ?? n.fail('shape', 'has too few axes'));
    return Math.max(0, (Math.ceil(size / stride) - 1) * stride + span - size);
  });
  const smaller = totals.map((t) => Math.floor(t / 2));
  const larger = totals.map((t) => Math.ceil(t / 2));
  return auto === 'SAME_UPPER' ? [...smaller, ...larger] : [...larger, ...smaller];
}

function sizeNumber(n: NodeReader, axis: Axis): number {
  return typeof axis.size === 'number'
    ? axis.size
    : n.fail('shape', `needs the size of an axis of size \`${axis.size}\``);
}
