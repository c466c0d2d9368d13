import { cleanup, render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { setLanguage } from '../i18n/index.svelte';
import { type Backend, Failure } from '../ipc/backend';
import type { HeldView, UploadRow } from '../ipc/leftovers';
import { createMock, type MockBackend } from '../ipc/mock/mock';
import Shell from '../shell/App.svelte';
import { ABORT_AFTER_MS, Leftover, Leftovers } from './store.svelte';
import { firstAct, pillOf, sentenceOf } from './words';

beforeEach(() => setLanguage('en'));
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

const row = (id: string, more: Partial<UploadRow> = {}): UploadRow => ({
  key: `k/${id}`,
  upload_id: id,
  initiated_ms: 0,
  storage_class: null,
  needed_by: null,
  transfer: null,
  left_behind_by: null,
  ...more,
});
const held = (more: Partial<HeldView> = {}): HeldView => ({ parts: 2, size_bytes: 10, last_part_ms: 0, in_use: false, parts_planned: null, source: null, ...more });

async function open(): Promise<MockBackend> {
  const backend = createMock({ scene: 'studio', settings: { language: 'en' } });
  render(Shell, { backend });
  await userEvent.click(await screen.findByTestId('nav-leftovers'));
  await screen.findAllByTestId('leftover-row');
  return backend;
}

const rowOf = (key: string): HTMLElement => {
  const found = screen.getAllByTestId('leftover-row').find((one) => one.dataset['key'] === key);
  if (!found) throw new Error(`no row ${key}`);
  return found;
};
const FILM = 'documentary/黄河/EP03_master_ProRes4444_4K.mov';

describe('the list', () => {
  test('is of all buckets, measured where it is shown, and a bucket that may not be listed does not hide the others', async () => {
    await open();
    await waitFor(() => expect(screen.getByTestId('leftover-summary')).toHaveTextContent('held by 9 unfinished uploads'));
    await waitFor(() => expect(screen.getByTestId('leftover-summary')).not.toHaveTextContent('≥'));
    expect(screen.getByText(/Not listed: media-mirror-sh/)).toBeInTheDocument();
    expect(rowOf('raw/2026/11/rushes-day-12.mov')).toHaveTextContent('in use elsewhere');
  });

  test('of one bucket that may not be listed says which permission is missing', async () => {
    await open();
    await userEvent.selectOptions(screen.getByTestId('leftover-bucket'), 'media-mirror-sh');
    expect(await screen.findByText(/ListBucketMultipartUploads/)).toBeInTheDocument();
  });

  test('of a bucket without any says so', async () => {
    await open();
    await userEvent.selectOptions(screen.getByTestId('leftover-bucket'), 'cold-archive');
    expect(await screen.findByText('No unfinished uploads.')).toBeInTheDocument();
  });

  test('goes on bucket by bucket and page by page', async () => {
    const asked: string[] = [];
    const backend = {
      listUploads: async (bucket: string, _prefix: string, after: { key: string; upload_id: string } | null) => {
        asked.push(`${bucket}:${after?.upload_id ?? ''}`);
        if (bucket === 'b') throw new Failure({ code: 'forbidden', params: {}, retryable: false });
        return after === null && bucket === 'a' ? { rows: [row('a1')], next: { key: 'k/a1', upload_id: 'a1' } } : { rows: [row(`${bucket}2`)], next: null };
      },
      measureUpload: async () => held(),
    } as unknown as Backend;
    const store = new Leftovers(backend);
    const showing = store.show(['a', 'b', 'c']);
    // The view asks for more while the first page is under way.
    store.see(0, 1);
    await Promise.all([showing, store.listAll()]);
    expect(asked).toEqual(['a:', 'a:a1', 'b:', 'c:']);
    expect(store.items.map((item) => item.id)).toEqual(['a1', 'a2', 'c2']);
    expect(store.refused.map((one) => one.bucket)).toEqual(['b']);
    expect([store.more, store.complete]).toEqual([false, false]);
    store.see(0, 3);
    await waitFor(() => expect(store.complete).toBe(true));
    expect(store.heldBytes).toBe(30);
  });

  test('measures four at a time at most, and takes out what has gone', async () => {
    let now = 0;
    let most = 0;
    const backend = {
      listUploads: async () => ({ rows: Array.from({ length: 12 }, (_, i) => row(String(i))), next: null }),
      measureUpload: async (_bucket: string, key: string) => {
        now += 1;
        most = Math.max(most, now);
        await Promise.resolve();
        now -= 1;
        return key === 'k/3' ? null : held();
      },
    } as unknown as Backend;
    const store = new Leftovers(backend);
    await store.show(['a']);
    await store.measureAll(store.items);
    expect([most, store.measured, store.items.length]).toEqual([4, 11, 11]);
  });
});

describe('a pill and its sentence', () => {
  test('say why it can or cannot be gone on with', async () => {
    const item = new Leftover('a', row('1'));
    expect([pillOf(item).text, pillOf(item).tone]).toEqual(['file not found here', 'calm']);
    item.match = { path: '/f', checkpoint: null, compared: { size_bytes: 9, part_size_bytes: 3, parts: 'vx.', parts_listed: 2, held_bytes: 3 }, error: null };
    expect(pillOf(item).text).toBe('1 part differs');
    expect(item.matches).toBe(false);
    item.match = { ...item.match, compared: { size_bytes: 9, part_size_bytes: 3, parts: 'vv.', parts_listed: 2, held_bytes: 6 } };
    expect([pillOf(item).tone, item.matches, item.kept]).toEqual(['ok', true, 6]);
    item.match = { path: '/f', checkpoint: null, compared: null, error: { code: 'upload_mismatch', params: { path: '/f', reason: 'sizes' }, retryable: false } };
    expect(pillOf(item).text).toBe('another file');
    expect(sentenceOf(item)).toContain('does not fit /f');
    const ours = new Leftover('a', row('2', { needed_by: 3 }));
    ours.held = held({ source: 'missing' });
    expect(pillOf(ours).text).toBe('source deleted');
    ours.held = held({ source: 'changed' });
    expect(pillOf(ours).text).toBe('local file changed');
    ours.held = held({ source: 'there' });
    expect([pillOf(ours).text, ours.kept]).toEqual(['checkpoint found', 10]);
  });
});

describe('adopting', () => {
  test('is offered only when every part matches, and then makes a transfer', async () => {
    const backend = await open();
    const adopt = vi.spyOn(backend, 'adoptUpload');
    const pick = vi.spyOn(backend, 'pickFiles');
    pick.mockResolvedValueOnce(['/home/lin/other.mov']);
    await userEvent.click(within(rowOf(FILM)).getByTestId('leftover-find'));
    await waitFor(() => expect(rowOf(FILM)).toHaveTextContent('another file'));
    expect(screen.getByTestId('leftover-panel')).toHaveTextContent('does not fit /home/lin/other.mov');
    pick.mockResolvedValueOnce(['/home/lin/edited/EP03_master_ProRes4444_4K.mov']);
    await userEvent.click(within(rowOf(FILM)).getByTestId('leftover-find'));
    await waitFor(() => expect(rowOf(FILM)).toHaveTextContent('3 parts differ'));
    expect(within(rowOf(FILM)).queryByTestId('leftover-adopt')).toBeNull();
    pick.mockResolvedValueOnce(['/home/lin/EP03_master_ProRes4444_4K.mov']);
    await userEvent.click(within(rowOf(FILM)).getByTestId('leftover-find'));
    await waitFor(() => expect(rowOf(FILM)).toHaveTextContent('214 of 312'));
    expect(screen.getByTestId('leftover-panel')).toHaveTextContent('9.57 GiB left to send');
    await userEvent.click(within(rowOf(FILM)).getByTestId('leftover-adopt'));
    expect(await screen.findByTestId('toast')).toHaveTextContent('214 of 214 parts are kept, 9.57 GiB are left to send.');
    expect(adopt.mock.calls[0]?.slice(3)).toEqual(['/home/lin/EP03_master_ProRes4444_4K.mov', 'fail', null]);
    await waitFor(() => expect(within(rowOf(FILM)).getByTestId('leftover-show')).toBeInTheDocument());
  });

  test('over an object that is there asks first', async () => {
    const backend = await open();
    backend.leftovers.uploads.get('media-archive')?.forEach((one) => (one.key === 'tmp/db-dump-manual.sql.gz' ? (one.key = 'backups/readme.txt') : undefined));
    await userEvent.click(screen.getByTestId('refresh'));
    await waitFor(() => expect(rowOf('backups/readme.txt')).toBeInTheDocument());
    vi.spyOn(backend, 'pickFiles').mockResolvedValue(['/home/lin/readme.txt']);
    const adopt = vi.spyOn(backend, 'adoptUpload');
    await userEvent.click(within(rowOf('backups/readme.txt')).getByTestId('leftover-find'));
    await userEvent.click(await within(rowOf('backups/readme.txt')).findByTestId('leftover-adopt'));
    expect(await screen.findByTestId('confirm')).toHaveTextContent('is replaced');
    await userEvent.click(screen.getByTestId('confirm-do'));
    await waitFor(() => expect(adopt.mock.calls.map((call) => call[4])).toEqual(['fail', 'overwrite']));
  });

  test('a checkpoint file opens its upload and compares the file that it names', async () => {
    const backend = await open();
    vi.spyOn(backend, 'pickFiles').mockResolvedValue(['/home/lin/film.upload']);
    await userEvent.click(screen.getByTestId('leftover-import'));
    await waitFor(() => expect(rowOf(FILM)).toHaveAttribute('aria-expanded', 'true'));
    expect(await within(rowOf(FILM)).findByTestId('leftover-adopt')).toBeInTheDocument();
    vi.spyOn(backend, 'pickFiles').mockResolvedValue(['/home/lin/notes.txt']);
    await userEvent.click(screen.getByTestId('leftover-import'));
    expect(await screen.findByTestId('toast')).toHaveTextContent('no checkpoint of a TOS SDK');
  });
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

describe('cleaning up by age', () => {
  test('shows the list first and leaves out what is in use and what is needed', async () => {
    const backend = await open();
    const clean = vi.spyOn(backend, 'cleanUpUploads');
    await userEvent.click(screen.getByTestId('clean-up'));
    const days = await screen.findByTestId('clean-up-days');
    await waitFor(() => expect(screen.getByTestId('clean-up-do')).toHaveTextContent('Abort 7 uploads'));
    await userEvent.clear(days);
    expect(screen.getByTestId('clean-up-do')).toBeDisabled();
    await userEvent.type(days, '0');
    await waitFor(() => expect(screen.getByTestId('clean-up-sheet')).toHaveTextContent('1 left out: parts arrived within the last 10 minutes'));
    expect(screen.getByTestId('clean-up-sheet')).toHaveTextContent('1 left out: transfers of this computer');
    await userEvent.clear(days);
    await userEvent.type(days, '100');
    await waitFor(() => expect(screen.getByTestId('clean-up-do')).toHaveTextContent('Abort 2 uploads'));
    expect(screen.getAllByTestId('clean-up-row').map((one) => one.dataset['key'])).toEqual(['tmp/db-dump-manual.sql.gz', 'weddings/2025/陈-王/highlight_v2.mov']);
    await userEvent.click(screen.getByTestId('clean-up-do'));
    expect(await screen.findByTestId('toast')).toHaveTextContent('2 uploads aborted');
    expect(clean).toHaveBeenCalledOnce();
    expect(screen.queryByText('tmp/db-dump-manual.sql.gz')).toBeNull();
  });
});

describe('the rule', () => {
  test('of one bucket is suggested with seven days, set, warned of when it is short, and removed', async () => {
    const backend = await open();
    const set = vi.spyOn(backend, 'setLifecycleAbortRule');
    expect(screen.getByTestId('abort-rule-open')).toBeDisabled();
    await userEvent.selectOptions(screen.getByTestId('leftover-bucket'), 'ml-checkpoints');
    await userEvent.click(screen.getByTestId('abort-rule-open'));
    const sheet = await screen.findByTestId('abort-rule');
    expect(screen.getByTestId('abort-rule-days')).toHaveValue('7');
    expect(await within(sheet).findByText(/runs-30-days, aborts under runs\/ after 30 days/)).toBeInTheDocument();
    expect(sheet).toHaveTextContent('A paused upload that is older than 7 days dies with it');
    await userEvent.clear(screen.getByTestId('abort-rule-days'));
    await userEvent.type(screen.getByTestId('abort-rule-days'), '3');
    expect(sheet).toHaveTextContent('Less than 7 days is short');
    await userEvent.click(screen.getByTestId('abort-rule-set'));
    await waitFor(() => expect(set).toHaveBeenCalledWith('ml-checkpoints', 3));
    await userEvent.click(screen.getByTestId('abort-rule-open'));
    await userEvent.click(await screen.findByTestId('abort-rule-remove'));
    await waitFor(() => expect(set).toHaveBeenLastCalledWith('ml-checkpoints', null));
  });
});

describe('by keyboard', () => {
  test('rows are walked, opened, acted on', async () => {
    const backend = await open();
    vi.spyOn(backend, 'pickFiles').mockResolvedValue(['/home/lin/EP03_master_ProRes4444_4K.mov']);
    const adopt = vi.spyOn(backend, 'adoptUpload');
    screen.getByTestId('leftover-list').focus();
    await userEvent.keyboard('{ArrowDown}{ArrowDown}{Enter}');
    expect(rowOf(FILM)).toHaveAttribute('aria-expanded', 'true');
    await userEvent.keyboard('{Enter}');
    await within(rowOf(FILM)).findByTestId('leftover-adopt');
    await userEvent.keyboard('{Delete}');
    expect(await screen.findByTestId('confirm')).toBeInTheDocument();
    await userEvent.click(screen.getByTestId('confirm-keep'));
    screen.getByTestId('leftover-list').focus();
    await userEvent.keyboard('{Enter}');
    await waitFor(() => expect(adopt).toHaveBeenCalledOnce());
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

describe('errors', () => {
  const cable = (): never => {
    throw new Failure({ code: 'network', params: {}, retryable: true });
  };

  test('an empty list that cannot be listed again is an error, not “none”', async () => {
    const backend = await open();
    await userEvent.selectOptions(screen.getByTestId('leftover-bucket'), 'cold-archive');
    expect(await screen.findByText('No unfinished uploads.')).toBeInTheDocument();
    const list = vi.spyOn(backend, 'listUploads').mockImplementation(async () => cable());
    await userEvent.keyboard('{F5}');
    expect(await screen.findByText('The uploads could not be listed')).toBeInTheDocument();
    expect(screen.queryByText('No unfinished uploads.')).toBeNull();
    list.mockRestore();
    await userEvent.click(screen.getByText('Try again'));
    expect(await screen.findByText('No unfinished uploads.')).toBeInTheDocument();
  });

  test('where no bucket can be listed, that is an error; what was listed before stays', async () => {
    let offline = false;
    const backend = { listUploads: async (bucket: string) => (offline ? cable() : { rows: [row(bucket)], next: null }), measureUpload: async () => held() } as unknown as Backend;
    const store = new Leftovers(backend);
    await store.show(['a', 'b']);
    offline = true;
    await store.refresh();
    expect([store.items.map((item) => item.id), store.error?.code]).toEqual([['a', 'b'], 'network']);
    await store.show(['a', 'b']);
    expect([store.items.length, store.error?.code]).toEqual([0, 'network']);
    offline = false;
    await store.again();
    expect([store.items.length, store.error]).toEqual([2, null]);
  });

  test('of a later page is kept, and it goes on from there', async () => {
    let broken = true;
    const backend = {
      listUploads: async (_bucket: string, _prefix: string, after: unknown) => {
        if (after === null) return { rows: [row('1')], next: { key: 'k/1', upload_id: '1' } };
        return broken ? cable() : { rows: [row('2')], next: null };
      },
      measureUpload: async () => held(),
    } as unknown as Backend;
    const store = new Leftovers(backend);
    await store.show(['a']);
    expect([store.items.length, store.error?.code]).toEqual([1, 'network']);
    broken = false;
    await store.again();
    expect([store.items.map((item) => item.id), store.error]).toEqual([['1', '2'], null]);
  });

  test('a refresh waits its turn: no row is there twice', async () => {
    const answers: (() => void)[] = [];
    const backend = {
      listUploads: (_bucket: string, _prefix: string, after: unknown) =>
        new Promise((resolve) => answers.push(() => resolve(after === null ? { rows: [row('1')], next: { key: 'k/1', upload_id: '1' } } : { rows: [row('2')], next: null }))),
      measureUpload: async () => held(),
    } as unknown as Backend;
    const store = new Leftovers(backend);
    const all = [store.show(['a']), store.refresh(), store.listAll(), store.refresh()];
    const settled = Promise.all(all);
    let done = false;
    void settled.then(() => (done = true));
    while (!done) {
      // Never two questions at a time.
      expect(answers.length).toBeLessThan(2);
      answers.shift()?.();
      await new Promise((resolve) => setTimeout(resolve));
    }
    expect(store.items.map((item) => item.id)).toEqual(['1', '2']);
  });
});

test('all are measured once at a time, and an upload is never asked of twice at once', async () => {
  const asked: string[] = [];
  const answers: (() => void)[] = [];
  const backend = {
    listUploads: async () => ({ rows: [row('1'), row('2')], next: null }),
    measureUpload: (_bucket: string, key: string) => {
      asked.push(key);
      return new Promise((resolve) => answers.push(() => resolve(held())));
    },
  } as unknown as Backend;
  const store = new Leftovers(backend);
  await store.show(['a']);
  store.see(0, 1);
  const both = [store.measureEvery(), store.measureEvery()];
  await new Promise((resolve) => setTimeout(resolve));
  expect(store.measuringAll).toBe(true);
  for (const answer of answers) answer();
  await Promise.all(both);
  expect([asked, store.measuringAll, store.complete]).toEqual([['k/1', 'k/2'], false, true]);
});

describe('cleaning up that goes wrong', () => {
  async function sheet(): Promise<MockBackend> {
    const backend = await open();
    await userEvent.click(screen.getByTestId('clean-up'));
    await waitFor(() => expect(screen.getByTestId('clean-up-do')).toHaveTextContent('Abort 7 uploads'));
    return backend;
  }

  test('says why, and what was done in the other buckets', async () => {
    const backend = await sheet();
    const clean = backend.cleanUpUploads.bind(backend);
    vi.spyOn(backend, 'cleanUpUploads').mockImplementation(async (bucket, uploads) => {
      if (bucket === 'media-archive') throw new Failure({ code: 'forbidden', params: {}, retryable: false });
      return clean(bucket, uploads);
    });
    await userEvent.click(screen.getByTestId('clean-up-do'));
    const found = screen.getByTestId('clean-up-sheet');
    expect(await within(found).findByText('Your key may not do this here. Ask for the permission, then try again.')).toBeInTheDocument();
    expect(found).toHaveTextContent('1 upload aborted, 6 left as they were.');
  });

  test('is stopped in between, and says how far it came', async () => {
    const backend = await sheet();
    let answer: () => void = () => undefined;
    vi.spyOn(backend, 'cleanUpUploads').mockImplementation(async (_bucket, uploads) => {
      await new Promise<void>((resolve) => (answer = resolve));
      return uploads.map(({ upload_id }) => ({ upload_id, outcome: 'aborted' as const, why: null }));
    });
    await userEvent.click(screen.getByTestId('clean-up-do'));
    await userEvent.click(await screen.findByTestId('clean-up-stop'));
    answer();
    await waitFor(() => expect(screen.getByTestId('clean-up-sheet')).toHaveTextContent('6 uploads aborted, 1 left as they were.'));
    expect(backend.cleanUpUploads).toHaveBeenCalledOnce();
  });
});

test('a rule that could not be asked for is asked for again', async () => {
  const backend = await open();
  await userEvent.selectOptions(screen.getByTestId('leftover-bucket'), 'ml-checkpoints');
  vi.spyOn(backend, 'lifecycleAbortRule').mockRejectedValueOnce(new Failure({ code: 'network', params: {}, retryable: true }));
  await userEvent.click(screen.getByTestId('abort-rule-open'));
  const sheet = await screen.findByTestId('abort-rule');
  await userEvent.click(await within(sheet).findByText('Try again'));
  expect(await within(sheet).findByText(/runs-30-days/)).toBeInTheDocument();
  expect(within(sheet).queryByText('Try again')).toBeNull();
});

test('the first act is the same for the button and for Enter, also where the source is gone', () => {
  const ours = new Leftover('a', row('2', { needed_by: 3, transfer: { actions: { resume: true, retry: false } } as UploadRow['transfer'] }));
  expect(firstAct(ours)).toBe('resume');
  ours.held = held({ source: 'missing' });
  expect(firstAct(ours)).toBe('show');
  ours.leaving = true;
  expect(firstAct(ours)).toBe('keep');
});
