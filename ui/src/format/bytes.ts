/** Sizes and rates: binary units, three significant figures. */
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** Three significant figures, without an exponent; 1,023 keeps all four of its digits. */
export function threeFigures(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString('en-US');
  if (value >= 100) return String(Math.round(value));
  if (value >= 10) return trimmed(value, 1);
  return trimmed(value, 2);
}

function trimmed(value: number, digits: number): string {
  return value.toFixed(digits);
}

function scale(bytes: number): number {
  let unit = 0;
  let value = bytes;
  // 1023.5 and more would print as 1,024: it belongs to the next unit.
  while (value >= 1023.5 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return unit;
}

function inUnit(bytes: number, unit: number): string {
  return unit === 0 ? String(Math.round(bytes)) : threeFigures(bytes / 1024 ** unit);
}

export function bytes(size: number): string {
  const unit = scale(size);
  return `${inUnit(size, unit)} ${UNITS[unit]}`;
}

/** A size that was chosen rather than measured: `40 MiB`, not `40.0 MiB`. */
export function chosenBytes(size: number): string {
  return bytes(size).replace(/\.0+ /, ' ').replace(/(\.\d*?[1-9])0+ /, '$1 ');
}

export function chosenRate(bytesPerSecond: number): string {
  return `${chosenBytes(bytesPerSecond)}/s`;
}

/** `11.5 / 18.6 GiB`: one unit for both when they share it, so that they compare at a glance. */
export function bytesOf(done: number, size: number): string {
  const unit = scale(size);
  const small = scale(done);
  if (done > 0 && small < unit - 1) return `${bytes(done)} / ${bytes(size)}`;
  return `${done === 0 ? '0' : inUnit(done, unit)} / ${bytes(size)}`;
}

export function rate(bytesPerSecond: number): string {
  return `${bytes(bytesPerSecond)}/s`;
}

/** Megabits, as network people count them: decimal, bits. */
export function megabits(bytesPerSecond: number): string {
  return `${threeFigures((bytesPerSecond * 8) / 1e6)} Mbit/s`;
}

/** One decimal; 100% only when every byte is there, so that 99.96 never reads as done. */
export function percent(done: number, size: number): string {
  if (size <= 0) return '100%';
  const share = Math.min(done / size, 1);
  if (share >= 1) return '100%';
  return `${Math.min(share * 100, 99.9).toFixed(1)}%`;
}

const SUFFIXES: Readonly<Record<string, number>> = { '': 2, k: 1, m: 2, g: 3, t: 4 };

/** What a person types in a rate field, in bytes a second: `20`, `20 MiB/s`, `512k`, `1.5 GiB`. Null if it is no rate. */
export function parseRate(text: string): number | null {
  const match = /^\s*(\d+(?:[.,]\d+)?)\s*([kmgt]?)(?:i?b)?(?:\/s)?\s*$/i.exec(text);
  if (!match) return null;
  const power = SUFFIXES[(match[2] ?? '').toLowerCase()];
  if (power === undefined) return null;
  return Math.round(Number((match[1] ?? '').replace(',', '.')) * 1024 ** power);
}
