import { cleanup, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { setLanguage } from '../i18n/index.svelte';
import { type Backend, Failure } from '../ipc/backend';
import type { UploadRow } from '../ipc/leftovers';
import { Leftover, Leftovers } from './store.svelte';
import { FILM, held, open, row, rowOf } from './test-setup';
import { firstAct, pillOf, sentenceOf } from './words';

beforeEach(() => setLanguage('en'));
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

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

test('the first act is the same for the button and for Enter, also where the source is gone', () => {
  const ours = new Leftover('a', row('2', { needed_by: 3, transfer: { actions: { resume: true, retry: false } } as UploadRow['transfer'] }));
  expect(firstAct(ours)).toBe('resume');
  ours.held = held({ source: 'missing' });
  expect(firstAct(ours)).toBe('show');
  ours.leaving = true;
  expect(firstAct(ours)).toBe('keep');
});
