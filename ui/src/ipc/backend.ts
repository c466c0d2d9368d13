/**
 * The one door between the window and what runs behind it.
 *
 * Components know this interface only: `tauri.ts` puts the generated commands behind it, `mock/` a seeded world that
 * needs no Rust. A call that fails rejects with `Failure`, which carries the code and parameters of the words.
 */
import type {
  AccountView,
  Acted,
  ActOn,
  AppError,
  AppStatus,
  BucketView,
  ConnectForm,
  Conflict,
  Exported,
  FailedGroups,
  FailedPage,
  FailedPaths,
  KeysForm,
  Limits,
  LogPage,
  MoveTo,
  ObjectPage,
  Push,
  Select,
  Selected,
  Settings,
  TransferDetail,
  TransferFilter,
  TransferOptionsForm,
  TransferPage,
} from './bindings';

export type {
  AccountView,
  Acted,
  Actions,
  ActOn,
  AppError,
  AppStatus,
  BucketView,
  Conflict,
  ConnectForm,
  Counts,
  Direction,
  Exported,
  FailedGroup,
  FailedGroups,
  FailedPage,
  FailedPaths,
  FailedRow,
  KeysForm,
  Limits,
  LogPage,
  LogRow,
  MoveTo,
  ObjectPage,
  ObjectRow,
  Pulse,
  Push,
  Select,
  Selected,
  Settings,
  ShownState,
  TransferDetail,
  TransferFilter,
  TransferOptionsForm,
  TransferOptionsView,
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
  /** Answers with how many transfers go on with them. */
  renewKeys(id: string, keys: KeysForm): Promise<number>;

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

  /** One page in the order of the filter; `after` is the `next` of the page before. */
  transfers(filter: TransferFilter, after: number | null, limit: number): Promise<TransferPage>;
  transferDetail(id: number): Promise<TransferDetail>;
  /** Newest first; `before` is the `next` of the page before. */
  transferLog(id: number, before: number | null, limit: number): Promise<LogPage>;
  setTransferOptions(id: number, form: TransferOptionsForm): Promise<void>;
  pause(ids: number[]): Promise<void>;
  resume(ids: number[]): Promise<void>;
  retry(ids: number[]): Promise<void>;
  /** Gives up what runs, clears away what is over: gone from the lists at once, removed when undo is no longer possible. */
  dismiss(ids: number[]): Promise<Acted>;
  dismissList(filter: TransferFilter): Promise<Acted>;
  moveTransfers(ids: number[], to: MoveTo): Promise<Acted>;
  /** False if it is too late. */
  undo(number: number): Promise<boolean>;

  /** The selection is held behind this door; a list is told which of its rows are in it. */
  select(filter: TransferFilter, change: Select): Promise<Selected>;
  selected(filter: TransferFilter): Promise<Selected>;
  actOnSelection(act: ActOn): Promise<Acted>;
  moveSelection(to: MoveTo): Promise<Acted>;

  failedGroups(): Promise<FailedGroups>;
  failedRows(code: string, after: number | null, limit: number): Promise<FailedPage>;
  /** Of one cause, or of all; answers with how many. */
  retryFailed(code: string | null): Promise<number>;
  dismissFailed(code: string | null): Promise<Acted>;
  failedPaths(code: string | null): Promise<FailedPaths>;
  /** The native dialog, then the file; null when the dialog was closed. */
  exportFailed(): Promise<Exported | null>;
  pauseAll(): Promise<void>;
  resumeAll(): Promise<void>;
  reveal(id: number): Promise<void>;

  getLimits(): Promise<Limits>;
  setLimits(limits: Limits): Promise<void>;

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
