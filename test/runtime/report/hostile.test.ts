// Text from data, models, file names and authors, made as hostile as it gets: it must stay text everywhere.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { codeBlock, escapeMarkdown } from '../../../src/runtime/report/escape-markdown.js';
import { renderHtml } from '../../../src/runtime/report/html.js';
import { renderCharts, renderMarkdown } from '../../../src/runtime/report/markdown.js';
import type { ReportData } from '../../../src/runtime/report/report-data.js';
import { composite, mixed } from './synthetic-circuit.js';
import { syntheticReport } from './synthetic-report.js';

const test = suite('hostile text');

const payload =
  '<script>alert(1)</script>"\'><img src=x onerror=alert(2)>](javascript:alert(3)) ![x](http://evil.example/x.png) ' +
  '`<b>` | a \u001b[2J\u009b31m\u202eeman\u2066 <!-- --> </style></svg></details>&lt;b&gt; https://evil.example www.evil.example\n# h\n- l';

/** Words that the types fix; everything else is text from outside. */
const fixedKeys = new Set([
  'version',
  'state',
  'kind',
  'quantifier',
  'evidence',
  'verdict',
  'method',
  'direction',
  'role',
  'agrees',
  'rate',
  'lock',
  'head',
  'family',
  'claim',
  'id',
  'x',
  'y',
  'labels',
]);

function poison(value: unknown, key = ''): unknown {
  if (typeof value === 'string') return fixedKeys.has(key) ? value : `${value} ${payload}`;
  if (Array.isArray(value)) return value.map((item) => poison(item, key));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, poison(item, name)]));
}

function poisoned(): ReportData {
  const base = syntheticReport();
  const report: ReportData = {
    ...base,
    claims: [...base.claims, composite, mixed],
    waivers: [{ what: 'w', because: 'b' }],
    searches: [{ circuit: 'c', statement: 's', members: ['m'], split: 'd.discover', evaluations: 1 }],
  };
  return poison(report) as ReportData; // only strings were changed, and none that the types fix
}

/** Members that the chart draws as rows and cells are named by fixed keys above; these are poisoned as well. */
function withHostileAxes(report: ReportData): ReportData {
  const bad = (text: string): string => `${text} ${payload}`;
  const views = report.views.map((view) =>
    view.kind !== 'heatmap'
      ? view
      : {
          ...view,
          x: { title: view.x.title, labels: view.x.labels.map(bad) },
          cells: view.cells.map((one) => ({ ...one, x: bad(one.x) })),
        },
  );
  return { ...report, views };
}

const tagNames = (html: string): readonly string[] =>
  [
    ...new Set([...html.matchAll(/<\/?([a-zA-Z!][\w-]*)/g)].map((found) => (found[1] ?? '').toLowerCase())),
  ].sort();

/** Of all elements; what is inside quotes is a value. */
function attributeNames(html: string): readonly string[] {
  const tags = [...html.matchAll(/<[a-zA-Z](?:[^>"]|"[^"]*")*>/g)].map(([tag]) =>
    tag.replace(/"[^"]*"/g, '""'),
  );
  return tags.flatMap((tag) => [...tag.matchAll(/\s([^\s=>]+)=/g)].map((found) => found[1] ?? ''));
}

/** Elements of a drawing that can neither run nor load anything. */
const drawn = new Set([
  'svg',
  'g',
  'path',
  'text',
  'tspan',
  'rect',
  'line',
  'defs',
  'lineargradient',
  'stop',
  'clippath',
]);

test('HTML has the same kinds of elements as with harmless text, and no handler or foreign address', async () => {
  const base = syntheticReport();
  const harmless = await renderHtml({
    ...base,
    claims: [...base.claims, composite, mixed],
    waivers: [{ what: '`w`', because: 'b' }],
  });
  const hostile = await renderHtml(withHostileAxes(poisoned()));
  assert.equal(tagNames(hostile), tagNames(harmless));
  assert.not.ok(attributeNames(hostile).some((name) => /^on/i.test(name)));
  for (const [, address] of hostile.matchAll(/\b(?:href|src)="([^"]*)"/g))
    assert.match(address ?? '', /^#[\w.-]+$/);
  assert.ok(hostile.includes('&lt;script&gt;alert(1)&lt;/script&gt;'));
});

test('nothing that a terminal, a browser or an editor obeys comes through, in any file', async () => {
  const report = withHostileAxes(poisoned());
  const charts = await renderCharts(report);
  assert.ok(charts.length > 4);
  for (const text of [
    await renderHtml(report),
    renderMarkdown(report),
    ...charts.map(({ content }) => content),
  ]) {
    assert.not.match(text.replaceAll('\n', ''), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  }
  for (const { path, content } of charts) {
    assert.match(path, /^charts\/[\w.-]+\.svg$/);
    assert.equal(
      tagNames(content).filter((name) => !drawn.has(name)),
      [],
    );
    assert.not.ok(attributeNames(content).some((name) => /^on|href|src/i.test(name)));
  }
});

test('chart files have names of their own', async () => {
  const paths = (await renderCharts(poisoned())).map(({ path }) => path);
  assert.is(new Set(paths).size, paths.length);
});

test('Markdown has no link, image, element or heading that the text brought along', () => {
  const markdown = renderMarkdown(withHostileAxes(poisoned()));
  const outsideCode = markdown.replace(/^(`{3,})text\n.*\n\1$/gm, '');
  // A summary is HTML: Markdown is not read there.
  const outsideHtml = outsideCode.replace(/<summary>.*?<\/summary>/g, '');
  for (const [, target] of outsideHtml.matchAll(/(?<!\\)\]\(([^)]*)\)/g))
    assert.match(target ?? '', /^charts\/[\w.-]+\.svg$/);
  for (const [tag] of outsideCode.matchAll(/(?<!\\)<\/?[a-zA-Z!][^>]*>?/g)) {
    assert.match(tag, /^<\/?(details|summary)>$/);
  }
  assert.not.match(outsideCode, /^# h|^- l$/m);
  assert.not.match(outsideHtml, /(?<!\\):\/\/|\bwww\.evil/);
});

test('a table row stays one row with as many cells as its head', () => {
  const lines = renderMarkdown(withHostileAxes(poisoned())).split('\n');
  const cells = (line: string): number => line.replace(/\\\|/g, '').split('|').length;
  for (const [index, line] of lines.entries()) {
    if (!/^\|( ---:? \|)+$/.test(line)) continue;
    const width = cells(line);
    assert.is(cells(lines[index - 1] ?? ''), width);
    for (let row = index + 1; lines[row]?.startsWith('|') === true; row++)
      assert.is(cells(lines[row] ?? ''), width);
  }
});

test('markers at the start of a line and fences inside code lose their force', () => {
  assert.is(escapeMarkdown('- a'), '\\- a');
  assert.is(escapeMarkdown('12. a'), '12\\. a');
  assert.is(escapeMarkdown('# a'), '\\# a');
  assert.is(escapeMarkdown('a_b*c'), 'a\\_b\\*c');
  assert.match(codeBlock('a ```` b'), /^`{5}text\na ```` b\n`{5}$/);
});

test.run();
