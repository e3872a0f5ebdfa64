// Where a backend is known to answer otherwise than ONNX says, and why. Each is visible to a user (an error, or a value at the edge of
// what floats hold); a case that is not listed must pass. The list is printed in docs/backends.md.

export type Deviation = {
  readonly backend: string;
  /** Names of ONNX node vectors, or `Op: name` of a case in test/ops. */
  readonly cases: RegExp;
  readonly why: string;
};

export const DEVIATIONS: readonly Deviation[] = [
  {
    backend: 'ort:webgpu',
    cases: /^(Exp: at special values|Log: at 0, infinity|Sigmoid: at special|Pow: of special bases)/,
    why: 'WGSL lets a device assume that there are no infinities and no NaN: Exp, Log, Sigmoid and Pow of them may be anything',
  },
  {
    backend: 'ort:webgpu',
    cases: /^(Sin|Cos): /,
    why: 'WGSL asks for sin and cos to 2^-11 only',
  },
  {
    backend: 'ort:webgpu',
    cases: /^test_mish(_expanded)?$/,
    why: 'WGSL asks for log near 1 to an absolute error of 2^-21, which is relative 1.6e-3 here',
  },
  {
    backend: 'ort:webgpu',
    cases: /^test_reduce_(max|min|log_sum_exp)_empty_set$/,
    why: 'reducing an axis of size 0 is an error of the provider',
  },
];

export function deviationOf(backend: string, name: string): Deviation | undefined {
  return DEVIATIONS.find((one) => one.backend === backend && one.cases.test(name));
}
