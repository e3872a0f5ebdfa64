// A small pretty printer after Wadler ("A prettier printer", 2003): documents say where a line may break, and a group
// breaks everywhere or nowhere.

export type Layout =
  | string
  | readonly Layout[]
  | { readonly kind: 'line' | 'softLine' | 'hardLine' }
  | { readonly kind: 'indent'; readonly inner: Layout }
  | { readonly kind: 'group'; readonly inner: Layout };

/** A space, or a line break where its group breaks. */
export const line: Layout = { kind: 'line' };
/** Nothing, or a line break where its group breaks. */
export const softLine: Layout = { kind: 'softLine' };
/** A line break. */
export const hardLine: Layout = { kind: 'hardLine' };
export const indent = (inner: Layout): Layout => ({ kind: 'indent', inner });
export const group = (inner: Layout): Layout => ({ kind: 'group', inner });

export function join(items: readonly Layout[], separator: Layout): Layout {
  return items.flatMap((item, index) => (index === 0 ? [item] : [separator, item]));
}

/** `(a, b)`: on one line, or each item on a line of its own. */
export function bracketed(open: string, items: readonly Layout[], close: string): Layout {
  if (items.length === 0) return open + close;
  return group([open, indent([softLine, join(items, [',', line])]), softLine, close]);
}

/** Everything on one line, hard breaks as spaces. */
export function flat(layout: Layout): string {
  const out: string[] = [];
  const stack: Layout[] = [layout];
  for (let one = stack.pop(); one !== undefined; one = stack.pop()) {
    if (typeof one === 'string') out.push(one);
    else if (isList(one)) stack.push(...one.toReversed());
    else if (one.kind === 'indent' || one.kind === 'group') stack.push(one.inner);
    else if (one.kind !== 'softLine') out.push(' ');
  }
  return out.join('');
}

type Item = { readonly layout: Layout; readonly column: number; readonly breaks: boolean };

/** The text of a layout that starts at a column of a line indented by `base`, within `width` where it can. */
export function render(layout: Layout, place: { readonly base: number; readonly width: number }): string {
  let out = '';
  let column = place.base;
  const stack: Item[] = [{ layout, column: place.base, breaks: true }];
  for (let item = stack.pop(); item !== undefined; item = stack.pop()) {
    const { layout: one } = item;
    if (typeof one === 'string') {
      out += one;
      column += one.length;
    } else if (isList(one)) {
      stack.push(...one.toReversed().map((part) => ({ ...item, layout: part })));
    } else if (one.kind === 'indent') {
      stack.push({ ...item, layout: one.inner, column: item.column + 2 });
    } else if (one.kind === 'group') {
      const tight = { ...item, layout: one.inner, breaks: false };
      const fits = !item.breaks || fitsIn(place.width - column, tight, stack);
      stack.push(fits ? tight : { ...tight, breaks: true });
    } else if (item.breaks || one.kind === 'hardLine') {
      out += `\n${' '.repeat(item.column)}`;
      column = item.column;
    } else if (one.kind === 'line') {
      out += ' ';
      column++;
    }
  }
  return out;
}

/** Whether the item, and what follows it up to the next possible break, takes no more than `room` columns. */
function fitsIn(room: number, item: Item, rest: readonly Item[]): boolean {
  let left = room;
  let next = rest.length;
  const stack: Item[] = [item];
  while (left >= 0) {
    const one = stack.pop() ?? rest[--next];
    if (one === undefined) return true;
    const { layout } = one;
    if (typeof layout === 'string') left -= layout.length;
    else if (isList(layout)) stack.push(...layout.toReversed().map((part) => ({ ...one, layout: part })));
    else if (layout.kind === 'indent' || layout.kind === 'group')
      stack.push({ ...one, layout: layout.inner });
    else if (one.breaks || layout.kind === 'hardLine') return true;
    else if (layout.kind === 'line') left--;
  }
  return false;
}

function isList(layout: object): layout is readonly Layout[] {
  return Array.isArray(layout);
}
