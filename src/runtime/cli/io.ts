// The terminal as the commands see it, so that tests can stand in for it.

export interface Io {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Writes text as it is. A reader that went away (`| head`) is no failure: what follows is dropped. */
  out(text: string): void;
  err(text: string): void;
  /** Whether results go to a terminal, and how wide it is (0 when that is unknown). */
  readonly terminal: { readonly isTerminal: boolean; readonly columns: number };
  /** The streams that a drawn screen needs; null where nothing can be drawn. */
  readonly screen: { readonly stdout: NodeJS.WriteStream; readonly stdin: NodeJS.ReadStream } | null;
  /** All bytes of standard input. */
  readInput(): Promise<Uint8Array>;
  /** Calls `listener` when the user asks to stop (Ctrl-C, SIGTERM); the result ends that. */
  onStop(listener: () => void): () => void;
  /** Ends the process at once. */
  leave(code: number): void;
}
