// Labels: which splits had a part in a value.
import type { Ctx } from './context.js';
import type { RowsValue } from './value.js';

/** The split that a value pooled over these rows is labelled with: where the rows are the claim's own, the split it names. */
export function splitLabel(rows: RowsValue, ctx: Ctx): string {
  const own = ctx.readAs ?? ctx.stage.split;
  return `${rows.data.declared}.${rows.split ?? own}`;
}

/** The split whose rows give to these, where they are drawn. */
export function drawLabel(rows: RowsValue, ctx: Ctx): readonly string[] {
  const draw = rows.draw === null ? undefined : ctx.session.draws.get(rows.draw);
  return draw === undefined ? [] : [`${rows.data.declared}.${draw.split}`];
}
