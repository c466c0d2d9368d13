/** The picture of a cause: what it is about, and whether it is a fault or only in the way. */
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
