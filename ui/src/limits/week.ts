/** The week of the timetable: 168 letters from Monday 00:00, and what painting does to them. */
export const DAYS = 7;
export const HOURS = 24;

export type Hour = 'f' | 'l' | 's';

export interface Cell {
  day: number;
  hour: number;
}

export const indexOf = ({ day, hour }: Cell): number => day * HOURS + hour;
export const cellOf = (index: number): Cell => ({ day: Math.floor(index / HOURS), hour: index % HOURS });

export function hourAt(week: string, cell: Cell): Hour {
  const letter = week.charAt(indexOf(cell));
  return letter === 'l' || letter === 's' ? letter : 'f';
}

/** The week with everything between two corners painted. */
export function painted(week: string, from: Cell, to: Cell, brush: Hour): string {
  const [top, bottom] = from.day < to.day ? [from.day, to.day] : [to.day, from.day];
  const [left, right] = from.hour < to.hour ? [from.hour, to.hour] : [to.hour, from.hour];
  return Array.from(week, (letter, index) => {
    const { day, hour } = cellOf(index);
    return day >= top && day <= bottom && hour >= left && hour <= right ? brush : letter;
  }).join('');
}

/** The hour of the week at a moment, where local time is so far ahead of UTC. */
export function cellAt(ms: number, zoneOffsetSeconds: number): Cell {
  const hours = Math.floor((ms + zoneOffsetSeconds * 1000) / 3_600_000);
  const mod = (n: number, by: number): number => ((n % by) + by) % by;
  // 1970 began on a Thursday.
  return { day: mod(Math.floor(hours / HOURS) + 3, DAYS), hour: mod(hours, HOURS) };
}

/** Where a key leads from a cell; null for a key that moves nothing. */
export function moved({ day, hour }: Cell, key: string): Cell | null {
  switch (key) {
    case 'ArrowLeft':
      return { day, hour: Math.max(0, hour - 1) };
    case 'ArrowRight':
      return { day, hour: Math.min(HOURS - 1, hour + 1) };
    case 'ArrowUp':
      return { day: Math.max(0, day - 1), hour };
    case 'ArrowDown':
      return { day: Math.min(DAYS - 1, day + 1), hour };
    case 'Home':
      return { day, hour: 0 };
    case 'End':
      return { day, hour: HOURS - 1 };
    case 'PageUp':
      return { day: 0, hour };
    case 'PageDown':
      return { day: DAYS - 1, hour };
    default:
      return null;
  }
}

/** `UTC+8`, `UTC-3:30`. */
export function offsetName(zoneOffsetSeconds: number): string {
  const minutes = Math.round(Math.abs(zoneOffsetSeconds) / 60);
  const rest = minutes % 60;
  const sign = zoneOffsetSeconds < 0 ? '-' : '+';
  return minutes === 0 ? 'UTC' : `UTC${sign}${Math.floor(minutes / 60)}${rest === 0 ? '' : `:${String(rest).padStart(2, '0')}`}`;
}
