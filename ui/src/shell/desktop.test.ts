import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { NoticeFacts, TransferRow } from '../ipc/backend';
import { createMock, type MockBackend, type MockOptions } from '../ipc/mock/mock';
import { setLanguage } from '../i18n/index.svelte';
import Shell from './App.svelte';
import { noticeWords } from './noticewords';
import { pastedPlace } from './paste';
import { isWebviewKey } from '../commands/keys';
import { holdsText } from '../ui/textfield';
import { tameWebview } from './webview';

afterEach(() => {
  cleanup();
  setLanguage('en');
});

const gone = (path: string) => ({ code: 'source_missing', params: { path }, retryable: true });

async function open(options: Partial<MockOptions> = {}, before?: (backend: MockBackend) => void): Promise<MockBackend> {
  const backend = createMock({ scene: 'studio', settings: { language: 'en' }, ...options });
  before?.(backend);
  render(Shell, { backend });
  await screen.findByTestId(options.scene === 'first' ? 'connect' : 'rail');
  return backend;
}

describe('files given from outside', () => {
  test('get the sheet of the bucket that is shown, whether or not a name is taken', async () => {
    const backend = await open();
    await userEvent.click(await screen.findByTestId('bucket-cold-archive'));
    backend.desktop.given = { paths: ['/data/a.mov', '/data/报告 2.txt'], refused: [], refused_more: 0 };
    backend.push({ type: 'files_given' });
    const sheet = await screen.findByTestId('upload-sheet');
    expect(sheet).toHaveTextContent('Upload 2 files');
    expect(sheet).toHaveTextContent('tos://cold-archive/');
    const add = vi.spyOn(backend, 'addUploads');
    await userEvent.click(screen.getByTestId('upload-confirm'));
    await waitFor(() => expect(add).toHaveBeenCalledWith('cold-archive', '', ['/data/a.mov', '/data/报告 2.txt'], 'keep_both'));
  });

  test('with the start are found though nothing was pushed', async () => {
    await open({}, (backend) => (backend.desktop.given = { paths: ['/data/a.mov'], refused: [], refused_more: 0 }));
    expect(await screen.findByTestId('upload-sheet')).toHaveTextContent('a.mov');
  });

  test('wait for an account', async () => {
    await open({ scene: 'first' }, (backend) => (backend.desktop.given = { paths: ['/data/a.mov'], refused: [], refused_more: 0 }));
    expect(screen.queryByTestId('upload-sheet')).toBeNull();
    await userEvent.click(screen.getByTestId('practice'));
    expect(await screen.findByTestId('upload-sheet')).toHaveTextContent('a.mov');
  });

  test('wait for whatever is modal, of any screen', async () => {
    const backend = await open();
    await userEvent.click(screen.getByTestId('nav-leftovers'));
    await screen.findAllByTestId('leftover-row');
    await userEvent.click(screen.getByTestId('clean-up'));
    await screen.findByTestId('clean-up-sheet');
    backend.desktop.given = { paths: ['/data/a.mov'], refused: [], refused_more: 0 };
    backend.push({ type: 'files_given' });
    await waitFor(() => expect(backend.desktop.given.paths).toEqual([]));
    expect(screen.queryByTestId('upload-sheet')).toBeNull();
    // What is modal has the keys.
    await fireEvent.keyDown(window, { key: 'k', ctrlKey: true });
    expect(screen.queryByTestId('palette')).toBeNull();
    await userEvent.click(screen.getByRole('button', { name: 'Not now' }));
    expect(await screen.findByTestId('upload-sheet')).toHaveTextContent('a.mov');
  });

  test('wait until the sheet that is open is closed', async () => {
    const backend = await open({}, (mock) => (mock.desktop.given = { paths: ['/data/a.mov'], refused: [], refused_more: 0 }));
    expect(await screen.findByTestId('upload-sheet')).toHaveTextContent('a.mov');
    backend.desktop.given = { paths: ['/data/b.mov'], refused: [], refused_more: 0 };
    backend.push({ type: 'files_given' });
    await waitFor(() => expect(backend.desktop.given.paths).toEqual([]));
    expect(screen.getByTestId('upload-sheet')).toHaveTextContent('a.mov');
    await userEvent.click(screen.getByRole('button', { name: 'Not now' }));
    await waitFor(() => expect(screen.getByTestId('upload-sheet')).toHaveTextContent('b.mov'));
  });
});

describe('a refused drop', () => {
  test('says which path and why, and how many more; the rest goes on', async () => {
    const backend = await open();
    const add = vi.spyOn(backend, 'addUploads');
    await userEvent.click(await screen.findByTestId('bucket-cold-archive'));
    backend.push({ type: 'dropped', drop: 1, paths: ['/data/b'], refused: [gone('/data/a'), gone('/data/c'), gone('/data/d')], refused_more: 0 });
    const said = '/data/a is no longer there. Put it back, then retry. 2 more were left out.';
    await waitFor(() => expect(screen.getByTestId('toast')).toHaveTextContent(said));
    expect(add).toHaveBeenCalledWith('cold-archive', '', ['/data/b'], 'keep_both');
  });

  test('without any file says so', async () => {
    const backend = await open();
    backend.push({ type: 'dropped', drop: 1, paths: [], refused: [{ code: 'no_file_dropped', params: {}, retryable: true }], refused_more: 0 });
    expect(await screen.findByTestId('toast')).toHaveTextContent('no file on this computer');
  });

  test('before there is an account, or over a sheet, says what comes first', async () => {
    const first = await open({ scene: 'first' });
    first.push({ type: 'dropped', drop: 1, paths: ['/data/a'], refused: [], refused_more: 0 });
    expect(await screen.findByTestId('toast')).toHaveTextContent('Connect to an account first');
    cleanup();
    const backend = await open({}, (mock) => (mock.desktop.given = { paths: ['/data/a.mov'], refused: [], refused_more: 0 }));
    await screen.findByTestId('upload-sheet');
    backend.push({ type: 'dropped', drop: 1, paths: ['/data/b'], refused: [], refused_more: 0 });
    expect(await screen.findByTestId('toast')).toHaveTextContent('Finish what is open first');
  });
});

describe('closing the window while transfers run', () => {
  async function asked(tray: boolean): Promise<MockBackend> {
    const backend = await open({}, (mock) => (mock.desktop.tray = tray));
    backend.push({ type: 'quit_asked' });
    await screen.findByTestId('quit-sheet');
    return backend;
  }

  test('names how many run and goes on in the tray', async () => {
    const backend = await asked(true);
    const { active, waiting } = backend.simulation.pulse().counts;
    expect(screen.getByTestId('quit-sheet')).toHaveTextContent(`${active + waiting} transfers are not finished.`);
    await userEvent.click(screen.getByTestId('quit-tray'));
    expect(backend.desktop.told).toMatchObject({ hidden: 1, quit: 0 });
    expect(screen.queryByTestId('quit-sheet')).toBeNull();
  });

  test('quits when told so, and only then', async () => {
    const backend = await asked(false);
    expect(screen.queryByTestId('quit-tray')).toBeNull();
    await userEvent.click(screen.getByTestId('quit-stay'));
    expect(backend.desktop.told.quit).toBe(0);
    backend.push({ type: 'quit_asked' });
    await userEvent.click(await screen.findByTestId('quit-pause'));
    expect(backend.desktop.told).toMatchObject({ hidden: 0, quit: 1 });
  });
});

describe('the words outside of the window', () => {
  test('are those of its language, also after a switch', async () => {
    const backend = await open();
    await waitFor(() => expect(backend.desktop.told.words?.open).toBe('Open Tern'));
    setLanguage('zh');
    await waitFor(() => expect(backend.desktop.told.words).toEqual({ open: '打开 Tern', pause_all: '全部暂停', resume_all: '全部继续', quit: '退出' }));
  });

  test('a notice that is due is put into words', async () => {
    const backend = await open();
    backend.push({ type: 'notice_due', facts: { done: 3, attention: 0, row: null } });
    await waitFor(() => expect(backend.desktop.told.notices).toEqual([{ title: '3 transfers are done.', body: '' }]));
  });

  test('say one by its name and many by their number', () => {
    const backend = createMock({ scene: 'studio' });
    const id = backend.simulation.ids('failed')[0] ?? 0;
    const failed = backend.simulation.page('failed', null, 50).rows.find((one) => one.id === id) as TransferRow;
    const of = (facts: Partial<NoticeFacts>) => noticeWords({ done: 0, attention: 0, row: null, ...facts });
    const done: TransferRow = { ...failed, name: 'a.mov', why: null, state: 'done_unverified' };
    expect(of({ done: 1, row: done })).toEqual({ title: 'a.mov is done', body: 'Done, unverified' });
    expect(of({ attention: 1, row: failed }).title).toBe('1 transfer needs you');
    expect(of({ attention: 1, row: failed }).body).toContain(failed.name);
    expect(of({ done: 2, attention: 5 })).toEqual({ title: '5 transfers need you', body: '2 transfers are done. Failed and Paused say why.' });
    setLanguage('zh');
    expect(of({ done: 2 }).title).toBe('2 个任务已完成。');
  });
});

describe('the webview', () => {
  let away: () => void;
  beforeEach(() => {
    away = tameWebview(window, false);
    document.body.innerHTML = '<p>text</p><input><input type="range"><textarea></textarea><a href="https://example.com">x</a>';
  });
  afterEach(() => {
    away();
    document.body.innerHTML = '';
  });
  const prevented = (selector: string, event: Event): boolean => {
    const at = document.querySelector(selector);
    if (!at) throw new Error(selector);
    return !at.dispatchEvent(event);
  };
  const event = (type: string, more: object = {}) => new MouseEvent(type, { bubbles: true, cancelable: true, ...more });

  test('shows its menu in fields of text and nowhere else', () => {
    const menus = ['p', 'a', 'input[type=range]', 'input', 'textarea'].map((at) => prevented(at, event('contextmenu')));
    expect(menus).toEqual([true, true, true, false, false]);
  });

  test('does not go where a link leads', () => {
    expect(prevented('a', event('click'))).toBe(true);
    expect(prevented('a', event('auxclick', { button: 1 }))).toBe(true);
    expect(prevented('p', event('click'))).toBe(false);
  });

  test('does not reload, print, search or save, and leaves editing keys alone', () => {
    const press = (key: string, more: object = {}) =>
      prevented('input', new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more }));
    const ctrl = { ctrlKey: true };
    expect(['r', 'R', 'p', 'f', 'g', 's', 'u'].map((key) => press(key, ctrl))).not.toContain(false);
    expect(['F3', 'F5', 'F7'].map((key) => press(key))).not.toContain(false);
    expect(['a', 'c', 'v', 'x', 'z'].map((key) => press(key, ctrl))).not.toContain(true);
    expect(press('r')).toBe(false);
  });

  test('leaves the keys of text fields on a Mac, where Control edits', () => {
    const key = { key: 'f', code: 'KeyF', altKey: false, shiftKey: false };
    expect(isWebviewKey({ ...key, ctrlKey: true, metaKey: false }, true)).toBe(false);
    expect(isWebviewKey({ ...key, ctrlKey: false, metaKey: true }, true)).toBe(true);
  });

  test('knows where text is edited', () => {
    expect(holdsText(document.querySelector('textarea'))).toBe(true);
    expect(holdsText(document.body)).toBe(false);
    expect(holdsText(null)).toBe(false);
  });
});

describe('a path that is pasted', () => {
  test.each([
    ['tos://media-archive', { bucket: 'media-archive', prefix: '' }],
    [' tos://media-archive/raw/2026/\n', { bucket: 'media-archive', prefix: 'raw/2026/' }],
    ['tos://media-archive/raw/报告 2.txt', { bucket: 'media-archive', prefix: 'raw/' }],
    ['https://example.com/', null],
    ['tos://NOT A BUCKET/', null],
    ['text with tos://media-archive in it', null],
  ])('%j', (text, place) => expect(pastedPlace(text)).toEqual(place));

  test('is gone to, unless it is pasted into a field', async () => {
    await open();
    const paste = (target: Element | Window) =>
      fireEvent.paste(target, { clipboardData: { getData: () => 'tos://cold-archive/' } });
    const field = document.body.appendChild(document.createElement('input'));
    await paste(field);
    field.remove();
    expect(screen.queryByTestId('browser-status')).toBeNull();
    await paste(document.body);
    expect(await screen.findByTestId('browser-status')).toBeInTheDocument();
  });
});
