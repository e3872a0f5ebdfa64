// What a report must hold whatever came out: the answer first, waivers before results, every member, nothing softened.
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { buildDocument } from '../../../src/runtime/report/build-document.js';
import { escapeHtml } from '../../../src/runtime/report/escape-html.js';
import { renderHtml } from '../../../src/runtime/report/html.js';
import { renderMarkdown } from '../../../src/runtime/report/markdown.js';
import type { ReportData } from '../../../src/runtime/report/report-data.js';
import type { PlainObject } from '../../../src/runtime/store/json.js';
import { schemaFault } from '../../../src/runtime/store/schema.js';
import { assertGolden } from '../../support/golden.js';
import { composite, mixed } from './synthetic-circuit.js';
import { syntheticReport } from './synthetic-report.js';

const test = suite('report');

function draft(): ReportData {
  const base = syntheticReport();
  return {
    ...base,
    state: 'exploratory',
    lock: null,
    mode: { kind: 'explore', hasLock: true, changes: ['the margin of `needed`'] },
    study: { ...base.study, rationale: null },
    claims: [...base.claims, composite, mixed],
    waivers: [{ what: 'untrained', because: 'the machine is too small' }],
    predictions: [{ claim: 'enough', predicted: 'supported', got: 'refuted', hit: false }],
    searches: [
      {
        circuit: 'movers',
        statement: 'top(3, …)',
        members: ['layer 2, head 0'],
        split: 'ioi.discover',
        evaluations: 24,
      },
    ],
    checks: [...base.checks, { name: 'NaN', passed: false, text: '3 values' }],
  };
}

test('report data is plain JSON of the schema', () => {
  for (const report of [syntheticReport(), draft()]) {
    const plain: PlainObject = report;
    assert.is(schemaFault('report', plain), undefined);
    assert.equal(JSON.parse(JSON.stringify(report)), report);
  }
});

test('the order of sections is fixed: waivers before any result, limits last', () => {
  const outline = (report: ReportData): string =>
    buildDocument(report)
      .sections.map(({ title, blocks }) => `${title}: ${blocks.map(({ kind }) => kind).join(' ')}`)
      .join('\n');
  assertGolden(
    join(import.meta.dirname, 'outline.expect'),
    `${outline(syntheticReport())}\n\nwith waivers, searches and three claims\n\n${outline(draft())}\n`,
  );
});

test('the answer stands before every section, in both renderings', async () => {
  const html = await renderHtml(draft());
  const markdown = renderMarkdown(draft());
  for (const text of [html, markdown]) {
    const places = [
      'EXPLORATORY',
      'Which heads does',
      'supported for 2 of 8 members',
      'too small',
      text === html ? '<h2>Claim: needed' : '## Claim: needed',
    ].map((part) => text.indexOf(part));
    assert.ok(
      places.every((place) => place > 0),
      String(places),
    );
    assert.equal(
      places,
      places.toSorted((a, b) => a - b),
    );
  }
});

test('every member of every claim is in both renderings, with its interval and its p', async () => {
  const report = draft();
  const [html, markdown] = [await renderHtml(report), renderMarkdown(report)];
  for (const claim of report.claims) {
    for (const member of claim.members) {
      assert.ok(html.includes(`<td class="short">${member.label}</td>`) || member.label === '', member.label);
      assert.ok(markdown.includes(`| ${member.label} |`) || member.label === '', member.label);
    }
  }
  for (const text of [html, markdown]) {
    assert.ok(text.includes('support 1/10000 = 0.0001'));
    assert.ok(text.includes('refute 3/65536 = 0.0000458'));
    assert.match(text, /\[0\.5770, 0\.6630\\?\]/);
  }
});

test('a waived control has its reason and no column; what was not checked is counted apart', () => {
  const base = syntheticReport();
  const [control] = base.controls;
  if (control === undefined) throw new Error('no control');
  const waived = {
    name: 'untrained',
    state: 'waived',
    estimate: null,
    contrast: null,
    interval: null,
    p: null,
  };
  const markdown = renderMarkdown({
    ...base,
    controls: [{ ...control, name: 'untrained', state: 'waived', waived: 'no time', text: '' }],
    claims: base.claims.map((claim) => ({
      ...claim,
      members: claim.members.map((member) => ({ ...member, controls: [...member.controls, waived] })),
    })),
    checks: [
      { name: 'self-swap m', state: 'passed', passed: true, text: 'equal' },
      { name: 'site identities of m', state: 'not-checked', passed: false, text: 'it has no blocks' },
    ],
  } as ReportData);
  assert.match(markdown, /untrained: waived \\\(no time\\\)/);
  assert.match(markdown, /\| Control direction/);
  assert.not.match(markdown, /\| Control untrained/);
  assert.match(markdown, /1 of 2 checks passed, 1 not checked/);
  assert.match(markdown, /\| not checked \| it has no blocks/);
  assert.not.match(markdown, /Check failed/);
});

test('a large family is complete, too, and its table is closed', async () => {
  const html = await renderHtml(syntheticReport(25, 40));
  assert.is(
    html.match(/<tr><td class="short">layer \d+, head \d+<\/td><td class="\w+"><span class="verdict/g)
      ?.length,
    1000,
  );
  assert.match(html, /<details><summary>Every member: 1,000 /);
});

test('what is not stated is said to be not stated', () => {
  const markdown = renderMarkdown(draft());
  for (const field of ['Rationale', 'Toy problem', 'Near miss', 'Stakes']) {
    assert.ok(markdown.includes(`**${field}:** not stated`), field);
  }
});

test('no wording softens or sells', async () => {
  const html = await renderHtml(draft());
  assert.not.match(html, /no effect(?! of)(?!<\/dd>)|\btrend|n\.s\.|\bsignifican|highly|strong evidence/i);
  assert.match(html, /does not say that there is no effect/);
});

test('reasons, misses, failed checks, margins of zero and limits are said', () => {
  const markdown = renderMarkdown(draft());
  for (const text of [
    'refuted \\(recovers at least 90% fails in what was sampled\\)',
    'inconclusive \\(random\\_circuits\\)',
    'not run \\(out of memory\\)',
    'invalid \\(not finite: 3 of 1000 rows\\)',
    'refuted \\(structural: no path from the site to the metric\\)',
    'only whether the mean effect is exactly zero',
    '0 of 1 prediction hit',
    'Check failed: NaN',
    'Predicted before: supported \\(miss\\)',
    'no longer means what was locked: the margin of \\`needed\\`',
    'cannot prove that nothing was run before the lock',
    'An effect that lives in 19 % of the 16 clusters',
  ]) {
    assert.ok(markdown.includes(text), text);
  }
});

test('the same data make the same page, to the byte', async () => {
  assert.is(await renderHtml(draft()), await renderHtml(draft()));
});

test('the page needs nothing else: no script, no address, a policy that forbids both', async () => {
  const html = await renderHtml(syntheticReport());
  assert.match(
    html,
    /<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'/,
  );
  assert.not.match(html, /<script|<link|<iframe|<image|@import|url\((?!#c\d+-)/);
  const addresses = [...html.matchAll(/\b(?:href|src)="([^"]*)"/g)].map((found) => found[1]);
  assert.ok(addresses.every((address) => address?.startsWith('#')));
  const targets = new Set([...html.matchAll(/\bid="([^"]*)"/g)].map((found) => `#${found[1]}`));
  assert.equal(
    addresses.filter((address) => !targets.has(address ?? '')),
    [],
  );
});

test('ids are unique on the page, those inside charts included', async () => {
  const ids = [...(await renderHtml(draft())).matchAll(/\bid="([^"]*)"/g)].map((found) => found[1]);
  assert.is(new Set(ids).size, ids.length);
});

test('escaping leaves ordinary text as it is', () => {
  assert.is(escapeHtml('layer 1, head 3 → ü 中'), 'layer 1, head 3 → ü 中');
});

test.run();
