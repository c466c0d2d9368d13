import { beforeEach, describe, expect, test } from 'vitest';
import { setLanguage } from '../i18n/index.svelte';
import { Starts } from './starts';
import { rowOf } from './testing';
import { rowWords } from './words';

const NOON = new Date(2026, 10, 21, 12, 0).getTime();
const waiting = (starts_in_s: number | null): ReturnType<typeof rowOf> => rowOf({ state: 'waiting', starts_in_s });

beforeEach(() => setLanguage('en'));

describe('when what waits is expected to start', () => {
  test.each([
    [20, 'within 1 min', '1 分钟内'],
    [245, 'about 12:04', '约 12:04'],
    // The further off, the coarser.
    [1_930, 'about 12:30', '约 12:30'],
    [13_400, 'about 15:45', '约 15:45'],
    [30 * 3_600, 'in 30 h', '30 小时后'],
    [3 * 86_400, 'in 3 days', '3 天后'],
    [null, '', ''],
  ])('in %s s', (seconds, english, chinese) => {
    expect(new Starts().wordsOf(waiting(seconds), NOON)).toBe(english);
    setLanguage('zh');
    expect(new Starts().wordsOf(waiting(seconds), NOON)).toBe(chinese);
  });

  test('does not tremble with the speed, and follows it when it has clearly changed', () => {
    const starts = new Starts();
    const said = [245, 262, 284, 224, 270].map((seconds, step) => starts.wordsOf(waiting(seconds), NOON + step));
    expect(new Set(said)).toEqual(new Set(['about 12:04']));
    // Twice a second at most.
    expect(starts.wordsOf(waiting(360), NOON + 300)).toBe('about 12:04');
    expect(starts.wordsOf(waiting(360), NOON + 500)).toBe('about 12:06');
    expect(starts.wordsOf(waiting(360), NOON + 750)).toBe('about 12:06');
  });

  test('is forgotten with the wait', () => {
    const starts = new Starts();
    expect(starts.wordsOf(waiting(245), NOON)).toBe('about 12:04');
    expect(starts.wordsOf(rowOf(), NOON)).toBe('');
    expect(starts.wordsOf(waiting(270), NOON)).toBe('about 12:05');
  });

  test('stands in the row behind the next one, and yields to what holds it back', () => {
    const under = (row: ReturnType<typeof rowOf>, index: number): string => rowWords(row, NOON, index, 'about 12:04').under;
    expect(under(waiting(245), 0)).toBe('starts next');
    expect(under(waiting(245), 1)).toBe('about 12:04');
    expect(under({ ...waiting(245), limit: { bytes_s: 0, source: 'general', until_ms: null } }, 1)).toBe('stopped by you');
    expect(rowWords(waiting(null), NOON, 1, '').under).toBe('');
  });
});
