import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { setLanguage } from '../i18n/index.svelte';
import { type Settings, USUAL_SETTINGS } from '../ipc/backend';
import { createMock, type MockBackend, type MockOptions } from '../ipc/mock/mock';
import { App } from '../session/app.svelte';
import Shell from '../shell/App.svelte';
import { matches, ROWS, SECTIONS } from './table';

afterEach(() => {
  cleanup();
  setLanguage('en');
});

async function open(section: string, options: Partial<MockOptions> = {}): Promise<{ backend: MockBackend; session: App; saved: () => Promise<Settings> }> {
  const backend = createMock({ scene: 'studio', settings: { language: 'en' }, ...options });
  const session = new App(backend);
  render(Shell, { backend, session });
  await screen.findByTestId('rail');
  session.route.go({ screen: 'settings', section });
  await screen.findByTestId('settings');
  return { backend, session, saved: () => backend.getSettings() };
}

describe('sections', () => {
  test.each(SECTIONS.map(({ id }) => id))('%s shows each of its rows', async (section) => {
    await open(section);
    for (const row of ROWS.filter((one) => one.section === section)) {
      if (row.id === 'accounts') expect(screen.getByTestId('account-studio')).toBeInTheDocument();
      else expect(document.querySelector(`[data-setting="${row.id}"]`), row.id).not.toBeNull();
    }
    expect(screen.getByTestId(`settings-${section}`)).toHaveAttribute('aria-selected', 'true');
  });

  test('are reached by arrow keys, and Back goes back through them', async () => {
    const { session } = await open('general');
    screen.getByTestId('settings-general').focus();
    await userEvent.keyboard('{ArrowDown}');
    await waitFor(() => expect(screen.getByTestId('settings-transfers')).toHaveFocus());
    expect(session.route.place).toMatchObject({ section: 'transfers' });
    session.offers.run('back');
    await waitFor(() => expect(screen.getByTestId('settings-general')).toHaveAttribute('aria-selected', 'true'));
  });

  test('a setting that was chosen in the palette has the focus', async () => {
    const { session } = await open('general');
    session.offers.run('palette');
    await userEvent.type(await screen.findByTestId('palette-field'), 'part size{Enter}');
    await waitFor(() => expect(screen.getByTestId('part-size')).toHaveFocus());
  });

  test.each([
    ['theme', 'general'],
    ['accounts', 'accounts'],
    ['secrets', 'trust'],
  ])('%s has the focus wherever it is asked for by name: twice, and behind a search', async (row, section) => {
    const { session } = await open('general');
    await session.change({ theme: 'dark' });
    const inside = (): boolean => document.activeElement?.closest('[data-setting], [data-rows]')?.matches(`[data-setting="${row}"], [data-rows="${row}"]`) ?? false;
    await userEvent.type(screen.getByTestId('settings-find'), 'part');
    session.route.go({ screen: 'settings', section, row });
    await waitFor(() => expect(inside()).toBe(true));
    if (row === 'theme') expect(document.activeElement).toBeChecked();
    screen.getByTestId('settings-find').focus();
    session.route.go({ screen: 'settings', section, row });
    await waitFor(() => expect(inside()).toBe(true));
  });

  test('Home, End and the arrows of a row of tabs lead there, too', async () => {
    await open('general');
    screen.getByTestId('settings-general').focus();
    await userEvent.keyboard('{End}');
    await waitFor(() => expect(screen.getByTestId('settings-about')).toHaveFocus());
    await userEvent.keyboard('{ArrowRight}');
    await waitFor(() => expect(screen.getByTestId('settings-general')).toHaveFocus());
  });
});

describe('the search', () => {
  test('leaves the rows that it finds, in every section, and says when there are none', async () => {
    await open('general');
    const field = screen.getByTestId('settings-find');
    await userEvent.type(field, 'part');
    const shown = [...document.querySelectorAll('[data-setting]')].map((row) => row.getAttribute('data-setting'));
    expect(shown).toContain('parallelParts');
    expect(shown).toContain('partSize');
    expect(shown).not.toContain('theme');
    await userEvent.clear(field);
    await userEvent.type(field, 'zebra');
    expect(screen.getByText('No match for “zebra”')).toBeInTheDocument();
    await userEvent.keyboard('{Escape}');
    expect(document.querySelector('[data-setting="theme"]')).not.toBeNull();
  });

  test('finds an account by its own name', async () => {
    await open('general');
    await userEvent.type(screen.getByTestId('settings-find'), 'studio');
    expect(screen.getByTestId('account-studio')).toBeInTheDocument();
  });

  test('looks for each word by itself', () => {
    expect(matches('size part', ['Part size'])).toBe(true);
    expect(matches('size theme', ['Part size'])).toBe(false);
  });
});

/** What is done to a control, what is kept then. */
const CHANGES: readonly [section: string, change: () => Promise<void>, kept: Partial<Settings>][] = [
  ['general', () => userEvent.click(within(screen.getByTestId('theme-dark')).getByRole('radio')), { theme: 'dark' }],
  ['general', () => userEvent.click(within(screen.getByTestId('density-compact')).getByRole('radio')), { density: 'compact' }],
  ['general', () => userEvent.selectOptions(screen.getByTestId('zoom'), '150'), { zoom_percent: 150 }],
  ['transfers', () => userEvent.type(screen.getByTestId('transfers-max'), '{ArrowUp}'), { transfers_max: 7 }],
  ['transfers', () => userEvent.click(screen.getByTestId('on-battery')), { wait_on_battery: true }],
  ['transfers', () => userEvent.click(screen.getByTestId('on-metered')), { wait_on_metered: true }],
  ['transfers', () => userEvent.type(screen.getByTestId('parallel-parts'), '{ArrowDown}'), { parallel_parts: 4 }],
  ['transfers', () => userEvent.selectOptions(screen.getByTestId('part-size'), '64 MiB'), { part_size_bytes: 64 * 1024 ** 2 }],
  ['names', () => userEvent.selectOptions(screen.getByTestId('conflict-default'), 'skip'), { conflict: 'skip' }],
  ['names', () => userEvent.click(screen.getByTestId('download-folder-choose')), { download_folder: '/home/lin/Downloads/TOS' }],
  ['notifications', () => userEvent.click(screen.getByTestId('notify-done')), { notify_done: false }],
  ['notifications', () => userEvent.click(screen.getByTestId('notify-attention')), { notify_attention: false }],
  ['history', () => userEvent.selectOptions(screen.getByTestId('history-days'), '0'), { history_days: 0 }],
];

describe('a change', () => {
  test.each(CHANGES)('in %s is saved at once, and Undo takes it back (%#)', async (section, change, kept) => {
    const { saved } = await open(section);
    const before = await saved();
    await change();
    await waitFor(async () => expect(await saved()).toEqual({ ...before, ...kept }));
    await userEvent.click(within(await screen.findByTestId('toast')).getByRole('button', { name: 'Undo' }));
    await waitFor(async () => expect(await saved()).toEqual(before));
  });

  test('every setting that Rust has can be changed here or by the window itself', () => {
    const changed = new Set(CHANGES.flatMap(([, , kept]) => Object.keys(kept)));
    // The language is a test of its own; the rail's edge is dragged.
    expect(Object.keys(USUAL_SETTINGS).filter((name) => !changed.has(name)).sort()).toEqual(['language', 'rail_width_px']);
  });

  test('after several of one setting, Undo goes back to before the first', async () => {
    const { saved } = await open('transfers');
    await userEvent.type(screen.getByTestId('transfers-max'), '{ArrowUp}{ArrowUp}{ArrowUp}');
    await waitFor(async () => expect((await saved()).transfers_max).toBe(9));
    await fireEvent.keyDown(window, { key: 'z', ctrlKey: true });
    await waitFor(async () => expect((await saved()).transfers_max).toBe(6));
  });

  test('one that is refused is shown as it was, with a sentence', async () => {
    const { backend, session } = await open('transfers');
    vi.spyOn(backend, 'setSettings').mockRejectedValue(new Error('disk'));
    await userEvent.type(screen.getByTestId('transfers-max'), '{ArrowUp}');
    await screen.findByText(/Something in Tern went wrong: disk/);
    expect(session.settings.transfers_max).toBe(6);
    expect(screen.getByTestId('transfers-max')).toHaveValue('6');
  });

  test('what was typed and is no number is put right, and one too large is the largest', async () => {
    const { saved } = await open('transfers');
    const field = screen.getByTestId('transfers-max');
    await userEvent.clear(field);
    await userEvent.type(field, 'many{Enter}');
    expect(field).toHaveValue('6');
    await userEvent.clear(field);
    await userEvent.type(field, '900{Enter}');
    await waitFor(async () => expect((await saved()).transfers_max).toBe(64));
  });

  test('more transfers at once start at once', async () => {
    const { backend, session } = await open('transfers');
    await session.change({ transfers_max: 9 });
    backend.advance(100);
    expect(backend.simulation.pulse().counts.active).toBe(9);
  });

  test('the language switches every word, and the language of the page', async () => {
    const { saved } = await open('general');
    await userEvent.click(within(screen.getByTestId('language-zh')).getByRole('radio'));
    await waitFor(() => expect(document.documentElement.lang).toBe('zh-CN'));
    expect(screen.getByTestId('screen-title')).toHaveTextContent('设置');
    await fireEvent.keyDown(window, { key: 'z', ctrlKey: true });
    await waitFor(() => expect(document.documentElement.lang).toBe('en'));
    expect((await saved()).language).toBe('en');
  });
});

describe('trust', () => {
  test('says where secrets are, with and without a keychain', async () => {
    await open('trust');
    expect(document.querySelector('[data-setting="secrets"]')).toHaveTextContent('the Secret Service of this desktop');
    cleanup();
    await open('trust', { secrets: 'this_run' });
    expect(document.querySelector('[data-setting="secrets"]')).toHaveTextContent('kept for this run only');
  });

  test('opens the folder of the log', async () => {
    const { backend } = await open('trust');
    const reveal = vi.spyOn(backend, 'revealLog');
    await userEvent.click(screen.getByTestId('open-log'));
    expect(reveal).toHaveBeenCalledOnce();
  });
});

describe('accounts', () => {
  test('one is forgotten only after a question, whose default keeps it', async () => {
    const { backend } = await open('accounts');
    const forget = vi.spyOn(backend, 'forgetAccount');
    await userEvent.click(screen.getByTestId('forget-studio'));
    expect(await screen.findByTestId('confirm')).toHaveTextContent('Forget “Studio account”?');
    await userEvent.click(screen.getByTestId('confirm-keep'));
    expect(forget).not.toHaveBeenCalled();
  });

  test('another one is used', async () => {
    const { backend, session } = await open('accounts');
    await backend.connectPractice();
    await backend.useAccount('studio');
    await session.refreshAccounts();
    await userEvent.click(await screen.findByTestId('use-practice'));
    await waitFor(() => expect(session.account?.id).toBe('practice'));
  });
});
