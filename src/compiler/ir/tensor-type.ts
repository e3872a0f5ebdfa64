// The type of a value in the tensor graph: element type and named axes, whose sizes are numbers or symbols.

export type DType = 'f32' | 'f64' | 'f16' | 'i8' | 'u8' | 'i32' | 'i64' | 'bool';
/** A number, or a symbol: `example`, `pos`, `row:0`, … Symbols are equal only if their text is. */
export type Dim = number | string;
/** A named axis. A name that begins with `_` is anonymous (imported graphs) and agrees with every name. */
export type Axis = { readonly name: string; readonly size: Dim };
export type TensorType = { readonly dtype: DType; readonly axes: readonly Axis[] };

export function axis(name: string, size: Dim): Axis {
  return { name, size };
}

export function isAnonymous(name: string): boolean {
  return name.startsWith('_');
}

/** `f32[example, pos, d_model=128]`: the text used in diagnostics, printed graphs and `eisc hooks`. */
export function typeText(type: TensorType): string {
  const axes = type.axes.map((a) => (a.name === a.size ? a.name : `${a.name}=${a.size}`));
  return `${type.dtype}[${axes.join(', ')}]`;
}
