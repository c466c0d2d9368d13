// The shape that tauri-specta writes from src-tauri; the generated file takes this one's place.

import { Channel, invoke } from '@tauri-apps/api/core';

export type Result<T, E> = { status: 'ok'; data: T } | { status: 'error'; error: E };

async function typed<T>(command: string, args?: Record<string, unknown>): Promise<Result<T, AppError>> {
  try {
    return { status: 'ok', data: await invoke<T>(command, args) };
  } catch (error) {
    if (error instanceof Error) throw error;
    return { status: 'error', error: error as AppError };
  }
}

export const commands = {
  appStatus: (): Promise<Result<AppStatus, AppError>> => typed('app_status'),
  getSettings: (): Promise<Result<Settings, AppError>> => typed('get_settings'),
  setSettings: (settings: Settings): Promise<Result<null, AppError>> => typed('set_settings', { settings }),
  connectPractice: (): Promise<Result<AccountView, AppError>> => typed('connect_practice'),
  connect: (form: ConnectForm): Promise<Result<AccountView, AppError>> => typed('connect', { form }),
  accounts: (): Promise<Result<AccountView[], AppError>> => typed('accounts'),
  useAccount: (id: string): Promise<Result<AccountView, AppError>> => typed('use_account', { id }),
  forgetAccount: (id: string): Promise<Result<null, AppError>> => typed('forget_account', { id }),
  listBuckets: (): Promise<Result<BucketView[], AppError>> => typed('list_buckets'),
  createBucket: (name: string): Promise<Result<null, AppError>> => typed('create_bucket', { name }),
  listObjects: (bucket: string, prefix: string, after: string | null): Promise<Result<ObjectPage, AppError>> => typed('list_objects', { bucket, prefix, after }),
  pickFiles: (): Promise<Result<string[], AppError>> => typed('pick_files'),
  pickFolder: (): Promise<Result<string | null, AppError>> => typed('pick_folder'),
  addUploads: (bucket: string, prefix: string, paths: string[], conflict: Conflict): Promise<Result<number[], AppError>> => typed('add_uploads', { bucket, prefix, paths, conflict }),
  addDownloads: (bucket: string, keys: string[], folder: string, conflict: Conflict): Promise<Result<number[], AppError>> => typed('add_downloads', { bucket, keys, folder, conflict }),
  addCopies: (bucket: string, keys: string[], toBucket: string, toPrefix: string, conflict: Conflict): Promise<Result<number[], AppError>> => typed('add_copies', { bucket, keys, toBucket, toPrefix, conflict }),
  transfers: (filter: TransferFilter, after: number | null, limit: number): Promise<Result<TransferPage, AppError>> => typed('transfers', { filter, after, limit }),
  transferDetail: (id: number): Promise<Result<TransferDetail, AppError>> => typed('transfer_detail', { id }),
  pause: (ids: number[]): Promise<Result<null, AppError>> => typed('pause', { ids }),
  resume: (ids: number[]): Promise<Result<null, AppError>> => typed('resume', { ids }),
  cancel: (ids: number[]): Promise<Result<null, AppError>> => typed('cancel', { ids }),
  retry: (ids: number[]): Promise<Result<null, AppError>> => typed('retry', { ids }),
  remove: (ids: number[]): Promise<Result<null, AppError>> => typed('remove', { ids }),
  pauseAll: (): Promise<Result<null, AppError>> => typed('pause_all'),
  resumeAll: (): Promise<Result<null, AppError>> => typed('resume_all'),
  getLimits: (): Promise<Result<Limits, AppError>> => typed('get_limits'),
  setLimits: (limits: Limits): Promise<Result<null, AppError>> => typed('set_limits', { limits }),
  reveal: (id: number): Promise<Result<null, AppError>> => typed('reveal', { id }),
  subscribe: (channel: Channel<Push>): Promise<Result<null, AppError>> => typed('subscribe', { channel }),
};

/** An error of a command: what the window can say (`code` with words in i18n) and whether trying again makes sense. */
export type AppError = {
  /** Key of the words, such as `forbidden`. */
  code: string;
  /** Values for the words, by name. */
  params: Partial<{ [key in string]: string }>;
  /** Whether the same action may succeed later. */
  retryable: boolean;
};

/** What the window shows before anything else. */
export type AppStatus = {
  /** Version of the app. */
  version: string;
  /** `linux`, `macos` or `windows`. */
  platform: string;
  /** The account in use, if any. */
  account: AccountView | null;
  /** Whether this system offers a keychain; without one, secrets are kept for this run only. */
  keychain: boolean;
  /** Something the user must know at start (such as a ledger that was set aside), as an error with code and params. */
  notice: AppError | null;
};

/** An account as the window shows it; no secret is in it. */
export type AccountView = {
  /** Id of the profile. */
  id: string;
  /** Name that the user sees. */
  name: string;
  /** Region id. */
  region: string;
  /** Endpoint. */
  endpoint: string;
  /** The last four characters of the access key id. */
  key_tail: string;
  /** Whether this is the built-in practice account. */
  practice: boolean;
  /** Whether the secret will still be known after a restart. */
  secret_kept: boolean;
  /** A bucket to show even where buckets cannot be listed. */
  bucket: string | null;
};

/** The connect form. */
export type ConnectForm = {
  /** Name for the account; the region is used if empty. */
  name: string;
  /** Access key id. */
  access_key: string;
  /** Secret key. */
  secret_key: string;
  /** Security token of temporary credentials; empty for none. */
  security_token: string;
  /** Region id, such as `cn-beijing`. */
  region: string;
  /** Endpoint; empty for the public endpoint of the region. */
  endpoint: string;
  /** Bucket to use where listing buckets is denied; empty for none. */
  bucket: string;
  /** Address buckets in the path rather than in the host name. */
  path_style: boolean;
  /** Proxy URL (http, https, socks5), with user and password if need be; empty for the system's. */
  proxy: string;
  /** Path of a PEM file with a further CA; empty for none. */
  ca_file: string;
};

/** A bucket. */
export type BucketView = {
  /** Its name. */
  name: string;
  /** Region id, if known. */
  region: string | null;
  /** When it was made. */
  created_ms: number | null;
};

/** One object or one prefix in a listing. */
export type ObjectRow = {
  /** The whole key, or the whole prefix ending in `/`. */
  key: string;
  /** What to show: the key without the prefix that is listed. */
  name: string;
  /** Whether this is a prefix. */
  folder: boolean;
  /** Size; 0 for a prefix. */
  size_bytes: number;
  /** Last change. */
  modified_ms: number | null;
  /** Such as `STANDARD`. */
  storage_class: string | null;
};

/** A page of a listing. */
export type ObjectPage = {
  /** Prefixes first, then objects. */
  rows: ObjectRow[];
  /** Give this back for the next page. */
  next: string | null;
};

/** What to do where the target exists with other content. */
export type Conflict = 'overwrite' | 'skip' | 'keep_both' | 'fail';

/** Kind of a transfer. */
export type Direction = 'upload' | 'download' | 'copy';

/** The nine states of the design (and `done_unverified`, `cancelling`). */
export type ShownState = 'scanning' | 'waiting' | 'transferring' | 'verifying' | 'paused' | 'no_network' | 'retrying' | 'failed' | 'done_verified' | 'done_unverified' | 'cancelling';

/** What can be clicked now; computed by the engine. */
export type Actions = {
  /** Pause keeps everything. */
  pause: boolean;
  /** Go on. */
  resume: boolean;
  /** Stop and delete what was sent. */
  cancel: boolean;
  /** Try again after a failure. */
  retry: boolean;
  /** Take out of the list. */
  remove: boolean;
  /** Show the local file in its folder. */
  reveal: boolean;
};

/** A transfer in the list. */
export type TransferRow = {
  /** Id, stable over restarts. */
  id: number;
  /** Kind. */
  direction: Direction;
  /** File name or last part of the key. */
  name: string;
  /** Full source: a path or `tos://bucket/key`. */
  from: string;
  /** Full target. */
  to: string;
  /** State. */
  state: ShownState;
  /** Why it waits, is paused or failed: code and params. */
  why: AppError | null;
  /** Size; `None` until known. */
  size_bytes: number | null;
  /** Bytes that the far side has acknowledged, each counted once. */
  done_bytes: number;
  /** Bytes on the way beyond these. */
  in_flight_bytes: number;
  /** Bytes a second now; 0 when nothing moves. */
  speed_bytes_s: number;
  /** Seconds left, if it can be told. */
  left_s: number | null;
  /** Seconds until the next try. */
  retry_in_s: number | null;
  /** When it ended. */
  ended_ms: number | null;
  /** Whether the target was there already with the same content, so that nothing was sent. */
  identical: boolean;
  /** What can be clicked. */
  actions: Actions;
};

/** Which transfers to list. */
export type TransferFilter = 'active' | 'waiting' | 'paused' | 'failed' | 'done';

/** How many transfers each filter has; exact. */
export type Counts = {
  /** Running. */
  active: number;
  /** Waiting. */
  waiting: number;
  /** Paused. */
  paused: number;
  /** Failed. */
  failed: number;
  /** Done. */
  done: number;
};

/** A page of transfers. */
export type TransferPage = {
  /** Grows with every change; a page older than the one shown is dropped. */
  revision: number;
  /** How many rows the filter has in all. */
  total: number;
  /** The rows, in order. */
  rows: TransferRow[];
  /** Give this as `after` for the next page. */
  next: number | null;
};

/** The details drawer. */
export type TransferDetail = {
  /** The row itself. */
  row: TransferRow;
  /** Part size; `None` before the plan. */
  part_size_bytes: number | null;
  /** One character a part: `.` waiting, `~` in flight, `#` sent, `r` sent at a second try, `v` verified, `x` failed. */
  parts: string;
  /** How much of each part in flight has moved, 0 to 1, in the order of the `~`. */
  live: number[];
  /** Multipart upload id, if there is one. */
  upload_id: string | null;
  /** Temporary file, if there is one. */
  temp_file: string | null;
  /** CRC64 of the source, decimal, once known. */
  source_crc64: string | null;
  /** CRC64 of the target, decimal, once known. */
  target_crc64: string | null;
  /** Parts whose checksum the store confirmed. */
  parts_confirmed: number;
  /** Parts moved by this or earlier runs, counting repeats. */
  parts_sent: number;
  /** Parts that were there already when it went on. */
  parts_reused: number;
  /** Attempts beyond the first. */
  retries: number;
  /** The store's id of the last request. */
  request_id: string | null;
  /** When the last finished part was written to the ledger. */
  saved_ms: number | null;
};

/** Speed limits; `None` is no limit. */
export type Limits = {
  /** Bytes a second towards the store. */
  upload_bytes_s: number | null;
  /** Bytes a second from the store. */
  download_bytes_s: number | null;
};

/** What the footer and the rail show; pushed at most five times a second. */
export type Pulse = {
  /** Grows with every change of any transfer. */
  revision: number;
  /** Exact counts. */
  counts: Counts;
  /** Bytes a second towards stores, all transfers. */
  upload_bytes_s: number;
  /** Bytes a second from stores, all transfers. */
  download_bytes_s: number;
  /** The limits in force. */
  limits: Limits;
  /** Bytes that running and waiting transfers still have to move, as far as known. */
  left_bytes: number;
};

/** A push from Rust to the window. */
export type Push =
  | { type: 'pulse'; pulse: Pulse }
  | { type: 'ended'; row: TransferRow }
  | { type: 'drag_over'; paths: number }
  | { type: 'drag_leave' }
  | { type: 'dropped'; paths: string[] };

/** What the window remembers between runs. */
export type Settings = {
  /** `en`, `zh`, or `system`. */
  language: string;
  /** `light`, `dark`, or `system`. */
  theme: string;
  /** Where downloads go unless the user chooses. */
  download_folder: string;
};
