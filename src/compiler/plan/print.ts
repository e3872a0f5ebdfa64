// The plan as text, 80 columns wide. Numbers have three digits, which is what the cost model is good for.

import type { ControlPlan } from './control-plans.js';
import { addCosts } from './cost.js';
import type { PassSaving } from './explain.js';
import type { Plan } from './plan.js';
import type { Bound, StagePlan } from './planned-stage.js';

const WIDTH = 80;
/** Widths of the columns after the title. */
const COLUMNS = [10, 10, 8, 11, 9] as const;

export function printPlan(plan: Plan): string {
  const lines = [
    row('', ['members', 'runs', 'calls', 'FLOP', 'memory']),
    ...together(plan.stages).map(stageLine),
    row('total', [
      '',
      count(plan.total.executions),
      count(plan.total.calls),
      limited(flops(plan.total.flops), plan.bound),
      bytes(plan.peakBytes),
    ]),
    '',
    ...wrapped(memoryText(plan), ''),
    ...wrapped(loopText(plan), ''),
  ];
  if (plan.searches.length > 0) lines.push('', 'searches', ...searchLines(plan.searches));
  if (plan.controls.length > 0) lines.push('', 'controls', ...plan.controls.flatMap(controlLines));
  const explained = plan.stages.filter((one) => one.passes.length > 0);
  for (const { title, passes } of explained) lines.push('', `passes, ${title}`, ...passes.map(passLine));
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

/** Replicates that were all built are one line. */
function together(stages: readonly StagePlan[]): readonly StagePlan[] {
  const byTitle = new Map<string, StagePlan>();
  for (const stage of stages) {
    const name = `${stage.kind} ${stage.title}`;
    const known = byTitle.get(name);
    const merged =
      known === undefined
        ? stage
        : { ...known, times: known.times + stage.times, cost: addCosts(known.cost, stage.cost) };
    byTitle.set(name, merged);
  }
  return [...byTitle.values()];
}

function stageLine({ title, times, members, cost, bound }: StagePlan): string {
  const shown = times === 1 ? title : `${title} (× ${shortNumber(times)})`;
  const memberText = members === 0 ? '–' : count(members);
  return row(shown, [
    memberText,
    count(cost.executions),
    count(cost.calls),
    limited(flops(cost.flops), bound),
    bytes(cost.peakBytes),
  ]);
}

function memoryText({ peakBytes, weightBytes, valueBytes }: Plan): string {
  return `Memory at most ${bytes(peakBytes)}: weights ${bytes(weightBytes)} + values ${bytes(valueBytes)}.`;
}

function loopText({ total, bound }: Plan): string {
  const share =
    total.loopFlops === 0
      ? ''
      : `; the plan does ${limited(percent(total.flops / total.loopFlops), bound)} of that`;
  return `A loop that runs the whole model once for every member and example makes these ${count(total.executions)} runs with ${flops(total.loopFlops)}FLOP${share}.`;
}

function searchLines(searches: Plan['searches']): readonly string[] {
  return [...new Set(searches.map((one) => one.name))].flatMap((name) => {
    const mine = searches.filter((one) => one.name === name);
    const times = mine.reduce((sum, one) => sum + one.times, 0);
    const [first] = mine;
    if (first === undefined) return [];
    const state = mine.every((one) => one.settled) ? 'done' : 'to run';
    const often = times === 1 ? '' : `, ${count(times)} times (again on other weights)`;
    return [`  ${name}: ${count(first.keeps)} of ${count(first.members)} members, ${state}${often}`];
  });
}

function controlLines(control: ControlPlan): readonly string[] {
  const { name, claim, inserted, waived, executions, flops: extra, bound } = control;
  const first = `  ${name} (for ${claim}): ${whatText(control)}${inserted ? ', inserted' : ''}`;
  if (waived !== null) return wrapped(`${first}; waived: ${waived}`, '    ');
  const cost =
    extra === 0 ? 'nothing more' : `${limited(`${flops(extra)}FLOP`, bound)} more, ${count(executions)} runs`;
  return wrapped(`${first}; ${cost}`, '    ');
}

function whatText({ kind, draws, exhaustive }: ControlPlan): string {
  switch (kind) {
    case 'paired':
      return 'another intervention on the same rows';
    case 'reinitialised':
      return `${count(draws)} reinitialised models`;
    case 'circuits':
      return exhaustive ? `all ${count(draws)} other circuits` : `${count(draws)} random circuits`;
  }
}

function passLine({ pass, skipped, flopsBefore, flopsAfter }: PassSaving): string {
  if (skipped) return `  ${pass.padEnd(18)}left out`;
  const change = flopsBefore === 0 ? 0 : flopsAfter / flopsBefore - 1;
  const saved =
    Math.abs(change) < 0.0005 ? 'no change' : `${change < 0 ? '−' : '+'}${percent(Math.abs(change))}`;
  return `  ${pass.padEnd(18)}${flops(flopsBefore).padStart(12)} → ${flops(flopsAfter).padStart(12)}  ${saved.padStart(9)}`;
}

/** A title and right-aligned cells; a title that is too long has a line to itself. */
function row(title: string, cells: readonly string[]): string {
  const right = cells.map((cell, i) => cell.padStart(COLUMNS[i] ?? 8)).join('');
  const room = WIDTH - right.length;
  if (title.length < room) return title.padEnd(room) + right;
  return `${wrapped(title, '  ').join('\n')}\n${' '.repeat(room)}${right}`;
}

function limited(text: string, bound: Bound): string {
  return bound === 'exact' ? text : `~ ${text}`;
}

/** `1,234`; from ten million on, `24 M`. */
export function count(value: number): string {
  if (value >= 1e7) return flops(value);
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

const LARGE = ['', ' k', ' M', ' G', ' T', ' P', ' E'] as const;

/** `40.2 G`: three digits and a power of a thousand. */
export function flops(value: number): string {
  return scaled(value, LARGE);
}

/** `17 MB`, of a million bytes. */
export function bytes(value: number): string {
  return `${scaled(value, [' ', ' k', ' M', ' G', ' T', ' P', ' E'])}B`;
}

function scaled(value: number, units: readonly string[]): string {
  let scale = 0;
  let rest = value;
  // 999.5 and more would be printed as 1000.
  while (rest >= 999.5 && scale < units.length - 1) {
    rest /= 1000;
    scale++;
  }
  return `${shortNumber(rest)}${units[scale] ?? ''}`;
}

function shortNumber(value: number): string {
  return Number(value.toPrecision(3)).toString();
}

/** `38 %`; below one percent with one digit more. */
export function percent(share: number): string {
  const value = share * 100;
  if (value > 0 && value < 0.1) return '< 0.1 %';
  return `${value < 10 ? Number(value.toFixed(1)) : Math.round(value)} %`;
}

function wrapped(text: string, indent: string): readonly string[] {
  const lines: string[] = [];
  let line = '';
  const start = text.length - text.trimStart().length;
  line = text.slice(0, start);
  for (const word of text.slice(start).split(' ')) {
    const longer = line.trim() === '' ? line + word : `${line} ${word}`;
    if (longer.length <= WIDTH || line.trim() === '') line = longer;
    else {
      lines.push(line);
      line = `${indent}${word}`;
    }
  }
  return [...lines, line];
}
