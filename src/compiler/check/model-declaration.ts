// `model m = bundled("attn2")`: a model by where it comes from.

import type { Span } from '../base/span.js';
import type { Answer, ModelSource } from '../host.js';
import type { ModelGraph } from '../model/model-graph.js';
import type { Declaration } from '../syntax/ast.js';
import { type Ctx, evaluate, refuse } from './context.js';
import { describe } from './describe.js';
import * as say from './messages.js';
import type { ConstructValue, ModelValue, Scope, Thunk, Value } from './value.js';

export function modelOf(declaration: Declaration, scope: Scope, ctx: Ctx): Value {
  const name = declaration.name ?? '';
  const known = ctx.session.models.get(name);
  if (known !== undefined) return known;
  const { value } = declaration;
  if (value === undefined) return refuse(say.missingValue(declaration));
  const found = evaluate(value, scope, ctx);
  if (found.kind === 'world')
    return refuse(
      say.notExecutableYet(
        value.span,
        'a changed model as a declaration of its own (write the world where it is used)',
      ),
    );
  if (found.kind !== 'construct') return refuse(say.notAModelSource(value.span, describe(found)));
  const source = sourceOf(found, ctx);
  const graph = answered(ctx.session.host.loadModel(source), value.span);
  const model: ModelValue = { kind: 'model', id: graph.digest, declared: name, graph, reinitialised: null };
  ctx.session.models.set(name, model);
  return model;
}

function sourceOf(construct: ConstructValue, ctx: Ctx): ModelSource {
  const text = (): string => {
    const [only] = construct.positional;
    if (only === undefined)
      return refuse(say.missingArgument(construct.span, construct.name, 'a name or path in quotes'));
    return textOf(only, ctx);
  };
  if (construct.name === 'bundled') return { kind: 'bundled', name: text() };
  if (construct.name === 'onnx') return { kind: 'onnx', path: text() };
  if (construct.name === 'gguf') return { kind: 'gguf', path: text() };
  if (construct.name === 'hf') {
    const revision = construct.named.get('revision');
    return {
      kind: 'hf',
      place: text(),
      revision: revision === undefined ? null : textOf(revision, ctx),
    };
  }
  return refuse(say.notAModelSource(construct.span, `\`${construct.name}(…)\``));
}

export function textOf(thunk: Thunk, ctx: Ctx): string {
  const value = evaluate(thunk.expr, thunk.scope, ctx);
  if (value.kind !== 'text')
    return refuse(say.expected(thunk.expr.span, 'a text in quotes', describe(value)));
  return value.text;
}

/** The value, or the diagnostic that says why there is none. */
export function answered<T>(answer: Answer<T>, span: Span): T {
  if (answer.kind === 'ok') return answer.value;
  return refuse(say.hostProblem(span, answer));
}

/** Replicate `replicate` of a model with weights drawn anew from its initialiser. */
export function reinitialise(
  model: ModelValue,
  stream: string,
  replicate: number,
  span: Span,
  ctx: Ctx,
): ModelValue {
  const graph: ModelGraph = answered(ctx.session.host.reinitialised(model.graph, stream, replicate), span);
  return {
    kind: 'model',
    id: graph.digest,
    declared: model.declared,
    graph,
    reinitialised: { stream, replicate },
  };
}
