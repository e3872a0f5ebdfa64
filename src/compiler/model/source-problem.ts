// What can be wrong with a model that comes as a folder, a GGUF file or from the hub, as data. Wording is in source-messages.ts.
export type SourceProblem =
  | { readonly kind: 'gguf-file'; readonly path: string; readonly text: string }
  /** A tensor that the model needs, in an element type that has no exact float32 form here. */
  | {
      readonly kind: 'element-type';
      readonly path: string;
      readonly tensor: string;
      readonly type: string;
      readonly known: readonly string[];
    }
  | {
      readonly kind: 'incomplete-folder';
      readonly path: string;
      readonly text: string;
      readonly help: string;
    }
  | {
      readonly kind: 'hub';
      readonly id: string;
      readonly revision: string | null;
      /** `unpinned`: neither in the cache nor with a revision. `refused`: the hub answered, and not with the files. */
      readonly why: 'unpinned' | 'offline' | 'unreachable' | 'refused' | 'altered';
      readonly text: string;
    }
  | { readonly kind: 'tokenizer-file'; readonly path: string; readonly text: string }
  | { readonly kind: 'file-changed'; readonly path: string }
  /** Weights as a backend holds them, against what the run may use. */
  | {
      readonly kind: 'too-large';
      readonly path: string;
      readonly weightBytes: number;
      readonly memoryBytes: number;
    };
