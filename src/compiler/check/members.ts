// `a.b`: parts of models, splits, variants and columns of data, fields of constructors.

import type { Span } from '../base/span.js';
import { resolveSite } from '../model/component-tree.js';
import { modelDiagnostic } from '../model/messages.js';
import type { MemberExpr } from '../syntax/ast.js';
import { type Ctx, evaluate, refuse } from './context.js';
import * as say from './messages.js';
import { isPathPrefix, sitePaths } from './sites.js';
import type { ComponentValue, ModelValue, RangeValue, RowsValue, Scope, Value } from './value.js';

export function evaluateMemberAccess(expr: MemberExpr, scope: Scope, ctx: Ctx): Value {
  const base = evaluate(expr.base, scope, ctx);
  const { name, nameSpan: span } = expr;
  switch (base.kind) {
    case 'model':
      return modelMember(base, name, span);
    case 'world':
      return refuse(say.memberOfWorld(expr.span, name));
    case 'component':
      return extend(base, name, span);
    case 'parts':
      return { ...base, suffix: base.suffix === null ? name : `${base.suffix}.${name}` };
    case 'rows':
      return rowsMember(base, name, span);
    case 'index':
      return indexMember(base, name, span);
    case 'word':
      return refuse(say.unknownName(base.span, base.word, [...scope.locals.keys(), ...scope.table.keys()]));
    case 'error':
      return base;
    case 'number':
    case 'text':
    case 'undecided':
    case 'list':
    case 'range':
    case 'element':
    case 'column':
    case 'circuit':
    case 'writes':
    case 'ablation':
    case 'family':
    case 'function':
    case 'construct':
    case 'tensor':
      return refuse(say.noMember(span, name, base));
  }
}

const partGroups = ['heads', 'mlps', 'norms'] as const;

function modelMember(model: ModelValue, name: string, span: Span): Value {
  const { geometry } = model.graph;
  if (name === 'layers' && geometry.layers !== undefined) return upTo(geometry.layers, { kind: 'layers' });
  if (name === 'heads' && geometry.heads !== undefined)
    return upTo(geometry.heads, { kind: 'axis', axis: 'head' });
  if (name === 'kv_heads' && geometry.kv_heads !== undefined)
    return upTo(geometry.kv_heads, { kind: 'axis', axis: 'kv_head' });
  if (name === 'neurons' && geometry.d_mlp !== undefined)
    return upTo(geometry.d_mlp, { kind: 'axis', axis: 'd_mlp' });
  if (name === 'vocab' && geometry.vocab !== undefined)
    return { kind: 'number', value: geometry.vocab, unit: null };
  if (name === 'convs') {
    return { kind: 'range', domain: { kind: 'components', model }, values: convPaths(model) };
  }
  if (partGroups.some((group) => group === name))
    return { kind: 'parts', model, part: name, suffix: null, span };
  const component: ComponentValue = {
    kind: 'component',
    model,
    path: '',
    constraints: [],
    span,
    joint: null,
  };
  return extend(component, name, span);
}

/** Outputs of convolutions, by their recognised names or by tensor name. */
function convPaths(model: ModelValue): readonly string[] {
  const named = model.graph.sites.map((site) => site.path).filter((path) => /^convs\.\d+\.out$/.test(path));
  const number = (path: string): number => Number(path.split('.')[1]);
  if (named.length > 0) return named.toSorted((a, b) => number(a) - number(b));
  return model.graph.sites
    .filter((site) => model.graph.graph.nodes[site.value]?.op.name === 'Conv')
    .map((site) => site.path);
}

function upTo(count: number, domain: RangeValue['domain']): RangeValue {
  return { kind: 'range', domain, values: Array.from({ length: count }, (_, i) => i) };
}

/** A longer path into the model; it must lead somewhere. */
export function extend(base: ComponentValue, name: string, span: Span): Value {
  const path = base.path === '' ? name : `${base.path}.${name}`;
  if (!isPathPrefix(base.model.graph, path)) {
    const alias = resolveSite(base.model.graph, path);
    if (alias.kind === 'site')
      return { ...base, path: alias.site.path, span: { ...base.span, end: span.end } };
    if (alias.kind === 'refused') {
      const { reason, instead } = alias;
      return refuse(
        modelDiagnostic(
          { kind: 'refused-site', name: path, model: base.model.graph.name, reason, instead },
          span,
        ),
      );
    }
    return refuse(say.noSuchComponent(span, base.model, path, sitePaths(base.model.graph)));
  }
  return { ...base, path, span: { ...base.span, end: span.end } };
}

function rowsMember(rows: RowsValue, name: string, span: Span): Value {
  const { facts } = rows.data;
  if (name === 'roles') {
    return {
      kind: 'range',
      domain: { kind: 'roles', data: rows.data },
      values: facts.roles.filter((role) => role !== 'end'),
    };
  }
  if (rows.split === null && rows.variant.length === 0 && facts.splits.some((one) => one.name === name)) {
    return { ...rows, split: name };
  }
  const longer = [...rows.variant, name].join('.');
  if (facts.variants.some((one) => one.path === longer)) return { ...rows, variant: [...rows.variant, name] };
  if (facts.columns.some((one) => one.name === name) || facts.roles.includes(name)) {
    return { kind: 'column', rows, column: name, span };
  }
  return refuse(say.noSuchDataMember(span, rows.data, name));
}

/** `l.channels`, `l.out` where `l` is a component of the model. */
function indexMember(index: Extract<Value, { kind: 'index' }>, name: string, span: Span): Value {
  const { domain, at } = index;
  if (domain.kind !== 'components' || at.kind !== 'fixed') return refuse(say.noMember(span, name, index));
  const path = String(at.value);
  const site = domain.model.graph.sites.find((one) => one.path === path);
  const channels = site?.axes[1];
  if (name === 'channels' && typeof channels?.size === 'number') {
    return upTo(channels.size, { kind: 'axis', axis: channels.name });
  }
  if (name === 'out') {
    return { kind: 'component', model: domain.model, path, constraints: [], span, joint: null };
  }
  return refuse(say.noMember(span, name, index));
}
