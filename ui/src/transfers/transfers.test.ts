import { cleanup, render, screen } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { setLanguage } from '../i18n/index.svelte';
import type { Backend, Select, Selected, ShownState, TransferFilter, TransferPage, TransferRow as Row } from '../ipc/backend';
import { App } from '../session/app.svelte';
import { Acts } from './acts.svelte';
import { drawCell } from './draw';
import Drawer from './Drawer.svelte';
import { listKey } from './keys';
import { merge } from './merge';
import { cellsOf, columnsFor, countKinds, differs, heightFor, MAX_CELLS } from './pieces';
import { Seen } from './seen.svelte';
import { PAGE_ROWS, TransferStore } from './store.svelte';
import { detailOf, NO_ACTIONS, pageOf, rowOf } from './testing';
import TransferRow from './TransferRow.svelte';
import { rowWords, sentence, spoken } from './words';

beforeEach(() => setLanguage('en'));
afterEach(cleanup);

function show(row: Row, onact = vi.fn()): { onact: typeof onact; text: string } {
  render(TransferRow, {
    row,
    id: 'r0',
    index: 0,
    selected: false,
    active: false,
    gone: false,
    nextIndex: row.state === 'waiting' ? 0 : null,
    starts: '',
    wide: false,
    now: Date.now(),
    onselect: () => undefined,
    onopen: () => undefined,
    onact,
  });
  return { onact, text: screen.getByRole('row').textContent ?? '' };
}

describe('a row says its state in words and figures', () => {
  const STATES: [ShownState, Partial<Row>, string[]][] = [
    ['scanning', { size_bytes: null, done_bytes: 0 }, ['Scanning', 'looking']],
    ['waiting', { done_bytes: 0 }, ['Waiting', '18.6 GiB', 'starts next']],
    ['transferring', {}, ['61.8%', '11.5 / 18.6 GiB', '15.8 MiB/s', '8 min']],
    ['verifying', { left_s: 9 }, ['Verifying', 'CRC64', '9 s']],
    ['paused', {}, ['Paused', '61.8%', 'parts kept']],
    ['no_network', {}, ['Waiting for network', 'will resume']],
    ['retrying', { retry_in_s: 8, why: { code: 'throttled', params: {}, retryable: true } }, ['Retrying in 8 s', 'TOS is busy']],
    ['retrying', { retry_in_s: 8, next_try: 3, tries_max: 12, why: { code: 'throttled', params: {}, retryable: true } }, ['Retrying in 8 s', 'TOS is busy', 'try 3 of 12']],
    ['failed', { why: { code: 'forbidden', params: {}, retryable: false } }, ['Failed', '61.8%', 'no permission']],
    ['done_verified', { ended_ms: new Date().setHours(14, 52, 0, 0) }, ['Done, verified', '18.6 GiB', '14:52']],
    ['done_unverified', { ended_ms: new Date().setHours(14, 52, 0, 0) }, ['Done, unverified', '14:52']],
    ['cancelling', {}, ['Cancelling', 'deleting']],
  ];

  test.each(STATES)('%s', (state, more, words) => {
    const { text } = show(rowOf({ state, ...more }));
    for (const word of words) expect(text).toContain(word);
    expect(screen.getByRole('row')).toHaveAttribute('data-state', state);
  });

  test('each state has its sentence in the drawer, in both languages', () => {
    for (const language of ['en', 'zh'] as const) {
      setLanguage(language);
      for (const [state, more] of STATES) {
        const said = sentence(rowOf({ state, ...more }), 8, 0);
        expect(said).toMatch(/[.。]$/);
      }
    }
  });

  test('what is tried again says which try comes next, and of how many where they are counted', () => {
    const why = { code: 'throttled', params: {}, retryable: true };
    const row = rowOf({ state: 'retrying', retry_in_s: 8, next_try: 3, tries_max: 12, why });
    expect(sentence(row, 0, 0)).toMatch(/Next is try 3 of at most 12 in a row\.$/);
    expect(spoken(row, rowWords(row, 0, null, ''))).toContain('Retrying in 8 s, 61.8%, try 3 of 12, TOS is busy');
    const uncounted = { ...row, tries_max: null };
    expect(sentence(uncounted, 0, 0)).toMatch(/Next is try 3\.$/);
    expect(rowWords(uncounted, 0, null, '').speed).toBe('try 3');
    expect(sentence({ ...row, next_try: null, tries_max: null }, 0, 0)).not.toContain('try 3');
  });

  test('a transfer that was there already says so, and that nothing was sent', () => {
    const row = rowOf({ state: 'done_verified', identical: true });
    expect(show(row).text).toContain('was there');
    expect(rowWords(row, 0, null, '').speed, 'what is over has no speed, and no dash for it').toBe('');
    expect(sentence(row, 0, 0)).toContain('nothing was sent');
  });

  test('a limit that holds it back is named', () => {
    const now = new Date(2026, 10, 21, 15, 30).getTime();
    const seven = new Date(2026, 10, 21, 19, 0).getTime();
    const bytes_s = 16 * 1024 ** 2;
    const held = (limit: Row['limit'], state: Row['state'] = 'transferring'): string => sentence(rowOf({ limit, state }), 8, now);
    expect(held({ bytes_s, source: 'general', until_ms: null })).toBe('Sending 8 parts at once. Held back by the 16 MiB/s limit.');
    expect(held({ bytes_s, source: 'own', until_ms: null })).toBe('Sending 8 parts at once. Held back by this transfer’s 16 MiB/s limit.');
    expect(held({ bytes_s, source: 'timetable', until_ms: seven })).toBe(
      'Sending 8 parts at once. Held back by the timetable (16 MiB/s) until today 19:00.',
    );
    expect(held({ bytes_s: 0, source: 'timetable', until_ms: seven }, 'waiting')).toBe('Stopped by the timetable until today 19:00. What arrived is kept.');
    expect(held({ bytes_s: 0, source: 'general', until_ms: null }, 'waiting')).toBe('Stopped by the speed limit until you change it. What arrived is kept.');
    expect(held({ bytes_s: null, source: 'timetable', until_ms: seven })).toBe('Sending 8 parts at once.');
    expect(sentence(rowOf({ direction: 'download' }), 1, now)).toBe('Fetching 1 part.');
    expect(rowWords(rowOf({ state: 'waiting', limit: { bytes_s: 0, source: 'timetable', until_ms: seven } }), now, 0, '').under).toBe('stopped until 19:00');
  });

  test('the name for a screen reader has name, direction, state, percent, speed and time left', () => {
    show(rowOf());
    expect(screen.getByRole('row')).toHaveAccessibleName('A012C004_261117_R2QK.braw, upload, Transferring, 61.8%, 15.8 MiB/s, 8 min');
  });

  test('a name in which markup is written stays text', () => {
    show(rowOf({ name: '<img src=x onerror=alert(1)>.mov' }));
    expect(document.querySelector('img')).toBeNull();
    expect(screen.getByRole('row').textContent).toContain('<img src=x');
  });
});

describe('what can be clicked comes from Rust', () => {
  test('only the acts that are allowed are there', async () => {
    const { onact } = show(rowOf({ actions: { ...NO_ACTIONS, resume: true, cancel: true } }));
    expect(screen.queryByTestId('pause')).toBeNull();
    expect(screen.queryByTestId('retry')).toBeNull();
    await userEvent.click(screen.getByTestId('resume'));
    expect(onact).toHaveBeenCalledWith('resume');
  });

  test('one that waits is started at once rather than paused', async () => {
    const { onact } = show(rowOf({ state: 'waiting', actions: { ...NO_ACTIONS, start: true, pause: true, cancel: true } }));
    expect(screen.queryByTestId('pause')).toBeNull();
    await userEvent.click(screen.getByRole('button', { name: 'Start now' }));
    expect(onact).toHaveBeenCalledWith('startNow');
  });

  test('a row that allows nothing offers nothing', () => {
    show(rowOf({ state: 'verifying', actions: NO_ACTIONS }));
    expect(screen.queryAllByRole('button')).toEqual([]);
  });
});

test('a row has at most 22 elements before it is pointed at', () => {
  show(rowOf({ state: 'retrying', retry_in_s: 3, actions: NO_ACTIONS }));
  const row = screen.getByRole('row');
  expect(row.querySelectorAll('*').length + 1).toBeLessThanOrEqual(22);
});

describe('the map of parts', () => {
  test('each part is a cell with its kind', () => {
    const cells = cellsOf('.~#rvx', [0.5]);
    expect(cells.map((cell) => cell.kind)).toEqual(['wait', 'live', 'sent', 'again', 'verified', 'failed']);
    expect(cells[1]?.fill).toBe(0.5);
    expect(countKinds('..~#rvx')).toEqual({ wait: 2, live: 1, sent: 1, again: 1, verified: 1, failed: 1 });
  });

  test('more parts than cells are grouped, and the worst state of a group is seen', () => {
    const parts = `${'#'.repeat(9_990)}x${'#'.repeat(9)}`;
    const cells = cellsOf(parts, []);
    expect(cells.length).toBeLessThanOrEqual(MAX_CELLS);
    expect(cells.filter((cell) => cell.kind === 'failed')).toHaveLength(1);
    expect(cells.at(-1)?.end).toBe(10_000);
    expect(cells.reduce((sum, cell) => sum + cell.end - cell.first, 0)).toBe(10_000);
  });

  test('fractions of parts in flight stay with their parts when grouped', () => {
    const [first, second] = cellsOf('~.~~', [0.2, 0.4, 0.6], 2);
    expect(first?.fill).toBeCloseTo(0.1);
    expect(second?.fill).toBeCloseTo(0.5);
  });

  test('348 px hold 38 cells in a row', () => {
    expect(columnsFor(348)).toBe(38);
    expect(heightFor(477, 38)).toBe(13 * 9 - 1);
  });

  test('only what changed is drawn again', () => {
    const [cell] = cellsOf('~', [0.5]);
    if (!cell) throw new Error('no cell');
    expect(differs(undefined, cell)).toBe(true);
    expect(differs(cell, { ...cell, fill: 0.51 })).toBe(false);
    expect(differs(cell, { ...cell, fill: 0.9 })).toBe(true);
    expect(differs(cell, { ...cell, kind: 'sent' })).toBe(true);
  });

  test('the kinds differ in shape, not only in colour', () => {
    const drawn = new Map<string, string>();
    for (const cell of cellsOf('.~#rvx', [0.5])) {
      const calls: string[] = [];
      const context = new Proxy({} as Record<string, unknown>, {
        get: (_target, name) => (...args: number[]) => calls.push(`${String(name)}(${args.join()})`),
        // Colours are left out: what is compared is the shape.
        set: () => true,
      });
      drawCell(context as unknown as CanvasRenderingContext2D, () => 'same', cell, 0, 38);
      drawn.set(cell.kind, calls.join(' '));
    }
    expect(new Set(drawn.values()).size).toBe(drawn.size);
  });

  test('its summary and legend count what is there, and name only that', () => {
    render(Drawer, { detail: detailOf(), seen: new Seen(), now: Date.now(), onact: () => undefined, onkeys: () => undefined, onchanged: () => undefined, onclose: () => undefined });
    expect(screen.getByTestId('piece-map')).toHaveAccessibleName('Parts: 5 sent, 2 in flight, 2 waiting, 1 failed');
    expect(screen.getByText('Sent, 2nd try 1')).toBeInTheDocument();
    expect(screen.queryByText(/Verified/)).toBeNull();
  });
});

describe('the drawer', () => {
  const drawer = (more: Parameters<typeof detailOf>[0]): void => {
    render(Drawer, { detail: detailOf(more), seen: new Seen(), now: 10_000, onact: () => undefined, onkeys: () => undefined, onchanged: () => undefined, onclose: () => undefined });
  };

  test('shows the proof: both checksums, and that they are equal', () => {
    drawer({ row: rowOf({ state: 'done_verified', ended_ms: 5_000 }), source_crc64: '11051210869376104954', target_crc64: '11051210869376104954' });
    expect(screen.getByTestId('source-crc')).toHaveTextContent('11051210869376104954');
    expect(screen.getByText('equal')).toBeInTheDocument();
  });

  test('does not call checksums equal that are not', () => {
    drawer({ row: rowOf({ state: 'failed' }), source_crc64: '1', target_crc64: '2' });
    expect(screen.queryByText('equal')).toBeNull();
  });

  test('says how long ago it was saved while it runs', () => {
    drawer({ saved_ms: 6_000 });
    expect(screen.getByText('4 s ago, safe to quit')).toBeInTheDocument();
  });
});

describe('the list keeps still', () => {
  const shown = [1, 2, 3].map((id) => ({ row: rowOf({ id }), gone: false }));
  const ids = (rows: { row: Row }[]): number[] => rows.map(({ row }) => row.id);

  test('when nobody is at it, it follows the true order', () => {
    expect(ids(merge(shown, [rowOf({ id: 3 }), rowOf({ id: 9 })], false, 10).rows)).toEqual([3, 9]);
  });

  test('frozen, rows keep their places and take new values', () => {
    const merged = merge(shown, [rowOf({ id: 3, done_bytes: 7 }), rowOf({ id: 1 }), rowOf({ id: 2 })], true, 10);
    expect(ids(merged.rows)).toEqual([1, 2, 3]);
    expect(merged.rows[2]?.row.done_bytes).toBe(7);
  });

  test('frozen, what left stays in place and what is new above waits', () => {
    const merged = merge(shown, [rowOf({ id: 8 }), rowOf({ id: 1 }), rowOf({ id: 3 })], true, 10);
    expect(ids(merged.rows)).toEqual([1, 2, 3]);
    expect(merged.rows[1]?.gone).toBe(true);
    expect(merged.held).toBe(1);
  });

  test('frozen, what is new below moves nothing and is shown, as far as there is room', () => {
    const fresh = [1, 2, 3, 4, 5].map((id) => rowOf({ id }));
    expect(ids(merge(shown, fresh, true, 4).rows)).toEqual([1, 2, 3, 4]);
  });
});

describe('the window’s picture of the list', () => {
  function backendOf(pages: (filter: string, after: number | null) => Promise<TransferPage>): Backend {
    return { transfers: pages, transferDetail: (id: number) => Promise.resolve(detailOf({ row: rowOf({ id, state: 'paused' }) })) } as unknown as Backend;
  }

  test('what Rust still holds as selected is let go when a list is shown, also where nothing of it is known here', async () => {
    const select = vi.fn(async () => ({ count: 0 }) as Selected);
    const store = new TransferStore({ ...backendOf(() => Promise.resolve(pageOf([]))), select } as unknown as Backend);
    store.show('paused');
    expect(select.mock.calls).toEqual([['paused', { do: 'none' }]]);
  });

  test('nothing is removed or given up while what was clicked has not been answered', async () => {
    let answer: (selected: Selected) => void = () => undefined;
    const selected = { count: 1, names: ['a'], direction: null, done_bytes: 0, actions: { ...NO_ACTIONS, remove: true } } as unknown as Selected;
    const actOnSelection = vi.fn(async () => ({ count: 1, undo: null }));
    const backend = { ...backendOf(() => Promise.resolve(pageOf([]))), select: () => new Promise<Selected>((resolve) => (answer = resolve)), actOnSelection };
    const app = new App(backend as unknown as Backend);
    const store = new TransferStore(app.backend);
    const acts = new Acts(app, store, { pull: () => Promise.resolve(), moved: () => undefined, reveal: () => undefined });
    await store.accept(0, pageOf([rowOf({ id: 1 }), rowOf({ id: 2 })]), false);
    const first = store.select(0, 'one');
    answer(selected);
    await first;
    const second = store.select(1, 'one');
    await acts.actOnSelection('remove');
    await acts.actOnSelection('cancel');
    expect([actOnSelection.mock.calls.length, acts.asked]).toEqual([0, null]);
    answer(selected);
    await second;
    await acts.actOnSelection('remove');
    expect(actOnSelection).toHaveBeenCalledWith('remove');
  });

  test('a page older than the one shown is dropped', async () => {
    const store = new TransferStore(backendOf(() => Promise.resolve(pageOf([]))));
    await store.accept(0, pageOf([rowOf({ id: 5 })], { revision: 9 }), false);
    await store.accept(0, pageOf([rowOf({ id: 4 })], { revision: 8 }), false);
    expect(store.at(0)?.row.id).toBe(5);
    await store.accept(0, pageOf([rowOf({ id: 6 })], { revision: 9 }), false);
    expect(store.at(0)?.row.id).toBe(6);
  });

  test('an answer for a list that is no longer shown is dropped, and the one that is shown is read behind it', async () => {
    const asked: string[] = [];
    let answer: (page: TransferPage) => void = () => undefined;
    const store = new TransferStore(
      backendOf((filter) => {
        asked.push(filter);
        return new Promise((resolve) => (answer = resolve));
      }),
    );
    const pulling = store.pull(false);
    store.show('failed');
    expect(asked).toEqual(['active']);
    answer(pageOf([rowOf({ id: 5 })]));
    expect(await pulling, 'what is shown was not seen').toBe(false);
    expect(store.at(0)).toBeNull();
    expect(store.loaded).toBe(false);
    await expect.poll(() => asked).toEqual(['active', 'failed']);
    answer(pageOf([rowOf({ id: 6 })]));
    await expect.poll(() => store.at(0)?.row.id).toBe(6);
  });

  test('what is asked for while a pull is on its way follows it, once, and a passing look does not', async () => {
    const answers: ((page: TransferPage) => void)[] = [];
    const store = new TransferStore(backendOf(() => new Promise((resolve) => answers.push(resolve))));
    const first = store.pull(false);
    const passing = store.pull(false, true);
    const [second, third] = [store.pull(false), store.pull(false)];
    expect(answers).toHaveLength(1);
    answers[0]?.(pageOf([rowOf({ id: 5 })]));
    expect(await first).toBe(true);
    expect(await passing, 'nobody asked for what it was about').toBe(false);
    await expect.poll(() => answers.length).toBe(2);
    answers[1]?.(pageOf([rowOf({ id: 6 })], { revision: 9 }));
    expect(await Promise.all([second, third])).toEqual([true, true]);
    expect(store.at(0)?.row.id).toBe(6);
    expect(answers).toHaveLength(2);
  });

  test('a picture that is older than a click does not change what is selected', async () => {
    const answers: ((page: TransferPage) => void)[] = [];
    const select = async (): Promise<Selected> => ({ count: 1 }) as Selected;
    const backend = { ...backendOf(() => new Promise((resolve) => answers.push(resolve))), select };
    const store = new TransferStore(backend as unknown as Backend);
    const rows = [rowOf({ id: 1 }), rowOf({ id: 2 })];
    const opened = store.pull(false);
    answers[0]?.(pageOf(rows));
    await opened;
    const look = store.pull(false, true);
    await store.select(1, 'one');
    answers[1]?.(pageOf(rows, { revision: 9, selected: [1] }));
    await look;
    expect([...store.selected]).toEqual([2]);
  });

  test('the figures of the selection follow an act at once, and a passing look when a second is over', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      const selected = vi.fn(async () => ({ count: 1 }) as Selected);
      const page = pageOf([rowOf({ id: 1 })], { selected: [1] });
      const backend = { ...backendOf(() => Promise.resolve(page)), select: selected, selected };
      const store = new TransferStore(backend as unknown as Backend);
      await store.accept(0, page, false);
      await store.select(0, 'one');
      selected.mockClear();
      await store.pull(false);
      await store.pull(false, true);
      expect([selected.mock.calls.length, store.figuresDue]).toEqual([1, true]);
      await store.pull(false);
      expect([selected.mock.calls.length, store.figuresDue]).toEqual([2, false]);
      vi.advanceTimersByTime(1_001);
      await store.pull(false, true);
      expect([selected.mock.calls.length, store.figuresDue]).toEqual([3, false]);
    } finally {
      vi.useRealTimers();
    }
  });

  test('pages are reached by key as the list is scrolled, never all at once', async () => {
    const asked: (number | null)[] = [];
    const store = new TransferStore(
      backendOf((_filter, after) => {
        asked.push(after);
        const start = after ?? 0;
        const rows = Array.from({ length: PAGE_ROWS }, (_, i) => rowOf({ id: start + i + 1 }));
        return Promise.resolve(pageOf(rows, { total: 100_000, next: start + PAGE_ROWS }));
      }),
    );
    await store.pull(false);
    expect(asked).toEqual([null]);
    expect(store.total).toBe(100_000);
    expect(store.extent).toBe(2 * PAGE_ROWS);
    store.see(PAGE_ROWS - 4, PAGE_ROWS + 10);
    await store.pull(false);
    expect(asked).toEqual([null, null, PAGE_ROWS]);
    expect(store.at(PAGE_ROWS)?.row.id).toBe(PAGE_ROWS + 1);
  });

  test('a row that left a frozen list shows what became of it', async () => {
    const store = new TransferStore(backendOf(() => Promise.resolve(pageOf([]))));
    await store.accept(0, pageOf([rowOf({ id: 1 })], { revision: 1 }), false);
    await store.accept(0, pageOf([], { revision: 2 }), true);
    expect(store.at(0)?.gone).toBe(true);
    expect(store.at(0)?.row.state).toBe('paused');
  });

  test('what is next in line begins after the last row that is not waiting', async () => {
    const store = new TransferStore(backendOf(() => Promise.resolve(pageOf([]))));
    const states: ShownState[] = ['transferring', 'paused', 'waiting', 'waiting'];
    await store.accept(0, pageOf(states.map((state, id) => rowOf({ id, state }))), false);
    expect(store.nextInLine).toBe(2);
    await store.accept(0, pageOf([rowOf({ state: 'transferring' })], { revision: 2 }), false);
    expect(store.nextInLine).toBeNull();
  });

  test('what is clicked is seen at once, and what Rust says of it is what counts', async () => {
    const asked: Select[] = [];
    const actions = { ...NO_ACTIONS, retry: true };
    const backend = {
      ...backendOf(() => Promise.resolve(pageOf([]))),
      select: (filter: TransferFilter, change: Select): Promise<Selected> => {
        asked.push(change);
        return Promise.resolve({ filter, count: 7, names: [], direction: null, done_bytes: 0, exact: true, actions });
      },
    };
    const store = new TransferStore(backend);
    await store.accept(0, pageOf([1, 2, 3, 4].map((id) => rowOf({ id }))), false);
    void store.select(1, 'one');
    expect([...store.selected]).toEqual([2]);
    void store.select(3, 'range');
    expect([...store.selected].sort()).toEqual([2, 3, 4]);
    await store.select(2, 'toggle');
    expect([...store.selected].sort()).toEqual([2, 4]);
    expect(asked).toEqual([{ do: 'only', id: 2 }, { do: 'range', from: 2, to: 4 }, { do: 'toggle', id: 3 }]);
    expect(store.selection?.count).toBe(7);
    expect(store.offered).toEqual(actions);
    // A page says which of its rows are selected, whoever selected them.
    await store.accept(0, pageOf([1, 2, 3, 4].map((id) => rowOf({ id })), { revision: 2, selected: [1, 3] }), false);
    expect([...store.selected].sort()).toEqual([1, 3]);
  });
});

describe('keys in the list', () => {
  const press = (key: string, more: Partial<KeyboardEvent> = {}, typing = false): unknown =>
    listKey({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...more }, typing);

  test.each([
    ['ArrowDown', {}, { do: 'move', by: 1, extend: false }],
    ['ArrowUp', { shiftKey: true }, { do: 'move', by: -1, extend: true }],
    ['End', {}, { do: 'move', by: 'last', extend: false }],
    ['a', { ctrlKey: true }, { do: 'all' }],
    [' ', {}, { do: 'drawer' }],
    ['Enter', {}, { do: 'open' }],
    ['Delete', {}, { do: 'act', act: 'cancel' }],
    ['Delete', { shiftKey: true }, { do: 'act', act: 'remove' }],
    ['é', {}, { do: 'type', char: 'é' }],
    ['p', { ctrlKey: true }, null],
    ['Tab', {}, null],
    ['ArrowUp', { altKey: true, shiftKey: true }, { do: 'reorder', to: 'up' }],
    ['ArrowDown', { altKey: true, shiftKey: true }, { do: 'reorder', to: 'down' }],
    ['ArrowUp', { altKey: true }, null],
  ])('%s %o', (key, more, meaning) => expect(press(key, more)).toEqual(meaning));

  test('a space belongs to a name that is being typed', () => {
    expect(press(' ', {}, true)).toEqual({ do: 'type', char: ' ' });
  });
});
