// A model replayed into a stage's graph, with a world's writes spliced in. A write is graph surgery: from the written site
// on, every consumer reads the new value. Equal worlds meet again by content, so nothing that is shared is built twice.

import { bug } from '../base/bug.js';
import type { Span } from '../base/span.js';
import type { ValueId } from '../ir/graph.js';
import { elementwise, hasAxis, reduceNamed, spreadTo } from '../ir/named.js';
import { instantiate, type Replay, type ReplayRequest } from '../model/replay.js';
import { ablatedValue, ablationPlaces } from './ablations.js';
import { maskOf } from './constraints.js';
import { type Ctx, evaluate, readSite, refuse, toTensor } from './context.js';
import { describe } from './describe.js';
import { directedValue } from './directions.js';
import * as say from './messages.js';
import { siteOf } from './sites.js';
import type { Instance } from './stage.js';
import { positionSymbol, type RowsKey, rowsText, type Stage } from './stage.js';
import { castTo, guarded, strongest, tensor, unionLabels } from './tensors.js';
import type {
  AblationValue,
  ComponentValue,
  Constraint,
  Evidence,
  ModelValue,
  Place,
  Thunk,
  Value,
  WorldValue,
  WritePlan,
} from './value.js';

/** One site that a write touches: the part it replaces, less the parts it leaves alone. */
type SiteWrite = {
  readonly path: string;
  readonly constraints: readonly Constraint[];
  readonly except: readonly (readonly Constraint[])[];
  readonly plan: WritePlan;
};

const byWorld = new WeakMap<Stage, WeakMap<WorldValue, Map<string, Instance>>>();

export function instanceOf(world: WorldValue, rows: RowsKey, ctx: Ctx): Instance {
  const where = `${rowsText(rows)}|${ctx.context?.id ?? ''}`;
  if (world.writes.length === 0) {
    const key = `${world.model.id}|${where}`;
    const known = ctx.stage.instances.get(key);
    if (known !== undefined) return known;
    const made = build(world, rows, ctx, `${world.model.declared} on ${rowsText(rows)}`);
    ctx.stage.instances.set(key, made);
    return made;
  }
  const worlds = byWorld.get(ctx.stage) ?? new WeakMap<WorldValue, Map<string, Instance>>();
  byWorld.set(ctx.stage, worlds);
  const mine = worlds.get(world) ?? new Map<string, Instance>();
  worlds.set(world, mine);
  const known = mine.get(where);
  if (known !== undefined) return known;
  const owners = [...new Set(world.writes.map((one) => one.owner))].join(', ');
  const made = build(world, rows, ctx, `${world.model.declared} with ${owners} on ${rowsText(rows)}`);
  mine.set(where, made);
  return made;
}

function build(world: WorldValue, rows: RowsKey, ctx: Ctx, name: string): Instance {
  const { stage, context } = ctx;
  const { model } = world;
  const clean: Ctx = { ...ctx, world: { ...world, writes: [] }, place: null };
  const writes = world.writes.flatMap((plan) => placesOf(plan, clean));
  const weight = writes.find((one) => one.path.startsWith('weights.'));
  if (weight !== undefined) refuse(say.notExecutableYet(weight.plan.span, 'writes to weights'));
  refuseOverlaps(writes);
  for (const { path } of writes) stage.writtenPaths.add(path);
  const byPath = new Map<string, SiteWrite[]>();
  for (const write of writes) byPath.set(write.path, [...(byPath.get(write.path) ?? []), write]);
  const input = model.graph.inputs[0] ?? bug('a model without inputs');
  const symbol = positionSymbol(ctx.stage.data, rows);
  const column = stage.column(rows, inputColumn(ctx), {
    dtype: input.type.dtype,
    perPosition: input.type.axes.length > 1,
  });
  let label: ReadonlySet<string> = new Set();
  let evidence: Evidence = 'observed';
  const written: ValueId[] = [];
  const symbols = new Map([
    ['example', context?.symbol ?? 'example'],
    ['pos', symbol],
  ]);
  const replay: Replay = instantiate(stage.builder, model.graph, {
    inputs: new Map([[input.name, stage.lifted(column, context)]]),
    symbols,
    renames: stage.renames(symbols),
    written: new Set(byPath.keys()),
    ...weightNames(model, ctx),
    substitute: (paths, inflight) => {
      let value = inflight;
      for (const path of paths) {
        for (const write of byPath.get(path) ?? []) {
          const inflightNow = value;
          const applied = guarded(write.plan.span, () => apply(write, inflightNow, clean));
          value = applied.value;
          written.push(value);
          label = unionLabels(label, applied.label);
          evidence = strongest(evidence, applied.evidence);
        }
      }
      return value;
    },
  });
  stage.executions.push({
    model,
    world: name,
    positions: symbol,
    context: context?.id ?? null,
    clean: world.writes.length === 0,
    written,
  });
  return { valueOf: (path) => replay.valueOf(path), label: () => label, evidence: () => evidence };
}

/** Two models read on the same rows are one graph: the weights of every model but the file's first are named by it. */
function weightNames({ declared }: ModelValue, ctx: Ctx): Pick<ReplayRequest, 'weightName'> {
  const [first] = ctx.session.models.values();
  if (first === undefined || first.declared === declared) return {};
  return { weightName: (name) => `${declared}/${name}` };
}

/** The column that a model reads as its input. */
function inputColumn(ctx: Ctx): string {
  const { columns } = ctx.stage.data.facts;
  const input = columns.find((one) => one.kind === 'tokens') ?? columns[0];
  return input?.name ?? bug('a data set without columns');
}

type Applied = { readonly value: ValueId; readonly label: ReadonlySet<string>; readonly evidence: Evidence };

/** Where(mask, new value, value in flight). */
function apply(write: SiteWrite, inflight: ValueId, clean: Ctx): Applied {
  const { stage } = clean;
  const { builder } = stage;
  const { plan } = write;
  const inner: Ctx = {
    ...clean,
    place: {
      path: write.path,
      constraints: write.constraints,
      inflight: tensor(clean, inflight),
      span: plan.span,
    },
  };
  const found = newValue(plan, write, inner);
  const given = { ...found, value: castTo(found.value, builder.typeOf(inflight).dtype) };
  if (given.value.id === inflight) return { value: inflight, label: given.value.label, evidence: 'observed' };
  const target = builder.axesOf(inflight);
  const order = target.map((axis) => axis.name);
  const extra = builder.axesOf(given.value.id).find((axis) => !order.includes(axis.name));
  if (extra !== undefined) refuse(say.valueDoesNotFit(plan.span, extra.name, write.path, order));
  for (const axis of builder.axesOf(given.value.id)) {
    const own = target.find((one) => one.name === axis.name);
    if (own !== undefined && own.size !== axis.size && axis.size !== 1)
      refuse(say.axisClash(plan.span, axis.name, own, axis));
  }
  const spread = spreadTo(builder, given.value.id, order);
  const mask = writeMask(write, inflight, inner);
  const evidence = strongest(given.evidence, given.value.evidence);
  const whole = builder.add({ name: 'Expand', attrs: { axes: target } }, spread);
  const value =
    mask === null
      ? whole
      : builder.add({ name: 'Where', attrs: {} }, spreadTo(builder, mask, order), spread, inflight);
  noteChange(plan.owner, value, inflight, clean);
  return { value, label: given.value.label, evidence };
}

function newValue(plan: WritePlan, write: SiteWrite, ctx: Ctx) {
  const { value } = plan;
  if ('expr' in value) {
    const found = evaluate(value.expr, value.scope, ctx);
    const evidence: Evidence = found.kind === 'component' ? 'decoded' : 'intervened';
    return { value: toTensor(found, value.expr.span, value.scope, ctx), evidence };
  }
  if (value.kind === 'clean') {
    const model = ctx.world?.model ?? bug('a write outside a world');
    return { value: readSite(model, write.path, plan.span, ctx), evidence: 'observed' as const };
  }
  if (value.kind === 'direction')
    return {
      value: directedValue(value.instead, write.path, plan.span, ctx),
      evidence: 'intervened' as const,
    };
  return { value: ablatedValue(value.ablation, write.path, plan.span, ctx), evidence: 'intervened' as const };
}

/** True where the site is written; null where all of it is. */
function writeMask(write: SiteWrite, site: ValueId, ctx: Ctx): ValueId | null {
  const { builder } = ctx.stage;
  const all = (constraints: readonly Constraint[]): ValueId | null => {
    let mask: ValueId | null = null;
    for (const constraint of constraints) {
      const axis = builder.axesOf(site).find((one) => one.name === constraint.axis);
      if (axis === undefined) {
        return refuse(
          say.noSuchAxis(
            write.plan.span,
            constraint.axis,
            builder.axesOf(site).map((one) => one.name),
          ),
        );
      }
      const one = maskOf(constraint, axis, write.plan.span, ctx);
      mask = mask === null ? one : elementwise(builder, 'And', mask, one);
    }
    return mask;
  };
  let mask = all(write.constraints);
  for (const except of write.except) {
    const spared = all(except);
    if (spared === null) continue;
    const outside = builder.add({ name: 'Not', attrs: {} }, spared);
    mask = mask === null ? outside : elementwise(builder, 'And', mask, outside);
  }
  return mask;
}

/** Records, per row, whether the write changed its tensor at all. */
function noteChange(owner: string, after: ValueId, before: ValueId, ctx: Ctx): void {
  const { stage, context } = ctx;
  const { builder } = stage;
  if (owner === '' || !hasAxis(builder, after, 'example')) return;
  const same = builder.add({ name: 'Equal', attrs: {} }, after, before);
  const differs = builder.add(
    { name: 'Cast', attrs: { to: 'f32' } },
    builder.add({ name: 'Not', attrs: {} }, same),
  );
  const axes = builder.axesOf(differs).flatMap((axis) => (axis.name === 'example' ? [] : [axis.name]));
  stage.changes.push({
    owner,
    context: context?.id ?? null,
    value: reduceNamed(builder, 'ReduceMax', differs, axes),
    written: after,
  });
}

function placesOf(plan: WritePlan, ctx: Ctx): readonly SiteWrite[] {
  const { target } = plan;
  const ablation = ablationOf(plan);
  if (ablation !== null)
    return ablationPlaces(ablation, plan.span, ctx).map((one) => ({ ...one, except: [], plan }));
  if ('expr' in target) return placesOfThunk(target, ctx).map((one) => ({ ...one, except: [], plan }));
  const except = target.except.flatMap((thunk) => placesOfThunk(thunk, ctx));
  return target.paths.map((path) => ({
    path,
    constraints: [],
    except: except.filter((one) => one.path === path).map((one) => one.constraints),
    plan,
  }));
}

/** The ablation that a write puts, or a random direction in its place. */
function ablationOf({ value }: WritePlan): AblationValue | null {
  if ('expr' in value || value.kind === 'clean') return null;
  if (value.kind === 'ablation') return value.ablation;
  return 'expr' in value.instead ? null : value.instead;
}

/** The sites that the left side of a write names. */
export function placesOfThunk(thunk: Thunk, ctx: Ctx): readonly Place[] {
  return placesOfValue(evaluate(thunk.expr, thunk.scope, ctx), thunk.expr.span, ctx);
}

export function placesOfValue(value: Value, span: Span, ctx: Ctx): readonly Place[] {
  switch (value.kind) {
    case 'component':
      return placesOfComponent(value, span);
    case 'parts': {
      const suffix = value.suffix === null ? '' : `.${value.suffix}`;
      const paths = value.model.graph.sites.filter(
        (site) => site.part === value.part && site.path.endsWith(suffix),
      );
      if (paths.length === 0) return refuse(say.noSuchParts(span, value));
      return paths.map((site) => ({ path: site.path, constraints: [] }));
    }
    case 'list':
      return value.items.flatMap((item, i) => placesOfValue(item, value.spans[i] ?? span, ctx));
    default:
      return refuse(say.notASite(span, describe(value)));
  }
}

function placesOfComponent(value: ComponentValue, span: Span): readonly Place[] {
  if (value.joint !== null) return value.joint;
  const site = siteOf(value.model.graph, value.path);
  if (site === undefined) {
    return refuse(
      say.noSuchSite(
        span,
        value.model,
        value.path,
        value.model.graph.sites.map((one) => one.path),
      ),
    );
  }
  return [{ path: value.path, constraints: value.constraints }];
}

/** Two writes in one world must not touch the same element: their order would matter. */
function refuseOverlaps(writes: readonly SiteWrite[]): void {
  for (const [i, a] of writes.entries()) {
    for (const b of writes.slice(i + 1)) {
      if (a.path === b.path && !disjoint(a, b) && !disjoint(b, a))
        refuse(say.overlappingWrites(a.plan.span, b.plan.span, a.path));
    }
  }
}

function disjoint(a: SiteWrite, b: SiteWrite): boolean {
  const spares = a.except.some((except) =>
    except.every((one) => b.constraints.some((other) => sameConstraint(one, other))),
  );
  if (spares) return true;
  return a.constraints.some((one) =>
    b.constraints.some((other) => one.axis === other.axis && apart(fixedOf(one), fixedOf(other))),
  );
}

function fixedOf(constraint: Constraint): readonly number[] | null {
  if (constraint.at.kind === 'fixed') return [constraint.at.index];
  return constraint.at.kind === 'set' ? constraint.at.indices : null;
}

function apart(a: readonly number[] | null, b: readonly number[] | null): boolean {
  if (a === null || b === null) return false;
  if ([...a, ...b].some((i) => i < 0)) return false;
  return !a.some((i) => b.includes(i));
}

function sameConstraint(a: Constraint, b: Constraint): boolean {
  if (a.axis !== b.axis || a.at.kind !== b.at.kind) return false;
  if (a.at.kind === 'set' && b.at.kind === 'set') return a.at.indices.join() === b.at.indices.join();
  if (a.at.kind === 'fixed' && b.at.kind === 'fixed') return a.at.index === b.at.index;
  if ('name' in a.at && 'name' in b.at) return a.at.name === b.at.name;
  return a.at.kind === 'perRow' && b.at.kind === 'perRow' && a.at.role === b.at.role;
}
