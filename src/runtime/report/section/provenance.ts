// Where everything came from: why this question, which model, which data, which machine, at what cost, from which files.
import { bytesText, countText, durationText, flopsText, plural } from '../../quantity-text.js';
import { checkWord } from '../../run-words.js';
import { type Block, cell, type Section, type TableBlock } from '../document.js';
import type { Costed, ReportData } from '../report-data.js';
import { NONE } from '../text.js';
import { limits } from '../wording.js';

const left = (title: string) => ({ title, align: 'left' }) as const;
const right = (title: string) => ({ title, align: 'right' }) as const;
const stated = (text: string | null): string => text ?? 'not stated';

export function waiverSection({ waivers }: ReportData): Section | null {
  if (waivers.length === 0) return null;
  return {
    id: 'waivers',
    title: 'Waived',
    blocks: waivers.map(({ what, because }) => ({
      kind: 'notice',
      title: `\`${what}\` was left out on purpose`,
      text: `Reason given: ${because}`,
    })),
  };
}

export function cautionSection({ cautions }: ReportData): Section | null {
  if (cautions.length === 0) return null;
  return { id: 'cautions', title: 'Read with care', blocks: [{ kind: 'list', items: cautions }] };
}

export function scopeSection({ study }: ReportData): Section {
  return {
    id: 'scope',
    title: 'Why this question, and what it leaves out',
    blocks: [
      {
        kind: 'facts',
        items: [
          { name: 'Rationale', value: stated(study.rationale) },
          { name: 'Out of scope', value: stated(study.outOfScope) },
          { name: 'Toy problem', value: stated(study.toy) },
          { name: 'Near miss', value: stated(study.nearMiss) },
          { name: 'Stakes', value: stated(study.stakes) },
        ],
      },
    ],
  };
}

export function modelSection({ models, data, params }: ReportData): Section {
  const blocks: Block[] = [];
  for (const model of models) {
    blocks.push({ kind: 'heading', text: `Model ${model.name}` });
    blocks.push({ kind: 'code', text: model.source });
    blocks.push({
      kind: 'facts',
      items: [
        { name: 'Why this model', value: stated(model.why) },
        { name: 'Shape', value: stated(model.geometry) },
        { name: 'Parameters', value: model.parameters === null ? 'not known' : countText(model.parameters) },
        { name: 'Origin', value: stated(model.origin) },
        { name: 'Licence', value: stated(model.licence) },
        { name: 'Digest', value: model.digest },
      ],
    });
  }
  for (const set of data) {
    blocks.push({ kind: 'heading', text: `Data ${set.name}` });
    blocks.push({ kind: 'code', text: set.source });
    blocks.push({
      kind: 'facts',
      items: [
        { name: 'Population', value: set.population },
        { name: 'Unit of inference', value: set.clusterUnit },
        { name: 'Origin', value: stated(set.origin) },
        { name: 'Licence', value: stated(set.licence) },
        { name: 'Digest', value: set.digest ?? 'generated: no file' },
      ],
    });
    blocks.push({
      kind: 'table',
      caption: `Splits of ${set.name}`,
      folded: false,
      columns: [left('Split'), right('Rows'), right('Clusters'), left('Read by this run')],
      rows: set.splits.map(({ name, rows, clusters, read }) => [
        cell(name),
        cell(countText(rows)),
        cell(countText(clusters)),
        cell(read ? 'yes' : 'no'),
      ]),
    });
  }
  if (params.length > 0) {
    blocks.push({
      kind: 'table',
      caption: 'Parameters',
      folded: false,
      columns: [left('Name'), right('Value'), left('Set by')],
      rows: params.map(({ name, value, fromCommandLine }) => [
        cell(name),
        cell(value),
        cell(fromCommandLine ? 'the command line' : 'the file'),
      ]),
    });
  }
  return { id: 'model-and-data', title: 'Model and data', blocks };
}

export function checkSection({ checks }: ReportData): Section {
  const failed = checks.filter(({ passed, state }) => !passed && state !== 'not-checked');
  const passed = checks.filter((one) => one.passed);
  const unchecked = checks.length - passed.length - failed.length;
  return {
    id: 'checks',
    title: 'Checks of the machinery',
    blocks: [
      ...failed.map(({ name, text }): Block => ({ kind: 'notice', title: `Check failed: ${name}`, text })),
      {
        kind: 'table',
        caption: `${countText(passed.length)} of ${plural(checks.length, 'check')} passed${unchecked === 0 ? '' : `, ${countText(unchecked)} not checked`}`,
        folded: false,
        columns: [left('Check'), left('Result'), left('What was seen')],
        rows: checks.map((one) => [cell(one.name), cell(checkWord(one)), cell(one.text)]),
      },
    ],
  };
}

export function runSection({ environment, cost, digests, lock, head }: ReportData): Section {
  const { compiler, backend, backendVersion, precision, batch, platform, commit, dirty } = environment;
  const tree =
    commit === null
      ? 'not in a git repository'
      : `${commit}${dirty === true ? ', with changes that are not committed' : ''}`;
  return {
    id: 'run',
    title: 'How it was computed',
    blocks: [
      {
        kind: 'facts',
        items: [
          { name: 'Compiler', value: compiler },
          { name: 'Backend', value: `${backend} ${backendVersion}` },
          { name: 'Precision', value: precision },
          { name: 'Batch', value: batch },
          { name: 'Platform', value: platform },
          { name: 'Commit', value: tree },
          { name: 'Lock', value: lock ?? 'none' },
          { name: 'Ledger head before', value: head },
          { name: 'Decision digest', value: digests?.decision ?? 'none' },
          { name: 'Outcome digest', value: digests?.outcomes ?? 'none' },
          { name: 'Time', value: durationText(cost.timeMs) },
          {
            name: 'From the store',
            value: `${countText(cost.cachedSteps)} of ${plural(cost.steps, 'step')}`,
          },
        ],
      },
      {
        kind: 'table',
        caption: 'Cost; the naive loop runs the whole model once for every member and row',
        folded: false,
        columns: [
          left('What'),
          right('Predicted'),
          right('Measured'),
          right('Naive loop'),
          right('Of naive'),
        ],
        rows: [
          costRow('Model executions', cost.executions, countText),
          costRow('Floating-point operations', cost.flops, flopsText),
          costRow('Peak memory', cost.peakBytes, bytesText),
        ],
      },
    ],
  };
}

function costRow(name: string, { predicted, measured, naive }: Costed, text: (value: number) => string) {
  const share = naive === null || naive === 0 ? null : (measured ?? predicted) / naive;
  return [
    cell(name),
    cell(text(predicted)),
    cell(measured === null ? NONE : text(measured)),
    cell(naive === null ? NONE : text(naive)),
    cell(share === null ? NONE : `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`),
  ];
}

export function fileSection({ files }: ReportData): Section {
  const table: TableBlock = {
    kind: 'table',
    caption: `${plural(files.length, 'file')} read`,
    folded: false,
    columns: [left('File'), left('Role'), right('Size'), left('SHA-256')],
    rows: files.map(({ path, role, bytes, sha256, outsideProject }) => [
      cell(`${path}${outsideProject ? ' (outside the project)' : ''}`),
      cell(role),
      cell(bytes === null ? NONE : bytesText(bytes)),
      cell(sha256),
    ]),
  };
  return { id: 'files', title: 'Files', blocks: [table] };
}

export function limitSection(): Section {
  return {
    id: 'limits',
    title: 'What this report cannot show',
    blocks: [{ kind: 'list', items: limits }],
  };
}
