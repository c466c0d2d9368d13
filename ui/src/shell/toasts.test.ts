import { cleanup, fireEvent, render, screen, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createMock, type MockBackend } from '../ipc/mock/mock';
import { App } from '../session/app.svelte';
import { Notices, TOAST_MS } from '../session/notices.svelte';
import Shell from './App.svelte';

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

async function open(): Promise<MockBackend> {
  const backend = createMock({ scene: 'studio', settings: { language: 'en' } });
  render(Shell, { backend });
  await screen.findByTestId('rail');
  return backend;
}

describe('notices', () => {
  test('a toast stays ten seconds, and longer while it is pointed at', () => {
    vi.useFakeTimers();
    const notices = new Notices();
    notices.toast('Added');
    vi.advanceTimersByTime(TOAST_MS - 1);
    notices.hold();
    vi.advanceTimersByTime(60_000);
    expect(notices.toasts).toHaveLength(1);
    notices.resume();
    vi.advanceTimersByTime(TOAST_MS);
    expect(notices.toasts).toHaveLength(0);
  });

  test('what a toast waits for is done when it has gone, and not when its act or its owner took it away', () => {
    vi.useFakeTimers();
    const notices = new Notices();
    const gone: string[] = [];
    const add = (name: string): number => notices.toast(name, { gone: () => gone.push(name), act: { label: 'Undo', undo: true, run: () => gone.push(`not ${name}`) } });
    add('a');
    vi.advanceTimersByTime(TOAST_MS);
    notices.close(add('b'));
    notices.drop(add('c'));
    add('d');
    const toast = notices.undoable;
    if (toast) notices.act(toast);
    expect(gone).toEqual(['a', 'b', 'not d']);
    // There is room for five; one whose undo is still promised makes no way, and is not done before its time.
    notices.toast('plain');
    for (const name of ['1', '2', '3', '4', '5', '6']) add(name);
    expect(gone).toEqual(['a', 'b', 'not d']);
    expect(notices.toasts.map((one) => one.text)).toEqual(['1', '2', '3', '4', '5', '6']);
    notices.toast('the newest');
    expect(notices.toasts.map((one) => one.text)).toEqual(['1', '2', '3', '4', '5', '6', 'the newest']);
    vi.advanceTimersByTime(TOAST_MS);
    expect(gone).toEqual(['a', 'b', 'not d', '1', '2', '3', '4', '5', '6']);
  });

  test('the seconds in which something can be taken back are counted down', async () => {
    await open();
    await userEvent.click(screen.getByTestId('account-button'));
    vi.useFakeTimers({ shouldAdvanceTime: true });
    await userEvent.setup({ advanceTimers: vi.advanceTimersByTime }).click(await screen.findByTestId('theme-dark'));
    const toast = await screen.findByTestId('toast');
    expect(toast).toHaveTextContent('10 s');
    await vi.advanceTimersByTimeAsync(4_000);
    expect(toast).toHaveTextContent(/\b[56] s/);
  });

  const undo = (name: string, done: string[] = []): { label: string; undo: true; run: () => void } => ({ label: 'Undo', undo: true, run: () => done.push(name) });

  test('what can be taken back stays in reach until it no longer can: news waits behind it', () => {
    vi.useFakeTimers();
    const notices = new Notices();
    notices.toast('Removed', { act: undo('Removed'), fixed: true });
    vi.advanceTimersByTime(3_000);
    notices.toast('Saved');
    expect(notices.shown?.text).toBe('Removed');
    vi.advanceTimersByTime(6_999);
    expect(notices.shown?.text).toBe('Removed');
    vi.advanceTimersByTime(1);
    // Its own ten seconds begin when it is seen.
    expect(notices.shown?.text).toBe('Saved');
    vi.advanceTimersByTime(TOAST_MS - 1);
    expect(notices.shown?.text).toBe('Saved');
    vi.advanceTimersByTime(1);
    expect(notices.shown).toBeUndefined();
  });

  test('of several that can be taken back each runs out in its own time, and each can be turned to before', () => {
    vi.useFakeTimers();
    const notices = new Notices();
    const done: string[] = [];
    notices.toast('a', { act: undo('a', done) });
    vi.advanceTimersByTime(2_000);
    notices.toast('b', { act: undo('b', done) });
    vi.advanceTimersByTime(2_000);
    notices.toast('not done', { kind: 'bad' });
    expect(notices.shown?.text).toBe('not done');
    notices.turn();
    expect(notices.shown?.text).toBe('b');
    notices.turn();
    expect(notices.shown?.text).toBe('a');
    expect(notices.left(notices.shown?.id ?? -1)).toBe(6_000);
    if (notices.shown) notices.act(notices.shown);
    expect(done).toEqual(['a']);
    notices.turn();
    expect(notices.shown?.text).toBe('b');
    vi.advanceTimersByTime(8_000);
    // What went wrong was covered meanwhile, and is seen for as long as it should.
    expect(notices.toasts.map((one) => one.text)).toEqual(['not done']);
    vi.advanceTimersByTime(TOAST_MS - 1);
    expect(notices.shown?.text).toBe('not done');
  });

  test('none comes under the pointer, and the pointer holds up no time that is counted elsewhere', () => {
    vi.useFakeTimers();
    const notices = new Notices();
    notices.toast('Removed', { act: undo('Removed'), fixed: true });
    notices.hold();
    vi.advanceTimersByTime(4_000);
    notices.toast('not done', { kind: 'bad' });
    expect(notices.shown?.text).toBe('Removed');
    vi.advanceTimersByTime(6_000);
    expect(notices.shown?.text).toBe('not done');
    // It came under a pointer that still lies there.
    vi.advanceTimersByTime(60_000);
    expect(notices.shown?.text).toBe('not done');
    notices.resume();
    vi.advanceTimersByTime(TOAST_MS);
    expect(notices.toasts).toEqual([]);
  });

  test('newer news takes the place of older', () => {
    vi.useFakeTimers();
    const notices = new Notices();
    notices.toast('a');
    vi.advanceTimersByTime(5_000);
    notices.toast('b');
    expect(notices.shown?.text).toBe('b');
    vi.advanceTimersByTime(5_000);
    expect(notices.toasts.map((one) => one.text)).toEqual(['b']);
  });

  test('for want of room news goes first, and never what is seen', () => {
    vi.useFakeTimers();
    const notices = new Notices();
    const texts = (): string[] => notices.toasts.map((one) => one.text);
    notices.toast('bad 1', { kind: 'bad' });
    notices.hold();
    for (const name of ['bad 2', 'bad 3']) notices.toast(name, { kind: 'bad' });
    for (const name of ['a', 'b', 'c', 'd']) notices.toast(name);
    expect(texts()).toEqual(['bad 1', 'bad 2', 'bad 3', 'c', 'd']);
    for (const name of ['bad 4', 'bad 5']) notices.toast(name, { kind: 'bad' });
    expect(texts()).toEqual(['bad 1', 'bad 2', 'bad 3', 'bad 4', 'bad 5']);
    // News makes no room for itself among what has gone wrong.
    for (const name of ['e', 'f']) notices.toast(name);
    expect(texts()).toEqual(['bad 1', 'bad 2', 'bad 3', 'bad 4', 'bad 5', 'f']);
    notices.toast('bad 6', { kind: 'bad' });
    expect(texts()).toEqual(['bad 1', 'bad 3', 'bad 4', 'bad 5', 'bad 6']);
    expect(notices.shown?.text).toBe('bad 1');
  });

  test('a toast that has the focus stays when the pointer leaves it', async () => {
    const backend = createMock({ scene: 'studio', settings: { language: 'en' } });
    const session = new App(backend);
    render(Shell, { backend, session });
    await screen.findByTestId('rail');
    session.notices.toast('Added');
    const toast = await screen.findByTestId('toast');
    const resumed = vi.spyOn(session.notices, 'resume');
    const close = within(toast).getByRole('button', { name: 'Close' });
    close.focus();
    await fireEvent.pointerEnter(toast);
    await fireEvent.pointerLeave(toast);
    expect(resumed).not.toHaveBeenCalled();
    close.blur();
    expect(resumed).toHaveBeenCalled();
  });

  test('the others are counted on a button that shows them', async () => {
    const backend = await open();
    await userEvent.click(screen.getByTestId('account-button'));
    await userEvent.click(await screen.findByTestId('theme-dark'));
    const toast = await screen.findByTestId('toast');
    expect(screen.queryByTestId('toast-more')).toBeNull();
    backend.push({ type: 'dropped', drop: 1, paths: [], refused: [{ code: 'not_found', params: { path: '/a' }, retryable: false }], refused_more: 0 });
    await vi.waitFor(() => expect(screen.getByTestId('toast-more')).toHaveTextContent('1 more'));
    const first = toast.textContent;
    await userEvent.click(screen.getByTestId('toast-more'));
    expect(toast.textContent).not.toBe(first);
    expect(screen.getByTestId('toast-more')).toHaveFocus();
  });

  test('a screen reader hears one message in three seconds, the newest', () => {
    vi.useFakeTimers();
    const notices = new Notices();
    notices.speak('one');
    vi.advanceTimersByTime(0);
    expect(notices.spoken).toBe('one');
    notices.speak('two');
    notices.speak('three');
    vi.advanceTimersByTime(2_000);
    expect(notices.spoken).toBe('one');
    vi.advanceTimersByTime(1_000);
    expect(notices.spoken).toBe('three');
  });
});
