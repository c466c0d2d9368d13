/** What Rust pushes: counters, ends of transfers, files dragged over the window. Rows are pulled, not pushed. */
import type { AppError, Backend, DraggedCount, LimitNow, NoticeFacts, Pulse, Push, TransferRow } from '../ipc/backend';
import { assertNever } from '../assert';

const UNLIMITED: LimitNow = { bytes_s: null, source: 'general', until_ms: null };

const NOTHING: Pulse = {
  revision: 0,
  counts: { active: 0, waiting: 0, paused: 0, failed: 0, done: 0 },
  upload_bytes_s: 0,
  download_bytes_s: 0,
  limits: {
    upload_bytes_s: null,
    download_bytes_s: null,
    upload: UNLIMITED,
    download: UNLIMITED,
    own_count: 0,
    own_lowest_bytes_s: null,
  },
  left_bytes: 0,
  awake: 'idle',
  network: 'online',
  on_battery: null,
  metered: null,
};

/** Weight of a new sample in the smoothed speed: half of it is from the last three seconds at four pulses a second. */
const SMOOTHING = 0.06;
/** How long a pulse waits for what is pulled with it. */
const TOGETHER_MS = 100;

/** Pulls what a screen shows; nothing if it needs nothing now. */
type Pull = (revision: number) => Promise<void> | undefined;

export class Live {
  pulse = $state.raw<Pulse>(NOTHING);
  /** Bytes a second of all transfers, smoothed; for the time left in the title, which must not flicker. */
  smoothSpeed = $state(0);
  /** How many paths are being dragged over the window; null when none are. */
  dragged = $state<number | null>(null);
  /** What is dragged, as far as Rust has counted it. */
  counted = $state.raw<DraggedCount | null>(null);
  /** Set by the shell: where the drag is; null when it is over. */
  onDragMoved: (at: { x: number; y: number } | null) => void = () => undefined;
  /** Set by the shell: files were let go; what is aimed at now is where they go, whenever they come. */
  onDropAimed: (drop: number) => void = () => undefined;
  /** Set by the shell: what to do with files that were dropped, and with those that cannot be read. */
  onDropped: (drop: number, paths: string[], refused: AppError[], refusedMore: number) => void = () => undefined;
  /** Set by the shell: files were given from outside. */
  onFilesGiven: () => void = () => undefined;
  /** Set by the shell: the window is to be closed while transfers run. */
  onQuitAsked: () => void = () => undefined;
  /** Set by the shell: the desktop is to tell of this. */
  onNoticeDue: (facts: NoticeFacts) => void = () => undefined;
  /** Set by the app: what to do with what the user must know. */
  onNotice: (notice: AppError) => void = () => undefined;
  /** Set by the app: transfers wait for keys. */
  onKeysNeeded: () => void = () => undefined;
  #ended = new Set<(row: TransferRow) => void>();
  #pulls = new Set<Pull>();
  /** Pulses that came, and the last of them that is shown. */
  #came = 0;
  #shown = 0;

  async start(backend: Backend): Promise<void> {
    await backend.subscribe((push) => this.receive(push));
  }

  /** Returns the way to stop listening. */
  onEnded(listen: (row: TransferRow) => void): () => void {
    this.#ended.add(listen);
    return () => this.#ended.delete(listen);
  }

  /**
   * Pulls with each pulse. The pulse is shown when that has come, so that both are drawn in one frame: a frame costs more
   * than its contents. Returns the way to stop.
   */
  onPulse(pull: Pull): () => void {
    this.#pulls.add(pull);
    return () => this.#pulls.delete(pull);
  }

  #take(pulse: Pulse): void {
    const number = (this.#came += 1);
    const pulled = [...this.#pulls].map((pull) => pull(pulse.revision)).filter((one) => one !== undefined);
    if (pulled.length === 0) {
      this.#show(number, pulse);
      return;
    }
    const late = new Promise<void>((done) => setTimeout(done, TOGETHER_MS));
    void Promise.race([Promise.allSettled(pulled), late]).then(() => this.#show(number, pulse));
  }

  #show(number: number, pulse: Pulse): void {
    if (number < this.#shown || pulse.revision < this.pulse.revision) return;
    this.#shown = number;
    this.pulse = pulse;
    const speed = pulse.upload_bytes_s + pulse.download_bytes_s;
    this.smoothSpeed = this.smoothSpeed === 0 ? speed : this.smoothSpeed + (speed - this.smoothSpeed) * SMOOTHING;
    if (speed === 0) this.smoothSpeed = 0;
  }

  receive(push: Push): void {
    switch (push.type) {
      case 'pulse':
        this.#take(push.pulse);
        return;
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
        this.counted = null;
        return;
      case 'drag_counted':
        if (this.dragged !== null) this.counted = push.count;
        return;
      case 'drag_moved':
        this.onDragMoved({ x: push.x, y: push.y });
        return;
      case 'drag_leave':
        this.dragged = null;
        this.onDragMoved(null);
        return;
      case 'drop_aimed':
        this.onDropAimed(push.drop);
        return;
      case 'dropped':
        this.dragged = null;
        this.onDropped(push.drop, push.paths, push.refused, push.refused_more);
        this.onDragMoved(null);
        return;
      case 'files_given':
        this.onFilesGiven();
        return;
      case 'quit_asked':
        this.onQuitAsked();
        return;
      case 'notice_due':
        this.onNoticeDue(push.facts);
        return;
      default:
        assertNever(push);
    }
  }
}
