// `eisc report`: the stored report of a pipeline, drawn again.
import { relative, resolve } from 'node:path';
import type { App } from '../cli/app-api.js';
import { decodeText } from '../host.js';
import { renderHtml } from '../report/html.js';
import { renderCharts, renderMarkdown } from '../report/markdown.js';
import type { ReportData } from '../report/report-data.js';
import { checkResult } from '../store/read-result.js';
import { readResult, replaceViews, resultFolder, writeResult } from '../store/result.js';
import { diagnosticsOf, noSources, type World } from './world.js';

export async function report(
  world: World,
  file: string,
  { format }: Parameters<App['report']>[1],
): ReturnType<App['report']> {
  const none = { sources: noSources, path: null, text: null };
  try {
    const path = resolve(world.cwd, file);
    const files = readResult(world.host, path);
    if (files === undefined) {
      return {
        ...none,
        diagnostics: [
          {
            code: 'EIS2024',
            severity: 'error',
            message: `\`${file}\` has no result yet`,
            secondary: [],
            notes: [],
            help: { text: `run it first: \`eisc run ${file}\``, edits: [] },
          },
        ],
      };
    }
    const checked = checkResult(files);
    if (checked.kind === 'bad') {
      return {
        ...none,
        diagnostics: [
          {
            code: 'EIS5401',
            severity: 'error',
            message: `the result is incomplete or was changed: ${checked.path}: ${checked.text}`,
            secondary: [],
            notes: [],
            help: { text: 'run the pipeline again', edits: [] },
          },
        ],
      };
    }
    if (format === 'json')
      return {
        ...none,
        diagnostics: [],
        text: decodeText(files.get('report.json') ?? new Uint8Array()) ?? '',
      };
    const data = checked.report as unknown as ReportData; // written by a run of this version; the schema has checked its frame
    if (format === 'md') return { ...none, diagnostics: [], text: renderMarkdown(data) };
    const views = [
      { path: 'report.html', content: await renderHtml(data) },
      { path: 'report.md', content: renderMarkdown(data) },
      ...(await renderCharts(data)),
    ];
    writeResult(world.host, path, replaceViews(files, checked.manifest, views));
    return { ...none, diagnostics: [], path: `${relative(world.cwd, resultFolder(path))}/report.html` };
  } catch (failure) {
    const found = diagnosticsOf(failure);
    if (found === null) throw failure;
    return { ...none, diagnostics: found };
  }
}
