/**
 * Rows of a list dragged to another place, by the pointer.
 *
 * Not the platform's drag and drop: inside a native window that belongs to files from outside. A row begins to move
 * after a few pixels, so a click stays a click; Esc or leaving the list ends it without a move.
 */
import type { Attachment } from 'svelte/attachments';

const BEGINS_AFTER_PX = 6;

interface Given {
  movable: (id: number) => boolean;
  /** Where the line between two rows is drawn, in the list's parent; null when nothing is dragged. */
  onover: (top: number | null) => void;
  /** `before` is null behind the last row. */
  ondrop: (id: number, before: number | null) => void;
}

export function drag(given: Given): Attachment<HTMLElement> {
  return (list) => {
    let from: { id: number; y: number; pointer: number } | null = null;
    let moving = false;
    let before: number | null = null;
    let hasPlace = false;

    const rowAt = (event: PointerEvent): HTMLElement | null =>
      document.elementFromPoint(event.clientX, event.clientY)?.closest<HTMLElement>('[role="row"][data-id]') ?? null;

    const end = (): void => {
      if (moving) given.onover(null);
      if (from) list.releasePointerCapture?.(from.pointer);
      from = null;
      moving = false;
      hasPlace = false;
    };

    const down = (event: PointerEvent): void => {
      if (event.button !== 0 || event.pointerType === 'touch' || (event.target as Element).closest('button')) return;
      const row = rowAt(event);
      const id = Number(row?.dataset['id']);
      if (row && given.movable(id)) from = { id, y: event.clientY, pointer: event.pointerId };
    };

    const move = (event: PointerEvent): void => {
      if (!from) return;
      if (!moving) {
        if (Math.abs(event.clientY - from.y) < BEGINS_AFTER_PX) return;
        moving = true;
        list.setPointerCapture?.(from.pointer);
      }
      const row = rowAt(event);
      const id = Number(row?.dataset['id']);
      hasPlace = false;
      if (!row || !list.contains(row) || !given.movable(id)) {
        given.onover(null);
        return;
      }
      const box = row.getBoundingClientRect();
      const isAbove = event.clientY < box.top + box.height / 2;
      const next = isAbove ? row : rowBehind(list, row);
      before = next ? Number(next.dataset['id']) : null;
      hasPlace = true;
      given.onover((isAbove ? box.top : box.bottom) - (list.parentElement?.getBoundingClientRect().top ?? 0));
    };

    let wasDragged = false;
    const up = (): void => {
      const id = from?.id ?? null;
      wasDragged = moving;
      setTimeout(() => (wasDragged = false));
      const isMove = moving && hasPlace && id !== null && id !== before;
      const to = before;
      end();
      if (isMove) given.ondrop(id, to);
    };

    // A drag that ends on a row is no click on it.
    const click = (event: MouseEvent): void => {
      if (!wasDragged) return;
      event.stopPropagation();
      event.preventDefault();
    };
    const key = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape' || !moving) return;
      event.stopPropagation();
      end();
    };

    list.addEventListener('pointerdown', down);
    list.addEventListener('pointermove', move);
    list.addEventListener('pointerup', up);
    list.addEventListener('pointercancel', end);
    list.addEventListener('click', click, true);
    window.addEventListener('keydown', key, true);
    return () => {
      list.removeEventListener('pointerdown', down);
      list.removeEventListener('pointermove', move);
      list.removeEventListener('pointerup', up);
      list.removeEventListener('pointercancel', end);
      list.removeEventListener('click', click, true);
      window.removeEventListener('keydown', key, true);
    };
  };
}

/** The row that is drawn below another one: rows are elements that are used again, so their order in the page says nothing. */
function rowBehind(list: HTMLElement, row: HTMLElement): HTMLElement | null {
  const wanted = Number(row.getAttribute('aria-rowindex')) + 1;
  return list.querySelector<HTMLElement>(`[role="row"][aria-rowindex="${wanted}"]`);
}
