/** Looks what is at the chosen target, again whenever the choice changes. */
import type { AppError, Backend, Conflict } from '../ipc/backend';
import { errorOf } from '../ipc/backend';
import { existingNames } from './existing';

const PAUSE_MS = 250;

export class TargetCheck {
  /** Names that are taken; null when not known. */
  taken = $state.raw<string[] | null>([]);
  /** Whether what is overwritten can be brought back; null when not known. */
  undo = $state<boolean | null>(null);
  busy = $state(false);
  error = $state.raw<AppError | null>(null);
  conflict = $state<Exclude<Conflict, 'fail'>>('keep_both');
  #backend: Backend;
  #asked = 0;
  #running: Promise<void> = Promise.resolve();

  /** `conflict`: what is chosen until the user chooses. */
  constructor(backend: Backend, conflict: Conflict) {
    this.#backend = backend;
    if (conflict !== 'fail') this.conflict = conflict;
  }

  /** Whether the question must be put. */
  get asks(): boolean {
    return this.taken === null || this.taken.length > 0;
  }

  look(bucket: string, prefix: string, names: readonly string[]): void {
    const asked = ++this.#asked;
    this.busy = true;
    // What was found elsewhere says nothing of here.
    this.taken = [];
    this.undo = null;
    this.#running = (async () => {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      if (asked !== this.#asked) return;
      try {
        const taken = await existingNames(this.#backend, bucket, prefix, names);
        if (asked !== this.#asked) return;
        this.taken = taken;
        this.error = null;
        if (this.asks) void this.#askUndo(bucket, asked);
      } catch (thrown) {
        if (asked !== this.#asked) return;
        this.taken = [];
        this.error = errorOf(thrown);
      } finally {
        if (asked === this.#asked) this.busy = false;
      }
    })();
  }

  /** Worth knowing, but not worth waiting for. */
  async #askUndo(bucket: string, asked: number): Promise<void> {
    const versioning = await this.#backend.bucketVersioning(bucket).catch(() => null);
    if (asked === this.#asked && versioning !== null) this.undo = versioning === 'enabled';
  }

  /** What is shown of the place, to tell whether it is still that when a look has ended. */
  get shown(): string {
    return JSON.stringify(this.taken);
  }

  /** The newest look has ended. */
  async settled(): Promise<void> {
    let seen;
    do {
      seen = this.#asked;
      await this.#running;
    } while (seen !== this.#asked);
  }
}
