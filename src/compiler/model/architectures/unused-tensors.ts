// Tensors of a model file that the graph does not read. Some are known not to matter (masks and frequencies that were saved with the
// weights, a head that this model is not used with); any other means that the file is not what its config says.
import type { ModelConfig, TensorFacts } from './config.js';
import type { ArchitectureProblem } from './problem.js';

export type UnusedTensors =
  | { readonly kind: 'ok'; readonly names: readonly string[] }
  | { readonly kind: 'problem'; readonly problem: ArchitectureProblem };

/** Their names, or the ones that should not be there. */
export function unusedTensors(
  config: ModelConfig,
  tensors: ReadonlyMap<string, TensorFacts>,
  used: ReadonlySet<string>,
): UnusedTensors {
  const names = [...tensors.keys()].filter((name) => !used.has(name)).sort();
  const usedDigests = new Set(
    [...tensors].flatMap(([name, facts]) => (used.has(name) ? [facts.digest] : [])),
  );
  const strange = names.filter((name) => {
    if (HARMLESS[config.kind].some((pattern) => pattern.test(name))) return false;
    // A second copy of a tensor that is read, such as a tied table under both of its names.
    return !usedDigests.has(tensors.get(name)?.digest ?? '');
  });
  if (strange.length === 0) return { kind: 'ok', names };
  return { kind: 'problem', problem: { kind: 'extra-tensors', names: strange } };
}

const HARMLESS = {
  gpt2: [/\.attn\.(masked_)?bias$/],
  gpt_neox: [/\.attention\.(masked_)?bias$/, /rotary_emb\.inv_freq$/],
  llama: [/rotary_emb\.inv_freq$/],
  bert: [/embeddings\.position_ids$/, /^(bert\.)?pooler\./, /^cls\./],
  vit: [/^(vit\.)?pooler\./, /^classifier\./],
} as const satisfies Record<ModelConfig['kind'], readonly RegExp[]>;
