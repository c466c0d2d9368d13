/** What the window says without being asked: toasts for the eye, one polite line for the ear. */
export interface Toast {
  id: number;
  text: string;
  kind: 'plain' | 'bad';
  act?: { label: string; run: () => void; undoes?: boolean };
}

/** How long a toast stays, unless the pointer or the focus is on it. */
export const TOAST_MS = 10_000;
/** A screen reader hears at most one message in this time; a later one replaces one that waits. */
const SPEAK_EVERY_MS = 3_000;

export class Notices {
  toasts = $state.raw<Toast[]>([]);
  spoken = $state('');
  #next = 1;
  #timers = new Map<number, ReturnType<typeof setTimeout>>();
  #lastSpoken = -Infinity;
  #waiting: ReturnType<typeof setTimeout> | null = null;

  toast(text: string, extra: { kind?: Toast['kind']; act?: Toast['act'] } = {}): void {
    const toast: Toast = { id: this.#next++, text, kind: extra.kind ?? 'plain', ...(extra.act ? { act: extra.act } : {}) };
    this.toasts = [...this.toasts, toast].slice(-5);
    this.resume(toast.id);
    this.speak(text);
  }

  /** Takes back what was done last, while its toast is there. */
  undo(): void {
    const last = this.toasts.findLast((toast) => toast.act?.undoes);
    if (!last) return;
    last.act?.run();
    this.close(last.id);
  }

  close(id: number): void {
    this.hold(id);
    this.toasts = this.toasts.filter((toast) => toast.id !== id);
  }

  /** The pointer or the focus is on it: it stays. */
  hold(id: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
  }

  resume(id: number): void {
    this.hold(id);
    this.#timers.set(
      id,
      setTimeout(() => this.close(id), TOAST_MS),
    );
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
