/** What the window says without being asked: toasts for the eye, one polite line for the ear. */
export interface ToastAct {
  label: string;
  run: () => void;
  /** It takes back what was done: Ctrl Z does the same while the toast is there. */
  undo?: true;
}

export interface Toast {
  id: number;
  text: string;
  kind: 'plain' | 'bad';
  act?: ToastAct;
  /** What is done when it has gone without its act: it runs out, or is put away. */
  gone?: () => void;
  /** Of what it speaks: a later toast of the same takes its place and keeps its act, so that undo goes back to before
   * the first of several changes. */
  about?: string;
}

/** How long a toast stays, unless the pointer or the focus is on it. */
export const TOAST_MS = 10_000;
/** So many wait for their turn to be seen. */
const TOASTS_MAX = 5;
/** What is left to it at least once the pointer has gone. */
const TOAST_LEFT_MIN_MS = 2_000;
/** A screen reader hears at most one message in this time; a later one replaces one that waits. */
const SPEAK_EVERY_MS = 3_000;

interface Timer {
  timer: ReturnType<typeof setTimeout> | null;
  left: number;
  since: number;
}

export class Notices {
  toasts = $state.raw<Toast[]>([]);
  spoken = $state('');
  #next = 1;
  #timers = new Map<number, Timer>();
  #lastSpoken = -Infinity;
  #waiting: ReturnType<typeof setTimeout> | null = null;

  /** Shows it; answers with its id. */
  toast(text: string, extra: { kind?: Toast['kind']; act?: ToastAct; about?: string; gone?: () => void } = {}): number {
    const before = extra.about === undefined ? undefined : this.toasts.find((one) => one.about === extra.about);
    const act = before?.act ?? extra.act;
    const toast: Toast = {
      id: this.#next++,
      text,
      kind: extra.kind ?? 'plain',
      ...(act ? { act } : {}),
      ...(extra.gone ? { gone: extra.gone } : {}),
      ...(extra.about === undefined ? {} : { about: extra.about }),
    };
    if (before) this.close(before.id);
    this.toasts = [...this.toasts, toast];
    // One that something waits for is never sent away for want of room: its undo is still promised.
    const over = this.toasts.length - TOASTS_MAX;
    if (over > 0) for (const old of this.toasts.filter((one) => one !== toast && !one.gone).slice(0, over)) this.close(old.id);
    this.#timers.set(toast.id, { timer: null, left: TOAST_MS, since: 0 });
    this.#start(toast.id);
    this.speak(text);
    return toast.id;
  }

  close(id: number): void {
    const gone = this.toasts.find((toast) => toast.id === id)?.gone;
    this.drop(id);
    gone?.();
  }

  /** Puts it away, and what it waited for is not done. */
  drop(id: number): void {
    this.hold(id);
    this.#timers.delete(id);
    this.toasts = this.toasts.filter((toast) => toast.id !== id);
  }

  /** The pointer or the focus is on it: it stays. */
  hold(id: number): void {
    const one = this.#timers.get(id);
    if (!one || one.timer === null) return;
    clearTimeout(one.timer);
    one.timer = null;
    one.left = Math.max(0, one.left - (performance.now() - one.since));
  }

  resume(id: number): void {
    this.hold(id);
    const one = this.#timers.get(id);
    if (one) one.left = Math.max(one.left, TOAST_LEFT_MIN_MS);
    this.#start(id);
  }

  /** How long it still stays, in milliseconds. */
  left(id: number): number {
    const one = this.#timers.get(id);
    if (!one) return 0;
    return Math.max(0, one.timer === null ? one.left : one.left - (performance.now() - one.since));
  }

  /** The newest toast that can take something back. */
  get undoable(): Toast | undefined {
    return this.toasts.findLast((toast) => toast.act?.undo);
  }

  /** Does what a toast offers, and puts it away. */
  act(toast: Toast): void {
    this.drop(toast.id);
    toast.act?.run();
  }

  #start(id: number): void {
    const one = this.#timers.get(id);
    if (!one) return;
    one.since = performance.now();
    one.timer = setTimeout(() => this.close(id), one.left);
  }

  speak(text: string): void {
    if (this.#waiting) clearTimeout(this.#waiting);
    const wait = Math.max(0, this.#lastSpoken + SPEAK_EVERY_MS - performance.now());
    this.#waiting = setTimeout(() => {
      this.#lastSpoken = performance.now();
      this.#waiting = null;
      this.spoken = text;
    }, wait);
  }
}
