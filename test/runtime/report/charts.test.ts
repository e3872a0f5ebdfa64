// Charts at every size: drawn without a warning, complete where they name members, and with labels that do not collide.
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Chart } from '../../../src/runtime/report/chart/chart.js';
import { curveChart } from '../../../src/runtime/report/chart/curve-chart.js';
import { drawChart } from '../../../src/runtime/report/chart/draw-chart.js';
import { forestChart } from '../../../src/runtime/report/chart/forest-chart.js';
import { heatmapChart } from '../../../src/runtime/report/chart/heatmap-chart.js';
import { boxOf, overlaps, placeLabels } from '../../../src/runtime/report/chart/place-labels.js';
import { scatterChart } from '../../../src/runtime/report/chart/scatter-chart.js';
import type { ReportClaim } from '../../../src/runtime/report/report-data.js';
import type { ReportView } from '../../../src/runtime/report/view-data.js';
import { composite, mixed } from './synthetic-circuit.js';
import { syntheticClaim, syntheticViews } from './synthetic-report.js';

const test = suite('charts');

async function draw(chart: Chart): Promise<string> {
  const warnings: string[] = [];
  const svg = await drawChart(chart, { prefix: 'p-', onWarning: (text) => warnings.push(text) });
  assert.equal(warnings, []);
  assert.not.match(svg, /NaN|Infinity/);
  return svg;
}

function chartOf(view: ReportView): Chart | null {
  switch (view.kind) {
    case 'heatmap':
      return heatmapChart(view);
    case 'scatter':
      return scatterChart(view).chart;
    case 'curve':
      return curveChart(view);
    case 'table':
      return null;
  }
}

const linesOf = (claim: ReportClaim) =>
  claim.members.flatMap((member) => member.parts.map((part) => ({ member, part })));

const widthOf = (svg: string): number => Number(/width="([\d.]+)"/.exec(svg)?.[1]);

test('every view draws from 0 to 1,000 members, no wider than a page', async () => {
  for (const [layers, heads] of [
    [0, 0],
    [1, 1],
    [2, 4],
    [12, 12],
    [25, 40],
  ] as const) {
    for (const view of syntheticViews(syntheticClaim(layers, heads), layers, heads)) {
      const chart = chartOf(view);
      if (chart === null) continue;
      const width = widthOf(await draw(chart));
      assert.ok(width > 0 && width < 1_000, `${view.kind} of ${layers * heads}: ${width}`);
    }
  }
});

test('the margin plot draws in each of its three forms, and for parts of every kind', async () => {
  for (const members of [1, 8, 60, 61, 1_000, 3_000]) {
    const svg = await draw(forestChart(linesOf(syntheticClaim(1, members))));
    assert.ok(widthOf(svg) < 1_000, String(members));
  }
  for (const claim of [composite, mixed]) await draw(forestChart(linesOf(claim)));
});

test('up to 60 members are named in the margin plot, even when two have the same name', async () => {
  const claim = syntheticClaim(2, 30);
  const svg = await draw(forestChart(linesOf(claim)));
  for (const { label } of claim.members) assert.ok(svg.includes(`>${label}</text>`), label);
  const twins = claim.members.slice(0, 2).map((member) => ({ ...member, label: 'twin' }));
  const twice = await draw(forestChart(linesOf({ ...claim, members: twins })));
  assert.is(twice.split('>twin</text>').length - 1, 2);
});

test('a heat map writes its values and signs into cells that have room', async () => {
  const [, marked] = syntheticViews(syntheticClaim(2, 4), 2, 4);
  assert.is(marked?.kind, 'heatmap');
  const svg = await draw(marked?.kind === 'heatmap' ? heatmapChart(marked) : (assert.unreachable() as never));
  assert.ok(svg.includes('>0.620</text>'));
  assert.is(svg.split('>●</text>').length - 1, 2);
  assert.is(svg.split('>◇</text>').length - 1, 1);
});

test('values that do not exist are said to be undefined and get no colour', async () => {
  const [plain] = syntheticViews(syntheticClaim(1, 2), 1, 2);
  if (plain?.kind !== 'heatmap') return assert.unreachable();
  const cells = plain.cells.map((one, index) => (index === 0 ? { ...one, value: null } : one));
  assert.ok((await draw(heatmapChart({ ...plain, cells }))).includes('>undefined</text>'));
});

test('ids inside a chart carry its prefix', async () => {
  const [first] = syntheticViews(syntheticClaim(2, 4), 2, 4);
  const chart = first === undefined ? null : chartOf(first);
  const svg = chart === null ? '' : await draw(chart);
  const ids = [...svg.matchAll(/\bid="([^"]*)"/g)].map((found) => found[1] ?? '');
  assert.ok(ids.length > 0);
  assert.ok(
    ids.every((id) => id.startsWith('p-')),
    String(ids),
  );
  for (const [, used] of svg.matchAll(/url\(#([^)]*)\)/g)) assert.ok(ids.includes(used ?? ''), used);
});

test('labels cover neither one another nor a point, and stay inside', () => {
  const point = fc.record({
    x: fc.integer({ min: 0, max: 300 }),
    y: fc.integer({ min: 0, max: 200 }),
    text: fc.string({ minLength: 1, maxLength: 12 }),
  });
  fc.assert(
    fc.property(fc.array(point, { maxLength: 40 }), (points) => {
      const order = points.map((_, index) => index);
      const placed = placeLabels(points, order, { width: 300, height: 200 });
      const boxes = placed.map((one) => boxOf(points[one.index] ?? (assert.unreachable() as never), one));
      for (const [index, box] of boxes.entries()) {
        assert.ok(box.left >= 0 && box.right <= 300 && box.top >= 0 && box.bottom <= 200);
        assert.not.ok(boxes.slice(index + 1).some((other) => overlaps(box, other)));
        assert.not.ok(
          points.some(({ x, y }) => x > box.left && x < box.right && y > box.top && y < box.bottom),
        );
      }
    }),
    { numRuns: 200 },
  );
});

test.run();
