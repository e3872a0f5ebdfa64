// Reading a component: the site's value in the world that is asked for, restricted to the part that is meant.

import type { Span } from '../base/span.js';
import { take } from './constraints.js';
import { type Ctx, deeper, refuse } from './context.js';
import { instanceOf } from './instance.js';
import { drawLabel } from './labels.js';
import * as say from './messages.js';
import { effectiveRows, requireAligned } from './read-rows.js';
import { siteOf, sitePaths } from './sites.js';
import { rowsKey } from './stage.js';
import { tensor, unionLabels } from './tensors.js';
import type { ComponentValue, ModelValue, RowsValue, TensorValue, WorldValue } from './value.js';

/** The world in which a model is read here: the one asked for, if it is about this model; else the clean run. */
export function worldFor(model: ModelValue, ctx: Ctx): WorldValue {
  const { world } = ctx;
  if (world !== null && (world.model.id === model.id || ctx.standsFor === model.declared)) return world;
  return { kind: 'world', model, writes: [], rows: world?.rows ?? null };
}

/** The whole site, before any part of it is taken. */
export function readSite(model: ModelValue, path: string, span: Span, ctx: Ctx): TensorValue {
  const world = worldFor(model, ctx);
  const site = siteOf(world.model.graph, path);
  if (site === undefined) {
    return refuse(say.noSuchSite(span, world.model, path, sitePaths(world.model.graph)));
  }
  const rows = rowsOfWorld(world, ctx);
  requireAligned(rows, span, ctx);
  const instance = deeper(ctx, 20, () => instanceOf(world, rowsKey(rows, ctx.shift), ctx));
  const units: Readonly<Record<string, string>> = { logits: 'logit' };
  const unit = path.endsWith('.pattern') ? 'probability' : (units[path] ?? null);
  return tensor(
    ctx,
    deeper(ctx, 20, () => instance.valueOf(path)),
    {
      unit,
      label: unionLabels(instance.label(), new Set(drawLabel(rows, ctx))),
      evidence: instance.evidence(),
    },
  );
}

/** The rows a world runs on: its own, else those of the stage. */
export function rowsOfWorld(world: WorldValue, ctx: Ctx): RowsValue {
  if (world.rows !== null) return effectiveRows(world.rows, { ...ctx, world });
  return { kind: 'rows', data: ctx.stage.data, split: null, variant: [], draw: null };
}

export function readComponent(value: ComponentValue, span: Span, ctx: Ctx): TensorValue {
  if (value.joint !== null) return readJoint(value, span, ctx);
  let x = readSite(value.model, value.path, span, ctx);
  for (const constraint of value.constraints) x = take(x, constraint, span, ctx);
  return x;
}

/** A hook indexed by a circuit reads, inside a write, as the whole site that is being written: the write takes its part. */
function readJoint(value: ComponentValue, span: Span, ctx: Ctx): TensorValue {
  const here = value.joint?.find((one) => one.path === ctx.place?.path);
  if (here === undefined) return refuse(say.circuitNeedsPlace(span));
  const outer = here.constraints.filter((c) => c.at.kind !== 'set' && c.at.kind !== 'mask');
  let x = readSite(value.model, here.path, span, ctx);
  for (const constraint of outer) x = take(x, constraint, span, ctx);
  return x;
}
