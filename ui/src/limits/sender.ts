/** Sends limits while a thumb is dragged: at once, then at most every 120 ms, and always the last one. */
import type { Limits } from '../ipc/backend';

export const SEND_EVERY_MS = 120;

export class LimitsSender {
  #send: (limits: Limits) => unknown;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #waiting: Limits | null = null;

  constructor(send: (limits: Limits) => unknown) {
    this.#send = send;
  }

  send(limits: Limits): void {
    if (this.#timer !== null) {
      this.#waiting = limits;
      return;
    }
    this.#send(limits);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      const waiting = this.#waiting;
      this.#waiting = null;
      if (waiting) this.send(waiting);
    }, SEND_EVERY_MS);
  }

  /** Sends what waits, without waiting. */
  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#waiting) this.#send(this.#waiting);
    this.#waiting = null;
  }
}
