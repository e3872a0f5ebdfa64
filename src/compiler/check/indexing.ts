// `x[…]`: members of families, parts of components, positions of tensors.

import type { Span } from '../base/span.js';
import { selectByValue } from '../ir/named-select.js';
import type { Arg, Expr, IndexExpr } from '../syntax/ast.js';
import { circuitParts, standIn } from './circuit-parts.js';
import { take } from './constraints.js';
import { type Ctx, evaluate, evaluateMember, refuse, toTensor } from './context.js';
import { describe } from './describe.js';
import { knownNames } from './known-names.js';
import * as say from './messages.js';
import { effectiveRows, readColumn, requireAligned } from './read-rows.js';
import { axisNames, axisOfSite, siteOf } from './sites.js';
import { axesOf, castTo, strongest, unionLabels } from './tensors.js';
import type {
  CircuitValue,
  ComponentValue,
  Constraint,
  IndexValue,
  JointPlace,
  Scope,
  TensorValue,
  Value,
} from './value.js';

export function evaluateIndex(expr: IndexExpr, scope: Scope, ctx: Ctx): Value {
  const base = evaluate(expr.base, scope, ctx);
  switch (base.kind) {
    case 'family':
      return indexFamily(base, expr, scope, ctx);
    case 'component':
      return indexComponent(base, expr, scope, ctx);
    case 'ablation':
      return indexAblation(base, expr, scope, ctx);
    case 'error':
      return base;
    case 'word':
      return refuse(say.unknownName(base.span, base.word, knownNames(scope)));
    case 'tensor':
    case 'column':
    case 'number':
      return indexTensor(toTensor(base, expr.base.span, scope, ctx), expr, scope, ctx);
    case 'index':
    case 'range':
    case 'text':
    case 'undecided':
    case 'list':
    case 'element':
    case 'model':
    case 'world':
    case 'parts':
    case 'rows':
    case 'circuit':
    case 'writes':
    case 'function':
    case 'construct':
      return refuse(say.cannotIndex(expr.span, describe(base)));
  }
}

/** Values of positional indices, with circuit elements opened into their coordinates. */
function indexValues(args: readonly Arg[], scope: Scope, ctx: Ctx): readonly { value: Value; span: Span }[] {
  return args.flatMap((arg): readonly { value: Value; span: Span }[] => {
    if (arg.kind !== 'positional') return refuse(say.namedIndexOfFamily(arg.span));
    const value = evaluate(arg.value, scope, ctx);
    if (value.kind !== 'element') return [{ value, span: arg.span }];
    return value.coordinates.map((one) => ({ value: one.index, span: arg.span }));
  });
}

function indexFamily(
  base: Extract<Value, { kind: 'family' }>,
  expr: IndexExpr,
  scope: Scope,
  ctx: Ctx,
): Value {
  const { declaration } = base;
  const wanted = declaration.binders.length;
  const values = indexValues(expr.args, scope, ctx);
  const [first] = values;
  if (values.length === 1 && first?.value.kind === 'circuit') {
    return indexByCircuit(base, first.value, first.span, ctx);
  }
  if (values.length !== wanted) return refuse(say.wrongIndexCount(expr.span, declaration, values.length));
  const bound = values.map(({ value, span }) => asIndex(value, span, scope));
  return evaluateMember(declaration, bound, base.scope, ctx);
}

function asIndex(value: Value, span: Span, scope: Scope): Value {
  if (value.kind === 'index') return value;
  if (value.kind === 'number') {
    return {
      kind: 'index',
      name: String(value.value),
      domain: { kind: 'integers' },
      at: { kind: 'fixed', value: value.value },
    };
  }
  if (value.kind === 'word') return refuse(say.unknownName(value.span, value.word, knownNames(scope)));
  return refuse(say.expected(span, 'an index', describe(value)));
}

/** `z[movers]`: the union of the places of its elements, one write. */
function indexByCircuit(
  base: Extract<Value, { kind: 'family' }>,
  circuit: CircuitValue,
  span: Span,
  ctx: Ctx,
): Value {
  const { declaration } = base;
  if (circuit.universe.length !== declaration.binders.length) {
    return refuse(say.circuitDoesNotFit(span, circuit, declaration));
  }
  const places: JointPlace[] = [];
  let found: ComponentValue | null = null;
  for (const { values, at } of circuitParts(circuit)) {
    const component = evaluateMember(declaration, values, base.scope, ctx);
    if (component.kind !== 'component') return refuse(say.expected(span, 'a hook', describe(component)));
    found = component;
    // The member axis is the one whose constraint came from the stand-in index of the circuit.
    const constraints = component.constraints.map((c) =>
      c.at.kind === 'dynamic' && c.at.name === standIn ? { axis: c.axis, at } : c,
    );
    if (!constraints.some((c) => c.at === at))
      return refuse(say.circuitDoesNotFit(span, circuit, declaration));
    places.push({ path: component.path, constraints });
  }
  if (found === null) return refuse(say.emptyCircuit(span, circuit));
  return { ...found, path: '', constraints: [], joint: places };
}

function indexAblation(
  base: Extract<Value, { kind: 'ablation' }>,
  expr: IndexExpr,
  scope: Scope,
  ctx: Ctx,
): Value {
  const [only] = indexValues(expr.args, scope, ctx);
  if (expr.args.length !== 1 || only?.value.kind !== 'circuit')
    return refuse(say.ablationNeedsCircuit(expr.span));
  return { ...base, on: only.value };
}

function indexComponent(base: ComponentValue, expr: IndexExpr, scope: Scope, ctx: Ctx): Value {
  let component = base;
  for (const arg of expr.args) {
    if (arg.kind === 'positional') {
      const value = evaluate(arg.value, scope, ctx);
      component = stepInto(component, value, arg.span);
      continue;
    }
    if (arg.kind === 'binder') return refuse(say.binderHere(arg.span));
    if (variesByToken(arg.name, evaluate(arg.value, scope, ctx))) {
      // A token of the data picks from the tensor that the component reads as: no place that could be written.
      let x = toTensor(component, expr.base.span, scope, ctx);
      for (const rest of expr.args.slice(expr.args.indexOf(arg))) {
        if (rest.kind !== 'named')
          return refuse(
            say.tensorNeedsNamedIndex(
              rest.span,
              axesOf(x).map((axis) => axis.name),
            ),
          );
        x = indexAxis(x, rest.name, rest.value, rest.nameSpan, scope, ctx);
      }
      return x;
    }
    const site = component.joint === null ? siteOf(component.model.graph, component.path) : undefined;
    const along = site === undefined ? undefined : axisOfSite(site, arg.name);
    if (site !== undefined && along === undefined)
      return refuse(say.noSuchAxis(arg.nameSpan, arg.name, axisNames(site)));
    const constraint = constraintOf(along?.name ?? arg.name, arg.value, scope, ctx);
    checkBounds(constraint, along?.size, arg.value.span);
    component = constrain(component, constraint);
  }
  return component;
}

function variesByToken(axis: string, value: Value): boolean {
  if (value.kind === 'tensor') return true;
  return value.kind === 'column' && (axis === 'vocab' || !value.rows.data.facts.roles.includes(value.column));
}

function constrain(component: ComponentValue, constraint: Constraint): ComponentValue {
  if (component.joint === null) return { ...component, constraints: [...component.constraints, constraint] };
  const joint = component.joint.map((one) => ({ ...one, constraints: [...one.constraints, constraint] }));
  return { ...component, joint };
}

function checkBounds(constraint: Constraint, size: number | string | undefined, span: Span): void {
  if (typeof size !== 'number') return;
  const { at } = constraint;
  const indices = at.kind === 'fixed' ? [at.index] : at.kind === 'set' ? at.indices : [];
  const outside = indices.find((i) => i >= size || i < -size);
  if (outside !== undefined) refuse(say.indexOutOfRange(span, constraint.axis, outside, size));
}

/** `m.blocks[l]`, `m.tensor("…")` aside: a number steps into a numbered part. */
function stepInto(component: ComponentValue, value: Value, span: Span): ComponentValue {
  const index =
    value.kind === 'number'
      ? value.value
      : value.kind === 'index' && value.at.kind === 'fixed'
        ? value.at.value
        : null;
  if (index === null)
    return refuse(say.expected(span, 'a layer number known before the run', describe(value)));
  const path = `${component.path}.${index}`;
  const { sites, weights } = component.model.graph;
  if (![...sites, ...weights].some((site) => site.path === path || site.path.startsWith(`${path}.`))) {
    return refuse(
      say.noSuchComponent(
        span,
        component.model,
        path,
        sites.map((site) => site.path),
      ),
    );
  }
  return { ...component, path };
}

/** What `[axis: value]` restricts. */
export function constraintOf(axis: string, expr: Expr, scope: Scope, ctx: Ctx): Constraint {
  const value = evaluate(expr, scope, ctx);
  switch (value.kind) {
    case 'number':
      if (!Number.isInteger(value.value)) return refuse(say.expected(expr.span, 'a whole number'));
      return { axis, at: { kind: 'fixed', index: value.value } };
    case 'word':
      if (value.word === 'end') return { axis, at: { kind: 'fixed', index: -1 } };
      return refuse(say.unknownName(value.span, value.word, ['end', ...knownNames(scope)]));
    case 'range':
      return { axis, at: { kind: 'set', indices: value.values.map(Number) } };
    case 'list':
      return {
        axis,
        at: {
          kind: 'set',
          indices: value.items.map((item, i) =>
            item.kind === 'number'
              ? item.value
              : refuse(say.expected(value.spans[i] ?? expr.span, 'a whole number')),
          ),
        },
      };
    case 'column':
      if (value.rows.data.facts.roles.includes(value.column)) {
        return { axis, at: { kind: 'perRow', rows: value.rows, role: value.column } };
      }
      return refuse(say.notAPosition(expr.span, value.column));
    case 'index':
      return { axis, at: indexConstraint(value, expr.span) };
    case 'element': {
      const along = value.coordinates.find((one) => one.index.domain.kind !== 'layers');
      if (along === undefined) return refuse(say.expected(expr.span, 'a position along the axis'));
      return { axis, at: indexConstraint(along.index, expr.span) };
    }
    case 'text':
    case 'undecided':
    case 'model':
    case 'world':
    case 'component':
    case 'parts':
    case 'rows':
    case 'circuit':
    case 'writes':
    case 'ablation':
    case 'family':
    case 'function':
    case 'construct':
    case 'tensor':
    case 'error':
      return refuse(say.expected(expr.span, 'a position', describe(value)));
  }
}

function indexConstraint(value: IndexValue, span: Span): Constraint['at'] {
  if (value.domain.kind === 'roles') {
    const rows = { kind: 'rows' as const, data: value.domain.data, split: null, variant: [], draw: null };
    if (value.at.kind === 'fixed') return { kind: 'perRow', rows, role: String(value.at.value) };
    return { kind: 'roleIndex', rows, name: value.name };
  }
  if (value.at.kind === 'dynamic') return { kind: 'dynamic', name: value.name };
  if (typeof value.at.value !== 'number') return refuse(say.expected(span, 'a position'));
  return { kind: 'fixed', index: value.at.value };
}

function indexTensor(x: TensorValue, expr: IndexExpr, scope: Scope, ctx: Ctx): Value {
  let result = x;
  for (const arg of expr.args) {
    if (arg.kind !== 'named')
      return refuse(
        say.tensorNeedsNamedIndex(
          arg.span,
          axesOf(x).map((axis) => axis.name),
        ),
      );
    result = indexAxis(result, arg.name, arg.value, arg.nameSpan, scope, ctx);
  }
  return result;
}

/** Along `vocab`, a column of the data means the token it holds; along positions, it means its role's place. */
function indexAxis(
  x: TensorValue,
  axis: string,
  expr: Expr,
  span: Span,
  scope: Scope,
  ctx: Ctx,
): TensorValue {
  if (!axesOf(x).some((one) => one.name === axis)) {
    return refuse(
      say.noSuchAxis(
        span,
        axis,
        axesOf(x).map((one) => one.name),
      ),
    );
  }
  const value = evaluate(expr, scope, ctx);
  if (value.kind === 'column' && (axis === 'vocab' || !value.rows.data.facts.roles.includes(value.column))) {
    requireAligned(effectiveRows(value.rows, ctx), expr.span, ctx);
    return selectTensor(x, axis, readColumn(value, expr.span, ctx));
  }
  if (value.kind === 'tensor') return selectTensor(x, axis, value);
  const constraint = constraintOf(axis, expr, scope, ctx);
  checkBounds(constraint, axesOf(x).find((one) => one.name === axis)?.size, expr.span);
  return take(x, constraint, expr.span, ctx);
}

function selectTensor(x: TensorValue, axis: string, index: TensorValue): TensorValue {
  const id = selectByValue(x.stage.builder, x.id, axis, castTo(index, 'i64').id);
  // Which entry is read is part of what the value is made from.
  const label = unionLabels(x.label, index.label);
  return { ...x, id, valid: index.valid, label, evidence: strongest(x.evidence, index.evidence) };
}
