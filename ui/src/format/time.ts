/** Durations and clock times: 24 h clock, ISO dates, units by words. */
import { language, LOCALES, t } from '../i18n/index.svelte';

/** A span as a person says it: two units at most, the second rounded to what is worth knowing. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return t('time.s', { n: whole });
  const minutes = Math.round(whole / 60);
  if (minutes < 60) return t('time.min', { n: minutes });
  const hours = Math.floor(minutes / 60);
  if (hours < 48) {
    const rest = minutes % 60;
    return rest === 0 ? t('time.h', { n: hours }) : t('time.hMin', { h: hours, min: rest });
  }
  return t('time.d', { n: Math.round(hours / 24) });
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** `14:52`, in local time. */
export function clock(ms: number): string {
  const at = new Date(ms);
  return `${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** `14:52:08`, in local time: for what happens within a minute. */
export function clockSeconds(ms: number): string {
  return `${clock(ms)}:${two(new Date(ms).getSeconds())}`;
}

/** `2026-11-18 16:42`, in local time. */
export function dateTime(ms: number): string {
  const at = new Date(ms);
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${clock(ms)}`;
}

/** The clock time for something of today, the date and time for what is older. */
export function moment(ms: number, now: number): string {
  return new Date(ms).toDateString() === new Date(now).toDateString() ? clock(ms) : dateTime(ms);
}

/** A day of the week, 0 for Monday: `Saturday` or `Sat`. */
export function weekday(day: number, form: 'long' | 'short'): string {
  // 2024-01-01 was a Monday.
  return new Intl.DateTimeFormat(LOCALES[language()], { weekday: form, timeZone: 'UTC' }).format(Date.UTC(2024, 0, 1 + day));
}

function daysApart(ms: number, now: number): number {
  const midnight = (at: number): number => new Date(at).setHours(0, 0, 0, 0);
  return Math.round((midnight(ms) - midnight(now)) / 86_400_000);
}

/** A moment to come, as a person says it: `today 19:00`, `tomorrow 09:00`, `Monday 09:00`, later the date. */
export function until(ms: number, now: number): string {
  const days = daysApart(ms, now);
  const time = clock(ms);
  if (days <= 0) return t('time.today', { time });
  if (days === 1) return t('time.tomorrow', { time });
  if (days < 7) return t('time.onDay', { day: weekday((new Date(ms).getDay() + 6) % 7, 'long'), time });
  return dateTime(ms);
}

/** The same where there is little room: `19:00`, `Mon 09:00`. */
export function untilShort(ms: number, now: number): string {
  const days = daysApart(ms, now);
  // Until the same time tomorrow the hour alone is clear.
  if (days <= 0 || ms - now < 86_400_000) return clock(ms);
  return days < 7 ? t('time.onDay', { day: weekday((new Date(ms).getDay() + 6) % 7, 'short'), time: clock(ms) }) : dateTime(ms);
}

/** When something is expected to begin, where there is little room: `within 1 min`, `about 15:45`, `in 3 days`. */
export function startTime(ms: number, now: number): string {
  const away = ms - now;
  if (away <= 60_000) return t('time.soon');
  return away < 86_400_000 ? t('time.about', { time: clock(ms) }) : t('time.in', { span: duration(away / 1000) });
}

/** A span that runs down: `41:07`, above an hour `1:02:03`. */
export function countdown(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes}:${two(seconds % 60)}`
    : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}
