/** When each of the transfers that wait is expected to start, at the speed of those that run. */
import type { Direction } from '../backend';
import { moved, type Transfer } from './transfer';

/** So many from the front of the line are told; further back a guess would say nothing. */
const TOLD_MAX = 200;

/** Seconds, by id. Empty where nothing moves. */
export function startsIn(running: readonly Transfer[], waiting: readonly Transfer[], atOnce: number): Map<number, number> {
  const told = new Map<number, number>();
  const moving = running.filter(({ speed }) => speed > 0);
  if (moving.length === 0) return told;
  const mean = (of: readonly Transfer[]): number => of.reduce((sum, { speed }) => sum + speed, 0) / of.length;
  const usual = (direction: Direction): number => {
    const alike = moving.filter(({ given }) => given.direction === direction);
    return mean(alike.length > 0 ? alike : moving);
  };
  const speeds = { upload: usual('upload'), download: usual('download'), copy: usual('copy') };
  const takes = (transfer: Transfer): number => (transfer.given.size - moved(transfer)) / (transfer.speed || speeds[transfer.given.direction]);
  const free = running.map(takes);
  while (free.length < atOnce) free.push(0);
  for (const transfer of waiting.slice(0, TOLD_MAX)) {
    const place = free.indexOf(Math.min(...free));
    const at = free[place] ?? 0;
    told.set(transfer.id, at);
    free[place] = at + takes(transfer);
  }
  return told;
}
