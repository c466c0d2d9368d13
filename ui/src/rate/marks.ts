/** The words on the scale of rates. */
import { t } from '../i18n/index.svelte';

/** A mark, as short as it can be. */
export function markLabel(mark: number): string {
  return mark < 1024 ** 2 ? t('limit.markK', { n: mark / 1024 }) : t('limit.markM', { n: mark / 1024 ** 2 });
}
