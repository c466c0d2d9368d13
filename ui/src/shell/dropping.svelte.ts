/**
 * Where dragged files would go: what is under the pointer and takes drops (`data-drop-bucket`, `data-drop-prefix`), else
 * the place that is open. Native drags give no events to the page, so Rust tells where the pointer is.
 *
 * A folder of the list is no target: held long enough it opens, and then its place is the target.
 */
import type { Route } from '../session/route.svelte';

export interface Target {
  bucket: string;
  prefix: string;
}

/** How long a folder is held before it opens. */
export const OPEN_AFTER_MS = 700;

export class Dropping {
  /** A bucket or a bookmark under the pointer. */
  target = $state.raw<Target | null>(null);
  /** A folder that opens if the pointer stays. */
  opening = $state.raw<Target | null>(null);
  #element: Element | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #route: Route;

  constructor(route: Route) {
    this.#route = route;
  }

  /** In CSS px of the page. */
  moved(x: number, y: number): void {
    // The overlay lies over the list; what is under it counts.
    const under = document.elementsFromPoint(x, y);
    this.#enter(under.map((element) => element.closest('[data-drop-bucket]')).find((element) => element !== null) ?? null);
  }

  /** The drag is over. */
  end(): void {
    this.#enter(null);
  }

  #enter(element: Element | null): void {
    if (element === this.#element) return;
    this.#element?.classList.remove('dropping');
    this.#element = element;
    element?.classList.add('dropping');
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.target = null;
    this.opening = null;
    if (!(element instanceof HTMLElement)) return;
    const place = { bucket: element.dataset['dropBucket'] ?? '', prefix: element.dataset['dropPrefix'] ?? '' };
    if (element.role !== 'row' && element.getAttribute('role') !== 'row') {
      this.target = place;
      return;
    }
    this.opening = place;
    this.#timer = setTimeout(() => {
      this.#enter(null);
      this.#route.go({ screen: 'bucket', ...place });
    }, OPEN_AFTER_MS);
  }
}
