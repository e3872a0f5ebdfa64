// The grammar: rules only, no actions. Two tokens of lookahead, no gates. Newlines have been thinned before.
// biome-ignore-all lint/correctness/noComponentHookFactories: ALT is Chevrotain's name, no component
import type { CstNode } from 'chevrotain';
import { CstParser } from './chevrotain.js';
import { parserMessages } from './messages.js';
import * as t from './tokens.js';

class EisParser extends CstParser {
  constructor(options: { readonly skipValidations: boolean }) {
    super(t.tokens, {
      ...options,
      recoveryEnabled: true,
      nodeLocationTracking: 'onlyOffset',
      maxLookahead: 2,
      errorMessageProvider: parserMessages,
    });
    this.performSelfAnalysis();
  }

  readonly file = this.RULE('file', () => {
    this.OPTION(() => this.SUBRULE(this.header));
    this.OPTION2(() => {
      this.SUBRULE(this.declaration);
      this.MANY(() => {
        this.CONSUME(t.NewLine);
        this.SUBRULE2(this.declaration);
      });
    });
  });

  readonly header = this.RULE('header', () => {
    this.CONSUME(t.Eis);
    this.CONSUME(t.Num);
    this.OPTION(() => this.CONSUME(t.NewLine));
  });

  readonly declaration = this.RULE('declaration', () => {
    this.CONSUME(t.DeclarationKeyword, { LABEL: 'keyword' });
    this.OPTION(() =>
      this.OR([
        { ALT: () => this.CONSUME(t.HeadName, { LABEL: 'name' }) },
        { ALT: () => this.CONSUME(t.Str, { LABEL: 'title' }) },
      ]),
    );
    this.OPTION2(() =>
      this.OR2([{ ALT: () => this.SUBRULE(this.binders) }, { ALT: () => this.SUBRULE(this.parameters) }]),
    );
    this.OPTION3(() => {
      this.CONSUME(t.Unit);
      this.CONSUME(t.Word, { LABEL: 'unit' });
    });
    this.OPTION4(() => {
      this.CONSUME(t.From);
      this.CONSUME2(t.Str, { LABEL: 'from' });
    });
    this.OPTION5(() => {
      this.CONSUME(t.Define);
      this.SUBRULE(this.expression);
    });
    this.OPTION6(() => this.SUBRULE(this.block));
  });

  readonly binders = this.RULE('binders', () => {
    this.CONSUME(t.LeftBracket);
    this.SUBRULE(this.binder);
    this.MANY(() => {
      this.CONSUME(t.Comma);
      this.SUBRULE2(this.binder);
    });
    this.OPTION(() => this.CONSUME2(t.Comma));
    this.CONSUME(t.RightBracket);
  });

  readonly binder = this.RULE('binder', () => {
    this.CONSUME(t.BinderName, { LABEL: 'name' });
    this.OPTION(() => {
      this.CONSUME(t.In);
      this.SUBRULE(this.expression, { LABEL: 'range' });
    });
  });

  readonly parameters = this.RULE('parameters', () => {
    this.CONSUME(t.LeftParen);
    this.OPTION(() => {
      this.CONSUME(t.Word, { LABEL: 'name' });
      this.MANY(() => {
        this.CONSUME(t.Comma);
        this.CONSUME2(t.Word, { LABEL: 'name' });
      });
      this.OPTION2(() => this.CONSUME2(t.Comma));
    });
    this.CONSUME(t.RightParen);
  });

  readonly block = this.RULE('block', () => {
    this.CONSUME(t.LeftBrace);
    this.OPTION(() => this.SUBRULE(this.entry));
    this.MANY(() => {
      this.CONSUME(t.Separator);
      this.OPTION2(() => this.SUBRULE2(this.entry));
    });
    this.CONSUME(t.RightBrace);
  });

  readonly entry = this.RULE('entry', () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.field) },
      { ALT: () => this.SUBRULE(this.declaration) },
      { ALT: () => this.SUBRULE(this.view) },
    ]);
  });

  readonly field = this.RULE('field', () => {
    this.CONSUME(t.Word, { LABEL: 'name' });
    this.CONSUME(t.Colon);
    this.SUBRULE(this.expression);
  });

  readonly view = this.RULE('view', () => {
    this.CONSUME(t.ViewName, { LABEL: 'name' });
    this.AT_LEAST_ONE(() => this.SUBRULE(this.suffix));
  });

  readonly expression = this.RULE('expression', () => {
    this.OR([{ ALT: () => this.SUBRULE(this.quantified) }, { ALT: () => this.SUBRULE(this.given) }]);
  });

  readonly quantified = this.RULE('quantified', () => {
    this.CONSUME(t.QuantifierWord, { LABEL: 'quantifier' });
    this.OPTION(() => {
      this.CONSUME(t.Num);
      this.CONSUME(t.Of);
    });
    this.SUBRULE(this.binder);
    this.MANY(() => {
      this.CONSUME(t.Comma);
      this.SUBRULE2(this.binder);
    });
    this.CONSUME(t.Colon);
    this.SUBRULE(this.expression);
  });

  readonly given = this.RULE('given', () => {
    this.SUBRULE(this.write);
    this.MANY(() => this.SUBRULE(this.substitution));
  });

  readonly substitution = this.RULE('substitution', () => {
    this.CONSUME(t.Given);
    this.SUBRULE(this.path);
    this.CONSUME(t.Define);
    this.SUBRULE(this.write);
  });

  readonly path = this.RULE('path', () => {
    this.CONSUME(t.Word, { LABEL: 'name' });
    this.MANY(() => this.SUBRULE(this.pathStep));
  });

  readonly pathStep = this.RULE('pathStep', () => {
    this.OR([{ ALT: () => this.SUBRULE(this.member) }, { ALT: () => this.SUBRULE(this.index) }]);
  });

  readonly write = this.RULE('write', () => {
    this.SUBRULE(this.masked, { LABEL: 'target' });
    this.OPTION(() => {
      this.CONSUME(t.Write);
      this.SUBRULE2(this.masked, { LABEL: 'value' });
    });
  });

  readonly masked = this.RULE('masked', () => {
    this.SUBRULE(this.disjunction, { LABEL: 'operand' });
    this.MANY(() => {
      this.CONSUME(t.Where, { LABEL: 'operator' });
      this.SUBRULE2(this.disjunction, { LABEL: 'operand' });
    });
  });

  readonly disjunction = this.RULE('disjunction', () => {
    this.SUBRULE(this.conjunction, { LABEL: 'operand' });
    this.MANY(() => {
      this.CONSUME(t.Or, { LABEL: 'operator' });
      this.SUBRULE2(this.conjunction, { LABEL: 'operand' });
    });
  });

  readonly conjunction = this.RULE('conjunction', () => {
    this.SUBRULE(this.negation, { LABEL: 'operand' });
    this.MANY(() => {
      this.CONSUME(t.And, { LABEL: 'operator' });
      this.SUBRULE2(this.negation, { LABEL: 'operand' });
    });
  });

  readonly negation = this.RULE('negation', () => {
    this.OPTION(() => this.CONSUME(t.Not));
    this.SUBRULE(this.comparison);
  });

  readonly comparison = this.RULE('comparison', () => {
    this.SUBRULE(this.world, { LABEL: 'operand' });
    this.OPTION(() => {
      this.CONSUME(t.CompareOperator, { LABEL: 'operator' });
      this.SUBRULE2(this.world, { LABEL: 'operand' });
    });
  });

  readonly world = this.RULE('world', () => {
    this.SUBRULE(this.range);
    this.MANY(() => this.SUBRULE(this.worldPart));
  });

  readonly worldPart = this.RULE('worldPart', () => {
    this.OR([
      {
        ALT: () => {
          this.CONSUME(t.ChangeWord, { LABEL: 'change' });
          this.SUBRULE(this.postfix, { LABEL: 'value' });
          this.OPTION(() => {
            this.CONSUME(t.Write);
            this.SUBRULE(this.sum, { LABEL: 'write' });
          });
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.On);
          this.SUBRULE2(this.postfix, { LABEL: 'rows' });
        },
      },
    ]);
  });

  readonly range = this.RULE('range', () => {
    this.SUBRULE(this.sum, { LABEL: 'from' });
    this.OPTION(() => {
      this.CONSUME(t.RangeOperator, { LABEL: 'operator' });
      this.SUBRULE2(this.sum, { LABEL: 'to' });
    });
  });

  readonly sum = this.RULE('sum', () => {
    this.SUBRULE(this.product, { LABEL: 'operand' });
    this.MANY(() => {
      this.CONSUME(t.SumOperator, { LABEL: 'operator' });
      this.SUBRULE2(this.product, { LABEL: 'operand' });
    });
  });

  readonly product = this.RULE('product', () => {
    this.SUBRULE(this.unary, { LABEL: 'operand' });
    this.MANY(() => {
      this.CONSUME(t.ProductOperator, { LABEL: 'operator' });
      this.SUBRULE2(this.unary, { LABEL: 'operand' });
    });
  });

  readonly unary = this.RULE('unary', () => {
    this.MANY(() => this.CONSUME(t.Minus));
    this.SUBRULE(this.placed);
  });

  readonly placed = this.RULE('placed', () => {
    this.SUBRULE(this.postfix);
    this.MANY(() => this.SUBRULE(this.placement));
  });

  readonly placement = this.RULE('placement', () => {
    this.OR([
      {
        ALT: () => {
          this.CONSUME(t.At);
          this.SUBRULE(this.postfix, { LABEL: 'world' });
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.As);
          this.CONSUME(t.Word, { LABEL: 'axis' });
        },
      },
    ]);
  });

  readonly postfix = this.RULE('postfix', () => {
    this.SUBRULE(this.primary);
    this.MANY(() => this.SUBRULE(this.suffix));
  });

  readonly suffix = this.RULE('suffix', () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.member) },
      { ALT: () => this.SUBRULE(this.call) },
      { ALT: () => this.SUBRULE(this.index) },
    ]);
  });

  readonly member = this.RULE('member', () => {
    this.CONSUME(t.Dot);
    this.CONSUME(t.Word, { LABEL: 'name' });
  });

  readonly call = this.RULE('call', () => {
    this.CONSUME(t.LeftParen);
    this.OPTION(() => this.SUBRULE(this.args));
    this.CONSUME(t.RightParen);
  });

  readonly index = this.RULE('index', () => {
    this.CONSUME(t.LeftBracket);
    this.SUBRULE(this.args);
    this.CONSUME(t.RightBracket);
  });

  readonly args = this.RULE('args', () => {
    this.SUBRULE(this.arg);
    this.MANY(() => {
      this.CONSUME(t.Comma);
      this.SUBRULE2(this.arg);
    });
    this.OPTION(() => this.CONSUME2(t.Comma));
  });

  readonly arg = this.RULE('arg', () => {
    this.OR([
      {
        ALT: () => {
          this.CONSUME(t.Word, { LABEL: 'name' });
          this.CONSUME(t.Colon);
          this.SUBRULE(this.expression, { LABEL: 'value' });
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.BinderName, { LABEL: 'binder' });
          this.CONSUME(t.In);
          this.SUBRULE2(this.expression, { LABEL: 'range' });
        },
      },
      { ALT: () => this.SUBRULE3(this.expression, { LABEL: 'positional' }) },
    ]);
  });

  readonly primary = this.RULE('primary', () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.number) },
      { ALT: () => this.CONSUME(t.Str) },
      { ALT: () => this.CONSUME(t.Question) },
      { ALT: () => this.CONSUME(t.Word) },
      {
        ALT: () => {
          this.CONSUME(t.LeftParen);
          this.SUBRULE(this.expression);
          this.CONSUME(t.RightParen);
        },
      },
      { ALT: () => this.SUBRULE(this.list) },
    ]);
  });

  readonly list = this.RULE('list', () => {
    this.CONSUME(t.LeftBracket);
    this.OPTION(() => {
      this.SUBRULE(this.expression);
      this.MANY(() => {
        this.CONSUME(t.Comma);
        this.SUBRULE2(this.expression);
      });
      this.OPTION2(() => this.CONSUME2(t.Comma));
    });
    this.CONSUME(t.RightBracket);
  });

  readonly number = this.RULE('number', () => {
    this.CONSUME(t.Num);
    this.OPTION(() =>
      this.OR([{ ALT: () => this.CONSUME(t.Percent) }, { ALT: () => this.CONSUME(t.UnitWord) }]),
    );
  });
}

/** One instance per process. It skips the checks of the grammar, which take half of its construction: tests make them. */
export const parser = new EisParser({ skipValidations: true });

/** Throws where two alternatives cannot be told apart, or a rule never ends. */
export function validateGrammar(): void {
  new EisParser({ skipValidations: false });
}

export type { CstNode };
