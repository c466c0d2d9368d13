/** Durations and clock times: 24 h clock, ISO dates, units by words. */
import { t } from '../i18n/index.svelte';

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
