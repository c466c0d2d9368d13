import { cleanup, render, screen, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { setLanguage } from '../i18n/index.svelte';
import type { Backend } from '../ipc/backend';
import Drawer from './Drawer.svelte';
import { beginOf, mean, MINUTE_MS, runs, sampleOf, scaleFor, scaleTop, seenSince, TEN_MS } from './graph';
import { ROWS_MAX, rowsOf, stepFor } from './speed-table';
import { OLD_MAX, Seen, seenBy, TRANSFERS_MAX } from './seen.svelte';
import { detailOf } from './testing';

const MIB = 1024 ** 2;
const NOON = new Date(2026, 10, 21, 12, 0).getTime();

beforeEach(() => setLanguage('en'));
afterEach(cleanup);

/** Looks four times a second from one moment to the other, both in seconds after noon. */
function look(seen: Seen, from: number, to: number, speed: (second: number) => number = () => MIB, id = 1): void {
  for (let second = from; second <= to; second += 0.25) seen.add([{ id, sample: sampleOf(NOON + second * 1_000, speed(second), null) }]);
}

describe('the scale', () => {
  test('is a power of two above the highest value, and a far limit does not flatten the line', () => {
    expect(scaleTop(27 * MIB)).toBe(32 * MIB);
    expect(scaleTop(32 * MIB)).toBe(64 * MIB);
    expect(scaleFor([sampleOf(0, 20 * MIB, 30 * MIB)])).toBe(32 * MIB);
    expect(scaleFor([sampleOf(0, 20 * MIB, 900 * MIB)])).toBe(32 * MIB);
  });
});

describe('what was seen', () => {
  test('is kept as it is for a minute, and by steps with the same mean beyond', () => {
    const seen = new Seen();
    look(seen, 0, 300, (second) => (second < 150 ? MIB : 3 * MIB));
    const samples = seen.of(1);
    const now = NOON + 300_000;
    expect(samples.filter((one) => one.at >= now - MINUTE_MS).every((one) => one.looks === 1)).toBe(true);
    expect(samples.some((one) => one.looks > 1)).toBe(true);
    expect(samples.reduce((sum, one) => sum + one.looks, 0)).toBe(1201);
    expect(mean(samples)).toBeCloseTo((600 * MIB + 601 * 3 * MIB) / 1201, 0);
    expect(runs(samples)).toHaveLength(1);
  });

  test('of a whole day is some 600 samples, the first of them still the oldest', () => {
    const seen = new Seen();
    // Once in two seconds, as behind another window; looks that are 40 s apart come between.
    for (let second = 0; second < 86_400; second += second % 7_200 < 3_600 ? 2 : 40) {
      seen.add([{ id: 1, sample: sampleOf(NOON + second * 1_000, MIB, null) }]);
    }
    look(seen, 86_400, 86_460);
    const samples = seen.of(1);
    expect(samples.length).toBeLessThanOrEqual(620);
    expect(samples.length).toBeGreaterThan(OLD_MAX / 2);
    expect(samples[0]?.from).toBe(NOON);
    expect(mean(samples)).toBeCloseTo(MIB, 0);
  });

  test('has a gap where nobody looked', () => {
    const seen = new Seen();
    look(seen, 0, 90);
    look(seen, 130, 140);
    expect(runs(seen.of(1)).map((run) => [run[0]?.from, run.at(-1)?.at])).toEqual([
      [NOON, NOON + 90_000],
      [NOON + 130_000, NOON + 140_000],
    ]);
  });

  test('begins anew where the clock was set back', () => {
    const seen = new Seen();
    look(seen, 3_600, 3_610);
    look(seen, 0, 1);
    expect(seen.of(1)).toHaveLength(5);
  });

  test('of the transfer that was not seen for longest is forgotten first', () => {
    const seen = new Seen();
    for (let id = 1; id <= TRANSFERS_MAX; id += 1) look(seen, 0, 0, undefined, id);
    look(seen, 1, 1, undefined, 1);
    look(seen, 1, 1, undefined, TRANSFERS_MAX + 1);
    expect(seen.of(1)).toHaveLength(2);
    expect(seen.of(2)).toEqual([]);
    expect(seen.of(3)).toHaveLength(1);
  });

  test('is one for all screens of a window', () => {
    const backend = {} as Backend;
    seenBy(backend).range = 'ten';
    expect(seenBy(backend).range).toBe('ten');
    expect(seenBy({} as Backend).range).toBe('minute');
  });
});

describe('a range', () => {
  test('that is longer than what was seen says since when', () => {
    const seen = new Seen();
    look(seen, 0, 90);
    const [samples, now] = [seen.of(1), NOON + 90_000];
    expect(beginOf('minute', samples, now)).toBe(now - MINUTE_MS);
    expect(seenSince('minute', samples, now)).toBeNull();
    expect(beginOf('ten', samples, now)).toBe(now - TEN_MS);
    expect(seenSince('ten', samples, now)).toBe(NOON);
    expect(beginOf('all', samples, now)).toBe(NOON);
    expect(seenSince('all', samples, now)).toBe(NOON);
    expect(seenSince('all', [], now)).toBeNull();
  });
});

describe('the figures of the graph', () => {
  test('are means over steps of the clock, the newest first, and say where nobody looked', () => {
    const seen = new Seen();
    look(seen, 2, 12, (second) => (second < 10 ? MIB : 3 * MIB));
    look(seen, 22, 27, () => 4 * MIB);
    expect(rowsOf(seen.of(1), NOON - 20_000, NOON + 32_000).rows[0]?.at).toBe(NOON + 25_000);
    expect(rowsOf(seen.of(1), NOON - 20_000, NOON + 33_000).rows[0]).toEqual({ at: NOON + 30_000, speed: null, limit: null });
    const { stepMs, rows } = rowsOf(seen.of(1), NOON - 30_000, NOON + 27_000);
    expect(stepMs).toBe(5_000);
    expect(rows.map(({ at, speed }) => [(at - NOON) / 1_000, speed === null ? null : speed / MIB])).toEqual([
      [25, 4],
      [20, 4],
      [15, null],
      [10, 3],
      [5, 1],
      [0, 1],
    ]);
  });

  test('are a dozen or so, however long the window was open', () => {
    for (const span of [MINUTE_MS, TEN_MS, 3_600_000, 86_400_000, 40 * 86_400_000]) {
      expect(span / stepFor(span)).toBeLessThanOrEqual(12);
      const samples = Array.from({ length: 500 }, (_, at) => sampleOf(NOON + (at * span) / 499, MIB, null));
      const { rows } = rowsOf(samples, NOON, NOON + span);
      expect(rows.length).toBeGreaterThanOrEqual(6);
      expect(rows.length).toBeLessThanOrEqual(ROWS_MAX);
      expect(rows.every(({ speed }) => speed === MIB)).toBe(true);
    }
  });
});

describe('the graph in the drawer', () => {
  function drawer(seen: Seen, now: number): void {
    render(Drawer, { detail: detailOf(), seen, now, onact: () => undefined, onkeys: () => undefined, onchanged: () => undefined, onclose: () => undefined });
  }

  test('says its mean and of which time that is', async () => {
    const seen = new Seen();
    look(seen, 0, 30, (second) => (second < 15 ? 2 * MIB : 4 * MIB));
    drawer(seen, NOON + 30_000);
    expect(screen.getByTestId('graph')).toHaveAccessibleName('4.00 MiB/s now, 3.01 MiB/s mean over what was seen since 12:00:00');
    expect(screen.getByTestId('graph-since')).toHaveTextContent('seen since 12:00:00');
    look(seen, 30.25, 90, () => 4 * MIB);
    cleanup();
    drawer(seen, NOON + 90_000);
    expect(screen.getByTestId('graph')).toHaveAccessibleName('4.00 MiB/s now, 4.00 MiB/s mean over the last minute');
    expect(screen.queryByTestId('graph-since')).toBeNull();
  });

  test('keeps the range that was chosen by the keys, and what was seen, until it is opened again', async () => {
    const seen = new Seen();
    look(seen, 0, 90);
    drawer(seen, NOON + 90_000);
    const range = screen.getByRole('radiogroup', { name: 'How far back the graph goes' });
    expect(range).toHaveTextContent('60 s 10 min All');
    await userEvent.click(screen.getByRole('radio', { name: '60 s' }));
    await userEvent.keyboard('{ArrowRight}{ArrowRight}');
    expect(screen.getByRole('radio', { name: 'All' })).toBeChecked();
    cleanup();
    drawer(seen, NOON + 700_000);
    expect(screen.getByRole('radio', { name: 'All' })).toBeChecked();
    expect(screen.getByTestId('graph-since')).toHaveTextContent('seen since 12:00');
  });

  test('is a table of figures on Enter, until Enter or Esc', async () => {
    const seen = new Seen();
    for (let second = 0; second < 20; second += 1) seen.add([{ id: 1, sample: sampleOf(NOON + second * 1_000, 2 * MIB, second < 10 ? null : 2 * MIB) }]);
    drawer(seen, NOON + 20_000);
    const graph = screen.getByTestId('graph');
    expect(screen.queryByRole('table')).toBeNull();
    expect(graph).toHaveAttribute('aria-expanded', 'false');
    graph.focus();
    await userEvent.keyboard('{Enter}');
    const table = screen.getByRole('table', { name: 'Mean of 5 s each, newest first' });
    expect(graph.getAttribute('aria-controls')).toBe(table.id);
    const rows = within(table)
      .getAllByRole('row')
      .map((row) => [...row.children].map((cell) => cell.textContent));
    expect(rows).toEqual([
      ['From', 'Speed', 'Limit'],
      ['12:00:15', '2.00 MiB/s', '2.00 MiB/s'],
      ['12:00:10', '2.00 MiB/s', '2.00 MiB/s'],
      ['12:00:05', '2.00 MiB/s', 'No limit'],
      ['12:00:00', '2.00 MiB/s', 'No limit'],
    ]);
    await userEvent.keyboard('{Escape}');
    expect(screen.queryByRole('table')).toBeNull();
    expect(graph).toHaveFocus();
    await userEvent.keyboard('{Enter}{Enter}');
    expect(screen.queryByRole('table')).toBeNull();
  });
});
