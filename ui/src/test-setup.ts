/** What jsdom lacks and the components use. Sizes are those of a window of 1280 x 800. */
import '@testing-library/jest-dom/vitest';
import { configure } from '@testing-library/svelte';

// A busy machine is no reason to fail: what is waited for has this long to come.
configure({ asyncUtilTimeout: 15_000 });

class Resize {
  #callback: ResizeObserverCallback;
  constructor(callback: ResizeObserverCallback) {
    this.#callback = callback;
  }
  observe(target: Element): void {
    const box = { inlineSize: target.clientWidth, blockSize: target.clientHeight };
    const entry = { target, contentRect: target.getBoundingClientRect(), borderBoxSize: [box], contentBoxSize: [box], devicePixelContentBoxSize: [box] };
    queueMicrotask(() => this.#callback([entry], this));
  }
  unobserve(): void {}
  disconnect(): void {}
}
globalThis.ResizeObserver = Resize;

Object.defineProperty(HTMLElement.prototype, 'clientHeight', { configurable: true, get: () => 600 });
Object.defineProperty(HTMLElement.prototype, 'clientWidth', { configurable: true, get: () => 1000 });
HTMLCanvasElement.prototype.getContext = (() => null) as typeof HTMLCanvasElement.prototype.getContext;
HTMLElement.prototype.setPointerCapture = () => undefined;
HTMLElement.prototype.hasPointerCapture = () => false;

HTMLDialogElement.prototype.showModal = function showModal(this: HTMLDialogElement): void {
  this.open = true;
};
HTMLDialogElement.prototype.close = function close(this: HTMLDialogElement): void {
  this.open = false;
};

window.matchMedia = (query: string): MediaQueryList => {
  const width = /width\s*(>=|<)\s*(\d+)px/.exec(query);
  const limit = Number(width?.[2]);
  const matches = width ? (width[1] === '<' ? 1280 < limit : 1280 >= limit) : false;
  return Object.assign(new EventTarget(), { matches, media: query, onchange: null, addListener: () => undefined, removeListener: () => undefined });
};
