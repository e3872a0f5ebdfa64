// `ablation p = mean { of: z, on: rows, by: [template, role] }`: what stands in for a site, as a policy that can be applied
// to all its hook names, to a circuit, or to everything but a circuit.

import { bug } from '../base/bug.js';
import type { Span } from '../base/span.js';
import { circuitParts } from './circuit-parts.js';
import { type Ctx, evaluate, evaluateMember, readSite, refuse } from './context.js';
import { describe } from './describe.js';
import { fieldOf } from './fields.js';
import { splitLabel } from './labels.js';
import * as say from './messages.js';
import { insidePool, poolTensor, readPool } from './pooling.js';
import { universeOf } from './ranges.js';
import { siteOf } from './sites.js';
import { axesOf, castTo, constant, tensor, unionLabels } from './tensors.js';
import type { AblationValue, Constraint, Place, RowsValue, TensorValue, Universe, Value } from './value.js';

export const ablationKinds = ['mean', 'zero', 'resample'] as const;
export type AblationKind = (typeof ablationKinds)[number];

export type AblationFacts = {
  readonly kind: AblationKind;
  readonly hook: Extract<Value, { kind: 'family' }>;
  readonly rows: RowsValue | null;
  readonly by: readonly string[];
  readonly because: string | null;
};

/** The fields of an ablation, checked. */
export function ablationFacts(ablation: AblationValue, ctx: Ctx): AblationFacts {
  const { declaration, scope } = ablation;
  const { value } = declaration;
  if (value?.kind !== 'name') return refuse(say.missingValue(declaration));
  const kind = ablationKinds.find((one) => one === value.name);
  if (kind === undefined) return refuse(say.unknownAblation(value.span, value.name, ablationKinds));
  const of =
    fieldOf(declaration, 'of') ??
    refuse(say.missingField(declaration, 'of', 'the hook that it stands in for'));
  const hook = evaluate(of, scope, { ...ctx, place: null });
  if (hook.kind !== 'family') return refuse(say.expected(of.span, 'a hook family', describe(hook)));
  const on = fieldOf(declaration, 'on');
  const rows = on === undefined ? null : evaluate(on, scope, ctx);
  if (rows !== null && rows.kind !== 'rows')
    return refuse(say.expected(on?.span ?? of.span, 'rows of a data set', describe(rows)));
  if (kind !== 'zero' && rows === null)
    return refuse(say.missingField(declaration, 'on', 'the rows its values come from'));
  const by = fieldOf(declaration, 'by');
  const words = by === undefined ? [] : by.kind === 'list' ? by.items : [by];
  const because = fieldOf(declaration, 'because');
  return {
    kind,
    hook,
    rows,
    by: words.map((one) =>
      one.kind === 'name' ? one.name : refuse(say.expected(one.span, 'a column or role word')),
    ),
    because: because?.kind === 'string' ? because.value : null,
  };
}

/** The sites that an ablation writes: those of its circuit, or everything its hook names. */
export function ablationPlaces(ablation: AblationValue, span: Span, ctx: Ctx): readonly Place[] {
  const { hook } = ablationFacts(ablation, ctx);
  if (ablation.on !== null) {
    return circuitParts(ablation.on).map(({ values, at }) => {
      const component = evaluateMember(hook.declaration, values, hook.scope, ctx);
      if (component.kind !== 'component') return refuse(say.expected(span, 'a hook', describe(component)));
      const site = siteOf(component.model.graph, component.path);
      const constraints = component.constraints
        .map((c): Constraint => (c.at.kind === 'dynamic' ? { axis: c.axis, at } : c))
        .filter((c) => !isWhole(c, site?.axes.find((axis) => axis.name === c.axis)?.size));
      return { path: component.path, constraints };
    });
  }
  const universe = universeOf(hook.declaration, hook.scope, ctx);
  return wholeSites(hook, universe, span, ctx);
}

/** Every position along the axis: no restriction at all. */
function isWhole(constraint: Constraint, size: number | string | undefined): boolean {
  return constraint.at.kind === 'set' && constraint.at.indices.length === size;
}

/** All sites of a hook family, each whole. */
function wholeSites(hook: AblationFacts['hook'], universe: Universe, span: Span, ctx: Ctx): readonly Place[] {
  const layerAt = universe.findIndex((one) => one.range.domain.kind === 'layers');
  const layers = layerAt < 0 ? [null] : (universe[layerAt]?.range.values ?? []);
  return layers.map((layer) => {
    const values = universe.map(
      ({ name, range }, i): Value => ({
        kind: 'index',
        name,
        domain: range.domain,
        at: i === layerAt && layer !== null ? { kind: 'fixed', value: layer } : { kind: 'dynamic' },
      }),
    );
    const component = evaluateMember(hook.declaration, values, hook.scope, ctx);
    if (component.kind !== 'component') return refuse(say.expected(span, 'a hook', describe(component)));
    return {
      path: component.path,
      constraints: component.constraints.filter((c) => c.at.kind !== 'dynamic'),
    };
  });
}

/** What the ablation puts at a site, over the site's axes (less those that the policy averages). */
export function ablatedValue(ablation: AblationValue, path: string, span: Span, ctx: Ctx): TensorValue {
  const facts = ablationFacts(ablation, ctx);
  if (facts.kind === 'zero') return tensor(ctx, constant(ctx, 0));
  const rows = facts.rows ?? bug('an ablation without rows');
  const model = ctx.world?.model ?? bug('an ablation outside a world');
  if (facts.kind === 'resample') {
    return readSite(model, path, span, { ...ctx, world: { kind: 'world', model, writes: [], rows } });
  }
  const clusterColumn = rows.data.facts.clusterBy;
  const local = facts.by.includes(clusterColumn);
  const site = siteOf(model.graph, path) ?? bug(`no site ${path}`);
  const byPosition = facts.by.some((word) => word === 'role' || word === 'pos');
  if (local && !byPosition)
    return refuse(say.notExecutableYet(span, `means by \`${clusterColumn}\` alone (add \`role\`)`));
  if (!local && byPosition) return refuse(say.notExecutableYet(span, 'means by role across clusters'));
  const unknown = facts.by.find((word) => !['role', 'pos', clusterColumn].includes(word));
  if (unknown !== undefined) return refuse(say.unknownBy(span, unknown, [clusterColumn, 'role']));
  const inner = insidePool(rows, false, { ...ctx, world: { kind: 'world', model, writes: [], rows } });
  const x = readSite(model, path, span, inner);
  if (!local) {
    const positions = site.axes.flatMap((axis) =>
      ['pos', 'query', 'key'].includes(axis.name) ? [axis.name] : [],
    );
    const made = poolTensor(x, null, positions, 'mean', span, inner);
    return readPool(made, unionLabels(x.label, new Set([splitLabel(rows, ctx)])), x, ctx);
  }
  // The cluster's own mean, position by position: computed from the inputs of the row's own cluster, so it adds no label.
  const { stage } = inner;
  const { pools } = ctx.session.stages;
  const known = stage.outputs.find(
    (one) =>
      one.value === x.id && one.purpose.kind === 'pooled' && pools[one.purpose.pool]?.over === 'cluster',
  );
  const id =
    known?.purpose.kind === 'pooled'
      ? known.purpose.pool
      : ctx.session.stages.pool((made) => ({
          id: made,
          stage,
          reduce: 'mean',
          over: 'cluster',
          context: null,
          axes: axesOf(x).slice(1),
        })).id;
  if (known === undefined) {
    stage.output({
      name: `pool:${id}:sum`,
      value: castTo(x, 'f32').id,
      context: null,
      purpose: { kind: 'pooled', pool: id, role: 'sum' },
    });
  }
  const table = ctx.stage.input(
    `cluster-pooled:${id}`,
    { dtype: 'f32', axes: [{ name: 'example', size: 'example' }, ...axesOf(x).slice(1)] },
    { kind: 'cluster-pooled', pool: id },
  );
  return tensor(ctx, ctx.stage.lifted(table, ctx.context), { label: x.label });
}
