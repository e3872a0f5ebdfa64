// What can be wrong with a model's configuration or with the tensors that it asks for, as data. Wording is in ../messages.ts.
export type ArchitectureProblem =
  | { readonly kind: 'not-a-config'; readonly text: string }
  | { readonly kind: 'unknown-architecture'; readonly modelType: string; readonly known: readonly string[] }
  /** A field with a value that this compiler does not know; ignoring it would give other numbers. */
  | {
      readonly kind: 'unsupported-field';
      readonly field: string;
      readonly value: string;
      readonly known: string;
    }
  | { readonly kind: 'bad-field'; readonly field: string; readonly text: string }
  | { readonly kind: 'missing-tensors'; readonly names: readonly string[] }
  | { readonly kind: 'extra-tensors'; readonly names: readonly string[] }
  | {
      readonly kind: 'misshapen-tensor';
      readonly name: string;
      readonly found: readonly number[];
      readonly wanted: readonly number[];
    };
