// The commands and files that a page of documentation shows, in the order of the page.

export type DocStep =
  /** A block marked ```eis file=NAME: the reader writes it to that file. */
  | { readonly kind: 'file'; readonly name: string; readonly text: string }
  /** A remark that the reader does not see: <!-- in NAME: `old` becomes `new` -->, for what the prose says to try. */
  | { readonly kind: 'edit'; readonly name: string; readonly from: string; readonly to: string }
  /** A line after `$ ` in a ```console block with what the page shows as its output, or a line of a ```sh block. */
  | { readonly kind: 'command'; readonly words: readonly string[]; readonly shown: string };

/** Steps of all fenced blocks; blocks without a mark show something and are no step. */
export function docSteps(page: string): readonly DocStep[] {
  const parts = /^( *)```(\w+)([^\n]*)\n([\s\S]*?)^ *```|<!-- in (\S+): `(.+?)` becomes `(.+?)` -->/gm;
  return [...page.matchAll(parts)].flatMap(
    ([, indent = '', language, mark = '', block = '', edited, from = '', to = '']): readonly DocStep[] => {
      if (edited !== undefined) return [{ kind: 'edit', name: edited, from, to }];
      const text = block.replaceAll(new RegExp(`^${indent}`, 'gm'), '');
      const name = /\bfile=(\S+)/.exec(mark)?.[1];
      if (name !== undefined) return [{ kind: 'file', name, text }];
      if (language === 'sh') return text.split('\n').flatMap((line) => commandsOf(line, ''));
      return language === 'console' ? consoleSteps(text) : [];
    },
  );
}

function consoleSteps(text: string): readonly DocStep[] {
  const parts = text.split(/^\$ /m).slice(1);
  return parts.flatMap((part) => {
    const [line = '', ...output] = part.split('\n');
    return commandsOf(line, output.join('\n'));
  });
}

/** A line may hold several commands, joined by `&&`; the output shown is the last one's. A `#` begins a remark. */
function commandsOf(line: string, shown: string): readonly DocStep[] {
  const commands = line
    .replace(/\s+#.*$/, '')
    .split(' && ')
    .filter((one) => one.trim() !== '');
  return commands.map((command, index) => ({
    kind: 'command',
    words: command.trim().split(/\s+/),
    shown: index === commands.length - 1 ? shown : '',
  }));
}
