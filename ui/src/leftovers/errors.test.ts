import { cleanup, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { setLanguage } from '../i18n/index.svelte';
import { type Backend, Failure } from '../ipc/backend';
import type { MockBackend } from '../ipc/mock/mock';
import { Leftovers } from './store.svelte';
import { held, open, row } from './test-setup';

beforeEach(() => setLanguage('en'));
afterEach(() => {
  cleanup();
  vi.useRealTimers();
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
