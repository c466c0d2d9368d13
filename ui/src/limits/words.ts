/** What is said of limits: which applies now, why, and until when. */
import { chosenRate } from '../format/bytes';
import { until, untilShort } from '../format/time';
import { t } from '../i18n/index.svelte';
import type { LimitNow, LimitsNow } from '../ipc/backend';

function same(a: LimitNow, b: LimitNow): boolean {
  return a.bytes_s === b.bytes_s && a.source === b.source && a.until_ms === b.until_ms;
}

function one(what: string, limit: LimitNow, now: number): string {
  const { bytes_s, source, until_ms } = limit;
  const time = until_ms === null ? '' : until(until_ms, now);
  if (source === 'full_speed') return t('limit.nowFullHour', { what, time });
  if (source === 'battery') return t('limit.nowBattery', { what });
  if (source === 'metered') return t('limit.nowMetered', { what });
  const rate = bytes_s === null ? '' : chosenRate(bytes_s);
  if (source === 'timetable') {
    if (bytes_s === null) return until_ms === null ? t('limit.nowFullAlways', { what }) : t('limit.nowFullTable', { what, time });
    if (bytes_s === 0) return until_ms === null ? t('limit.nowStopAlways', { what }) : t('limit.nowStopTable', { what, time });
    return until_ms === null ? t('limit.nowRateAlways', { what, rate }) : t('limit.nowRateTable', { what, rate, time });
  }
  if (bytes_s === null) return t('limit.nowNoneOne', { what });
  return bytes_s === 0 ? t('limit.nowStop', { what }) : t('limit.nowRate', { what, rate });
}

/** The first line of the popover. */
export function nowSentence(limits: LimitsNow, now: number): string {
  const { upload, download } = limits;
  const both = same(upload, download);
  const sentences: string[] = [];
  if (both && upload.source === 'general' && upload.bytes_s === null) sentences.push(t('limit.nowNone'));
  else if (both) sentences.push(one(t('limit.whatBoth'), upload, now));
  else {
    // What holds back comes first.
    const ways = [
      { what: t('limit.whatUp'), limit: upload },
      { what: t('limit.whatDown'), limit: download },
    ].sort((a, b) => Number(a.limit.bytes_s === null) - Number(b.limit.bytes_s === null));
    for (const { what, limit } of ways) sentences.push(one(what, limit, now));
  }
  if (limits.own_count > 0 && limits.own_lowest_bytes_s !== null) {
    sentences.push(t('limit.nowOwn', { n: limits.own_count, rate: chosenRate(limits.own_lowest_bytes_s) }));
  }
  return sentences.join(t('limit.join'));
}

/** The chip in the footer. Null where nothing holds and nothing will by itself. */
export function chipText(limit: LimitNow, now: number): string | null {
  const { bytes_s, source, until_ms } = limit;
  const time = until_ms === null ? null : untilShort(until_ms, now);
  if (source === 'full_speed' && time !== null) return t('limit.chipFull', { time });
  if (source === 'battery') return t('limit.chipBattery');
  if (source === 'metered') return t('limit.chipMetered');
  if (bytes_s === null) return null;
  if (bytes_s === 0) return time === null ? t('limit.chipStop') : t('limit.chipStopUntil', { time });
  return time === null ? t('limit.chip', { rate: chosenRate(bytes_s) }) : t('limit.chipUntil', { rate: chosenRate(bytes_s), time });
}

/** The same where there is room for little: the rate alone, beside the picture of a gauge. */
export function chipShort(limit: LimitNow, now: number): string | null {
  const { bytes_s, source } = limit;
  const isRate = bytes_s !== null && bytes_s > 0 && (source === 'general' || source === 'timetable');
  return isRate ? chosenRate(bytes_s) : chipText(limit, now);
}
