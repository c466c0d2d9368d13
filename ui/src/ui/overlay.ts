/** What lies over something else: what must keep off it, and what must not be seen through it. */
import { tick } from 'svelte';

const widths: number[] = [];

/**
 * What lies over a list at the right, so many pixels wide, has come. What is said at the foot of the window keeps off it.
 * Call what is returned, once, when it has gone.
 */
export function liesOver(px: number): () => void {
  widths.push(px);
  settle();
  return () => {
    widths.splice(widths.indexOf(px), 1);
    settle();
  };
}

function settle(): void {
  document.documentElement.style.setProperty('--toast-right', `${Math.max(0, ...widths)}px`);
  // Once it is in the page, or out of it.
  void tick().then(remakeScrollbars);
}

let covering = 0;

/** A dialog or a popover has come over the page. Call what is returned, once, when it has gone. */
export function covers(): () => void {
  cover(1);
  return () => cover(-1);
}

function cover(by: 1 | -1): void {
  covering += by;
  document.documentElement.toggleAttribute('data-covered', covering > 0);
  remakeScrollbars();
}

/**
 * WebKitGTK paints scrollbars over what lies over them. `base.css` says which are not to be seen, and WebKitGTK believes
 * it when it makes a scrollbar, but not of one that it has: they are made anew.
 */
export function remakeScrollbars(): void {
  if (!globalThis.CSS?.supports || CSS.supports('scrollbar-color', 'auto')) return;
  const all = [...document.body.querySelectorAll<HTMLElement>('*')].filter(
    (one) => one.clientHeight > 0 && one.scrollHeight > one.clientHeight && /auto|scroll/.test(getComputedStyle(one).overflowY),
  );
  const before = all.map((one) => one.style.overflowY);
  for (const one of all) one.style.overflowY = 'hidden';
  void document.body.offsetHeight;
  for (const [at, one] of all.entries()) one.style.overflowY = before[at] ?? '';
}
