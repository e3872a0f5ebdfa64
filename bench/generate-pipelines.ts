// Programs that exist only to be timed: long ones and one with a large family. All are legal and check without errors.

const HEAD = (title: string, question: string): readonly string[] => [
  'eis 1',
  '',
  `study "${title}" {`,
  `  question: "${question}"`,
  '}',
  '',
  'model m = bundled("attn2")',
  '',
];

const WRITES: readonly string[] = [
  'mean(z[l, h], over: [example, pos]) @ (m on repeats.reference)',
  '0',
  'self * 0.5',
  'self + random_direction(norm: change(level[l, h]))',
];

/**
 * A file of exactly `lines` lines that is as dense as the program it repeats: every declaration of `source` again under new names,
 * with rows of its own, as often as fits. Study, model and report stay single.
 */
export function repeatedPipeline(source: string, lines: number): string {
  const chunks = source.trimEnd().split(/\n(?=\S)(?!\})/);
  const word = (chunk: string) => chunk.slice(0, chunk.search(/[\s[]/));
  const isSingle = (chunk: string) => ['eis', 'study', 'model', 'report'].includes(word(chunk));
  const repeated = chunks.filter((chunk) => !isSingle(chunk));
  const names = repeated.flatMap((chunk) => /^\w+ (\w+)/.exec(chunk)?.slice(1) ?? []);
  const single = (kind: string) => chunks.filter((chunk) => word(chunk) === kind);
  const head = ['eis', 'study', 'model'].flatMap(single);
  const renamed = (text: string, copy: number) =>
    text.replace(new RegExp(`(?<!\\.)\\b(${names.join('|')})\\b(?!:)`, 'g'), `$1_${copy}`);
  const lengthOf = (parts: readonly string[]) => parts.join('\n').split('\n').length;
  const body: string[] = [];
  const report = single('report').map((chunk) => renamed(chunk, 0));
  for (let copy = 0; lengthOf([...head, ...body, ...repeated, ...report]) <= lines; copy++)
    body.push(...repeated.map((chunk) => renamed(chunk, copy)));
  const filling = Array.from({ length: lines - lengthOf([...head, ...body, ...report]) }, () => '// …');
  return `${[...head, ...body, ...report, ...filling].join('\n')}\n`;
}

/** A file of exactly `lines` lines, denser than anybody writes: hooks, then interventions, metrics and claims in turn, all over the heads of attn2. */
export function densePipeline(lines: number): string {
  const text = [
    ...HEAD('A long file', 'How long does it take to check this?'),
    'data repeats = repeated_tokens(m.vocab, period: 12..=40) {',
    '  size:  600',
    '  split: shares(discover: 40%, reference: 10%, confirm: 50%)',
    '}',
    '',
    'hook pattern[l in m.layers, h in m.heads] = m.blocks[l].attn.pattern[head: h]',
    'hook z[l in m.layers, h in m.heads]       = m.blocks[l].attn.z[head: h]',
    '',
    'let follows = (previous(repeats.tokens) as key) == (repeats.tokens as query)',
    'metric prefix_matching[l, h] unit probability =',
    '  mean(sum(pattern[l, h] * follows, over: key), over: query where repeats.second_copy as query)',
    'metric loss unit nat = mean(cross_entropy(m.logits, repeats.next_token), over: pos where repeats.second_copy)',
    'intervention level[l, h] = z[l, h] <- mean(z[l, h], over: [example, pos]) @ (m on repeats.reference)',
    '',
  ];
  const claims: string[] = [];
  const tail = (): readonly string[] => [
    `correction all = holm(fwer: 0.05, flips: 9_999) { over: [${claims.join(', ')}] }`,
    '',
    'report {',
    '  heatmap(prefix_matching, x: head, y: layer)',
    '  heatmap(harm_0, x: head, y: layer, mark: needed_0)',
    '  scatter(prefix_matching, harm_0)',
    '}',
  ];
  const block = 8;
  for (let part = 0; text.length + block + tail().length <= lines; part++) {
    const write = WRITES[part % WRITES.length] ?? '0';
    text.push(
      `// ${part + 1}: what is written in place of the head`,
      `intervention knock_${part}[l, h] = z[l, h] <- ${write}`,
      `metric harm_${part}[l, h] unit nat = loss @ (m with knock_${part}[l, h]) - loss`,
      '',
      `claim needed_${part} = each l in m.layers, h in m.heads: mean(harm_${part}[l, h]) > 0.0${(part % 9) + 1} nat {`,
      '  on: repeats.confirm',
      '}',
      '',
    );
    claims.push(`needed_${part}`);
  }
  while (text.length + tail().length < lines) text.push('// filled up');
  return `${[...text, ...tail()].join('\n')}\n`;
}

/** One claim on 100,000 members: each coordinate of each head's output, scaled by each of 500 numbers. */
export function largeFamily(): string {
  const binders = 'l in m.layers, h in m.heads, i in 0..25, a in 0..500';
  return `${[
    ...HEAD('A family of 100,000 members', 'How long does it take to check and plan this?'),
    'data d = repeated_tokens(m.vocab, period: 4..=8) {',
    '  size:  60',
    '  split: shares(discover: 40%, reference: 10%, confirm: 50%)',
    '}',
    '',
    'hook z[l in m.layers, h in m.heads] = m.blocks[l].attn.z[head: h]',
    'metric loss unit nat = mean(cross_entropy(m.logits, d.next_token), over: pos where d.second_copy)',
    '',
    `intervention turn[${binders}] = z[l, h][d_head: i] <- self * a`,
    'metric harm[l, h, i, a] unit nat = loss @ (m with turn[l, h, i, a]) - loss',
    '',
    `claim needed = each ${binders}: mean(harm[l, h, i, a]) > 0.05 nat {`,
    '  on: d.confirm',
    '}',
  ].join('\n')}\n`;
}
