// Parts of a model applied to values of one's own: its final norm, its unembedding; tensors of imported graphs by name.
import { bug } from '../base/bug.js';
import { elementwise, reduceNamed } from '../ir/named.js';
import * as select from '../ir/named-select.js';
import { resolveSite } from '../model/component-tree.js';
import { modelDiagnostic } from '../model/messages.js';
import type { Expr } from '../syntax/ast.js';
import { type Args, onlyNamed, take1, wordsOf } from './args.js';
import { type Ctx, evaluate, readSite, refuse, toTensor } from './context.js';
import { describe } from './describe.js';
import * as say from './messages.js';
import { readColumn } from './read-rows.js';
import { siteOf } from './sites.js';
import { axesOf, castTo, hasAxis, tensor } from './tensors.js';
import type { ComponentValue, Scope, Value } from './value.js';

/**
 * `m.final_norm(x, scale: clean)`: the norm as a linear map of x, with the scale of the clean run: centre x over d_model,
 * divide by the scale, multiply by the gain. The bias is left out: it belongs to no component (direct logit attribution).
 */
export function applyNorm(component: ComponentValue, args: Args, _scope: Scope, ctx: Ctx): Value {
  const thunk = take1(args);
  onlyNamed(args, ['scale']);
  const scale = args.named.get('scale');
  const [word] = scale === undefined ? [] : wordsOf(scale);
  if (word?.word !== 'clean') return refuse(say.missingArgument(args.span, args.name, '`scale: clean`'));
  const x = castTo(
    toTensor(evaluate(thunk.expr, thunk.scope, ctx), thunk.expr.span, thunk.scope, ctx),
    'f32',
  );
  if (!hasAxis(x, 'd_model'))
    return refuse(
      say.noSuchAxis(
        thunk.expr.span,
        'd_model',
        axesOf(x).map((axis) => axis.name),
      ),
    );
  const { graph } = component.model;
  const scalePath = `${component.path}.scale`;
  if (siteOf(graph, scalePath) === undefined) return x; // a model without norms: the map is the identity
  const { builder } = ctx.stage;
  const clean: Ctx = { ...ctx, world: ctx.world === null ? null : { ...ctx.world, writes: [] } };
  let clip = readSite(component.model, scalePath, args.span, clean);
  const unit = axesOf(clip).find((axis) => axis.size === 1);
  if (unit !== undefined) clip = { ...clip, id: select.selectStatic(builder, clip.id, unit.name, 0) };
  // A value at the last position is divided by the last position's scale.
  if (hasAxis(clip, 'pos') && !hasAxis(x, 'pos'))
    clip = { ...clip, id: select.selectStatic(builder, clip.id, 'pos', -1) };
  const mean = reduceNamed(builder, 'ReduceMean', x.id, ['d_model']);
  const centred = elementwise(builder, 'Sub', x.id, mean);
  const normalised = elementwise(builder, 'Div', centred, clip.id);
  const gainPath = component.path === 'final_norm' ? 'weights.ln_final.w' : `weights.${component.path}.w`;
  const gain = readSite(component.model, gainPath, args.span, clean);
  return { ...x, id: elementwise(builder, 'Mul', normalised, gain.id), evidence: x.evidence };
}

/** `unembed(token)`: the column of W_U that reads the token's logit. f32 [example, d_model] for a column of the data. */
export function unembed(args: Args, _scope: Scope, ctx: Ctx): Value {
  const thunk = take1(args);
  onlyNamed(args, []);
  const value = evaluate(thunk.expr, thunk.scope, ctx);
  const token =
    value.kind === 'column'
      ? readColumn(value, thunk.expr.span, ctx)
      : toTensor(value, thunk.expr.span, thunk.scope, ctx);
  const models = [...ctx.session.models.values()].filter((one) => one.reinitialised === null);
  const model = ctx.world?.model ?? (models.length === 1 ? models[0] : undefined);
  if (model === undefined)
    return refuse(
      say.notOneModel(
        args.span,
        models.map((one) => one.declared),
      ),
    );
  const W_U = readSite(model, 'weights.W_U', args.span, ctx);
  const id = select.selectByValue(ctx.stage.builder, W_U.id, 'vocab', castTo(token, 'i64').id);
  return tensor(ctx, id, { valid: token.valid });
}

/** `m.tensor("glob")`: the one tensor of an imported graph that the pattern names. */
export function onnxTensor(base: Expr, args: Args, scope: Scope, ctx: Ctx): Value {
  const model = evaluate(base, scope, ctx);
  if (model.kind !== 'model') return refuse(say.expected(base.span, 'a model', describe(model)));
  const thunk = take1(args);
  const pattern = evaluate(thunk.expr, thunk.scope, ctx);
  if (pattern.kind !== 'text')
    return refuse(say.expected(thunk.expr.span, 'a tensor name or glob in quotes'));
  const matches = ctx.session.host.matchSites(model.graph, pattern.text);
  const [only] = matches;
  // TransformerLens' and the field's other names, through a map that refuses to guess.
  const alias = matches.length === 0 ? resolveSite(model.graph, pattern.text) : null;
  if (alias?.kind === 'site') {
    return { kind: 'component', model, path: alias.site.path, constraints: [], span: args.span, joint: null };
  }
  if (alias?.kind === 'refused') {
    const { reason, instead } = alias;
    return refuse(
      modelDiagnostic(
        { kind: 'refused-site', name: pattern.text, model: model.graph.name, reason, instead },
        thunk.expr.span,
      ),
    );
  }
  if (matches.length !== 1 || only === undefined) {
    return refuse(
      say.tensorsMatch(
        thunk.expr.span,
        pattern.text,
        matches,
        model.graph.sites.map((site) => site.path),
      ),
    );
  }
  if (siteOf(model.graph, only) === undefined) return bug(`a match that is no site: ${only}`);
  return { kind: 'component', model, path: only, constraints: [], span: args.span, joint: null };
}
