// The text of a pipeline from its bytes: UTF-8 with or without a mark, nothing else.
import type { Diagnostic } from '../../compiler/base/diagnostic.js';

export type Decoded =
  | { readonly kind: 'ok'; readonly text: string }
  | { readonly kind: 'problem'; readonly diagnostic: Diagnostic };

export function decodePipeline(bytes: Uint8Array, file: string): Decoded {
  try {
    return { kind: 'ok', text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    const diagnostic: Diagnostic = {
      code: 'EIS1008',
      severity: 'error',
      message: `\`${file}\` is not a text file in UTF-8`,
      secondary: [],
      notes: [],
    };
    return { kind: 'problem', diagnostic };
  }
}
