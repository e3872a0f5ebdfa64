// The same report in Markdown, from the same blocks. Charts are files beside it; their numbers are in the text as well.
import { buildDocument } from './build-document.js';
import { drawChart } from './chart/draw-chart.js';
import type { Answer, Block, Cell, ReportDocument, TableBlock } from './document.js';
import { escapeHtml, safeName } from './escape-html.js';
import { codeBlock, escapeMarkdown } from './escape-markdown.js';
import type { ReportData } from './report-data.js';
import { verdictSigns } from './wording.js';

export function renderMarkdown(report: ReportData): string {
  const document = buildDocument(report);
  const { title, question, banner, answers, sections, imprint } = document;
  const parts = [
    `# ${escapeMarkdown(title)}`,
    `**${escapeMarkdown(banner.title)}.** ${escapeMarkdown(banner.text)}`,
    `> ${escapeMarkdown(question ?? 'Question: not stated')}`,
    ...answers.map(answerText),
    ...sections.flatMap((section) => [
      `## ${escapeMarkdown(section.title)}`,
      ...section.blocks.map((block) => blockText(block)),
    ]),
    '---',
    escapeMarkdown(imprint),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** The charts that the Markdown report shows, as files beside it. */
export async function renderCharts(
  report: ReportData,
): Promise<readonly { readonly path: string; readonly content: string }[]> {
  const files: { readonly path: string; readonly content: string }[] = [];
  for (const figure of figuresOf(buildDocument(report))) {
    const svg = await drawChart(figure.chart, { prefix: '', onWarning: () => {} });
    // Alone, a chart has no page to take its colours from.
    files.push({
      path: chartPath(figure.name),
      content: svg.replace('<svg ', '<svg style="background:#fff;color:#1a1d23" '),
    });
  }
  return files;
}

function figuresOf({ sections }: ReportDocument) {
  return sections.flatMap(({ blocks }) => blocks.filter((block) => block.kind === 'figure'));
}

function chartPath(name: string): string {
  return `charts/${safeName(name)}.svg`;
}

function answerText({ claim, headline, tone, tally, lines }: Answer): string {
  const [statement = '', ...rest] = lines;
  const sign = tally.length === 0 ? `${verdictSigns[tone]} ` : '';
  const counts = tally.map(
    ({ verdict, count, text }) => `${verdictSigns[verdict]} ${count} ${escapeMarkdown(text)}`,
  );
  return [
    `**${escapeMarkdown(claim)}: ${sign}${escapeMarkdown(headline)}**`,
    ...(counts.length === 0 ? [] : [counts.join(' · ')]),
    codeBlock(statement),
    ...rest.map(escapeMarkdown),
  ].join('\n\n');
}

function blockText(block: Block): string {
  switch (block.kind) {
    case 'paragraph':
      return escapeMarkdown(block.text);
    case 'heading':
      return `### ${escapeMarkdown(block.text)}`;
    case 'code':
      return codeBlock(block.text);
    case 'notice':
      return `> **${escapeMarkdown(block.title)}** ${escapeMarkdown(block.text)}`;
    case 'list':
      return block.items.map((item) => `- ${escapeMarkdown(item)}`).join('\n');
    case 'facts':
      return block.items
        .map(({ name, value }) => `- **${escapeMarkdown(name)}:** ${escapeMarkdown(value)}`)
        .join('\n');
    case 'table':
      return tableText(block);
    case 'figure': {
      const stamp = block.stamp === null ? '' : `**${escapeMarkdown(block.stamp)}** `;
      const image = `![${escapeMarkdown(block.chart.alt)}](${chartPath(block.name)})`;
      const numbers = block.numbers === null ? [] : [tableText(block.numbers)];
      return [`${stamp}${escapeMarkdown(block.caption)}`, image, ...numbers].join('\n\n');
    }
  }
}

function tableText({ caption, columns, rows, folded }: TableBlock): string {
  const head = `| ${columns.map(({ title }) => escapeMarkdown(title)).join(' | ')} |`;
  const rule = `|${columns.map(({ align }) => (align === 'right' ? ' ---: ' : ' --- ')).join('|')}|`;
  const body = rows.map((cells) => `| ${cells.map(cellText).join(' | ')} |`);
  const table = [head, rule, ...body].join('\n');
  if (!folded) return `${escapeMarkdown(caption)}\n\n${table}`;
  // Inside an HTML block Markdown is not read: this text is escaped for HTML.
  return `<details><summary>${escapeHtml(caption)}</summary>\n\n${table}\n\n</details>`;
}

function cellText({ text, verdict }: Cell): string {
  return verdict === null ? escapeMarkdown(text) : `${verdictSigns[verdict]} ${escapeMarkdown(text)}`;
}
