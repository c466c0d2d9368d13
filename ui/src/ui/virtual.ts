/** The arithmetic of a list of rows of one height, of which only those in view exist. */

/** Engines stop near 33 million px; beyond this the thumb moves in proportion. */
export const MAX_EXTENT_PX = 8_000_000;

export interface Shape {
  count: number;
  rowHeight: number;
  viewport: number;
  /** Rows kept on each side of those in view. */
  overscan: number;
  /** A heading between two rows: before which row, and how high. */
  divider: { at: number; height: number } | null;
}

export interface Window {
  /** First row to draw. */
  first: number;
  /** One past the last row to draw. */
  end: number;
  /** Height of the scrolled content. */
  extent: number;
  /** Add this to a row's true place to get where it is drawn. */
  shift: number;
}

function trueExtent(shape: Shape): number {
  return shape.count * shape.rowHeight + (shape.divider ? shape.divider.height : 0);
}

/** Where a row begins, from the top of the list. */
export function rowTop(shape: Shape, index: number): number {
  const { divider } = shape;
  return index * shape.rowHeight + (divider && index >= divider.at ? divider.height : 0);
}

/** Which row is at this place. */
function rowAt(shape: Shape, y: number): number {
  const { divider, rowHeight } = shape;
  const before = divider && y >= divider.at * rowHeight ? Math.max(divider.at * rowHeight, y - divider.height) : y;
  return Math.floor(before / rowHeight);
}

/** The place in the list that a scroll offset shows at the top. */
export function positionOf(shape: Shape, scrollTop: number): number {
  const whole = trueExtent(shape);
  if (whole <= MAX_EXTENT_PX) return scrollTop;
  const share = Math.min(1, Math.max(0, scrollTop / (MAX_EXTENT_PX - shape.viewport)));
  return share * (whole - shape.viewport);
}

export function windowOf(shape: Shape, scrollTop: number): Window {
  const top = positionOf(shape, Math.max(0, scrollTop));
  const first = Math.max(0, Math.min(shape.count, rowAt(shape, top) - shape.overscan));
  const end = Math.min(shape.count, rowAt(shape, top + shape.viewport) + 1 + shape.overscan);
  return { first, end, extent: Math.min(trueExtent(shape), MAX_EXTENT_PX), shift: scrollTop - top };
}

/** The scroll offset that brings a row into view with the least movement; null if it is in view. */
export function scrollFor(shape: Shape, scrollTop: number, index: number): number | null {
  const top = positionOf(shape, scrollTop);
  const rowStart = rowTop(shape, index);
  const rowEnd = rowStart + shape.rowHeight;
  let wanted = top;
  if (rowStart < top) wanted = rowStart;
  else if (rowEnd > top + shape.viewport) wanted = rowEnd - shape.viewport;
  else return null;
  return offsetOf(shape, wanted);
}

/** The scroll offset at which this place of the list is at the top. */
export function offsetOf(shape: Shape, position: number): number {
  const whole = trueExtent(shape);
  if (whole <= MAX_EXTENT_PX) return position;
  return (position / (whole - shape.viewport)) * (MAX_EXTENT_PX - shape.viewport);
}
