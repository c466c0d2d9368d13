/** Draws one cell of the piece map. Kinds differ in shape as well as in colour. */
import { CELL, type Cell, fillPixels, GAP } from './pieces';

export type Palette = (token: string) => string;

/** Reads the design's tokens; with forced colours the system's own. */
export function paletteOf(element: Element): Palette {
  const style = getComputedStyle(element);
  const cache = new Map<string, string>();
  const forced = matchMedia('(forced-colors: active)').matches;
  return (token) => {
    let value = cache.get(token);
    if (value === undefined) {
      value = forced ? FORCED[token] ?? 'CanvasText' : style.getPropertyValue(`--${token}`).trim();
      cache.set(token, value);
    }
    return value;
  };
}

const FORCED: Readonly<Record<string, string>> = {
  bg: 'Canvas',
  'graph-area': 'Canvas',
  'piece-done': 'Highlight',
  'piece-verified': 'Highlight',
  'piece-live': 'Highlight',
};

export function drawCell(context: CanvasRenderingContext2D, colour: Palette, cell: Cell, index: number, columns: number): void {
  const step = CELL + GAP;
  const x = (index % columns) * step;
  const y = Math.floor(index / columns) * step;
  context.clearRect(x, y, CELL, CELL);
  context.lineWidth = 1;
  switch (cell.kind) {
    case 'wait':
      context.strokeStyle = colour('piece-wait');
      context.strokeRect(x + 0.5, y + 0.5, CELL - 1, CELL - 1);
      return;
    case 'live': {
      context.fillStyle = colour('graph-area');
      context.fillRect(x, y, CELL, CELL);
      context.strokeStyle = colour('piece-done');
      context.strokeRect(x + 0.5, y + 0.5, CELL - 1, CELL - 1);
      const fill = fillPixels(cell);
      context.fillStyle = colour('piece-live');
      context.fillRect(x + 1, y + CELL - 1 - fill, CELL - 2, fill);
      return;
    }
    case 'failed':
      context.strokeStyle = colour('piece-failed');
      context.strokeRect(x + 0.5, y + 0.5, CELL - 1, CELL - 1);
      context.beginPath();
      for (const d of [3, 7, 11]) {
        context.moveTo(x + Math.max(0, d - CELL) + 0.5, y + Math.min(d, CELL) - 0.5);
        context.lineTo(x + Math.min(d, CELL) - 0.5, y + Math.max(0, d - CELL) + 0.5);
      }
      context.lineWidth = 1.4;
      context.stroke();
      return;
    case 'sent':
      context.fillStyle = colour('piece-done');
      context.fillRect(x, y, CELL, CELL);
      return;
    case 'again':
      context.fillStyle = colour('piece-done');
      context.fillRect(x, y, CELL, CELL);
      corner(context, colour('bg'), x + 2, y, x + CELL, y + 6);
      corner(context, colour('piece-retried'), x + 3.5, y, x + CELL, y + 4.5);
      return;
    case 'verified':
      context.fillStyle = colour('piece-verified');
      context.fillRect(x, y, CELL, CELL);
      context.fillStyle = colour('bg');
      context.fillRect(x + 3, y + 3, 2, 2);
      return;
  }
}

function corner(context: CanvasRenderingContext2D, fill: string, left: number, top: number, right: number, bottom: number): void {
  context.fillStyle = fill;
  context.beginPath();
  context.moveTo(left, top);
  context.lineTo(right, top);
  context.lineTo(right, bottom);
  context.fill();
}
