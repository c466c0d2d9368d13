/** Names of the storage classes; one that is not known is shown as TOS writes it. */
import { isKey, t } from '../i18n/index.svelte';

export function storageClass(code: string): string {
  const key = `class.${code}`;
  return isKey(key) ? t(key) : code;
}
