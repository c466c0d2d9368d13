import { cleanup, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { setLanguage } from '../i18n/index.svelte';
import { type Backend, Failure } from '../ipc/backend';
import type { AccountView } from '../ipc/backend';
import { createMock } from '../ipc/mock/mock';
import { App } from '../session/app.svelte';
import { ABORT_AFTER_MS, Leftovers, leftoversOf } from './store.svelte';
import { held, open, row, rowOf } from './test-setup';

beforeEach(() => setLanguage('en'));
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

describe('aborting', () => {
  test('names bytes and age, says whose it is, waits ten seconds and can be taken back', async () => {
    const backend = await open();
    const abort = vi.spyOn(backend, 'abortUpload');
    const key = 'tmp/db-dump-manual.sql.gz';
    await waitFor(() => expect(rowOf(key)).toHaveTextContent('38.2 GiB'));
    await userEvent.click(within(rowOf(key)).getByTestId('leftover-abort'));
    expect(screen.getByTestId('confirm')).toHaveTextContent('Abort this upload, begun 156 days ago, and delete the 38.2 GiB that it holds?');
    expect(screen.getByTestId('confirm')).toHaveTextContent('not begun by Tern on this computer');
    await userEvent.click(screen.getByTestId('confirm-do'));
    expect(rowOf(key)).toHaveTextContent('aborted in 10 s');
    expect(abort).not.toHaveBeenCalled();
    await userEvent.click(within(screen.getByTestId('toast')).getByText('Undo'));
    expect(rowOf(key)).not.toHaveTextContent('aborted in 10 s');
  });

  test('what a transfer needs is not aborted, and the way to that transfer is shown', async () => {
    const backend = await open();
    const abort = vi.spyOn(backend, 'abortUpload');
    const key = 'raw/2026/11/rushes-day-9.mov';
    await userEvent.selectOptions(screen.getByTestId('leftover-bucket'), 'media-archive');
    await waitFor(() => expect(rowOf(key)).toHaveTextContent('checkpoint found'));
    await userEvent.click(within(rowOf(key)).getByTestId('leftover-abort'));
    expect(screen.getByTestId('confirm')).toHaveTextContent('A transfer of this computer goes on with this upload.');
    await userEvent.click(screen.getByTestId('confirm-do'));
    expect(abort).not.toHaveBeenCalled();
    expect(await screen.findByTestId('transfer-list')).toBeInTheDocument();
    expect(screen.getByTestId('nav-paused')).toHaveAttribute('aria-current', 'page');
  });

  test('after ten seconds it is done, even if the screen is gone; a refusal brings the row back', async () => {
    vi.useFakeTimers();
    let refused = false;
    const abortUpload = vi.fn(async () => {
      if (refused) throw new Failure({ code: 'forbidden', params: {}, retryable: false });
    });
    const backend = { listUploads: async () => ({ rows: [row('1'), row('2')], next: null }), measureUpload: async () => held(), abortUpload } as unknown as Backend;
    const store = new Leftovers(backend);
    await store.show(['a']);
    const [first, second] = store.items;
    if (!first || !second) throw new Error('no rows');
    const failed = vi.fn();
    store.abort(first, failed);
    await vi.advanceTimersByTimeAsync(ABORT_AFTER_MS - 1);
    expect([abortUpload.mock.calls.length, store.items.length]).toEqual([0, 2]);
    await vi.advanceTimersByTimeAsync(1);
    expect(store.items.map((item) => item.id)).toEqual(['2']);
    refused = true;
    store.abort(second, failed);
    await vi.advanceTimersByTimeAsync(ABORT_AFTER_MS);
    expect(failed).toHaveBeenCalledOnce();
    expect([store.items.length, second.leaving]).toEqual([1, false]);
    store.abort(second, failed);
    store.keep(second);
    await vi.advanceTimersByTimeAsync(2 * ABORT_AFTER_MS);
    expect(abortUpload).toHaveBeenCalledTimes(2);
  });
});

describe('a pending abort', () => {
  const backendOf = (abortUpload: () => Promise<void>): Backend =>
    ({
      listUploads: async (bucket: string) => ({ rows: [row(`${bucket}1`), row(`${bucket}2`)], next: null }),
      measureUpload: async () => held(),
      abortUpload,
    }) as unknown as Backend;

  test('outlasts another bucket and a refresh, and can still be taken back', async () => {
    vi.useFakeTimers();
    const abortUpload = vi.fn(async () => undefined);
    const store = new Leftovers(backendOf(abortUpload));
    await store.show(['a']);
    const item = store.items[0];
    if (!item) throw new Error('no row');
    store.abort(item, () => undefined);
    await store.show(['b']);
    expect([store.items.map((one) => one.id), store.pendingElsewhere.map((one) => one.id)]).toEqual([['b1', 'b2'], ['a1']]);
    await store.show(['a']);
    await store.refresh();
    expect([store.items[0]?.leaving, store.pendingElsewhere.length]).toEqual([true, 0]);
    store.keep(item);
    expect(store.items[0]?.leaving).toBe(false);
    await vi.advanceTimersByTimeAsync(2 * ABORT_AFTER_MS);
    expect(abortUpload).not.toHaveBeenCalled();
    store.abort(item, () => undefined);
    await store.show(['b']);
    await vi.advanceTimersByTimeAsync(ABORT_AFTER_MS);
    expect([abortUpload.mock.calls.length, store.pendingElsewhere.length]).toEqual([1, 0]);
  });

  test('keeps step with its toast: held with it, done when it is put away', async () => {
    const backend = await open();
    const abort = vi.spyOn(backend, 'abortUpload');
    const key = 'tmp/db-dump-manual.sql.gz';
    vi.useFakeTimers({ shouldAdvanceTime: true });
    const user = userEvent.setup({ advanceTimers: vi.advanceTimersByTime });
    const begin = async (): Promise<void> => {
      await user.click(within(rowOf(key)).getByTestId('leftover-abort'));
      await user.click(screen.getByTestId('confirm-do'));
    };
    await begin();
    await user.hover(screen.getByTestId('toast'));
    await vi.advanceTimersByTimeAsync(2 * ABORT_AFTER_MS);
    expect(abort).not.toHaveBeenCalled();
    await user.click(within(screen.getByTestId('toast')).getByText('Undo'));
    expect(within(rowOf(key)).getByTestId('leftover-abort')).toBeInTheDocument();

    // Undone in its row, there is nothing left for the toast to say.
    await begin();
    await user.click(within(rowOf(key)).getByTestId('leftover-keep'));
    await waitFor(() => expect(screen.queryByTestId('toast')).toBeNull());
    await vi.advanceTimersByTimeAsync(2 * ABORT_AFTER_MS);
    expect(abort).not.toHaveBeenCalled();

    await begin();
    await user.selectOptions(screen.getByTestId('leftover-bucket'), 'cold-archive');
    expect(await screen.findByTestId('leftover-pending')).toHaveTextContent(`tos://media-archive/${key}`);
    await user.click(within(screen.getByTestId('toast')).getByRole('button', { name: 'Close' }));
    await waitFor(() => expect(abort).toHaveBeenCalledOnce());
    await waitFor(() => expect(screen.queryByTestId('leftover-pending')).toBeNull());
  });
});

test('an abort that waits is taken back when the account is left, and the next account has a list of its own', async () => {
  const backend = createMock({ scene: 'studio', settings: { language: 'en' } });
  const app = new App(backend);
  await app.start();
  const abort = vi.spyOn(backend, 'abortUpload');
  vi.spyOn(backend, 'listUploads').mockResolvedValue({ rows: [row('1')], next: null });
  const store = leftoversOf(app);
  await store.show(['same-name']);
  const [item] = store.items;
  if (!item || !app.account) throw new Error('no row');
  vi.useFakeTimers();
  store.abort(item, () => undefined);
  const other: AccountView = { ...app.account, id: 'other' };
  vi.spyOn(backend, 'useAccount').mockResolvedValue(other);
  await app.use('other');
  expect(item.leaving).toBe(false);
  expect(app.notices.toasts.map((one) => one.text)).toContain('1 upload was not aborted, because the account was changed first.');
  await vi.advanceTimersByTimeAsync(2 * ABORT_AFTER_MS);
  expect(abort).not.toHaveBeenCalled();
  expect(leftoversOf(app)).not.toBe(store);
  expect(leftoversOf(app).items).toEqual([]);
});
