import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { setLanguage } from '../i18n/index.svelte';
import { Failure, type LimitNow, type LimitsNow } from '../ipc/backend';
import { createMock, type MockBackend } from '../ipc/mock/mock';
import { Simulation } from '../ipc/mock/simulation';
import Shell from '../shell/App.svelte';
import { limitNote, rowWords } from '../transfers/words';
import { cellAt, hourAt, moved, offsetName, painted } from './week';
import { chipShort, chipText, nowSentence } from './words';

const MIB = 1024 ** 2;
const FULL = 'f'.repeat(168);
beforeEach(() => setLanguage('en'));
afterEach(cleanup);

describe('the week', () => {
  test('a block is painted between two corners, whichever comes first', () => {
    const week = painted(FULL, { day: 4, hour: 18 }, { day: 0, hour: 9 }, 'l');
    expect(week).toHaveLength(168);
    expect(week.split('l').length - 1).toBe(5 * 10);
    expect(hourAt(week, { day: 0, hour: 9 })).toBe('l');
    expect(hourAt(week, { day: 4, hour: 18 })).toBe('l');
    expect(hourAt(week, { day: 5, hour: 9 })).toBe('f');
    expect(hourAt(painted(week, { day: 2, hour: 12 }, { day: 2, hour: 12 }, 's'), { day: 2, hour: 12 })).toBe('s');
  });

  test('the present hour is that of the place', () => {
    // Saturday 2026-11-21 07:30 UTC is 15:30 in Shanghai; 20:00 UTC on a Sunday is Monday there.
    expect(cellAt(Date.UTC(2026, 10, 21, 7, 30), 8 * 3600)).toEqual({ day: 5, hour: 15 });
    expect(cellAt(Date.UTC(2026, 10, 22, 20), 8 * 3600)).toEqual({ day: 0, hour: 4 });
    expect(cellAt(Date.UTC(1969, 11, 31, 23), 0)).toEqual({ day: 2, hour: 23 });
  });

  test('keys stop at the edges', () => {
    expect(moved({ day: 0, hour: 0 }, 'ArrowLeft')).toEqual({ day: 0, hour: 0 });
    expect(moved({ day: 6, hour: 23 }, 'ArrowDown')).toEqual({ day: 6, hour: 23 });
    expect(moved({ day: 3, hour: 5 }, 'End')).toEqual({ day: 3, hour: 23 });
    expect(moved({ day: 3, hour: 5 }, 'a')).toBeNull();
  });

  test.each([
    [8 * 3600, 'UTC+8'],
    [-12_600, 'UTC-3:30'],
    [20_700, 'UTC+5:45'],
    [0, 'UTC'],
  ])('%d seconds are %s', (seconds, name) => expect(offsetName(seconds)).toBe(name));
});

describe('what is said', () => {
  const now = new Date(2026, 10, 21, 15, 30).getTime();
  const seven = new Date(2026, 10, 21, 19, 0).getTime();
  const free: LimitNow = { bytes_s: null, source: 'general', until_ms: null };
  const held: LimitNow = { bytes_s: 20 * MIB, source: 'timetable', until_ms: seven };
  const limits = (upload: LimitNow, download: LimitNow, more: Partial<LimitsNow> = {}): LimitsNow => ({
    upload_bytes_s: upload.bytes_s,
    download_bytes_s: download.bytes_s,
    upload,
    download,
    own_count: 0,
    own_lowest_bytes_s: null,
    ...more,
  });

  test('which limit applies, why, and until when', () => {
    const own = { own_count: 1, own_lowest_bytes_s: 16 * MIB };
    expect(nowSentence(limits(held, free, own), now)).toBe(
      'Uploads are held to 20 MiB/s by the timetable until today 19:00. Downloads have no limit. One transfer has its own limit of 16 MiB/s.',
    );
    expect(nowSentence(limits(free, free), now)).toContain('No limit applies');
    expect(nowSentence(limits({ ...free, bytes_s: 0 }, free), now)).toBe('Uploads are stopped by your setting, until you change it. Downloads have no limit.');
    expect(nowSentence(limits({ ...held, bytes_s: 0 }, { ...held, bytes_s: 0 }), now)).toBe('Uploads and downloads are stopped by the timetable until today 19:00.');
    const full: LimitNow = { bytes_s: null, source: 'full_speed', until_ms: seven };
    expect(nowSentence(limits(full, full), now)).toMatch(/^Uploads and downloads have full speed until today 19:00\./);
  });

  test('what holds back comes first, whichever way it goes', () => {
    expect(nowSentence(limits(free, { ...free, bytes_s: MIB }), now)).toMatch(/^Downloads are held to 1 MiB\/s by your setting/);
  });

  test('every case has a sentence in both languages', () => {
    for (const language of ['en', 'zh'] as const) {
      setLanguage(language);
      for (const source of ['general', 'timetable'] as const) {
        for (const bytes_s of [null, 0, MIB]) {
          for (const until_ms of source === 'general' ? [null] : [null, seven, seven + 86_400_000, seven + 3 * 86_400_000]) {
            const said = nowSentence(limits({ bytes_s, source, until_ms }, free), now);
            expect(said).toMatch(/[.。]$/);
            expect(said).not.toContain('{');
          }
        }
      }
    }
  });

  test('a computer on battery or on a metered network is the reason, before any number', () => {
    const battery: LimitNow = { bytes_s: 0, source: 'battery', until_ms: null };
    const metered: LimitNow = { bytes_s: 0, source: 'metered', until_ms: null };
    expect(nowSentence(limits(battery, battery), now)).toBe('Uploads and downloads wait while this computer is on battery.');
    expect(nowSentence(limits(metered, metered), now)).toBe('Uploads and downloads wait while the network is metered.');
    expect([chipText(battery, now), chipText(metered, now)]).toEqual(['Waiting: on battery', 'Waiting: metered network']);
  });

  test('the chip says until when', () => {
    expect(chipText(held, now)).toBe('Limit 20 MiB/s until 19:00');
    expect(chipText({ ...held, bytes_s: 0 }, now)).toBe('Stopped until 19:00');
    expect(chipText({ ...held, bytes_s: 0, until_ms: seven + 2 * 86_400_000 }, now)).toBe('Stopped until Mon 19:00');
    expect(chipText({ ...free, bytes_s: MIB }, now)).toBe('Limit 1 MiB/s');
    expect(chipText(free, now)).toBeNull();
    expect(chipText({ bytes_s: null, source: 'full_speed', until_ms: seven }, now)).toBe('Full speed until 19:00');
    // Where there is little room its rate is left of it, and what is no rate as it is.
    expect([chipShort(held, now), chipShort({ ...held, bytes_s: 0 }, now), chipShort(free, now)]).toEqual(['20 MiB/s', 'Stopped until 19:00', null]);
  });
});

describe('the mock stops and goes on as the engine does', () => {
  const monday = new Date(2026, 10, 16, 8, 59, 58).getTime();

  test('the timetable stops what moves, keeps it, and lets it go on', () => {
    const simulation = new Simulation(1, monday);
    simulation.add({ direction: 'upload', name: 'a', from: '/a', to: 'tos://b/a', size: 4096 * MIB });
    simulation.add({ direction: 'download', name: 'b', from: 'tos://b/b', to: '/b', size: 4096 * MIB });
    simulation.speed.timetableOn = true;
    simulation.speed.timetable = painted(FULL, { day: 0, hour: 9 }, { day: 0, hour: 9 }, 's');
    for (let i = 0; i < 10; i += 1) simulation.advance(100);
    expect(simulation.detail(1)?.row.state).toBe('transferring');
    for (let i = 0; i < 20; i += 1) simulation.advance(100);
    const stopped = simulation.detail(1)?.row;
    expect(stopped?.state).toBe('waiting');
    expect(stopped?.limit).toEqual({ bytes_s: 0, source: 'timetable', until_ms: new Date(2026, 10, 16, 10).getTime() });
    simulation.advance(3_600_000);
    for (let i = 0; i < 10; i += 1) simulation.advance(100);
    expect(simulation.detail(1)?.row.state).toBe('transferring');
  });

  test('on battery everything waits, an hour of full speed goes before that, and plugged in it goes on', () => {
    const simulation = new Simulation(1, monday);
    simulation.add({ direction: 'upload', name: 'a', from: '/a', to: 'tos://b/a', size: 4096 * MIB });
    const after = (steps: number) => {
      for (let i = 0; i < steps; i += 1) simulation.advance(100);
      return simulation.detail(1)?.row;
    };
    expect(after(20)?.state).toBe('transferring');
    simulation.speed.waitOn.battery = true;
    expect(after(10)?.state).toBe('transferring');
    simulation.speed.onBattery = true;
    const held = after(20);
    expect([held?.state, held?.limit?.source]).toEqual(['waiting', 'battery']);
    expect(held && [limitNote(held, monday), rowWords(held, monday, null, '').under]).toEqual([
      'Paused while this computer is on battery. Continues by itself when it is plugged in. What arrived is kept.',
      'Waiting: on battery',
    ]);
    simulation.speed.setFullSpeed(true);
    expect(after(20)?.state).toBe('transferring');
    simulation.speed.setFullSpeed(false);
    expect(after(20)?.state).toBe('waiting');
    simulation.speed.onBattery = false;
    expect(after(20)?.state).toBe('transferring');
  });

  test('priority is an order, and an own limit holds', () => {
    const simulation = new Simulation(1, monday);
    for (let i = 1; i <= 9; i += 1) simulation.add({ direction: 'upload', name: `${i}`, from: `/${i}`, to: `tos://b/${i}`, size: 4096 * MIB });
    simulation.setPriority([8], 'high');
    simulation.setPriority([1], 'low');
    expect(simulation.ids('waiting')).toEqual([8, 2, 3, 4, 5, 6, 7, 9, 1]);
    simulation.setTransferLimit([8], MIB);
    for (let i = 0; i < 20; i += 1) simulation.advance(100);
    expect(simulation.detail(8)?.row.speed_bytes_s).toBe(MIB);
    expect(simulation.detail(8)?.row.limit?.source).toBe('own');
    expect(simulation.pulse().limits).toMatchObject({ own_count: 1, own_lowest_bytes_s: MIB });
  });
});

async function open(change: (backend: MockBackend) => void = () => undefined): Promise<MockBackend> {
  const backend = createMock({ scene: 'studio', settings: { language: 'en' } });
  change(backend);
  render(Shell, { backend });
  await userEvent.click(await screen.findByTestId('limit-chip'));
  await screen.findByTestId('limits-popover');
  await screen.findByTestId('timetable');
  return backend;
}

describe('the popover', () => {
  test('a typed limit acts, moves the thumb and says its megabits', async () => {
    const backend = await open();
    await userEvent.type(screen.getByTestId('limit-up-field'), '20');
    await waitFor(() => expect(backend.simulation.limits.upload_bytes_s).toBe(20 * MIB));
    expect(screen.getByTestId('limit-up')).toHaveAttribute('aria-valuenow', String(20 * MIB));
    expect(screen.getByTestId('limit-up')).toHaveAttribute('aria-valuetext', '20 MiB/s, 168 Mbit/s');
    expect(screen.getByText('= 168 Mbit/s')).toBeInTheDocument();
    expect(backend.simulation.limits.download_bytes_s).toBeNull();
  });

  test('what is no rate is marked and changes nothing', async () => {
    const backend = await open();
    await userEvent.type(screen.getByTestId('limit-up-field'), 'fast');
    expect(screen.getByTestId('limit-up-field')).toHaveAttribute('aria-invalid', 'true');
    expect(backend.simulation.limits.upload_bytes_s).toBeNull();
  });

  test('0 is Stop, and is another thing than no limit', async () => {
    const backend = await open();
    const before = backend.simulation.limits.upload_bytes_s;
    const set = vi.spyOn(backend, 'setLimits');
    await userEvent.type(screen.getByTestId('limit-up-field'), '0');
    // It may become 0.5: it acts when it is meant.
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect([backend.simulation.limits.upload_bytes_s, set.mock.calls.length]).toEqual([before, 0]);
    await userEvent.keyboard('{Enter}');
    await waitFor(() => expect(backend.simulation.limits.upload_bytes_s).toBe(0));
    expect(screen.getByTestId('limit-up-stop')).toHaveAttribute('aria-pressed', 'true');
    expect(screen.getByTestId('limit-up-none')).toHaveAttribute('aria-pressed', 'false');
    expect(screen.getByTestId('limit-up')).toHaveAttribute('aria-valuetext', 'Stop');
    await userEvent.click(screen.getByTestId('limit-up-none'));
    await waitFor(() => expect(backend.simulation.limits.upload_bytes_s).toBeNull());
    expect(screen.getByTestId('limit-up-stop')).toHaveAttribute('aria-pressed', 'false');
    await userEvent.click(screen.getByTestId('limit-down-stop'));
    await waitFor(() => expect(backend.simulation.limits.download_bytes_s).toBe(0));
    expect(screen.getByTestId('limit-down-field')).toHaveValue('0');
  });

  test('keys move the limit, and No limit takes it away', async () => {
    const backend = await open();
    await fireEvent.keyDown(screen.getByTestId('limit-down'), { key: 'PageDown' });
    await waitFor(() => expect(backend.simulation.limits.download_bytes_s).toBe(512 * MIB));
    await userEvent.click(screen.getByTestId('limit-down-none'));
    await waitFor(() => expect(backend.simulation.limits.download_bytes_s).toBeNull());
    expect(screen.getByTestId('limit-down-none')).toHaveAttribute('aria-pressed', 'true');
  });

  test('a limit that is refused is said and not shown as if it held', async () => {
    await open((backend) => {
      backend.setLimits = () => Promise.reject(new Failure({ code: 'ledger', params: { message: 'full' }, retryable: true }));
    });
    await userEvent.click(screen.getByTestId('limit-up-stop'));
    await waitFor(() => expect(screen.getByTestId('limit-up-stop')).toHaveAttribute('aria-pressed', 'false'));
    expect(screen.getByTestId('toast')).toBeInTheDocument();
  });

  test('full speed for an hour counts down, is over when a limit is moved, and can be ended', async () => {
    const backend = await open();
    await userEvent.click(screen.getByTestId('full-speed'));
    await screen.findByTestId('full-speed-left');
    expect(screen.getByTestId('full-speed-left').textContent.trim()).toMatch(/^(1:00:00|59:5\d)$/);
    expect(backend.simulation.speed.general('upload').source).toBe('full_speed');
    await userEvent.click(screen.getByTestId('full-speed'));
    await waitFor(() => expect(screen.queryByTestId('full-speed-left')).toBeNull());
    await userEvent.click(screen.getByTestId('full-speed'));
    await screen.findByTestId('full-speed-left');
    await userEvent.click(screen.getByTestId('limit-up-stop'));
    await waitFor(() => expect(screen.queryByTestId('full-speed-left')).toBeNull());
  });

  test('Esc closes it', async () => {
    await open();
    await userEvent.keyboard('{Escape}');
    expect(screen.queryByTestId('limits-popover')).toBeNull();
  });
});

describe('the timetable', () => {
  const week = (): string => screen.getByTestId('timetable').dataset['week'] ?? '';
  const cell = (day: number, hour: number): HTMLElement => {
    const found = screen.getByTestId('timetable').querySelector<HTMLElement>(`[data-cell="${day * 24 + hour}"]`);
    if (!found) throw new Error('no such cell');
    return found;
  };

  test('has a name for every hour and says which is the present one', async () => {
    await open();
    expect(screen.getAllByRole('gridcell', { name: /^(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day \d+ to \d+, full speed$/i })).toHaveLength(168);
    expect(cell(5, 15)).toHaveAccessibleName('Saturday 15 to 16, Full speed');
    expect(screen.getByTestId('timetable').querySelectorAll('[aria-current="time"]')).toHaveLength(1);
    expect(screen.getByText(/Times are in/)).toBeInTheDocument();
  });

  test('Shift and arrows paint a block with the brush; what is painted turns the timetable on', async () => {
    const backend = await open();
    await userEvent.click(screen.getByTestId('timetable-brush-stop'));
    cell(0, 0).focus();
    await userEvent.keyboard('{ArrowRight}{ArrowRight}');
    expect(cell(0, 2)).toHaveFocus();
    expect(week()).toBe(FULL);
    await userEvent.keyboard('{Shift>}{ArrowRight}{ArrowDown}{/Shift}');
    const expected = painted(FULL, { day: 0, hour: 2 }, { day: 1, hour: 3 }, 's');
    await waitFor(() => expect(backend.simulation.speed.timetable).toBe(expected));
    expect(week()).toBe(expected);
    expect(cell(1, 3)).toHaveAccessibleName('Tuesday 3 to 4, Stop');
    expect(backend.simulation.speed.timetableOn).toBe(true);
    expect(screen.getByTestId('timetable-switch')).toBeChecked();
  });

  test('Space paints one hour, Ctrl Z takes back one block after the other', async () => {
    const backend = await open();
    cell(0, 0).focus();
    await userEvent.keyboard(' {ArrowRight} ');
    await waitFor(() => expect(backend.simulation.speed.timetable.slice(0, 3)).toBe('llf'));
    await userEvent.keyboard('{Control>}z{/Control}');
    await waitFor(() => expect(backend.simulation.speed.timetable.slice(0, 3)).toBe('lff'));
    await userEvent.keyboard('{Control>}z{/Control}{Control>}z{/Control}');
    await waitFor(() => expect(backend.simulation.speed.timetable).toBe(FULL));
  });

  test('the switch keeps what is painted', async () => {
    const painting = painted(FULL, { day: 0, hour: 9 }, { day: 4, hour: 18 }, 'l');
    const backend = await open(({ simulation }) => Object.assign(simulation.speed, { timetable: painting, timetableOn: true }));
    await userEvent.click(screen.getByTestId('timetable-switch'));
    await waitFor(() => expect(backend.simulation.speed.timetableOn).toBe(false));
    expect(week()).toBe(painting);
  });

  test('what is refused is not left painted', async () => {
    await open((backend) => {
      backend.setTimetable = () => Promise.reject(new Failure({ code: 'ledger', params: { message: 'full' }, retryable: true }));
    });
    cell(0, 0).focus();
    await userEvent.keyboard(' ');
    await waitFor(() => expect(week()).toBe(FULL));
  });
});
