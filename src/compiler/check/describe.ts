// Values in words, for diagnostics.
import type { Span } from '../base/span.js';
import { refuse } from './context.js';
import { knownNames } from './known-names.js';
import * as say from './messages.js';
import type { Scope, Value } from './value.js';

export function describe(value: Value): string {
  switch (value.kind) {
    case 'text':
      return 'a text';
    case 'list':
      return 'a list';
    case 'element':
      return 'a member of a circuit';
    case 'model':
      return `the model \`${value.declared}\``;
    case 'world':
      return 'a world';
    case 'parts':
      return 'all components of a kind';
    case 'rows':
      return 'rows of a data set';
    case 'circuit':
      return `the circuit \`${value.name}\``;
    case 'writes':
      return 'an intervention';
    case 'ablation':
      return 'an ablation';
    case 'function':
      return 'a function';
    case 'construct':
      return `\`${value.name}(…)\``;
    case 'number':
      return 'a number';
    case 'word':
      return `the word \`${value.word}\``;
    case 'undecided':
      return 'a hole `?`';
    case 'range':
      return 'a range';
    case 'index':
      return `the binder \`${value.name}\``;
    case 'component':
      return `the component \`${value.path}\``;
    case 'column':
      return `the column \`${value.column}\``;
    case 'family':
      return `the family \`${value.declaration.name ?? ''}\``;
    case 'tensor':
      return 'a tensor';
    case 'error':
      return 'something that is wrong above';
  }
}

/** A value of another kind than is wanted; a word that nothing declares is an unknown name, not a value. */
export function refuseKind(value: Value, span: Span, wanted: string, scope: Scope): never {
  if (value.kind === 'word') return refuse(say.unknownName(value.span, value.word, knownNames(scope)));
  return refuse(say.expected(span, wanted, describe(value)));
}
