/// <reference types="node" />
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { belongsToText, commandFor } from '../commands/keys';
import { COMMANDS, keysOf } from '../commands/table';
import { setLanguage } from '../i18n/index.svelte';
import { createMock, type MockBackend } from '../ipc/mock/mock';
import { App } from '../session/app.svelte';
import { shownKeys } from '../ui/keynames';
import { zoomStep } from '../settings/zoom';
import Shell from './App.svelte';
import { type Entry, find, score } from './palette';
import { pastedPlace } from './paste';

afterEach(() => {
  cleanup();
  setLanguage('en');
});

async function open(language = 'en'): Promise<{ backend: MockBackend; session: App }> {
  const backend = createMock({ scene: 'studio', settings: { language } });
  const session = new App(backend);
  render(Shell, { backend, session });
  await screen.findByTestId('rail');
  await screen.findAllByTestId('transfer-row');
  return { backend, session };
}

describe('the table of commands', () => {
  test('gives no key to two commands', () => {
    // A list hears its own keys: the list of transfers and the one of objects may mean different things by one.
    const keys = COMMANDS.flatMap(({ keys, inList, section }) => (keys === undefined ? [] : [inList ? `${section}: ${keys}` : keys]));
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('no component writes a key of the table anew', () => {
    const root = join(import.meta.dirname, '..');
    const keys = new Set(COMMANDS.flatMap((command) => command.keys ?? []).filter((one) => one.startsWith('Ctrl')));
    const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.svelte'));
    expect(files.length).toBeGreaterThan(30);
    const again = files.flatMap((path) => [...readFileSync(join(root, path), 'utf8').matchAll(/keys="([^"]+)"/g)].filter(([, one = '']) => keys.has(one)).map(([text]) => `${path}: ${text}`));
    expect(again).toEqual([]);
  });

  test('every command is offered by the window or by a screen', async () => {
    const { session } = await open();
    const seen = new Set<string>();
    const look = (): void => COMMANDS.forEach(({ id }) => session.offers.has(id) && seen.add(id));
    look();
    session.route.go({ screen: 'bucket', bucket: 'media-archive', prefix: '' });
    await screen.findAllByTestId('object-row');
    look();
    session.route.go({ screen: 'transfers', filter: 'failed' });
    await screen.findAllByTestId('failed-group');
    look();
    expect(COMMANDS.map(({ id }) => id).filter((id) => !seen.has(id))).toEqual([]);
  });

  test('what a screen offers goes with the screen', async () => {
    const { session } = await open();
    expect(session.offers.has('pauseSelected')).toBe(true);
    session.route.go({ screen: 'settings' });
    await screen.findByTestId('settings');
    expect(session.offers.has('pauseSelected')).toBe(false);
    expect(session.offers.run('pauseSelected')).toBe(false);
  });
});

describe('keys', () => {
  const press = (key: string, more: Partial<KeyboardEvent> = {}, mac = false) =>
    commandFor({ key, code: '', ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...more }, mac);

  test.each([
    ['u', { ctrlKey: true }, 'upload'],
    ['P', { ctrlKey: true, shiftKey: true }, 'pauseAll'],
    ['p', { ctrlKey: true }, 'pauseSelected'],
    ['r', { ctrlKey: true }, 'retrySelected'],
    ['k', { ctrlKey: true }, 'palette'],
    ['?', { shiftKey: true }, 'help'],
    ['?', {}, 'help'],
    ['>', { ctrlKey: true, shiftKey: true, code: 'Period' }, 'density'],
    ['+', { ctrlKey: true, shiftKey: true, code: 'Equal' }, 'zoomIn'],
    ['=', { ctrlKey: true, code: 'Equal' }, 'zoomIn'],
    ['+', { ctrlKey: true, code: 'NumpadAdd' }, 'zoomIn'],
    ['-', { ctrlKey: true, code: 'Minus' }, 'zoomOut'],
    ['0', { ctrlKey: true, code: 'Digit0' }, 'zoomReset'],
    ['ArrowLeft', { altKey: true }, 'back'],
    ['ArrowUp', { altKey: true }, 'up'],
    ['F5', {}, 'refresh'],
    ['F6', {}, 'nextPane'],
    ['F6', { shiftKey: true }, 'previousPane'],
    ['f', { ctrlKey: true }, 'filter'],
    ['g', { ctrlKey: true }, 'nothing'],
    ['F7', {}, 'nothing'],
    ['u', {}, null],
    ['u', { ctrlKey: true, altKey: true }, null],
    [' ', {}, null],
    ['Delete', {}, null],
    ['ArrowUp', { altKey: true, shiftKey: true }, null],
  ])('%s %o', (key, more, meaning) => expect(press(key, more)).toBe(meaning));

  test('on a Mac it is Command', () => {
    expect(press('u', { metaKey: true }, true)).toBe('upload');
    expect(press('u', { ctrlKey: true }, true)).toBeNull();
  });

  test('a layout without Latin letters has them in the same places', () => {
    expect(press('г', { ctrlKey: true, code: 'KeyU' })).toBe('upload');
    expect(press('Process', { ctrlKey: true, code: 'KeyU' })).toBe('upload');
    // Where letters are Latin, what is written counts, not where it is.
    expect(press('k', { ctrlKey: true, code: 'KeyU' })).toBe('palette');
  });

  test('a text field keeps what it needs itself', () => {
    const field = document.createElement('input');
    expect(belongsToText('undo', field)).toBe(true);
    expect(belongsToText('help', field)).toBe(true);
    expect(belongsToText('palette', field)).toBe(false);
    expect(belongsToText('undo', document.body)).toBe(false);
    field.type = 'radio';
    expect(belongsToText('undo', field)).toBe(false);
  });

  test('the webview’s own reload, print and zoom are taken from it', async () => {
    await open();
    for (const init of [{ key: 'r', ctrlKey: true }, { key: 'p', ctrlKey: true }, { key: 'F5' }, { key: '+', ctrlKey: true }, { key: 'f', ctrlKey: true }]) {
      // `fireEvent` tells whether the default was left alone.
      expect(await fireEvent.keyDown(window, init)).toBe(false);
    }
  });
});

describe('the palette', () => {
  const entry = (label: string, more?: string): Entry => ({ id: label, label, kind: 'command', icon: 'up', run: () => undefined, ...(more ? { more } : {}) });

  test('finds by beginnings of words first, then inside words, then by initials', () => {
    const entries = ['unpaused', 'Pause all', 'All pauses', 'Put a use'].map((label) => entry(label));
    expect(find('pause', entries).map(({ label }) => label)).toEqual(['Pause all', 'All pauses', 'unpaused', 'Put a use']);
    expect(find('pause al', entries).map(({ label }) => label)).toContain('Pause all');
    expect(find('zebra', entries)).toEqual([]);
    expect(score('暂停', 'Pause all', '全部暂停')).not.toBeNull();
  });

  test.each([
    ['tos://media-archive', { bucket: 'media-archive', prefix: '' }],
    ['tos://media-archive/raw/2026/', { bucket: 'media-archive', prefix: 'raw/2026/' }],
    [' tos://media-archive/raw/a.mov ', { bucket: 'media-archive', prefix: 'raw/' }],
    ['tos://客户/x', null],
    ['media-archive', null],
  ])('%s as a path', (text, place) => expect(pastedPlace(text)).toEqual(place));

  test('opens by key and by the field in the rail, and gives the focus back', async () => {
    await open();
    const jump = screen.getByTestId('jump');
    jump.focus();
    await userEvent.click(jump);
    const palette = await screen.findByTestId('palette');
    expect(within(palette).getByRole('combobox')).toHaveFocus();
    await fireEvent(palette, new Event('cancel', { cancelable: true }));
    await waitFor(() => expect(screen.queryByTestId('palette')).toBeNull());
    expect(jump).toHaveFocus();
    await fireEvent.keyDown(window, { key: 'k', ctrlKey: true });
    await screen.findByTestId('palette');
  });

  test('runs what was chosen by keys, and shows only what can be done now', async () => {
    const { session } = await open();
    await fireEvent.keyDown(window, { key: 'k', ctrlKey: true });
    const field = await screen.findByTestId('palette-field');
    expect(document.querySelector('[data-entry="command-up"]')).toBeNull();
    await userEvent.type(field, 'settings{Enter}');
    await screen.findByTestId('settings');
    expect(session.route.place).toEqual({ screen: 'settings' });
  });

  test('finds buckets, running transfers and typed paths', async () => {
    const { session } = await open();
    await fireEvent.keyDown(window, { key: 'k', ctrlKey: true });
    const field = await screen.findByTestId('palette-field');
    await userEvent.type(field, 'cold-arch');
    await waitFor(() => expect(screen.getAllByTestId('palette-row')[0]).toHaveTextContent('cold-archive'));
    await userEvent.clear(field);
    await userEvent.type(field, 'imagenet');
    await waitFor(() => expect(screen.getAllByTestId('palette-row')[0]).toHaveTextContent('imagenet-subset-train.tar'));
    await userEvent.clear(field);
    await userEvent.type(field, 'tos://ml-checkpoints/runs/2026/{Enter}');
    await waitFor(() => expect(session.route.place).toEqual({ screen: 'bucket', bucket: 'ml-checkpoints', prefix: 'runs/2026/' }));
  });

  test('a transfer that was chosen is shown in its list, with its details', async () => {
    await open();
    await fireEvent.keyDown(window, { key: 'k', ctrlKey: true });
    await userEvent.type(await screen.findByTestId('palette-field'), 'imagenet');
    await waitFor(() => expect(screen.getAllByTestId('palette-row')[0]).toHaveTextContent('imagenet-subset-train.tar'));
    await userEvent.keyboard('{Enter}');
    const drawer = await screen.findByTestId('drawer');
    await waitFor(() => expect(drawer).toHaveTextContent('imagenet-subset-train.tar'));
  });

  test('in Chinese a command is also found by its English words', async () => {
    await open('zh');
    await fireEvent.keyDown(window, { key: 'k', ctrlKey: true });
    await userEvent.type(await screen.findByTestId('palette-field'), 'speed lim');
    expect(screen.getAllByTestId('palette-row')[0]).toHaveTextContent('限速');
  });
});

describe('help', () => {
  test('lists every key of the table, under its section', async () => {
    await open();
    await fireEvent.keyDown(window, { key: '?' });
    const help = await screen.findByTestId('help');
    const shown = [...help.querySelectorAll('dd .keys')].map((keys) => [...keys.children].map((one) => one.textContent).join(' '));
    for (const { keys } of COMMANDS) if (keys !== undefined) expect(shown).toContain(shownKeys(keys));
    expect(within(help).getAllByRole('heading', { level: 3 }).length).toBeGreaterThan(4);
  });

  test('on a Mac it has the names of a Mac', async () => {
    const agent = vi.spyOn(navigator, 'userAgent', 'get').mockReturnValue('Macintosh; Intel Mac OS X');
    const { session } = await open();
    session.offers.run('help');
    const help = await screen.findByTestId('help');
    expect(help).toHaveTextContent('⌘');
    expect(help).not.toHaveTextContent('Ctrl');
    agent.mockRestore();
  });
});

describe('the window', () => {
  test('zooms in steps and stops at both ends', () => {
    expect(zoomStep(100, 1)).toBe(110);
    expect(zoomStep(100, -1)).toBe(90);
    expect(zoomStep(200, 1)).toBeNull();
    expect(zoomStep(80, -1)).toBeNull();
    expect(zoomStep(137, 1)).toBe(150);
  });

  test('Ctrl Z takes back the last change, while its toast is there', async () => {
    const { session } = await open();
    session.offers.run('density');
    await waitFor(() => expect(document.documentElement.dataset['density']).toBe('compact'));
    expect(await screen.findByTestId('toast')).toHaveTextContent('Row height: changed');
    await fireEvent.keyDown(window, { key: 'z', ctrlKey: true });
    await waitFor(() => expect(document.documentElement.dataset['density']).toBe('comfortable'));
    expect(session.offers.can('undo')).toBe(false);
  });

  test('F6 goes from rail to toolbar to list to footer and around', async () => {
    await open();
    const at: string[] = [];
    for (let i = 0; i < 5; i += 1) {
      await fireEvent.keyDown(window, { key: 'F6' });
      const focused = document.activeElement;
      at.push(focused?.closest('nav') ? 'rail' : focused?.closest('.toolbar') ? 'toolbar' : focused?.closest('footer') ? 'footer' : 'list');
    }
    expect(at).toEqual(['rail', 'toolbar', 'list', 'footer', 'rail']);
    await fireEvent.keyDown(window, { key: 'F6', shiftKey: true });
    expect(document.activeElement?.closest('footer')).not.toBeNull();
  });

  test('a button shows the keys of the table', async () => {
    await open();
    expect(screen.getByTestId('upload').title).toBe(shownKeys(keysOf('upload')));
  });
});
