// Names that every file can use without declaring them. Nothing of `std/` is among them.
export const builtinNames = [
  'abs', 'accuracy', 'argmax', 'by', 'bundled', 'bytes', 'change', 'circuits', 'column', 'complement', 'cos', 'cross_entropy',
  'distinct', 'dot', 'exp', 'floor', 'frozen', 'grid', 'intersection', 'lines', 'log', 'log_softmax', 'max', 'mean', 'min',
  'minus', 'mod', 'model_of', 'norm', 'onnx', 'pi', 'inf', 'previous', 'next', 'random', 'random_direction', 'reinitialised',
  'repeated_tokens', 'rest', 'round', 'self', 'share', 'shares', 'sin', 'softmax', 'sqrt', 'sum', 'table', 'template', 'top',
  'transpose', 'unembed', 'union',
] as const;
