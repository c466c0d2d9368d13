import { describe, expect, test } from 'vitest';
import { setLanguage } from '../i18n/index.svelte';
import { bytes, bytesOf, chosenBytes, megabits, parseRate, percent, rate } from './bytes';
import { baseName, headAndTail, parentOf, shortId, shortPath } from './text';
import { clock, dateTime, duration, moment } from './time';

const KIB = 1024;
const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

describe('sizes', () => {
  test.each([
    [0, '0 B'],
    [1, '1 B'],
    [1023, '1023 B'],
    [1024, '1.00 KiB'],
    [1536, '1.50 KiB'],
    [10 * KIB, '10.0 KiB'],
    [482 * KIB, '482 KiB'],
    [1023.4 * KIB, '1,023 KiB'],
    // Would round to 1,024 KiB: the next unit says it in fewer figures.
    [1023.7 * KIB, '1.00 MiB'],
    [18.6 * GIB, '18.6 GiB'],
    [2 ** 53, '8.00 PiB'],
  ])('%d bytes are %s', (size, shown) => expect(bytes(size)).toBe(shown));

  test('two sizes share a unit while that keeps the smaller one readable', () => {
    expect(bytesOf(11.5 * GIB, 18.6 * GIB)).toBe('11.5 / 18.6 GiB');
    expect(bytesOf(0.5 * GIB, 18.6 * GIB)).toBe('0.50 / 18.6 GiB');
    expect(bytesOf(300 * KIB, 18.6 * GIB)).toBe('300 KiB / 18.6 GiB');
    expect(bytesOf(0, 4.1 * GIB)).toBe('0 / 4.10 GiB');
  });

  test('what was chosen has no zeros that were not chosen', () => {
    expect(chosenBytes(40 * MIB)).toBe('40 MiB');
    expect(chosenBytes(1.5 * MIB)).toBe('1.5 MiB');
    expect(chosenBytes(1.25 * MIB)).toBe('1.25 MiB');
    expect(chosenBytes(100 * MIB)).toBe('100 MiB');
    expect(chosenBytes(GIB)).toBe('1 GiB');
  });

  test('rates have both units', () => {
    expect(rate(15.8 * MIB)).toBe('15.8 MiB/s');
    expect(megabits(20 * MIB)).toBe('168 Mbit/s');
  });

  test('percent is 100 only when every byte is there, and never passes it', () => {
    expect(percent(618, 1000)).toBe('61.8%');
    expect(percent(99_999, 100_000)).toBe('99.9%');
    expect(percent(5, 5)).toBe('100%');
    expect(percent(6, 5)).toBe('100%');
    expect(percent(0, 0)).toBe('100%');
  });

  test.each([
    ['20', 20 * MIB],
    ['20 MiB/s', 20 * MIB],
    ['512k', 512 * KIB],
    ['512 KiB', 512 * KIB],
    ['1.5 GiB', 1.5 * GIB],
    ['1,5g', 1.5 * GIB],
    ['0', 0],
  ])('the typed rate %s is understood', (text, value) => expect(parseRate(text)).toBe(value));

  test.each(['', 'fast', '-3', '3 parsecs', '1e9'])('the typed rate “%s” is refused', (text) => expect(parseRate(text)).toBeNull());
});

describe('times', () => {
  test.each([
    [0.4, '0 s'],
    [9, '9 s'],
    [59.4, '59 s'],
    [59.6, '1 min'],
    [600, '10 min'],
    [3600, '1 h'],
    [11_700, '3 h 15 min'],
    [60 * 3600, '3 days'],
  ])('%d seconds are %s', (seconds, shown) => {
    setLanguage('en');
    expect(duration(seconds)).toBe(shown);
  });

  test('durations are said in the language of the window', () => {
    setLanguage('zh');
    expect(duration(11_700)).toBe('3 小时 15 分钟');
    setLanguage('en');
  });

  test('clock times have 24 hours and dates are ISO', () => {
    const at = new Date(2026, 10, 8, 7, 5).getTime();
    expect(clock(at)).toBe('07:05');
    expect(dateTime(at)).toBe('2026-11-08 07:05');
    expect(moment(at, new Date(2026, 10, 8, 23, 0).getTime())).toBe('07:05');
    expect(moment(at, new Date(2026, 10, 9, 1, 0).getTime())).toBe('2026-11-08 07:05');
  });
});

describe('names and paths', () => {
  test('a long name keeps its tail whole', () => {
    expect(headAndTail('short.txt')).toEqual({ head: 'short.txt', tail: '' });
    const { head, tail } = headAndTail('北京航拍_长城日出_8K_RAW_2026-11-18_A机.mov');
    expect(head + tail).toBe('北京航拍_长城日出_8K_RAW_2026-11-18_A机.mov');
    expect(tail).toBe('026-11-18_A机.mov');
  });

  test('a tail of wide letters is no wider than another one', () => {
    expect(headAndTail('2026年第三季度财务报表_终稿(3).xlsx')).toEqual({ head: '2026年第三季度财务', tail: '报表_终稿(3).xlsx' });
  });

  test('a short name in wide letters keeps its tail, too', () => {
    expect(headAndTail('通告单与场记_第21天.zip')).toEqual({ head: '通告单与场记', tail: '_第21天.zip' });
    expect(headAndTail('纪录片.mov')).toEqual({ head: '纪录片.mov', tail: '' });
  });

  test('a name is not cut inside an emoji', () => {
    const name = `${'x'.repeat(10)}${'👩‍👩‍👧‍👦'.repeat(12)}.zip`;
    const { tail } = headAndTail(name);
    expect(tail).toBe(`${'👩‍👩‍👧‍👦'.repeat(6)}.zip`);
  });

  test.each([
    ['/home/lin/a.mov', '/home/lin'],
    ['/a.mov', '/'],
    ['D:\\素材\\航拍\\a.mov', 'D:\\素材\\航拍'],
    ['D:\\a.mov', 'D:'],
    ['tos://media/raw/11/a.mov', 'tos://media/raw/11'],
    ['tos://media/a.mov', 'tos://media'],
  ])('the parent of %s is %s', (path, parent) => expect(parentOf(path)).toBe(parent));

  test.each([
    ['tos://media-archive/raw/2026/11/selects', 32, 'tos://media-archive/…/11/selects'],
    ['C:\\Users\\Lin\\Documents\\Reports\\2026', 20, 'C:\\…\\Reports\\2026'],
    ['/srv/warehouse/nightly/exports', 16, '/…/exports'],
    ['/short', 16, '/short'],
    // The last segment is never dropped, however long.
    ['tos://b/x/a-very-long-last-segment', 10, 'tos://b/…/a-very-long-last-segment'],
  ])('%s in %d characters', (path, limit, shown) => expect(shortPath(path, limit)).toBe(shown));

  test('ids and last segments', () => {
    expect(shortId('7f3c91d0123456789a2e4')).toBe('7f3c91d0…a2e4');
    expect(shortId('short')).toBe('short');
    expect(baseName('/home/lin/报告 2.txt')).toBe('报告 2.txt');
    expect(baseName('C:\\a\\b.txt')).toBe('b.txt');
    expect(baseName('/home/lin/folder/')).toBe('folder');
  });
});
