// A command line that makes no sense. Caught at the edge of `main`, which prints the text and exits 2.

export class UsageError extends Error {
  readonly help: string | undefined;

  constructor(message: string, help?: string) {
    super(message);
    this.name = 'UsageError';
    this.help = help;
  }
}
