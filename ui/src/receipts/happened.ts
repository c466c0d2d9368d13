/** What happened on the way, in words and in lines. */
import { assertNever } from '../assert';
import { rate } from '../format/bytes';
import { clock, clockSeconds, dateTime, duration } from '../format/time';
import { t } from '../i18n/index.svelte';
import type { PaperMark, PaperTimeline } from '../ipc/receipts';

/** Height of the drawing, in its own units; its width is one for each slice. */
export const HEIGHT = 100;
/** Length of the axis in which marks have their places. */
export const AXIS = 10_000;
const HOUR_MS = 3_600_000;

/** The next power of two above the fastest slice and the highest limit, so that the line stays below its ceiling. */
export function ceiling(timeline: PaperTimeline): number {
  const most = Math.max(1024, ...timeline.speeds, ...timeline.limits.map((limit) => limit ?? 0));
  return 2 ** Math.ceil(Math.log2(most * 1.02));
}

const heightOf = (speed: number, top: number): number => HEIGHT - (speed / top) * HEIGHT;

/** The line of the speed: a step for each slice, nothing invented between two. */
export function speedLine(timeline: PaperTimeline, top: number): string {
  return timeline.speeds.map((speed, at) => `${at === 0 ? 'M' : 'L'}${at} ${heightOf(speed, top)}H${at + 1}`).join('');
}

/** One line for as long as a limit holds. */
export function limitLine(timeline: PaperTimeline, top: number): string {
  let line = '';
  for (const [at, limit] of timeline.limits.entries()) {
    if (limit === null) continue;
    const before = timeline.limits[at - 1];
    line += before == null ? `M${at} ${heightOf(limit, top)}H${at + 1}` : `V${heightOf(limit, top)}H${at + 1}`;
  }
  return line;
}

/** Whether it is drawn as a band over its time; the others are points. */
export function isBand(mark: PaperMark): boolean {
  switch (mark.what.kind) {
    case 'asleep':
    case 'paused':
    case 'waited':
    case 'failed':
    case 'not_running':
    case 'no_network':
      return true;
    case 'limit':
    case 'sent_again':
    case 'started_over':
      return false;
    default:
      return assertNever(mark.what);
  }
}

/** A limit that there is no longer. */
const limitWas = (limit: number | null): string => (limit === null ? t('receipt.event.wasNone') : limit === 0 ? t('receipt.event.wasStop') : t('receipt.event.was', { rate: rate(limit) }));

function limitSentence(time: string, from: number | null, to: number | null): string {
  const was = limitWas(from);
  if (to === null) return t('receipt.event.noLimit', { time, was });
  return to === 0 ? t('receipt.event.stop', { time, was }) : t('receipt.event.limit', { time, rate: rate(to), was });
}

/** What happened, and when: `13:41 asleep for 38 s`. */
export function sentenceOf(mark: PaperMark, timeline: PaperTimeline): string {
  const long = timeline.ended_ms - timeline.began_ms > 12 * HOUR_MS;
  const short = timeline.ended_ms - timeline.began_ms < HOUR_MS;
  const time = long ? dateTime(mark.begin_ms) : short ? clockSeconds(mark.begin_ms) : clock(mark.begin_ms);
  // What was shorter than a second was not nothing.
  const span = duration(Math.max(1, mark.lasted_ms / 1_000));
  switch (mark.what.kind) {
    case 'asleep':
      return t('receipt.event.asleep', { time, span });
    case 'paused':
      return t('receipt.event.paused', { time, span });
    case 'waited':
      return t('receipt.event.waited', { time, span });
    case 'failed':
      return t('receipt.event.failed', { time, span });
    case 'not_running':
      return t('receipt.event.notRunning', { time, span });
    case 'no_network':
      return t('receipt.event.noNetwork', { time, span });
    case 'limit':
      return limitSentence(time, mark.what.from, mark.what.to);
    case 'sent_again':
      return t('receipt.event.sentAgain', { time, n: mark.what.parts });
    case 'started_over':
      return t('receipt.event.startedOver', { time });
    default:
      return assertNever(mark.what);
  }
}

/** Where a key leads among so many marks; null if it is none of those that walk. */
export function walk(key: string, at: number | null, count: number): number | null {
  if (count === 0) return null;
  switch (key) {
    case 'ArrowRight':
    case 'ArrowDown':
      return at === null ? 0 : Math.min(at + 1, count - 1);
    case 'ArrowLeft':
    case 'ArrowUp':
      return at === null ? count - 1 : Math.max(at - 1, 0);
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return null;
  }
}
