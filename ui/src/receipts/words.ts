/** What is said of a receipt and its ends. */
import { assertNever } from '../assert';
import { bytes } from '../format/bytes';
import { dateTime } from '../format/time';
import { errorSentence } from '../i18n/errors';
import { language, LOCALES, t } from '../i18n/index.svelte';
import type { CheckResult, EndCheck, PaperView } from '../ipc/receipts';

export interface Verdict {
  tone: 'ok' | 'warn' | 'bad' | 'plain';
  title: string;
  text: string;
}

/** The verdict: of the check if there was one, else of what the transfers themselves compared. */
export function verdictOf(view: PaperView, result: CheckResult | null, checkedMs: number | null, hasRead: boolean): Verdict {
  if (result !== null && checkedMs !== null) return checkedVerdict(view, result, checkedMs, hasRead);
  const said = [view.skipped > 0 ? t('receipt.skipped', { n: view.skipped }) : ''];
  const promised = view.entries - view.skipped;
  if (promised === 0) return { tone: 'plain', title: t('receipt.nothingMoved'), text: '' };
  if (view.unverified > 0) {
    return { tone: 'warn', title: t('receipt.partial', { n: view.unverified, m: promised }), text: [t('receipt.partialWhy'), ...said].join(' ').trim() };
  }
  return { tone: 'ok', title: t('receipt.ok', { n: promised }), text: [t('receipt.okWhy'), ...said].join(' ').trim() };
}

function checkedVerdict(view: PaperView, result: CheckResult, checkedMs: number, hasRead: boolean): Verdict {
  const time = dateTime(checkedMs);
  const said: string[] = [];
  // Both ends were read, and still: the one to compare with is not what it was.
  const unproved = hasRead && view.file === null ? view.unverified : 0;
  if (result.proved > 0) said.push(t('receipt.proved', { n: result.proved }));
  if (unproved > 0) said.push(t('receipt.unproved', { n: unproved }));
  if (result.unchecked > 0) said.push(t('receipt.unchecked', { n: result.unchecked }));
  if (result.not_by_content > 0) said.push(t('receipt.notByContent', { n: result.not_by_content }));
  if (result.sources_changed > 0) said.push(t('receipt.sourcesChanged', { n: result.sources_changed }));
  said.push(t('receipt.checkedAt', { time }));
  const text = said.join(' ');
  const lost = result.different + result.gone;
  if (lost > 0) return { tone: 'bad', title: t('receipt.bad', { n: lost, gone: result.gone }), text };
  if (result.unchecked > 0) return { tone: 'warn', title: t('receipt.partial', { n: result.unchecked, m: result.targets }), text };
  if (result.not_by_content > 0) return { tone: 'warn', title: t('receipt.weak', { n: result.equal }), text };
  if (unproved > 0) return { tone: 'warn', title: t('receipt.partial', { n: unproved, m: result.targets - result.skipped }), text };
  if (result.proved > 0 && view.skipped === 0) return { tone: 'ok', title: t('receipt.ok', { n: view.entries }), text };
  return { tone: 'ok', title: t('receipt.still', { n: result.equal }), text };
}

/** What was found at an end; null if it is as it was. */
export function checkSentence(check: EndCheck): string {
  const of = { found: check.found ?? '', expected: check.expected ?? '' };
  switch (check.finding) {
    case 'equal':
      return t('receipt.end.equal');
    case 'rewritten':
      return t('receipt.end.rewritten');
    case 'superseded':
      return t('receipt.end.superseded');
    case 'deleted':
      return t('receipt.end.deleted');
    case 'by_tag':
      return t('receipt.end.byTag');
    case 'by_size':
      return t('receipt.end.bySize');
    case 'size_differs':
      return t('receipt.end.size', { found: bytes(Number(of.found)), expected: bytes(Number(of.expected)) });
    case 'content_differs':
      return t('receipt.end.content', of);
    case 'tag_differs':
      return t('receipt.end.tag', of);
    case 'gone':
      return t('receipt.end.gone');
    case 'unchecked':
      return check.why ? errorSentence(check.why) : t('receipt.end.unchecked');
    case 'skipped':
      return t('receipt.end.skipped');
    default:
      return assertNever(check.finding);
  }
}

export function checkTone(check: EndCheck): 'ok' | 'warn' | 'bad' {
  switch (check.finding) {
    case 'equal':
    case 'rewritten':
    case 'skipped':
      return 'ok';
    case 'size_differs':
    case 'content_differs':
    case 'tag_differs':
    case 'gone':
      return 'bad';
    case 'superseded':
    case 'deleted':
    case 'by_tag':
    case 'by_size':
    case 'unchecked':
      return 'warn';
    default:
      return assertNever(check.finding);
  }
}

/** `Today`, `Yesterday`, then the date as the language writes it. */
export function dayName(ms: number, now: number): string {
  const of = (at: number): string => new Date(at).toDateString();
  if (of(ms) === of(now)) return t('receipt.today');
  if (of(ms) === of(now - 86_400_000)) return t('receipt.yesterday');
  const sameYear = new Date(ms).getFullYear() === new Date(now).getFullYear();
  return new Intl.DateTimeFormat(LOCALES[language()], { day: 'numeric', month: 'long', ...(sameYear ? {} : { year: 'numeric' }) }).format(ms);
}
