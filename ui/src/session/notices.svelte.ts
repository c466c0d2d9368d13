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
  /** Until when it can be taken back is counted elsewhere, and no pointer holds that up. */
  fixed?: true;
  /** It is of the account in use, and goes with it. */
  bound?: true;
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

/** Something can be taken back, or has gone wrong: news does not cover it. */
const weighs = (toast: Toast): boolean => toast.kind === 'bad' || toast.act?.undo === true;

export class Notices {
  toasts = $state.raw<Toast[]>([]);
  spoken = $state('');
  /** The one that is pointed at, or was turned to. */
  #chosen = $state<number | null>(null);
  #held = false;
  #next = 1;
  #timers = new Map<number, Timer>();
  #lastSpoken = -Infinity;
  #waiting: ReturnType<typeof setTimeout> | null = null;

  /**
   * The one that is seen; the others can be turned to. None takes the place of one that is pointed at, and news waits
   * for its turn behind what can be taken back or has gone wrong.
   */
  readonly shown = $derived(
    this.toasts.find((one) => one.id === this.#chosen) ?? this.toasts.findLast(weighs) ?? this.toasts.at(-1),
  );

  /** Shows it; answers with its id. */
  toast(text: string, extra: Pick<Partial<Toast>, 'kind' | 'act' | 'about' | 'gone' | 'fixed' | 'bound'> = {}): number {
    const { shown } = this;
    const before = extra.about === undefined ? undefined : this.toasts.find((one) => one.about === extra.about);
    const act = before?.act ?? extra.act;
    const toast: Toast = { ...extra, id: this.#next++, text, kind: extra.kind ?? 'plain', ...(act ? { act } : {}) };
    if (before) this.close(before.id);
    this.toasts = [...this.toasts, toast];
    // One that something waits for, or that can be taken back, is never sent away for want of room: that was promised.
    const over = this.toasts.length - TOASTS_MAX;
    // Nor is the one that is seen. News goes first; what has gone wrong makes way only for what weighs as much.
    const free = this.toasts.filter((one) => one !== toast && one.id !== shown?.id && !one.gone && !one.act?.undo);
    const spare = [...free.filter((one) => !weighs(one)), ...(weighs(toast) ? free.filter(weighs) : [])];
    if (over > 0) for (const old of spare.slice(0, over)) this.close(old.id);
    this.#timers.set(toast.id, { timer: null, left: TOAST_MS, since: 0 });
    if (!this.#held) this.#chosen = null;
    this.#settle();
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
    this.#stop(id);
    this.#timers.delete(id);
    this.toasts = this.toasts.filter((toast) => toast.id !== id);
    if (this.#chosen === id) this.#chosen = this.#held ? (this.shown?.id ?? null) : null;
    if (this.toasts.length === 0) this.#held = false;
    this.#settle();
  }

  /** The account in use is left: what was offered for it is no longer. */
  dropBound(): void {
    for (const toast of this.toasts.filter((one) => one.bound)) this.drop(toast.id);
  }

  /** The pointer or the focus is on what is seen: it stays. */
  hold(): void {
    this.#held = true;
    this.#chosen = this.shown?.id ?? null;
    this.#settle();
  }

  /** It has left. */
  resume(): void {
    if (!this.#held) return;
    this.#held = false;
    const one = this.shown && !this.shown.fixed ? this.#timers.get(this.shown.id) : undefined;
    if (one) one.left = Math.max(one.left, TOAST_LEFT_MIN_MS);
    this.#settle();
  }

  /** Turns to the one before, and from the oldest to the newest. */
  turn(): void {
    const at = this.toasts.findIndex((one) => one.id === this.shown?.id);
    const next = this.toasts.at(at - 1);
    if (at < 0 || !next) return;
    this.#chosen = next.id;
    this.#settle();
    this.speak(next.text);
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

  /** Whose time runs: what can be taken back, always; news while it is seen, and behind other news. */
  #settle(): void {
    const { shown } = this;
    for (const toast of this.toasts) {
      const kept = this.#held && toast === shown && !toast.fixed;
      const waits = toast !== shown && !toast.act?.undo && shown !== undefined && weighs(shown);
      if (kept || waits) this.#stop(toast.id);
      else this.#start(toast.id);
    }
  }

  #start(id: number): void {
    const one = this.#timers.get(id);
    if (!one || one.timer !== null) return;
    one.since = performance.now();
    one.timer = setTimeout(() => this.close(id), one.left);
  }

  #stop(id: number): void {
    const one = this.#timers.get(id);
    if (!one || one.timer === null) return;
    clearTimeout(one.timer);
    one.timer = null;
    one.left = Math.max(0, one.left - (performance.now() - one.since));
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
