/** Names of storage classes and of restorations; a class that is not known is shown as TOS writes it. */
import { dateTime } from '../format/time';
import { isKey, t } from '../i18n/index.svelte';
import type { RestoreView } from '../ipc/backend';

/** What this window has learnt of a restoration; null if it has not looked, or none was asked for. */
export type KnownRestore = RestoreView | null;

export function storageClass(code: string): string {
  const key = `class.${code}`;
  return isKey(key) ? t(key) : code;
}

/** Classes whose objects must be restored before they can be read. `ARCHIVE_FR` can be read at once. */
export function isArchive(code: string): boolean {
  return code === 'ARCHIVE' || code === 'COLD_ARCHIVE' || code === 'DEEP_COLD_ARCHIVE';
}

/** In so few words that they stand beside the name of the class. */
export function restoreShort(restore: RestoreView): string {
  return restore.state === 'running' ? t('restore.runningShort') : t('restore.ready');
}

export function restoreWords(restore: RestoreView): string {
  if (restore.state === 'running') return t('restore.running');
  return restore.until_ms === null ? t('restore.ready') : t('restore.readyUntil', { time: dateTime(restore.until_ms) });
}
