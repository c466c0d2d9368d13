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
  AppError,
  AppStatus,
  BucketView,
  CheckProgress,
  ConnectForm,
  Conflict,
  KeysForm,
  KeysNeeded,
  Limits,
  ObjectPage,
  Push,
  SecretsPlace,
  Settings,
  TransferDetail,
  TransferFilter,
  TransferPage,
} from './bindings';

export type {
  AccountForm,
  AccountUse,
  AccountView,
  Actions,
  AppError,
  AppStatus,
  BucketView,
  CheckProgress,
  CheckStep,
  Conflict,
  ConnectForm,
  Counts,
  Direction,
  KeysForm,
  KeysNeeded,
  Limits,
  ObjectPage,
  ObjectRow,
  ProxyUse,
  Pulse,
  Push,
  SecretsPlace,
  Settings,
  ShownState,
  StepFact,
  StepState,
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
  pause(ids: number[]): Promise<void>;
  resume(ids: number[]): Promise<void>;
  cancel(ids: number[]): Promise<void>;
  retry(ids: number[]): Promise<void>;
  remove(ids: number[]): Promise<void>;
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
