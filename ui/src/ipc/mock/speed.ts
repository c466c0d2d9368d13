/** Limits as the engine has them: what is set, what applies now, why and until when. On the clock of the simulation. */
import type { Direction, LimitNow, Limits, LimitSettings } from '../backend';

const HOUR_MS = 3_600_000;
const FULL_SPEED_MS = HOUR_MS;
const AHEAD_HOURS = 8 * 24;
const FULL_WEEK = 'f'.repeat(168);

function lower(a: LimitNow, b: LimitNow): LimitNow {
  return (a.bytes_s ?? Infinity) < (b.bytes_s ?? Infinity) ? a : b;
}

export class Speed {
  limits: Limits = { upload_bytes_s: null, download_bytes_s: null };
  timetableOn = false;
  timetable = FULL_WEEK;
  fullSpeedUntilMs: number | null = null;
  /** Where the computer is; null where its system does not tell. */
  onBattery: boolean | null = false;
  metered: boolean | null = false;
  /** In which of these its user wants to wait. */
  waitOn = { battery: false, metered: false };
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  settings(): LimitSettings {
    return {
      ...this.limits,
      timetable_on: this.timetableOn,
      timetable: this.timetable,
      full_speed_until_ms: this.#full(this.#now()) ? this.fullSpeedUntilMs : null,
      zone_name: Intl.DateTimeFormat().resolvedOptions().timeZone,
      zone_offset_s: this.#offsetAt(this.#now()),
    };
  }

  setLimits(limits: Limits): void {
    this.limits = { ...limits };
    this.fullSpeedUntilMs = null;
  }

  setFullSpeed(on: boolean): void {
    this.fullSpeedUntilMs = on ? this.#now() + FULL_SPEED_MS : null;
  }

  /** What applies to all transfers of a direction. */
  general(direction: 'upload' | 'download'): LimitNow {
    const now = this.#now();
    if (this.#full(now)) return { bytes_s: null, source: 'full_speed', until_ms: this.fullSpeedUntilMs };
    const own = direction === 'upload' ? this.limits.upload_bytes_s : this.limits.download_bytes_s;
    if (own !== 0 && this.waitOn.battery && this.onBattery) return { bytes_s: 0, source: 'battery', until_ms: null };
    if (own !== 0 && this.waitOn.metered && this.metered) return { bytes_s: 0, source: 'metered', until_ms: null };
    if (!this.timetableOn || own === 0) return { bytes_s: own, source: 'general', until_ms: null };
    const bytes = this.#inHour(now, own);
    // Whole hours: the places of this mock have no others.
    const next = Math.floor(now / HOUR_MS) + 1;
    for (let hour = next; hour < next + AHEAD_HOURS; hour += 1) {
      if (this.#inHour(hour * HOUR_MS, own) !== bytes) return { bytes_s: bytes, source: 'timetable', until_ms: hour * HOUR_MS };
    }
    return { bytes_s: bytes, source: 'timetable', until_ms: null };
  }

  /** What holds one transfer; a copy inside the store is held by nothing. */
  of(direction: Direction, own: number | null): LimitNow | null {
    if (direction === 'copy') return null;
    const general = this.general(direction);
    return own === null ? general : lower({ bytes_s: own, source: 'own', until_ms: null }, general);
  }

  #full(now: number): boolean {
    return this.fullSpeedUntilMs !== null && this.fullSpeedUntilMs > now;
  }

  #offsetAt(ms: number): number {
    return -new Date(ms).getTimezoneOffset() * 60;
  }

  #inHour(ms: number, own: number | null): number | null {
    const at = new Date(ms);
    const letter = this.timetable.charAt(((at.getDay() + 6) % 7) * 24 + at.getHours());
    return letter === 's' ? 0 : letter === 'l' ? own : null;
  }
}
