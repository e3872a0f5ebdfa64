// Our own mistakes. A user's mistake is a Diagnostic and never comes here.

/** Our own mistake: stops everything and is never caught except at the process edge (exit code 70). */
export function bug(message: string): never {
  throw new Error(`internal error: ${message}`);
}
