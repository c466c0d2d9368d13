/**
 * Deletes what was chosen, a page at a time: first counts what the folders hold, then deletes, and notes what could not
 * be deleted. Stopping is asking for no further page; what is gone by then stays gone, and the numbers say so.
 */
import { type AppError, type Backend, errorOf, type NotDeleted, type ObjectRow } from '../ipc/backend';

const KEYS_AT_ONCE = 1_000;
/** Failures that are named; beyond, they are only counted. */
const NAMED_MAX = 200;

export type Stage = 'asking' | 'deleting' | 'over';

type Asks = Pick<Backend, 'measureFolder' | 'deleteObjects' | 'deleteFolder'>;

export class Deletion {
  readonly objects: readonly ObjectRow[];
  readonly folders: readonly ObjectRow[];
  stage = $state<Stage>('asking');
  /** Whether the folders are still being counted. */
  counting = $state(false);
  /** What would go: the objects chosen, and what the folders hold as far as counted. */
  found = $state(0);
  foundBytes = $state(0);
  deleted = $state(0);
  failed = $state.raw<readonly NotDeleted[]>([]);
  failedCount = $state(0);
  error = $state.raw<AppError | null>(null);
  stopped = $state(false);
  #backend: Asks;
  #bucket: string;
  #live = true;

  constructor(backend: Asks, bucket: string, rows: readonly ObjectRow[]) {
    this.#backend = backend;
    this.#bucket = bucket;
    this.objects = rows.filter((row) => !row.folder);
    this.folders = rows.filter((row) => row.folder);
    this.found = this.objects.length;
    this.foundBytes = this.objects.reduce((sum, row) => sum + row.size_bytes, 0);
  }

  /** Counts what the folders hold, until done, `stop` or `run`. Not knowing is no reason not to ask. */
  async count(): Promise<void> {
    this.counting = this.folders.length > 0;
    try {
      for (const folder of this.folders) {
        let after: string | null = null;
        do {
          const part: Awaited<ReturnType<Asks['measureFolder']>> = await this.#backend.measureFolder(this.#bucket, folder.key, after);
          if (!this.#live || this.stage !== 'asking') return;
          this.found += part.objects;
          this.foundBytes += part.size_bytes;
          after = part.next;
        } while (after !== null);
      }
      this.counting = false;
    } catch (thrown) {
      if (this.stage === 'asking') this.error = errorOf(thrown);
    }
  }

  async run(): Promise<void> {
    if (this.stage !== 'asking') return;
    this.stage = 'deleting';
    this.error = null;
    try {
      for (let at = 0; at < this.objects.length && !this.stopped; at += KEYS_AT_ONCE) {
        const keys = this.objects.slice(at, at + KEYS_AT_ONCE).map((row) => row.key);
        this.#note(await this.#backend.deleteObjects(this.#bucket, keys));
      }
      for (const folder of this.folders) {
        let after: string | null = null;
        do {
          if (this.stopped) break;
          const part: Awaited<ReturnType<Asks['deleteFolder']>> = await this.#backend.deleteFolder(this.#bucket, folder.key, after);
          this.#note(part);
          after = part.next;
        } while (after !== null);
      }
    } catch (thrown) {
      this.error = errorOf(thrown);
    }
    this.stage = 'over';
  }

  /** No further page is asked for. */
  stop(): void {
    this.stopped = true;
  }

  /** Nobody looks any more: no further page is counted or deleted. */
  close(): void {
    this.#live = false;
    this.stop();
  }

  /** Whether everything went as asked, so that there is nothing to read. */
  get clean(): boolean {
    return this.stage === 'over' && this.error === null && this.failedCount === 0 && !this.stopped;
  }

  #note(part: { deleted: number; failed: readonly NotDeleted[] }): void {
    this.deleted += part.deleted;
    this.failedCount += part.failed.length;
    this.failed = [...this.failed, ...part.failed].slice(0, NAMED_MAX);
  }
}
