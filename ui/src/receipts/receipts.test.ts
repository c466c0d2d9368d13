import { fireEvent, cleanup, render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { setLanguage } from '../i18n/index.svelte';
import { type Backend, Failure } from '../ipc/backend';
import { createMock, type MockBackend } from '../ipc/mock/mock';
import type { CheckResult, PaperView } from '../ipc/receipts';
import Shell from '../shell/App.svelte';
import { rowOf } from '../transfers/testing';
import { HEADING_PX, lineAt, linesOf, nextDay, ROW_PX, startOfDay, topsOf } from './days';
import { History } from './history.svelte';
import { Paper } from './paper.svelte';
import { verdictOf } from './words';

beforeEach(() => setLanguage('en'));
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

async function open(): Promise<MockBackend> {
  const backend = createMock({ scene: 'studio', settings: { language: 'en' } });
  render(Shell, { backend });
  await userEvent.click(await screen.findByTestId('nav-receipts'));
  await screen.findAllByTestId('history-row');
  await screen.findByTestId('paper');
  return backend;
}

const at = (year: number, month: number, day: number, hour: number): number => new Date(year, month - 1, day, hour).getTime();

describe('days', () => {
  test('have a heading each, and what is in view is found by its height', () => {
    const rows = [at(2026, 11, 20, 9), at(2026, 11, 20, 1), at(2026, 11, 18, 23)].map((ended_ms, id) => rowOf({ id, ended_ms }));
    const lines = linesOf(rows);
    expect(lines.map((line) => line.kind)).toEqual(['day', 'row', 'row', 'day', 'row']);
    const tops = topsOf(lines);
    expect(tops.at(-1)).toBe(2 * HEADING_PX + 3 * ROW_PX);
    expect([0, HEADING_PX - 1, HEADING_PX, HEADING_PX + ROW_PX, 1e9].map((y) => lineAt(tops, y))).toEqual([0, 0, 1, 2, 4]);
    const since = startOfDay(at(2026, 11, 20, 9));
    expect([since, nextDay(since)]).toEqual([at(2026, 11, 20, 0), at(2026, 11, 21, 0)]);
    expect(linesOf([])).toEqual([]);
    expect(lineAt(topsOf([]), 5)).toBe(0);
  });
});

describe('the history', () => {
  test('goes on where it could not be read, when it is tried again', async () => {
    const asked: [number | null, string][] = [];
    let broken = false;
    const backend = {
      history: async (after: { id: number } | null, search: string) => {
        asked.push([after?.id ?? null, search]);
        if (broken) throw new Error('cable');
        const id = 100 - asked.length;
        return { rows: [rowOf({ id })], next: asked.length < 4 ? { ended_ms: id, id } : null, kept_days: 90 };
      },
    } as unknown as Backend;
    const history = new History(backend);
    broken = true;
    await history.find('a');
    expect([history.error?.params['message'], history.rows.length]).toEqual(['cable', 0]);
    broken = false;
    await history.again();
    expect([history.error, history.rows.length, history.search]).toEqual([null, 3, 'a']);
    expect(asked).toEqual([[null, 'a'], [null, 'a'], [98, 'a'], [97, 'a']]);
    await history.again();
    expect(asked).toHaveLength(4);
  });

  test('offers that below the rows that are there', async () => {
    const backend = await open();
    const read = vi.spyOn(backend, 'history').mockRejectedValue(new Error('cable'));
    await userEvent.keyboard('{F5}');
    expect(await screen.findByRole('alert')).toHaveTextContent('cable');
    expect(screen.getAllByTestId('history-row').length).toBeGreaterThan(0);
    read.mockRestore();
    await userEvent.click(screen.getByTestId('history-again'));
    await waitFor(() => expect(screen.queryByTestId('history-again')).toBeNull());
  });

  test('is loaded a page at a time, and a search goes on by itself within bounds', async () => {
    const asked: (number | null)[] = [];
    const backend = {
      history: async (after: { id: number } | null, search: string) => {
        asked.push(after?.id ?? null);
        const id = (after?.id ?? 0) + 1;
        const found = search === '' || id === 40;
        return { rows: found ? [rowOf({ id })] : [], next: id === 60 ? null : { ended_ms: 1_000 - id, id }, kept_days: 90 };
      },
    } as unknown as Backend;
    const history = new History(backend);
    await history.find('needle');
    expect([asked.length, history.paused, history.rows.length]).toEqual([25, true, 0]);
    await history.more(0);
    expect(asked).toHaveLength(25);
    await history.further();
    expect([asked.length, history.paused, history.rows.map((row) => row.id)]).toEqual([50, true, [[40]].flat()]);
    await history.further();
    expect([asked.length, history.paused, history.next]).toEqual([60, false, null]);
    expect(asked.slice(0, 3)).toEqual([null, 1, 2]);
  });

  test('an answer of an older search is dropped, and an error keeps what is shown', async () => {
    const answers: ((ids: number[] | Error) => void)[] = [];
    const backend = {
      history: () =>
        new Promise((resolve, reject) =>
          answers.push((ids) => (ids instanceof Error ? reject(ids) : resolve({ rows: ids.map((id) => rowOf({ id })), next: null, kept_days: 90 }))),
        ),
    } as unknown as Backend;
    const history = new History(backend);
    const first = history.find('a');
    const second = history.find('b');
    answers[0]?.([1]);
    answers[1]?.([2]);
    await Promise.all([first, second]);
    expect(history.rows.map((row) => row.id)).toEqual([2]);
    const third = history.refresh();
    answers[2]?.(new Error('cable'));
    await third;
    expect([history.rows.length, history.error?.params['message']]).toEqual([1, 'cable']);
  });

  test('finds by name, and says when nothing fits', async () => {
    await open();
    await userEvent.type(screen.getByTestId('history-search'), '第31天');
    await waitFor(() => expect(screen.getAllByTestId('history-row').map((row) => row.dataset['name'])).toEqual(['通告单与场记_第31天.zip']));
    await userEvent.clear(screen.getByTestId('history-search'));
    await userEvent.type(screen.getByTestId('history-search'), 'nowhere');
    expect(await screen.findByText('No match for “nowhere”')).toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: 'Clear search' }));
    expect(screen.getByTestId('history-search')).toHaveValue('');
    expect(screen.getByTestId('history-search')).toHaveFocus();
    await waitFor(() => expect(screen.queryByText('No match for “nowhere”')).toBeNull());
    expect(screen.queryByRole('button', { name: 'Clear search' })).toBeNull();
  });
});

describe('the paper', () => {
  test('shows the newest first, with its verdict and both checksums', async () => {
    await open();
    await waitFor(() => expect(screen.getByTestId('paper-verdict')).toHaveAttribute('data-tone', 'warn'));
    await userEvent.click(screen.getAllByTestId('history-row')[1] as HTMLElement);
    await waitFor(() => expect(screen.getByTestId('paper-verdict')).toHaveTextContent('The object matches its file.'));
    const details = await screen.findByTestId('paper-details');
    expect(within(details).getByTestId('source-crc').textContent).toMatch(/^\d{10,20}$/);
    expect(within(details).getByTestId('target-crc').textContent).toBe(within(details).getByTestId('source-crc').textContent);
  });

  test('of one transfer opens its log, and of several there is none', async () => {
    const backend = await open();
    const asked = vi.spyOn(backend, 'transferLog');
    const opened = vi.spyOn(backend, 'openReceipt');
    const [, second, third] = screen.getAllByTestId('history-row');
    await userEvent.click(second as HTMLElement);
    const name = (second as HTMLElement).dataset['name'] ?? '';
    await waitFor(() => expect(within(screen.getByTestId('paper')).getByRole('heading', { level: 2, name })).toBeInTheDocument());
    await userEvent.click(await screen.findByTestId('paper-log'));
    const sheet = await screen.findByTestId('paper-log-sheet');
    await waitFor(() => expect(within(sheet).getAllByTestId('log-row').length).toBeGreaterThan(0));
    expect(opened.mock.calls.at(-1)?.[0]).toMatchObject({ of: 'transfers', ids: [asked.mock.calls[0]?.[0]] });
    await userEvent.click(within(sheet).getByTestId('paper-log-close'));
    await waitFor(() => expect(screen.queryByTestId('paper-log-sheet')).toBeNull());
    const user = userEvent.setup();
    await user.keyboard('{Control>}');
    await user.click(third as HTMLElement);
    await user.keyboard('{/Control}');
    await waitFor(() => expect(screen.getAllByTestId('paper-row')).toHaveLength(2));
    expect(screen.queryByTestId('paper-log')).toBeNull();
  });

  test('of several has a row each, and the day is one click', async () => {
    const backend = await open();
    const choose = vi.spyOn(backend, 'openReceipt');
    const user = userEvent.setup();
    const rows = screen.getAllByTestId('history-row');
    await user.click(rows[1] as HTMLElement);
    await user.keyboard('{Shift>}');
    await user.click(rows[3] as HTMLElement);
    await user.keyboard('{/Shift}');
    await waitFor(() => expect(screen.getAllByTestId('paper-row')).toHaveLength(3));
    const last = choose.mock.calls.at(-1)?.[0];
    expect(last?.of === 'transfers' && last.ids.length).toBe(3);
    await user.click(screen.getAllByTestId('history-day')[0] as HTMLElement);
    await waitFor(() => expect(choose.mock.calls.at(-1)?.[0]).toMatchObject({ of: 'span', search: '' }));
  });

  test('verified again: what is gone is said, and what has changed', async () => {
    const backend = await open();
    backend.receipts.spoilt.gone.add('通告单与场记_第2天.zip');
    backend.receipts.spoilt.changed.add('通告单与场记_第3天.zip');
    await userEvent.click(screen.getByTestId('export-all'));
    await waitFor(() => expect(screen.getByTestId('paper')).toHaveTextContent('219 transfers'));
    expect(screen.getByTestId('paper-verdict')).toHaveTextContent('1 of 219 objects could not be verified.');
    await userEvent.click(screen.getByTestId('paper-check'));
    await waitFor(() => expect(screen.getByTestId('paper-verdict')).toHaveAttribute('data-tone', 'bad'));
    expect(screen.getByTestId('paper-verdict')).toHaveTextContent('1 object differs from its file or is gone.');
    expect(screen.getByTestId('paper-verdict')).toHaveTextContent('1 source has changed since');
  });

  test('a check is stopped, and nothing is claimed then', async () => {
    const backend = await open();
    const stop = vi.spyOn(backend, 'stopCheck');
    await userEvent.click(screen.getByTestId('paper-check'));
    await userEvent.click(await screen.findByTestId('paper-stop'));
    await waitFor(() => expect(screen.getByTestId('paper-check')).toBeInTheDocument());
    expect(stop).toHaveBeenCalledOnce();
    expect(screen.getByTestId('paper-verdict')).not.toHaveTextContent('Checked');
  });

  test('is saved in both forms', async () => {
    const backend = await open();
    await userEvent.click(screen.getByTestId('paper-json'));
    await userEvent.click(screen.getByTestId('paper-html'));
    await waitFor(() => expect(backend.receipts.saved.map((path) => path.split('.').at(-1))).toEqual(['json', 'html']));
    expect((await screen.findAllByTestId('toast')).at(-1)).toHaveTextContent('Saved as /home/lin/Documents/');
  });

  test('of a file is checked at once; one that was altered is refused', async () => {
    const backend = await open();
    const pick = vi.spyOn(backend, 'pickFiles').mockResolvedValue(['/home/lin/altered.json']);
    await userEvent.click(screen.getByTestId('verify-file'));
    expect(await screen.findByTestId('paper-error')).toHaveTextContent('does not fit its root hash');
    // Told once, where it stays.
    expect(screen.queryByTestId('toast')).toBeNull();
    pick.mockResolvedValue(['/home/lin/r.json']);
    await userEvent.click(screen.getByTestId('verify-file'));
    await waitFor(() => expect(screen.getByTestId('paper')).toHaveTextContent('read from /home/lin/r.json'));
    await waitFor(() => expect(screen.getByTestId('paper-verdict')).toHaveTextContent('Checked'));
  });

  test('rows are asked for once, a hundred at a time, and closed with another', async () => {
    const view = (paper: number): PaperView => ({ paper, entries: 250 }) as PaperView;
    const receiptRows = vi.fn(async (_paper: number, from: number, limit: number) => Array.from({ length: Math.min(limit, 250 - from) }, () => ({ name: 'x' })));
    const closeReceipt = vi.fn(async () => undefined);
    let next = 0;
    const backend = { openReceipt: async () => view((next += 1)), receiptRows, closeReceipt } as unknown as Backend;
    const paper = new Paper(backend);
    await paper.open({ of: 'transfers', ids: [1] });
    await paper.see(0, 40);
    await paper.see(90, 120);
    expect(receiptRows.mock.calls.map((call) => call[1])).toEqual([0, 100]);
    expect(paper.rows.size).toBe(200);
    await paper.open({ of: 'transfers', ids: [2] });
    expect(closeReceipt).toHaveBeenCalledWith(1);
  });

  test('a refusal is said in its place', async () => {
    const backend = { openReceipt: async () => Promise.reject(new Failure({ code: 'receipt_too_large', params: { n: '50000' }, retryable: false })) } as unknown as Backend;
    const paper = new Paper(backend);
    await paper.open({ of: 'transfers', ids: [] });
    expect(paper.error?.code).toBe('receipt_too_large');
  });
});

describe('the verdict', () => {
  const view = (more: Partial<PaperView>): PaperView => ({ entries: 3, verified: 3, unverified: 0, skipped: 0, file: null, ...more }) as PaperView;
  const result = (more: Partial<CheckResult>): CheckResult => ({ targets: 3, equal: 3, not_by_content: 0, different: 0, gone: 0, unchecked: 0, skipped: 0, sources_changed: 0, proved: 0, view: view({}), ...more });
  test.each([
    [{}, null, 'ok'],
    [{ verified: 2, unverified: 1 }, null, 'warn'],
    [{ verified: 0, skipped: 3 }, null, 'plain'],
    [{}, {}, 'ok'],
    [{}, { sources_changed: 2 }, 'ok'],
    [{}, { not_by_content: 1 }, 'warn'],
    [{}, { equal: 2, unchecked: 1 }, 'warn'],
    [{}, { equal: 1, different: 1, unchecked: 1 }, 'bad'],
    [{}, { equal: 2, gone: 1 }, 'bad'],
    [{ verified: 2, unverified: 1 }, {}, 'ok'],
  ] as const)('of %o after %o is %s', (of, found, tone) => {
    expect(verdictOf(view(of), found === null ? null : result(found), found === null ? null : 1, false).tone).toBe(tone);
  });

  test('after both ends were read says what that has proved, and what it could not', () => {
    const all = verdictOf(view({}), result({ proved: 1 }), 1, true);
    expect([all.tone, all.title]).toEqual(['ok', 'All 3 objects match their files.']);
    expect(all.text).toContain('the transfer is verified now');
    const some = verdictOf(view({ verified: 2, unverified: 1 }), result({ sources_changed: 1 }), 1, true);
    expect([some.tone, some.title]).toEqual(['warn', '1 of 3 objects could not be verified.']);
    expect(some.text).toContain('no longer what it was');
    // A file is only read: nothing could be recorded of what it says.
    expect(verdictOf(view({ verified: 2, unverified: 1, file: '/r.json' }), result({}), 1, true).tone).toBe('ok');
  });
});

describe('by keyboard', () => {
  test('the history is walked, the paper entered and folded out', async () => {
    await open();
    screen.getByTestId('history-list').focus();
    await userEvent.keyboard('{Home}{Shift>}{ArrowDown}{ArrowDown}{/Shift}');
    await waitFor(() => expect(screen.getAllByTestId('paper-row')).toHaveLength(3));
    await userEvent.keyboard('{Enter}');
    expect(document.activeElement).toBe(screen.getByTestId('paper-list'));
    await userEvent.keyboard('{ArrowDown}{Enter}');
    expect(await screen.findByTestId('paper-details')).toBeInTheDocument();
    await userEvent.keyboard('{Escape}');
    expect(screen.queryByTestId('paper-details')).toBeNull();
    screen.getByTestId('history-list').focus();
    await userEvent.keyboard('{Control>}a{/Control}');
    await waitFor(() => expect(screen.getByTestId('paper')).toHaveTextContent('219 transfers'));
  });
});

describe('what happens meanwhile', () => {
  test('many ends are one reading of the list, and what is chosen stays chosen', async () => {
    const backend = await open();
    await userEvent.click(screen.getAllByTestId('history-row')[0] as HTMLElement);
    vi.useFakeTimers({ shouldAdvanceTime: true });
    const history = vi.spyOn(backend, 'history');
    const name = screen.getAllByTestId('history-row')[0]?.dataset['name'];
    for (let id = 9_000; id < 9_020; id += 1) backend.push({ type: 'ended', row: rowOf({ id, state: 'done_verified' }) });
    expect(history).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1_100);
    expect(history.mock.calls.filter(([after]) => after === null)).toHaveLength(1);
    const chosen = screen.getAllByTestId('history-row').filter((row) => row.getAttribute('aria-selected') === 'true');
    expect(chosen.map((row) => row.dataset['name'])).toEqual([name]);
  });

  test('a list that is read again keeps its rows until as many are there', async () => {
    const lengths: number[] = [];
    const backend = {
      history: async (after: { id: number } | null, _search: string, limit: number) => {
        lengths.push(history.rows.length);
        const first = after?.id ?? 0;
        return { rows: Array.from({ length: limit }, (_, i) => rowOf({ id: first + i + 1 })), next: { ended_ms: 0, id: first + limit }, kept_days: 90 };
      },
    } as unknown as Backend;
    const history = new History(backend);
    await history.find('');
    await history.more(100);
    await history.more(200);
    expect(history.rows).toHaveLength(300);
    lengths.length = 0;
    await history.refresh();
    expect(lengths).toEqual([300, 300, 300]);
    expect(history.rows.map((row) => row.id)).toEqual(Array.from({ length: 300 }, (_, i) => i + 1));
  });

  test('a list that cannot be read again goes on below what it shows', async () => {
    let broken = false;
    const backend = {
      history: async (after: { id: number } | null, _search: string, limit: number) => {
        if (broken && after !== null) throw new Failure({ code: 'internal', params: {}, retryable: false });
        const first = after?.id ?? 0;
        return { rows: Array.from({ length: limit }, (_, i) => rowOf({ id: first + i + 1 })), next: { ended_ms: 0, id: first + limit }, kept_days: 90 };
      },
    } as unknown as Backend;
    const history = new History(backend);
    await history.find('');
    await history.more(100);
    broken = true;
    await history.refresh();
    expect([history.rows.length, history.next?.id, history.error?.code]).toEqual([200, 200, 'internal']);
  });

  test('a file that is refused leaves the selection as it is', async () => {
    const backend = await open();
    vi.spyOn(backend, 'pickFiles').mockResolvedValue(['/home/lin/altered.json']);
    const selected = (): (string | undefined)[] => screen.getAllByTestId('history-row').filter((row) => row.getAttribute('aria-selected') === 'true').map((row) => row.dataset['name']);
    const before = selected();
    expect(before).toHaveLength(1);
    await userEvent.click(screen.getByTestId('verify-file'));
    await screen.findByTestId('paper-error');
    expect(selected()).toEqual(before);
  });

  test('no paper is opened once the screen was left, and one that was under way is closed', async () => {
    let answer: (view: PaperView) => void = () => undefined;
    const openReceipt = vi.fn(() => new Promise<PaperView>((resolve) => (answer = resolve)));
    const closeReceipt = vi.fn(async () => undefined);
    const paper = new Paper({ openReceipt, closeReceipt } as unknown as Backend);
    const opening = paper.open({ of: 'transfers', ids: [1] });
    paper.end();
    answer({ paper: 7 } as PaperView);
    await opening;
    expect([closeReceipt.mock.calls, paper.view]).toEqual([[[7]], null]);
    await paper.open({ of: 'transfers', ids: [2] });
    expect(openReceipt).toHaveBeenCalledOnce();
  });
});

describe('verify now', () => {
  async function unprovenRow(): Promise<HTMLElement> {
    return waitFor(() => {
      const row = document.querySelector<HTMLElement>('[data-testid="transfer-row"][data-name="press-kit-unproven.zip"]');
      if (!row) throw new Error('no row');
      return row;
    });
  }

  async function unproved(): Promise<{ backend: MockBackend; row: HTMLElement }> {
    const backend = createMock({ scene: 'studio', settings: { language: 'en' } });
    render(Shell, { backend });
    await userEvent.click(await screen.findByTestId('nav-done'));
    const row = await unprovenRow();
    return { backend, row };
  }

  test('of a row reads both ends, says the result, and the row is verified', async () => {
    const { row } = await unproved();
    await userEvent.click(within(row).getByRole('button', { name: 'Verify now' }));
    await waitFor(() => expect(screen.getByTestId('paper-verdict')).toHaveTextContent('the transfer is verified now'));
    expect(screen.getByTestId('paper-verdict').dataset['tone']).toBe('ok');
    expect(screen.queryByTestId('paper-verify')).toBeNull();
    await userEvent.click(screen.getByTestId('nav-done'));
    const after = await unprovenRow();
    expect(after.dataset['state']).toBe('done_verified');
    expect(within(after).queryByRole('button', { name: 'Verify now' })).toBeNull();
  });

  test('of the details leaves as it was what could not be proved, and says so', async () => {
    const { backend, row } = await unproved();
    backend.receipts.spoilt.changed.add('press-kit-unproven.zip');
    // jsdom has no layout, which a press on a row is looked up in.
    await fireEvent.click(row);
    await fireEvent.dblClick(row);
    await userEvent.click(await screen.findByTestId('drawer-verify'));
    await waitFor(() => expect(screen.getByTestId('paper-verdict')).toHaveTextContent('The object could not be verified.'));
    expect(screen.getByTestId('paper-verify')).toHaveTextContent('Verify now');
    backend.receipts.spoilt.changed.clear();
    await userEvent.click(screen.getByTestId('paper-verify'));
    await waitFor(() => expect(screen.getByTestId('paper-verdict')).toHaveTextContent('verified now'));
  });
});
