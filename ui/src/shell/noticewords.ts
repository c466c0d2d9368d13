/** What happened, as a notice of the system: Rust says what, here are the words. */
import { errorSentence } from '../i18n/errors';
import { t } from '../i18n/index.svelte';
import type { Notice, NoticeFacts } from '../ipc/backend';

export function noticeWords({ done, attention, row }: NoticeFacts): Notice {
  if (attention > 0) {
    const title = t('notice.attention', { n: attention });
    if (row?.why) return { title, body: t('notice.named', { name: row.name, text: errorSentence(row.why) }) };
    const where = t('notice.attentionText');
    return { title, body: done > 0 ? t('why.and', { a: t('notice.done', { n: done }), b: where }) : where };
  }
  if (!row) return { title: t('notice.done', { n: done }), body: '' };
  const body = t(row.state === 'done_unverified' ? 'state.doneUnverified' : 'state.doneVerified');
  return { title: t('notice.doneOne', { name: row.name }), body };
}
