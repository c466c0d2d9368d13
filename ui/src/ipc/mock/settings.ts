/** What Rust refuses to keep. */
import type { Settings } from '../backend';

const BOUNDS = {
  zoom_percent: [80, 200],
  rail_width_px: [180, 320],
  transfers_max: [1, 64],
  parallel_parts: [1, 64],
  part_size_bytes: [5 * 1024 ** 2, 5 * 1024 ** 3],
  history_days: [0, 3650],
} as const satisfies Partial<Record<keyof Settings, readonly [number, number]>>;

export function checkSettings(settings: Settings, refuse: (code: string, params: Record<string, string>) => never): void {
  for (const name of Object.keys(BOUNDS) as (keyof typeof BOUNDS)[]) {
    const [least, most] = BOUNDS[name];
    const value = settings[name];
    if (!Number.isInteger(value) || value < least || value > most) refuse('invalid_option', { name, value: String(value) });
  }
}
