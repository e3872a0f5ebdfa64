// The report as one HTML file that needs nothing else: no network, no scripts, charts as SVG within.
import { bug } from '../../compiler/base/bug.js';
import { buildDocument } from './build-document.js';
import { drawChart } from './chart/draw-chart.js';
import type { Answer, Block, Cell, FigureBlock, ReportDocument, Section, TableBlock } from './document.js';
import { escapeHtml, safeName } from './escape-html.js';
import { htmlStyle } from './html-style.js';
import type { ReportData } from './report-data.js';
import { verdictSigns } from './wording.js';

/** Even if a text escaped escaping, nothing in this page could run or call home. */
const policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

export async function renderHtml(report: ReportData): Promise<string> {
  const document = buildDocument(report);
  const figures = document.sections.flatMap(({ blocks }) =>
    blocks.filter((block) => block.kind === 'figure'),
  );
  const drawings = new Map<FigureBlock, string>();
  for (const [index, figure] of figures.entries()) {
    drawings.set(figure, await drawChart(figure.chart, { prefix: `c${index}-`, onWarning: () => {} }));
  }
  return page(document, drawings);
}

type Drawings = ReadonlyMap<FigureBlock, string>;

function page(document: ReportDocument, drawings: Drawings): string {
  const { title, question, banner, answers, sections, imprint } = document;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="referrer" content="no-referrer">
<title>${escapeHtml(title)}</title>
<style>${htmlStyle}</style>
</head>
<body>
<header>
<div class="banner ${banner.tone}"><strong>${escapeHtml(banner.title)}</strong><span>${prose(banner.text)}</span></div>
<h1>${escapeHtml(title)}</h1>
<p class="question">${escapeHtml(question ?? 'Question: not stated')}</p>
<ul class="answers">
${answers.map(answerHtml).join('\n')}
</ul>
<nav>${sections.map(({ id, title: text }) => `<a href="#${safeName(id)}">${escapeHtml(text)}</a>`).join(' ')}</nav>
</header>
<main>
${sections.map((section) => sectionHtml(section, drawings)).join('\n')}
</main>
<footer>${escapeHtml(imprint)}</footer>
</body>
</html>
`;
}

function answerHtml({ claim, headline, tone, tally, lines }: Answer): string {
  const [statement = '', ...rest] = lines;
  const total = tally.reduce((sum, { count }) => sum + count, 0);
  const bar =
    total < 2
      ? ''
      : `<div class="bar" aria-hidden="true">${tally.map(({ verdict, count }) => `<span class="${verdict}" style="flex:${count}"></span>`).join('')}</div>`;
  const counts =
    tally.length === 0
      ? ''
      : `<ul class="tally">${tally.map(({ verdict, count, text }) => `<li class="verdict ${verdict}">${verdictSigns[verdict]} ${count} ${escapeHtml(text)}</li>`).join('')}</ul>`;
  const sign = tally.length === 0 ? `<span class="verdict ${tone}">${verdictSigns[tone]}</span> ` : '';
  return `<li class="answer ${tone}"><h2>${escapeHtml(claim)}</h2>
<p class="headline">${sign}${escapeHtml(headline)}</p>
${bar}${counts}
<p><code>${escapeHtml(statement)}</code></p>
${rest.map((line) => `<p>${escapeHtml(line)}</p>`).join('\n')}
</li>`;
}

function sectionHtml({ id, title, blocks }: Section, drawings: Drawings): string {
  const inner = blocks.map((block) => blockHtml(block, drawings)).join('\n');
  return `<section id="${safeName(id)}">\n<h2>${escapeHtml(title)}</h2>\n${inner}\n</section>`;
}

function blockHtml(block: Block, drawings: Drawings): string {
  switch (block.kind) {
    case 'paragraph':
      return `<p>${prose(block.text)}</p>`;
    case 'heading':
      return `<h3>${escapeHtml(block.text)}</h3>`;
    case 'code':
      return `<pre><code>${escapeHtml(block.text)}</code></pre>`;
    case 'notice':
      return `<div class="notice"><strong>${prose(block.title)}</strong>${prose(block.text)}</div>`;
    case 'list':
      return `<ul>${block.items.map((item) => `<li>${prose(item)}</li>`).join('')}</ul>`;
    case 'facts':
      return `<dl>${block.items.map(({ name, value }) => `<dt>${escapeHtml(name)}</dt><dd>${unbroken(escapeHtml(value))}</dd>`).join('')}</dl>`;
    case 'table':
      return tableHtml(block);
    case 'figure':
      return figureHtml(block, drawings.get(block) ?? bug(`chart ${block.name} was not drawn`));
  }
}

/** A number stays on one line with its percent sign. */
function unbroken(text: string): string {
  return text.replaceAll(/(\d) %/g, '$1\u00a0%');
}

/** Names in backticks become code; the text is escaped before. */
function prose(text: string): string {
  return unbroken(escapeHtml(text)).replace(/`([^`]+)`/g, '<code>$1</code>');
}

function figureHtml({ caption, stamp, chart, numbers }: FigureBlock, svg: string): string {
  const tone = stamp?.startsWith('EXPLORATORY') === true ? ' exploratory' : '';
  const mark = stamp === null ? '' : `<span class="stamp${tone}">${escapeHtml(stamp)}</span>`;
  const labelled = svg.replace('<svg ', `<svg role="img" aria-label="${escapeHtml(chart.alt)}" `);
  const below = numbers === null ? '' : `\n${tableHtml({ ...numbers, folded: true })}`;
  return `<figure><figcaption>${mark}${escapeHtml(caption)}</figcaption><div class="chart">${labelled}</div></figure>${below}`;
}

function tableHtml({ caption, columns, rows, folded }: TableBlock): string {
  const head = columns
    .map(
      ({ title, align }) =>
        `<th scope="col"${align === 'right' ? ' class="number"' : ''}>${escapeHtml(title)}</th>`,
    )
    .join('');
  const body = rows
    .map(
      (cells) =>
        `<tr>${cells.map((one, index) => cellHtml(one, columns[index]?.align ?? 'left')).join('')}</tr>`,
    )
    .join('\n');
  const label = escapeHtml(caption);
  const table = `<div class="scroll"><table aria-label="${label}"><thead><tr>${head}</tr></thead><tbody>\n${body}\n</tbody></table></div>`;
  if (folded) return `<details><summary>${label}</summary>${table}</details>`;
  return `<p class="caption">${label}</p>${table}`;
}

function cellHtml({ text, verdict }: Cell, align: 'left' | 'right'): string {
  const content =
    verdict === null
      ? escapeHtml(text)
      : `<span class="verdict ${verdict}">${verdictSigns[verdict]} ${escapeHtml(text)}</span>`;
  return `<td class="${classOf(text, align)}">${content}</td>`;
}

function classOf(text: string, align: 'left' | 'right'): string {
  if (align === 'right') return 'number';
  if (/^[0-9a-f]{40,}$/.test(text)) return 'hash';
  return text.length > 36 ? 'long' : text.length > 24 ? 'middle' : 'short';
}
