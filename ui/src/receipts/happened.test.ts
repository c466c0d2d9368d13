import { cleanup, render, screen } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { setLanguage } from '../i18n/index.svelte';
import { createMock } from '../ipc/mock/mock';
import type { PaperEvent, PaperMark, PaperTimeline } from '../ipc/receipts';
import { AXIS, ceiling, limitLine, sentenceOf, speedLine, walk } from './happened';
import Happened from './Happened.svelte';

beforeEach(() => setLanguage('en'));
afterEach(cleanup);

const MIB = 1024 ** 2;
const BEGAN = new Date(2026, 10, 20, 13, 5).getTime();

function mark(what: PaperEvent, minute: number, lasted_ms = 0): PaperMark {
  return { what, begin_ms: BEGAN + minute * 60_000, lasted_ms, from: Math.round((minute * AXIS) / 107), until: Math.round((minute * AXIS) / 107) };
}

function timeline(marks: PaperMark[] = []): PaperTimeline {
  return { began_ms: BEGAN, ended_ms: BEGAN + 107 * 60_000, speeds: [MIB, 3 * MIB, 0, 2 * MIB], limits: [null, null, 2 * MIB, 2 * MIB], marks };
}

const MARKS = [
  mark({ kind: 'sent_again', parts: 1 }, 20),
  mark({ kind: 'asleep' }, 36, 38_000),
  mark({ kind: 'limit', from: null, to: 16 * MIB }, 55),
  mark({ kind: 'sent_again', parts: 11 }, 70),
];

describe('the lines', () => {
  test('rise to a ceiling that is a power of two, and draw each slice as it was', () => {
    expect(ceiling(timeline())).toBe(4 * MIB);
    expect(speedLine(timeline(), 4 * MIB)).toBe('M0 75H1L1 25H2L2 100H3L3 50H4');
    expect(limitLine(timeline(), 4 * MIB)).toBe('M2 50H3V50H4');
    expect(limitLine({ ...timeline(), limits: [MIB, null, MIB, 2 * MIB] }, 4 * MIB)).toBe('M0 75H1M2 75H3V50H4');
    expect(ceiling({ ...timeline(), speeds: [], limits: [] })).toBeGreaterThan(0);
  });
});

describe('each event', () => {
  test('has its sentence, in both languages', () => {
    const all: [PaperEvent, string, string][] = [
      [{ kind: 'asleep' }, '13:41 asleep for 38 s', '13:41 睡眠 38 秒'],
      [{ kind: 'paused' }, '13:41 paused for 38 s', '13:41 暂停 38 秒'],
      [{ kind: 'waited' }, '13:41 back in line for 38 s', '13:41 重新排队 38 秒'],
      [{ kind: 'failed' }, '13:41 failed, tried again after 38 s', '13:41 失败，38 秒后重试'],
      [{ kind: 'not_running' }, '13:41 Tern not running for 38 s', '13:41 Tern 未运行 38 秒'],
      [{ kind: 'no_network' }, '13:41 no network for 38 s', '13:41 等待网络 38 秒'],
      [{ kind: 'limit', from: null, to: 16 * MIB }, '13:41 limit 16.0 MiB/s, there was none', '13:41 限速改为 16.0 MiB/s，原不限速'],
      [{ kind: 'limit', from: MIB, to: 0 }, '13:41 stopped by the limit, was 1.00 MiB/s', '13:41 因限速停止，原为 1.00 MiB/s'],
      [{ kind: 'limit', from: 0, to: null }, '13:41 no limit any more, nothing moved before', '13:41 取消限速，原为停止'],
      [{ kind: 'sent_again', parts: 1 }, '13:41 1 part sent again', '13:41 1 个分片重新发送'],
      [{ kind: 'sent_again', parts: 11 }, '13:41 11 parts sent again', '13:41 11 个分片重新发送'],
      [{ kind: 'started_over' }, '13:41 started over', '13:41 重新开始'],
    ];
    for (const [what, english, chinese] of all) {
      const one = mark(what, 36, 38_000);
      setLanguage('en');
      expect(sentenceOf(one, timeline())).toBe(english);
      setLanguage('zh');
      expect(sentenceOf(one, timeline())).toBe(chinese);
    }
  });

  test('has its day where it went on for longer, and seconds where it was short', () => {
    const one = mark({ kind: 'started_over' }, 36);
    expect(sentenceOf(one, { ...timeline(), ended_ms: BEGAN + 86_400_000 })).toBe('2026-11-20 13:41 started over');
    expect(sentenceOf(one, { ...timeline(), ended_ms: BEGAN + 600_000 })).toBe('13:41:00 started over');
  });

  test('is found by keys', () => {
    expect(walk('ArrowRight', null, 3)).toBe(0);
    expect(walk('ArrowRight', 2, 3)).toBe(2);
    expect(walk('ArrowLeft', null, 3)).toBe(2);
    expect(walk('ArrowLeft', 0, 3)).toBe(0);
    expect([walk('Home', 2, 3), walk('End', 0, 3)]).toEqual([0, 2]);
    expect([walk('a', 1, 3), walk('ArrowRight', null, 0)]).toEqual([null, null]);
  });
});

describe('the drawing', () => {
  test('is walked by the arrow keys and pointed at, and says each event', async () => {
    render(Happened, { timeline: timeline(MARKS) });
    const marks = screen.getByTestId('paper-marks');
    expect(marks).toHaveAccessibleName('Speed over time, at most 3.00 MiB/s; 4 events');
    expect(screen.getAllByRole('option').map((one) => one.getAttribute('aria-label'))).toEqual([
      '13:25 1 part sent again',
      '13:41 asleep for 38 s',
      '14:00 limit 16.0 MiB/s, there was none',
      '14:15 11 parts sent again',
    ]);
    const said = screen.getByTestId('paper-event');
    expect(said).toHaveTextContent('4 events: point at one, or use the arrow keys');
    await userEvent.tab();
    expect(marks).toHaveFocus();
    await userEvent.keyboard('{ArrowRight}{ArrowRight}');
    expect(said).toHaveTextContent('13:41 asleep for 38 s');
    const active = marks.getAttribute('aria-activedescendant');
    expect(document.getElementById(active ?? '')).toHaveAttribute('aria-selected', 'true');
    await userEvent.keyboard('{End}');
    expect(said).toHaveTextContent('14:15 11 parts sent again');
    await userEvent.hover(screen.getAllByRole('option')[2] as HTMLElement);
    expect(said).toHaveTextContent('14:00 limit 16.0 MiB/s, there was none');
    await userEvent.tab();
    await userEvent.unhover(screen.getAllByRole('option')[2] as HTMLElement);
    expect(said).toHaveTextContent('4 events');
  });

  test('without events there is nothing to walk, and the speed is told', () => {
    render(Happened, { timeline: timeline() });
    expect(screen.queryAllByRole('option')).toEqual([]);
    expect(screen.getByTestId('paper-timeline')).toHaveTextContent('What happened');
    expect(screen.getByTestId('paper-marks')).toHaveAccessibleName('Speed over time, at most 3.00 MiB/s; 0 events');
  });

  test('the mock tells of its transfers, and nothing of what was over in a moment', async () => {
    const backend = createMock({ scene: 'studio', settings: { language: 'en' } });
    const { rows } = await backend.history(null, '', 200);
    const papers = await Promise.all(rows.map((row) => backend.openReceipt({ of: 'transfers', ids: [row.id] })));
    const told = papers.filter((paper) => paper.timeline !== null);
    expect(told.length).toBeGreaterThan(0);
    for (const { timeline: one } of told) {
      expect(one?.speeds).toHaveLength(120);
      expect(one?.marks.some((at) => at.what.kind === 'asleep')).toBe(true);
    }
    expect(papers.every((paper) => paper.timeline !== null || paper.busy_ms < 1_000)).toBe(true);
  });
});
