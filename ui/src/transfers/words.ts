/** What a row and the drawer say about a transfer, from its state: one table, so that the two cannot differ. */
import { assertNever } from '../assert';
import { bytes, bytesOf, chosenRate, percent, rate } from '../format/bytes';
import { parentOf, shortPath } from '../format/text';
import { duration, moment, until, untilShort } from '../format/time';
import { errorCause, errorSentence } from '../i18n/errors';
import { t } from '../i18n/index.svelte';
import type { Direction, TransferRow } from '../ipc/backend';
import type { BarPattern, BarTone } from '../ui/Bar.svelte';
import type { IconName } from '../ui/icons';

export type Tone = 'calm' | 'warn' | 'bad' | 'ok' | 'check';

export interface RowWords {
  /** Null while bytes move: then the percent stands there. */
  state: { icon: IconName; text: string; tone: Tone } | null;
  percent: string;
  right: string;
  bar: { tone: BarTone; pattern: BarPattern; share: number; ahead: number };
  speed: string;
  under: string;
}

export const DIRECTION_ICON: Record<Direction, IconName> = { upload: 'up', download: 'down', copy: 'swap' };
export const DIRECTION_TONE: Record<Direction, 'up' | 'down' | 'copy'> = { upload: 'up', download: 'down', copy: 'copy' };

const NONE = '–';

function share(row: TransferRow): number {
  return row.size_bytes ? Math.min(1, row.done_bytes / row.size_bytes) : row.size_bytes === 0 ? 1 : 0;
}

function size(row: TransferRow): string {
  return row.size_bytes === null ? '' : bytes(row.size_bytes);
}

/**
 * `nextIndex` is the place in *Next in line*, 0 for the one that starts next; null elsewhere. `starts`: when one that
 * waits is expected to start, in words; empty where nobody knows.
 */
export function rowWords(row: TransferRow, now: number, nextIndex: number | null, starts: string): RowWords {
  const done = share(row);
  const how = row.size_bytes === null ? '' : percent(row.done_bytes, row.size_bytes);
  const cause = row.why ? errorCause(row.why) : '';
  const words = (
    icon: IconName,
    text: string,
    tone: Tone,
    bar: { tone: BarTone; pattern: BarPattern; share: number },
    right: string,
    under: string,
    speed = NONE,
  ): RowWords => ({ state: { icon, text, tone }, percent: how, right, bar: { ...bar, ahead: 0 }, speed, under });

  switch (row.state) {
    case 'scanning':
      return words('scan', t('state.scanning'), 'calm', { tone: 'calm', pattern: 'dots', share: 0 }, size(row), t('row.looking'));
    case 'waiting':
      return words(
        'clock',
        t('state.waiting'),
        'calm',
        done > 0 ? { tone: 'calm', pattern: 'solid', share: done } : { tone: 'calm', pattern: 'dots', share: 0 },
        size(row),
        cause || stopped(row, now) || (nextIndex === 0 ? t('row.startsNext') : starts),
      );
    case 'transferring':
      return {
        state: null,
        percent: how,
        right: row.size_bytes === null ? bytes(row.done_bytes) : bytesOf(row.done_bytes, row.size_bytes),
        bar: {
          tone: DIRECTION_TONE[row.direction],
          pattern: 'solid',
          share: done,
          ahead: row.size_bytes ? row.in_flight_bytes / row.size_bytes : 0,
        },
        speed: row.speed_bytes_s > 0 ? rate(row.speed_bytes_s) : NONE,
        under: row.left_s === null ? t('row.measuring') : duration(row.left_s),
      };
    case 'verifying':
      return words(
        'shield',
        t('state.verifying'),
        'check',
        { tone: 'check', pattern: 'solid', share: 1 },
        size(row),
        row.left_s === null ? '' : duration(row.left_s),
        t('row.crc'),
      );
    case 'paused':
      return words(
        'pause',
        t('state.paused'),
        row.why ? 'warn' : 'calm',
        { tone: 'calm', pattern: 'solid', share: done },
        how,
        cause || (row.done_bytes > 0 ? t('row.partsKept') : t('row.byYou')),
      );
    case 'no_network':
      return words(
        'netoff',
        t('state.noNetwork'),
        'calm',
        { tone: 'calm', pattern: 'dashed', share: done },
        how,
        t('row.willResume'),
      );
    case 'retrying':
      return words(
        'retry',
        row.retry_in_s === null ? t('state.retryingNow') : t('state.retrying', { time: duration(Math.ceil(row.retry_in_s)) }),
        'warn',
        { tone: 'warn', pattern: 'solid', share: done },
        how,
        cause,
        triesOf(row) || NONE,
      );
    case 'failed':
      return words('fail', t('state.failed'), 'bad', { tone: 'bad', pattern: 'hatch', share: Math.max(done, 0.02) }, how, cause);
    case 'done_verified':
      return words(
        'verified',
        t('state.doneVerified'),
        'ok',
        { tone: 'ok', pattern: 'solid', share: 1 },
        size(row),
        row.identical ? t('row.identical') : row.ended_ms === null ? '' : moment(row.ended_ms, now),
        '',
      );
    case 'done_unverified':
      return words(
        'warn',
        t('state.doneUnverified'),
        'warn',
        { tone: 'warn', pattern: 'solid', share: 1 },
        size(row),
        row.ended_ms === null ? '' : moment(row.ended_ms, now),
        '',
      );
    case 'cancelling':
      return words('x', t('state.cancelling'), 'calm', { tone: 'calm', pattern: 'solid', share: done }, how, t('row.deleting'));
    default:
      return assertNever(row.state);
  }
}

/** `D:\素材 → tos://bucket/…/11`: where it comes from and goes to, without the name that both share. */
export function route(row: TransferRow, wide: boolean): string {
  const to = shortPath(parentOf(row.to), wide ? 56 : 30);
  const from = shortPath(parentOf(row.from), wide ? 56 : 24);
  return t('row.route', { from, to });
}

/** The name of a row for a screen reader. */
export function spoken(row: TransferRow, words: RowWords): string {
  const parts = [row.name, t(`direction.${row.direction}`), words.state?.text ?? t('state.transferring')];
  if (words.percent) parts.push(words.percent);
  if (words.speed !== NONE && words.speed !== '') parts.push(words.speed);
  if (words.under) parts.push(words.under);
  return parts.join(t('row.join'));
}

/** Which try is waited for, as short as a row has room for; empty if it is not known. */
function triesOf({ next_try, tries_max }: TransferRow): string {
  if (next_try === null) return '';
  return tries_max === null ? t('row.try', { n: next_try }) : t('row.tryOf', { n: next_try, of: tries_max });
}

/** The same as a sentence. */
function nextTry(n: number, of: number | null): string {
  return of === null ? t('why.try', { n }) : t('why.tryOf', { n, of });
}

/** Under a row that waits because nothing may move; empty otherwise. */
function stopped(row: TransferRow, now: number): string {
  if (row.limit?.bytes_s !== 0) return '';
  if (row.limit.source === 'battery') return t('limit.chipBattery');
  if (row.limit.source === 'metered') return t('limit.chipMetered');
  return row.limit.until_ms === null ? t('row.stopped') : t('row.stoppedUntil', { time: untilShort(row.limit.until_ms, now) });
}

/** Which limit holds a transfer, why, and until when; empty if none does. */
export function limitNote(row: TransferRow, now: number): string {
  if (!row.limit || row.limit.bytes_s === null) return '';
  const { bytes_s, source, until_ms } = row.limit;
  const time = until_ms === null ? null : until(until_ms, now);
  if (bytes_s === 0) {
    if (source === 'battery') return t('why.battery');
    if (source === 'metered') return t('why.metered');
    if (source !== 'timetable') return t('why.stopAll');
    return time === null ? t('why.stopTableAlways') : t('why.stopTable', { time });
  }
  const rate = chosenRate(bytes_s);
  if (source === 'own') return t('why.limitOwn', { rate });
  if (source !== 'timetable') return t('why.limitAll', { rate });
  return time === null ? t('why.limitTableAlways', { rate }) : t('why.limitTable', { rate, time });
}

/** The sentence of the drawer: what happens, why, and what comes next. */
export function sentence(row: TransferRow, liveParts: number, now: number): string {
  switch (row.state) {
    case 'scanning':
      return t('why.scanning');
    case 'waiting':
      return row.why ? errorSentence(row.why) : (row.limit?.bytes_s === 0 && limitNote(row, now)) || t('why.waiting');
    case 'transferring': {
      const moving = row.direction === 'download' ? t('why.fetching', { n: liveParts }) : t('why.noLimit', { n: liveParts });
      const limit = limitNote(row, now);
      return limit === '' ? moving : t('why.and', { a: moving, b: limit });
    }
    case 'verifying':
      return t('why.verifying');
    case 'paused':
      return row.why ? errorSentence(row.why) : row.done_bytes > 0 ? t('why.pausedKept', { bytes: bytes(row.done_bytes) }) : t('why.paused');
    case 'no_network':
      return t('why.offline');
    case 'retrying': {
      const why = row.why ? errorSentence(row.why) : t('error.other', { code: row.state });
      return row.next_try === null ? why : t('why.and', { a: why, b: nextTry(row.next_try, row.tries_max) });
    }
    case 'failed':
      return row.why ? errorSentence(row.why) : t('error.other', { code: row.state });
    case 'done_verified':
      return row.identical ? t('why.identical') : t('why.verified');
    case 'done_unverified':
      return t('why.unverified');
    case 'cancelling':
      return t('why.cancelling');
    default:
      return assertNever(row.state);
  }
}
