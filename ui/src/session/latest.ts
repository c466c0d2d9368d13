/** Sends a value while a thumb is dragged: at once, then at most every 120 ms, and always the last one. */
export const SEND_EVERY_MS = 120;

export class LatestSender<T> {
  #send: (value: T) => unknown;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #waiting: { value: T } | null = null;

  constructor(send: (value: T) => unknown) {
    this.#send = send;
  }

  send(value: T): void {
    if (this.#timer !== null) {
      this.#waiting = { value };
      return;
    }
    this.#send(value);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      const waiting = this.#waiting;
      this.#waiting = null;
      if (waiting) this.send(waiting.value);
    }, SEND_EVERY_MS);
  }

  /** Sends what waits, without waiting. */
  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const waiting = this.#waiting;
    this.#waiting = null;
    if (waiting) this.#send(waiting.value);
  }
}
