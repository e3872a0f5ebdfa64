// Bytes of a file the user names, to text: UTF-8 only, no zero bytes, no byte order mark, of bounded size.
import { type DataProblem, fileTooLarge, notText } from './problem.js';

export const LARGEST_TEXT_BYTES = 256 * 1024 * 1024;

export function decodeText(path: string, bytes: Uint8Array): { text: string } | { problem: DataProblem } {
  if (bytes.length > LARGEST_TEXT_BYTES)
    return { problem: fileTooLarge(path, bytes.length, LARGEST_TEXT_BYTES) };
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return text.includes('\0') ? { problem: notText(path) } : { text };
  } catch (cause) {
    // The decoder says "these bytes are not UTF-8" with a TypeError; anything else is not ours to explain.
    if (cause instanceof TypeError) return { problem: notText(path) };
    throw cause;
  }
}
