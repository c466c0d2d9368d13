/** What Rust pushes: counters, ends of transfers, files dragged over the window. Rows are pulled, not pushed. */
import type { AppError, Backend, Pulse, Push, TransferRow } from '../ipc/backend';
import { assertNever } from '../assert';

const NOTHING: Pulse = {
  revision: 0,
  counts: { active: 0, waiting: 0, paused: 0, failed: 0, done: 0 },
  upload_bytes_s: 0,
  download_bytes_s: 0,
  limits: { upload_bytes_s: null, download_bytes_s: null },
  left_bytes: 0,
};

/** Weight of a new sample in the smoothed speed: half of it is from the last three seconds at five pulses a second. */
const SMOOTHING = 0.05;

export class Live {
  pulse = $state.raw<Pulse>(NOTHING);
  /** Bytes a second of all transfers, smoothed; for the time left in the title, which must not flicker. */
  smoothSpeed = $state(0);
  /** How many paths are being dragged over the window; null when none are. */
  dragged = $state<number | null>(null);
  /** Set by the shell: what to do with files that were dropped. */
  onDropped: (paths: string[]) => void = () => undefined;
  /** Set by the app: what to do with what the user must know. */
  onNotice: (notice: AppError) => void = () => undefined;
  /** Set by the app: transfers wait for keys. */
  onKeysNeeded: () => void = () => undefined;
  #ended = new Set<(row: TransferRow) => void>();

  async start(backend: Backend): Promise<void> {
    await backend.subscribe((push) => this.receive(push));
  }

  /** Returns the way to stop listening. */
  onEnded(listen: (row: TransferRow) => void): () => void {
    this.#ended.add(listen);
    return () => this.#ended.delete(listen);
  }

  receive(push: Push): void {
    switch (push.type) {
      case 'pulse': {
        if (push.pulse.revision < this.pulse.revision) return;
        this.pulse = push.pulse;
        const speed = push.pulse.upload_bytes_s + push.pulse.download_bytes_s;
        this.smoothSpeed = this.smoothSpeed === 0 ? speed : this.smoothSpeed + (speed - this.smoothSpeed) * SMOOTHING;
        if (speed === 0) this.smoothSpeed = 0;
        return;
      }
      case 'ended':
        for (const listen of this.#ended) listen(push.row);
        return;
      case 'notice':
        this.onNotice(push.notice);
        return;
      case 'keys_needed':
        this.onKeysNeeded();
        return;
      case 'drag_over':
        this.dragged = push.paths;
        return;
      case 'drag_leave':
        this.dragged = null;
        return;
      case 'dropped':
        this.dragged = null;
        if (push.paths.length > 0) this.onDropped(push.paths);
        return;
      default:
        assertNever(push);
    }
  }
}
