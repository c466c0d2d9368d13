/**
 * The one door between the window and what runs behind it.
 *
 * Components know this interface only: `tauri.ts` puts the generated commands behind it, `mock/` a seeded world that
 * needs no Rust. A call that fails rejects with `Failure`, which carries the code and parameters of the words.
 */
import type {
  AccountForm,
  AccountUse,
  AccountView,
  Acted,
  ActOn,
  AppError,
  AppStatus,
  BegunElsewhere,
  Bookmark,
  BucketView,
  CheckProgress,
  ChosenObject,
  ConnectForm,
  Conflict,
  CopyRoute,
  DeletedPart,
  DesktopWords,
  Dismissal,
  Exported,
  FailedGroups,
  FailedPage,
  FailedPaths,
  FolderPart,
  GivenFiles,
  KeysForm,
  KeysNeeded,
  Limits,
  LimitSettings,
  LinkView,
  LogPage,
  MoveTo,
  Notice,
  ObjectPage,
  Priority,
  Push,
  QuitQuestion,
  SecretsPlace,
  Select,
  Selected,
  Settings,
  TransferDetail,
  TransferFilter,
  TransferOptionsForm,
  TransferPage,
} from './bindings';
import type { LeftoversBackend } from './leftovers';
import type { ObjectBackend } from './objects';
import type { ReceiptsBackend } from './receipts';

export type * from './objects';
export type {
  AccountForm,
  AccountUse,
  AccountView,
  Acted,
  Actions,
  ActOn,
  AppError,
  AppStatus,
  Bookmark,
  BucketView,
  CheckProgress,
  CheckStep,
  Conflict,
  ConnectForm,
  CopyRoute,
  Counts,
  DeletedPart,
  DesktopWords,
  Direction,
  Dismissal,
  DraggedCount,
  Exported,
  FailedGroup,
  FailedGroups,
  FailedPage,
  FailedPaths,
  FailedRow,
  FolderPart,
  GivenFiles,
  KeysForm,
  KeysNeeded,
  LimitNow,
  Limits,
  LimitSettings,
  LimitSource,
  LimitsNow,
  LinkView,
  LogPage,
  LogRow,
  MoveTo,
  NotDeleted,
  Notice,
  NoticeFacts,
  ObjectPage,
  ObjectRow,
  Priority,
  ProxyUse,
  Pulse,
  Push,
  QuitQuestion,
  SecretsPlace,
  Select,
  Selected,
  Settings,
  ShownState,
  StepFact,
  StepState,
  TransferDetail,
  TransferFilter,
  TransferOptionsForm,
  TransferOptionsView,
  TransferPage,
  TransferRow,
} from './bindings';

export interface Backend extends LeftoversBackend, ObjectBackend, ReceiptsBackend {
  appStatus(): Promise<AppStatus>;
  getSettings(): Promise<Settings>;
  setSettings(settings: Settings): Promise<void>;
  /** Shows the log in its folder. */
  revealLog(): Promise<void>;

  connectPractice(): Promise<AccountView>;
  /** Tries an account and keeps nothing; each step is told while it runs. */
  checkAccount(form: ConnectForm, progress: (progress: CheckProgress) => void): Promise<void>;
  cancelCheck(): Promise<void>;
  connect(form: ConnectForm, progress: (progress: CheckProgress) => void): Promise<AccountView>;
  /** Answers with how many transfers go on. */
  renewKeys(id: string, keys: KeysForm, progress: (progress: CheckProgress) => void): Promise<number>;
  renameAccount(id: string, name: string): Promise<AccountView>;
  accountForm(id: string): Promise<AccountForm>;
  accountUse(id: string): Promise<AccountUse>;
  keysNeeded(): Promise<KeysNeeded[]>;
  /** Answers with how many certificates are in the file. */
  checkCaFile(path: string): Promise<number>;
  keepSecretsInFile(passphrase: string): Promise<SecretsPlace>;
  unlockSecrets(passphrase: string): Promise<SecretsPlace>;
  changePassphrase(old: string, next: string): Promise<SecretsPlace>;
  endSecretsFile(): Promise<SecretsPlace>;
  discardSecretsFile(): Promise<SecretsPlace>;
  accounts(): Promise<AccountView[]>;
  useAccount(id: string): Promise<AccountView>;
  forgetAccount(id: string): Promise<void>;

  listBuckets(): Promise<BucketView[]>;
  createBucket(name: string): Promise<void>;
  /** Only one without objects, versions and unfinished uploads. */
  deleteBucket(bucket: string): Promise<void>;
  listObjects(bucket: string, prefix: string, after: string | null): Promise<ObjectPage>;
  bookmarks(): Promise<Bookmark[]>;
  addBookmark(bookmark: Bookmark): Promise<Bookmark[]>;
  removeBookmark(bookmark: Bookmark): Promise<Bookmark[]>;

  /** Answers with the new prefix. */
  createFolder(bucket: string, prefix: string, name: string): Promise<string>;
  /** One page of what is in a folder, all levels of it; `after` is the `next` of the page before. */
  measureFolder(bucket: string, prefix: string, after: string | null): Promise<FolderPart>;
  /** At most 1000 keys. */
  deleteObjects(bucket: string, keys: string[]): Promise<DeletedPart>;
  /** One page of a folder; asking for no further one is stopping. */
  deleteFolder(bucket: string, prefix: string, after: string | null): Promise<DeletedPart>;
  /** A link for anybody, for at most seven days. */
  presignObject(bucket: string, key: string, expiresS: number): Promise<LinkView>;

  /** The native dialog; empty when it was closed. */
  pickFiles(): Promise<string[]>;
  /** The native dialog; null when it was closed. */
  pickFolder(): Promise<string | null>;

  addUploads(bucket: string, prefix: string, paths: string[], conflict: Conflict): Promise<number[]>;
  addDownloads(bucket: string, objects: ChosenObject[], folder: string, conflict: Conflict): Promise<number[]>;
  addVersionDownload(bucket: string, key: string, versionId: string, folder: string, conflict: Conflict): Promise<number[]>;
  addCopies(bucket: string, objects: ChosenObject[], toBucket: string, toPrefix: string, conflict: Conflict): Promise<number[]>;

  /** Which way copies between two buckets go. */
  copyRoute(bucket: string, toBucket: string): Promise<CopyRoute>;

  /** One page in the order of the filter; `after` is the `next` of the page before. */
  transfers(filter: TransferFilter, after: number | null, limit: number): Promise<TransferPage>;
  transferDetail(id: number): Promise<TransferDetail>;
  /** Newest first; `before` is the `next` of the page before. */
  transferLog(id: number, before: number | null, limit: number): Promise<LogPage>;
  setTransferOptions(id: number, form: TransferOptionsForm): Promise<void>;
  pause(ids: number[]): Promise<void>;
  resume(ids: number[]): Promise<void>;
  /** Those that wait for a place need none; what may not move waits on. */
  startNow(ids: number[]): Promise<void>;
  retry(ids: number[]): Promise<void>;
  /**
   * Gives up what runs, or takes out what is over, and leaves alone what the other is for: gone from the lists at once,
   * removed when undo is no longer possible.
   */
  dismiss(ids: number[], how: Dismissal): Promise<Acted>;
  /** Of what is done; every other list is refused. */
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
  /** The policy, as indented JSON, that would have allowed what failed of a cause. */
  failedPolicy(code: string): Promise<string>;
  /** The native dialog, then the failed downloads of a cause begin anew there; null when the dialog was closed. */
  changeFailedFolder(code: string): Promise<BegunElsewhere | null>;
  /** The native dialog, then the file; null when the dialog was closed. */
  exportFailed(): Promise<Exported | null>;
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

  /** What to ask before the window closes; fetched when `quit_asked` is pushed. */
  quitQuestion(): Promise<QuitQuestion>;
  quit(): Promise<void>;
  keepInTray(): Promise<void>;
  setDesktopWords(words: DesktopWords): Promise<void>;
  /** Whether this computer may be kept awake while bytes move; off holds until Tern is closed. */
  setKeepAwake(on: boolean): Promise<void>;
  /** The words for a `notice_due`. */
  showNotice(notice: Notice): Promise<void>;
  /** Files given from outside since this was last asked. */
  takeGivenFiles(): Promise<GivenFiles>;

  /** Pushes arrive until the window closes. */
  subscribe(receive: (push: Push) => void): Promise<void>;
}

/** What Rust has before the user has chosen anything. */
export const USUAL_SETTINGS: Settings = {
  language: 'system',
  theme: 'system',
  density: 'comfortable',
  zoom_percent: 100,
  rail_width_px: 208,
  download_folder: '',
  conflict: 'keep_both',
  transfers_max: 16,
  parallel_parts: 5,
  part_size_bytes: 20 * 1024 ** 2,
  history_days: 90,
  wait_on_battery: false,
  wait_on_metered: false,
  notify_done: true,
  notify_attention: true,
};

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
