// What the language describes and this version checks but does not run. One message names each of them.
export const starredNames: ReadonlySet<string> = new Set([
  'agreement', 'adam', 'adamw', 'correlation', 'cnn', 'dft', 'every', 'generate', 'gguf', 'grad', 'hf', 'jitter', 'live',
  'noise_image', 'random_choice', 'random_label', 'rotate', 'sae', 'top_k', 'transformer', 'units', 'zeros',
]);
