/** The picture of a cause: what it is about, whether it is a fault or only in the way, and what helps. */
import type { IconName } from '../ui/icons';

export const CAUSE_ICON: Readonly<Record<string, IconName>> = {
  network: 'netoff',
  tls: 'lock',
  throttled: 'clock',
  credentials: 'key',
  credentials_expired: 'key',
  secret_missing: 'key',
  clock_skew: 'clock',
  forbidden: 'lock',
  bucket_not_found: 'bucket',
  object_not_found: 'file',
  source_changed: 'edit',
  archived: 'moon',
  cross_region: 'globe',
  invalid_name: 'edit',
  not_tos: 'globe',
  store_full: 'bucket',
  source_missing: 'file',
  source_unreadable: 'lock',
  source_is_folder: 'folder',
  target_is_folder: 'folder',
  target_exists: 'dup',
  target_unwritable: 'lock',
  disk_full: 'disk',
  ledger: 'disk',
};

export const CAUSE_TONE: Readonly<Record<string, 'bad' | 'warn'>> = {
  network: 'warn',
  throttled: 'warn',
  credentials_expired: 'warn',
  secret_missing: 'warn',
  clock_skew: 'warn',
  source_changed: 'warn',
  archived: 'warn',
  source_missing: 'warn',
  target_exists: 'warn',
  disk_full: 'warn',
};

/** What helps against a cause, beside a retry: new keys, the policy to ask for, another folder, a look at the log. */
export type CauseAct = 'keys' | 'policy' | 'folder' | 'log';

export const CAUSE_ACTS: Readonly<Record<string, CauseAct>> = {
  credentials_expired: 'keys',
  secret_missing: 'keys',
  forbidden: 'policy',
  disk_full: 'folder',
  target_unwritable: 'folder',
  target_is_folder: 'folder',
  mismatch: 'log',
};
