// The commands and files that a page of documentation shows, in the order of the page.

export type DocStep =
  /** A block marked ```eis file=NAME: the reader writes it to that file. */
  | { readonly kind: 'file'; readonly name: string; readonly text: string }
  /** A line after `$ ` in a ```console block, with what the page shows as its output. */
  | { readonly kind: 'command'; readonly words: readonly string[]; readonly shown: string };

/** Steps of all fenced blocks; blocks without a mark show something and are no step. */
export function docSteps(page: string): readonly DocStep[] {
  return [...page.matchAll(/^```(\w+)([^\n]*)\n([\s\S]*?)^```/gm)].flatMap(
    ([, language, mark = '', text = '']): readonly DocStep[] => {
      const name = /\bfile=(\S+)/.exec(mark)?.[1];
      if (name !== undefined) return [{ kind: 'file', name, text }];
      return language === 'console' ? consoleSteps(text) : [];
    },
  );
}

/** A command may be several, joined by `&&`; the output shown belongs to the last. A `#` begins a remark. */
function consoleSteps(text: string): readonly DocStep[] {
  const parts = text.split(/^\$ /m).slice(1);
  return parts.flatMap((part) => {
    const [line = '', ...output] = part.split('\n');
    const commands = line.replace(/\s+#.*$/, '').split(' && ');
    return commands.map((command, index) => ({
      kind: 'command' as const,
      words: command.trim().split(/\s+/),
      shown: index === commands.length - 1 ? output.join('\n') : '',
    }));
  });
}
