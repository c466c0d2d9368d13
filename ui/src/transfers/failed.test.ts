import { cleanup, render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent, { type UserEvent } from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { setLanguage } from '../i18n/index.svelte';
import type { Backend, FailedGroup, FailedRow, TransferDetail } from '../ipc/backend';
import { createMock, type MockBackend } from '../ipc/mock/mock';
import { APP, App } from '../session/app.svelte';
import { FailedDetails } from './failed-details.svelte';
import Failed from './Failed.svelte';
import FailedAnswer from './FailedAnswer.svelte';
import FailedCause from './FailedCause.svelte';
import { detailOf, rowOf } from './testing';

beforeEach(() => setLanguage('en'));
afterEach(cleanup);

interface Shown {
  app: App;
  backend: MockBackend;
  user: UserEvent;
  /** What was said last. */
  said: () => string | undefined;
}

async function open(prepare: (backend: MockBackend) => void = () => undefined): Promise<Shown> {
  const user = userEvent.setup();
  const backend = createMock({ scene: 'studio' });
  prepare(backend);
  const app = new App(backend);
  render(Failed, { context: new Map([[APP, app]]) });
  await screen.findByTestId('screen-title');
  return { app, backend, user, said: () => app.notices.toasts.at(-1)?.text };
}

const cause = (code: string): Promise<HTMLElement> =>
  waitFor(() => {
    const found = screen.getAllByTestId('failed-group').find((one) => one.dataset['code'] === code);
    if (!found) throw new Error(`no cause ${code}`);
    return found;
  });

const row = (name: string): Promise<HTMLElement> =>
  waitFor(() => {
    const found = screen.getAllByTestId('failed-row').find((one) => one.dataset['name'] === name);
    if (!found) throw new Error(`no row ${name}`);
    return found;
  });

function groupOf(more: Partial<FailedGroup>): FailedGroup {
  return { code: 'forbidden', count: 21, store_code: 'AccessDenied', needs: null, downloads: false, ...more };
}

describe('the head of a cause', () => {
  const head = (group: FailedGroup): void => {
    cleanup();
    render(FailedCause, { group, open: false, busy: false, onact: () => undefined });
  };
  const needs = { actions: ['tos:PutObject', 'tos:AbortMultipartUpload'], resource: 'media-archive/weddings/private/*' };

  test('names the permissions that were missing in the letters of code, in either language', () => {
    for (const [language, line] of [
      ['en', 'Needs tos:PutObject, tos:AbortMultipartUpload on media-archive/weddings/private/*'],
      ['zh', '需要 tos:PutObject, tos:AbortMultipartUpload 权限：media-archive/weddings/private/*'],
    ] as const) {
      setLanguage(language);
      head(groupOf({ needs }));
      expect(screen.getByTitle(line)).toHaveTextContent(line);
      expect([...document.querySelectorAll('.mono')].map((one) => one.textContent)).toEqual([needs.actions.join(', '), needs.resource]);
    }
  });

  test('says whom to ask where they are not known, and offers no policy then', () => {
    head(groupOf({ needs: null }));
    expect(screen.getByText('Ask the owner of the bucket for the permission, then retry.')).toBeInTheDocument();
    expect(screen.queryByTestId('copy-policy')).toBeNull();
  });

  test('offers another folder for downloads alone', () => {
    for (const code of ['disk_full', 'target_unwritable', 'target_is_folder']) {
      head(groupOf({ code, downloads: true }));
      expect(screen.getByTestId('change-folder')).toHaveTextContent('Change folder…');
      head(groupOf({ code, downloads: false }));
      expect(screen.queryByTestId('change-folder')).toBeNull();
    }
    head(groupOf({ code: 'network', downloads: true }));
    expect(screen.queryByTestId('change-folder')).toBeNull();
  });
});

describe('the answer below a row', () => {
  function failedRow(more: Partial<FailedRow> = {}): FailedRow {
    return {
      id: 1,
      direction: 'upload',
      name: 'a.mov',
      from: '/media/a.mov',
      to: 'tos://raw/a.mov',
      size_bytes: 5,
      ended_ms: 0,
      why: { code: 'forbidden', params: {}, retryable: false },
      answer: { status: 403, code: 'AccessDenied', extended_code: '0003-00000001', request_id: 'r1', operation: 'CreateMultipartUpload', message: 'denied' },
      tries: 1,
      ...more,
    };
  }
  function facts(shown: FailedRow): string[] {
    cleanup();
    render(FailedAnswer, { props: { row: shown, onlog: () => undefined }, context: new Map([[APP, new App(createMock())]]) });
    return [...document.querySelectorAll('dt')].map((name) => `${name.textContent}: ${name.nextElementSibling?.textContent}`);
  }

  test('has the operation, and says of one try why there was no other', () => {
    expect(facts(failedRow())).toEqual([
      'HTTP status: 403',
      'Request ID: r1',
      'Code: AccessDenied',
      'EC: 0003-00000001',
      'Operation: CreateMultipartUpload',
      'Tries: 1 (not retried: no permission)',
      'Message: denied',
    ]);
  });

  test('says no more than the number where it was tried again, or could have been', () => {
    expect(facts(failedRow({ tries: 2 }))).toContain('Tries: 2');
    expect(facts(failedRow({ why: { code: 'network', params: {}, retryable: true } }))).toContain('Tries: 1');
  });

  test('has no operation where nothing was answered', () => {
    expect(facts(failedRow({ answer: null, tries: 3 })).map((one) => one.split(':')[0])).toEqual(['Tries', 'Message']);
  });

  test('is copied for support with the operation', async () => {
    const user = userEvent.setup();
    facts(failedRow());
    await user.click(screen.getByTestId('copy-support'));
    expect((await navigator.clipboard.readText()).split('\n')).toContain('operation: CreateMultipartUpload');
  });
});

describe('what helps against a cause', () => {
  test('the policy for all of it is copied', async () => {
    const { user, said } = await open();
    await user.click(within(await cause('forbidden')).getByTestId('copy-policy'));
    await waitFor(() => expect(said()).toBe('Policy copied'));
    expect(JSON.parse(await navigator.clipboard.readText())).toEqual({
      Statement: [{ Effect: 'Allow', Action: ['tos:PutObject'], Resource: ['trn:tos:::media-archive/weddings/private/*'] }],
    });
  });

  test('downloads go to another folder, and leave the list, until that is taken back', async () => {
    const { user, app, said, backend } = await open();
    const head = await cause('disk_full');
    await user.click(within(head).getByTestId('change-folder'));
    await waitFor(() => expect(said()).toBe('5 downloads begin anew in /home/lin/Downloads/TOS'));
    await waitFor(() => expect(head).not.toBeInTheDocument());
    const added = backend.simulation.page('waiting', null, 50).rows.filter(({ to }) => to.startsWith('/home/lin/Downloads/TOS/'));
    expect(added.map(({ name }) => name)).toContain('dailies-1.tar');
    expect(added).toHaveLength(5);
    app.notices.toasts.at(-1)?.act?.run();
    expect(await cause('disk_full')).toHaveTextContent('5 files');
    const left = backend.simulation.page('waiting', null, 50).rows.filter(({ to }) => to.startsWith('/home/lin/Downloads/TOS/'));
    expect(left).toEqual([]);
  });

  test('nothing happens where the dialog was closed', async () => {
    const { user, app, backend } = await open((mock) => (mock.pickFolder = async () => null));
    const change = vi.spyOn(backend, 'changeFailedFolder');
    await user.click(within(await cause('disk_full')).getByTestId('change-folder'));
    await expect(change.mock.results[0]?.value).resolves.toBeNull();
    expect(await cause('disk_full')).toHaveTextContent('5 files');
    expect(app.notices.toasts).toEqual([]);
  });

  test.each([
    [0, '5 downloads now go to D:\\x'],
    [2, '5 downloads now go to D:\\x, 2 of them from the beginning'],
  ])('%d that had begun are told of', async (begun_anew, words) => {
    const { user, said } = await open((mock) => (mock.changeFailedFolder = async () => ({ count: 5, folder: 'D:\\x', begun_anew, undo: null })));
    await user.click(within(await cause('disk_full')).getByTestId('change-folder'));
    await waitFor(() => expect(said()).toBe(words));
  });

  test('the log of a check that did not match has both checksums', async () => {
    const { user } = await open();
    await user.click(within(await cause('mismatch')).getByTestId('open-log'));
    expect(await screen.findByTestId('drawer')).toHaveTextContent('master-v7.mov');
    expect(await screen.findByText('17894207731629484211 ≠ 4471093365520914837')).toBeInTheDocument();
    // Which of them it is can be seen in the list.
    expect(await row('master-v7.mov')).toHaveAttribute('aria-selected', 'true');
  });
});

describe('details beside the list', () => {
  test('open at the log of any row, without taking the focus', async () => {
    const { user } = await open();
    await user.click(await row('_DSC4417.ARW'));
    const button = within(await screen.findByTestId('failed-answer')).getByTestId('open-log');
    await user.click(button);
    expect((await screen.findAllByTestId('log-row')).length).toBeGreaterThan(1);
    expect(screen.getByRole('tab', { selected: true })).toHaveTextContent('Log');
    expect(button).toHaveFocus();
    await user.keyboard('{Escape}');
    await waitFor(() => expect(screen.queryByTestId('drawer')).toBeNull());
  });

  test('follow the keys, keep their tab, and go by Space, Esc or their own button', async () => {
    const { user } = await open();
    await row('_DSC4417.ARW');
    const list = screen.getByTestId('failed-list');
    list.focus();
    await user.keyboard('{ArrowDown}{ArrowDown} ');
    expect(await screen.findByTestId('drawer')).toHaveTextContent('_DSC4417.ARW');
    expect(screen.getByRole('tab', { selected: true })).toHaveTextContent('Overview');
    expect(list).toHaveFocus();
    await user.keyboard('{ArrowDown}');
    await waitFor(() => expect(screen.getByTestId('drawer')).toHaveTextContent('_DSC4418.ARW'));
    await user.keyboard(' ');
    await waitFor(() => expect(screen.queryByTestId('drawer')).toBeNull());
    await user.keyboard(' ');
    await screen.findByTestId('drawer');
    await user.keyboard('{Escape}');
    await waitFor(() => expect(screen.queryByTestId('drawer')).toBeNull());
    await user.keyboard(' ');
    await user.click(await screen.findByTestId('drawer-close'));
    await waitFor(() => expect(screen.queryByTestId('drawer')).toBeNull());
    expect(list).toHaveFocus();
    // On the head of a cause Space opens and closes the cause.
    await user.keyboard('{Home} ');
    await waitFor(() => expect(screen.queryByTestId('failed-row')).toBeNull());
  });

  test.each([
    ['drawer-retry', 'waiting'],
    ['drawer-remove', null],
  ])('%s ends them, and the list has the focus', async (button, state) => {
    const { user, backend } = await open();
    await user.click(await row('_DSC4417.ARW'));
    await user.click(within(await screen.findByTestId('failed-answer')).getByTestId('open-log'));
    const { id } = (await screen.findByTestId('drawer')).dataset;
    await user.click(screen.getByTestId(button));
    await waitFor(() => expect(screen.queryByTestId('drawer')).toBeNull());
    expect(screen.getByTestId('failed-list')).toHaveFocus();
    const left = backend.simulation.entries().find((one) => one.id === Number(id));
    expect(left?.state ?? null).toBe(state);
  });

  test('show its file in its folder, and stay', async () => {
    const { user, backend } = await open();
    const reveal = vi.spyOn(backend, 'reveal');
    await user.click(await row('_DSC4417.ARW'));
    await user.click(within(await screen.findByTestId('failed-answer')).getByTestId('open-log'));
    await user.click(await screen.findByTestId('drawer-reveal'));
    expect(reveal).toHaveBeenCalledWith(Number(screen.getByTestId('drawer').dataset['id']));
  });

  test('go when all of their cause is removed', async () => {
    const { user } = await open();
    await user.click(within(await cause('mismatch')).getByTestId('open-log'));
    await screen.findByTestId('drawer');
    screen.getByTestId('failed-list').focus();
    await user.keyboard('{ArrowUp}');
    expect(await cause('mismatch')).toHaveClass('active');
    await user.keyboard('{Shift>}{Delete}{/Shift}');
    await waitFor(() => expect(screen.queryByTestId('drawer')).toBeNull());
  });

  test('are those that were asked for last, whichever answer comes first', async () => {
    const answers = new Map<number, (detail: TransferDetail) => void>();
    const transferDetail = (id: number): Promise<TransferDetail> => new Promise((resolve) => answers.set(id, resolve));
    const details = new FailedDetails({ transferDetail } as unknown as Backend);
    const asked = [details.show(1), details.show(2)];
    for (const id of [2, 1]) answers.get(id)?.(detailOf({ row: rowOf({ id, state: 'failed' }) }));
    await Promise.all(asked);
    expect(details.detail?.row.id).toBe(2);
  });
});

describe('where nothing has failed', () => {
  const clear = (mock: MockBackend): void => mock.simulation.dismiss(mock.simulation.ids('failed'), 1);

  test('the last success is named', async () => {
    await open(clear);
    expect(await screen.findByText('Nothing has failed.')).toBeInTheDocument();
    expect(screen.getByText(/^The last transfer was done: .*\d\d:\d\d\.$/)).toBeInTheDocument();
  });

  test('nothing is claimed where nothing was done', async () => {
    await open((mock) => {
      clear(mock);
      mock.simulation.dismiss(mock.simulation.ids('done'), 2);
    });
    expect(await screen.findByText('What needs you stands here, by its cause.')).toBeInTheDocument();
  });
});
