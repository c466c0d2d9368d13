/**
 * The one door between the window and what runs behind it.
 *
 * Components know this interface only: `tauri.ts` puts the generated commands behind it, `mock/` a seeded world that
 * needs no Rust. A call that fails rejects with `Failure`, which carries the code and parameters of the words.
 */
import type {
  AccountView,
  AppError,
  AppStatus,
  BucketView,
  ConnectForm,
  Conflict,
  CopyRoute,
  Limits,
  LimitSettings,
  ObjectPage,
  Priority,
  Push,
  Settings,
  TransferDetail,
  TransferFilter,
  TransferPage,
} from './bindings';

export type {
  AccountView,
  Actions,
  AppError,
  AppStatus,
  BucketView,
  Conflict,
  ConnectForm,
  CopyRoute,
  Counts,
  Direction,
  LimitNow,
  Limits,
  LimitSettings,
  LimitsNow,
  LimitSource,
  ObjectPage,
  ObjectRow,
  Priority,
  Pulse,
  Push,
  Settings,
  ShownState,
  TransferDetail,
  TransferFilter,
  TransferPage,
  TransferRow,
} from './bindings';

export interface Backend {
  appStatus(): Promise<AppStatus>;
  getSettings(): Promise<Settings>;
  setSettings(settings: Settings): Promise<void>;

  connectPractice(): Promise<AccountView>;
  connect(form: ConnectForm): Promise<AccountView>;
  accounts(): Promise<AccountView[]>;
  useAccount(id: string): Promise<AccountView>;
  forgetAccount(id: string): Promise<void>;

  listBuckets(): Promise<BucketView[]>;
  createBucket(name: string): Promise<void>;
  listObjects(bucket: string, prefix: string, after: string | null): Promise<ObjectPage>;

  /** The native dialog; empty when it was closed. */
  pickFiles(): Promise<string[]>;
  /** The native dialog; null when it was closed. */
  pickFolder(): Promise<string | null>;

  addUploads(bucket: string, prefix: string, paths: string[], conflict: Conflict): Promise<number[]>;
  addDownloads(bucket: string, keys: string[], folder: string, conflict: Conflict): Promise<number[]>;
  addCopies(bucket: string, keys: string[], toBucket: string, toPrefix: string, conflict: Conflict): Promise<number[]>;

  /** Which way copies between two buckets go. */
  copyRoute(bucket: string, toBucket: string): Promise<CopyRoute>;

  /** One page in the order of the filter; `after` is the `next` of the page before. */
  transfers(filter: TransferFilter, after: number | null, limit: number): Promise<TransferPage>;
  transferDetail(id: number): Promise<TransferDetail>;
  pause(ids: number[]): Promise<void>;
  resume(ids: number[]): Promise<void>;
  cancel(ids: number[]): Promise<void>;
  retry(ids: number[]): Promise<void>;
  remove(ids: number[]): Promise<void>;
  pauseAll(): Promise<void>;
  resumeAll(): Promise<void>;
  reveal(id: number): Promise<void>;

  getLimits(): Promise<LimitSettings>;
  /** Bytes a second: null is no limit, 0 a stop. Ends full speed for an hour. */
  setLimits(limits: Limits): Promise<LimitSettings>;
  /** 168 letters from Monday 00:00: `f` full speed, `l` limited, `s` stop. */
  setTimetable(on: boolean, timetable: string): Promise<LimitSettings>;
  setFullSpeed(on: boolean): Promise<LimitSettings>;
  /** A transfer's own limit; the lowest of all holds. */
  setTransferLimit(ids: number[], bytesPerSecond: number | null): Promise<void>;
  /** The last place of a priority, for each in this order. */
  setPriority(ids: number[], priority: Priority): Promise<void>;

  /** Pushes arrive until the window closes. */
  subscribe(receive: (push: Push) => void): Promise<void>;
}

/** A command that was refused: the code has words in `i18n`. */
export class Failure extends Error {
  readonly error: AppError;

  constructor(error: AppError) {
    super(error.code);
    this.name = 'Failure';
    this.error = error;
  }
}

/** What went wrong, whatever was thrown: a `Failure` keeps its code, the rest is a bug with its message. */
export function errorOf(thrown: unknown): AppError {
  if (thrown instanceof Failure) return thrown.error;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: 'internal', params: { message }, retryable: false };
}
