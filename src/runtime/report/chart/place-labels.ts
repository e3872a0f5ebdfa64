// Where names of points can stand without covering each other or a point. Greedy, in the order given: who comes first is
// named first; a point without room stays without a name and is counted.

export type Anchor = { readonly x: number; readonly y: number; readonly text: string };
export type Placed = {
  readonly index: number;
  readonly dx: number;
  readonly dy: number;
  readonly align: 'left' | 'right' | 'center';
};

type Box = { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number };

const HEIGHT = 13;
const CHARACTER = 6.6;
const GAP = 8;

const places = [
  { dx: GAP, dy: 0, align: 'left' },
  { dx: -GAP, dy: 0, align: 'right' },
  { dx: 0, dy: -GAP - 4, align: 'center' },
  { dx: 0, dy: GAP + 5, align: 'center' },
  { dx: GAP, dy: -GAP, align: 'left' },
  { dx: GAP, dy: GAP, align: 'left' },
  { dx: -GAP, dy: -GAP, align: 'right' },
  { dx: -GAP, dy: GAP, align: 'right' },
] as const;

/** `order` lists indices of `points`, the most important first. Positions are in pixels, y downwards. */
export function placeLabels(
  points: readonly Anchor[],
  order: readonly number[],
  area: { readonly width: number; readonly height: number },
): readonly Placed[] {
  const taken: Box[] = points.map(({ x, y }) => ({ left: x - 4, right: x + 4, top: y - 4, bottom: y + 4 }));
  const placed: Placed[] = [];
  for (const index of order) {
    const point = points[index];
    if (point === undefined) continue;
    for (const { dx, dy, align } of places) {
      const box = boxOf(point, { dx, dy, align });
      const isInside = box.left >= 0 && box.right <= area.width && box.top >= 0 && box.bottom <= area.height;
      if (!isInside || taken.some((other) => overlaps(box, other))) continue;
      taken.push(box);
      placed.push({ index, dx, dy, align });
      break;
    }
  }
  return placed;
}

export function boxOf({ x, y, text }: Anchor, { dx, dy, align }: Omit<Placed, 'index'>): Box {
  const width = [...text].length * CHARACTER;
  const left = align === 'left' ? x + dx : align === 'right' ? x + dx - width : x + dx - width / 2;
  return { left, right: left + width, top: y + dy - HEIGHT / 2, bottom: y + dy + HEIGHT / 2 };
}

export function overlaps(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
