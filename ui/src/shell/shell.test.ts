import { cleanup, render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Pulse } from '../ipc/backend';
import { createMock, type MockBackend, type MockOptions } from '../ipc/mock/mock';
import { Live } from '../session/live.svelte';
import { Notices, TOAST_MS } from '../session/notices.svelte';
import { Route } from '../session/route.svelte';
import Shell from './App.svelte';

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

async function open(options: Partial<MockOptions> = {}): Promise<MockBackend> {
  const backend = createMock({ scene: 'studio', settings: { language: 'en' }, ...options });
  render(Shell, { backend });
  await screen.findByTestId('rail');
  return backend;
}

describe('counts', () => {
  test('are exact in the rail, and a failure count of zero is hidden', async () => {
    const backend = await open();
    const { counts } = backend.simulation.pulse();
    await waitFor(() => expect(screen.getByTestId('nav-done')).toHaveTextContent(String(counts.done)));
    expect(screen.getByTestId('nav-failed')).toHaveTextContent(String(counts.failed));
    backend.simulation.dismiss(backend.simulation.ids('failed'), 1);
    backend.push({ type: 'pulse', pulse: backend.simulation.pulse() });
    await waitFor(() => expect(screen.getByTestId('nav-failed')).toHaveTextContent(/^Failed\s*$/));
  });

  test('an older pulse does not replace a newer one', () => {
    const live = new Live();
    const pulse = (revision: number, active: number): Pulse => ({
      ...live.pulse,
      revision,
      counts: { active, waiting: 0, paused: 0, failed: 0, done: 0 },
    });
    live.receive({ type: 'pulse', pulse: pulse(5, 3) });
    live.receive({ type: 'pulse', pulse: pulse(4, 9) });
    expect(live.pulse.counts.active).toBe(3);
  });
});

describe('dropped files', () => {
  const drop = (backend: MockBackend, paths: string[]): void => backend.push({ type: 'dropped', drop: 1, paths, refused: [], refused_more: 0 });

  test('on a bucket they go there at once when no name is taken', async () => {
    const backend = await open();
    const add = vi.spyOn(backend, 'addUploads');
    await userEvent.click(await screen.findByTestId('bucket-cold-archive'));
    backend.push({ type: 'drag_over', paths: 2 });
    expect(await screen.findByTestId('drop-overlay')).toHaveTextContent('Upload 2 files');
    drop(backend, ['/a.mov', '/b.mov']);
    await waitFor(() => expect(add).toHaveBeenCalledWith('cold-archive', '', ['/a.mov', '/b.mov'], 'keep_both'));
    expect(screen.queryByTestId('drop-overlay')).toBeNull();
    expect(screen.queryByTestId('upload-sheet')).toBeNull();
  });

  test('go where they were let go, whatever is shown when the disk has answered', async () => {
    const backend = await open();
    const add = vi.spyOn(backend, 'addUploads');
    await userEvent.click(await screen.findByTestId('bucket-cold-archive'));
    backend.push({ type: 'drop_aimed', drop: 7 });
    backend.push({ type: 'drag_leave' });
    await userEvent.click(await screen.findByTestId('bucket-media-archive'));
    backend.push({ type: 'dropped', drop: 7, paths: ['/a.mov'], refused: [], refused_more: 0 });
    await waitFor(() => expect(add).toHaveBeenCalledWith('cold-archive', '', ['/a.mov'], 'keep_both'));
  });

  test('if a name is taken the one question is put, and its answer is sent', async () => {
    const practice = createMock({ settings: { language: 'en' } });
    await practice.connectPractice();
    render(Shell, { backend: practice });
    const add = vi.spyOn(practice, 'addUploads');
    await userEvent.click(await screen.findByTestId('bucket-practice'));
    await screen.findAllByTestId('object-row');
    drop(practice, ['/home/lin/welcome.txt']);
    const sheet = await screen.findByTestId('upload-sheet');
    expect(await within(sheet).findByText(/“welcome.txt” is there already/)).toBeInTheDocument();
    await userEvent.click(screen.getByTestId('conflict-skip'));
    await userEvent.click(screen.getByTestId('upload-confirm'));
    await waitFor(() => expect(add).toHaveBeenCalledWith('practice', '', ['/home/lin/welcome.txt'], 'skip'));
  });

  test('on the transfers the bucket is asked for', async () => {
    const backend = await open();
    drop(backend, ['/a.mov']);
    expect(await screen.findByTestId('upload-sheet')).toBeInTheDocument();
    expect(screen.getByTestId('upload-confirm')).toBeDisabled();
  });

  test('a folder is refused with a sentence', async () => {
    const backend = await open();
    await userEvent.click(await screen.findByTestId('bucket-cold-archive'));
    drop(backend, ['/home/lin/folder/']);
    expect(await screen.findByTestId('toast')).toHaveTextContent('“/home/lin/folder/” is a folder.');
  });
});

describe('cancelling', () => {
  test('names what is lost and keeps by default', async () => {
    const backend = await open();
    const dismiss = vi.spyOn(backend, 'dismiss');
    const pause = vi.spyOn(backend, 'pause');
    const [first] = await screen.findAllByTestId('transfer-row');
    if (!first) throw new Error('no row');
    await userEvent.click(within(first).getByTestId('cancel'));
    const confirm = await screen.findByTestId('confirm');
    expect(confirm).toHaveTextContent(/Cancel 1 upload and delete 11\.\d GiB already sent\?/);
    await userEvent.click(screen.getByTestId('confirm-keep'));
    expect(pause).toHaveBeenCalledOnce();
    expect(dismiss).not.toHaveBeenCalled();
  });
});

describe('places', () => {
  test('go back and forward, and another account forgets them', () => {
    const route = new Route();
    route.go({ screen: 'bucket', bucket: 'a', prefix: '' });
    route.go({ screen: 'bucket', bucket: 'a', prefix: 'x/' });
    route.go({ screen: 'bucket', bucket: 'a', prefix: 'x/' });
    route.back();
    expect(route.place).toEqual({ screen: 'bucket', bucket: 'a', prefix: '' });
    route.forward();
    expect(route.place).toMatchObject({ prefix: 'x/' });
    expect(route.canGoForward).toBe(false);
    route.reset({ screen: 'settings' });
    expect(route.canGoBack).toBe(false);
  });

  test('of a bucket that is gone are left for the last other one, and not gone back to', () => {
    const route = new Route();
    route.go({ screen: 'bucket', bucket: 'b', prefix: '' });
    for (const prefix of ['', 'x/', 'x/y/']) route.go({ screen: 'bucket', bucket: 'a', prefix });
    route.back();
    route.forget('a');
    expect([route.place, route.canGoForward]).toEqual([{ screen: 'bucket', bucket: 'b', prefix: '' }, false]);
    route.back();
    expect([route.place, route.canGoBack]).toEqual([{ screen: 'transfers', filter: 'active' }, false]);
    route.forget('b');
    expect([route.place.screen, route.canGoForward]).toEqual(['transfers', false]);
  });
});

describe('a notice', () => {
  test('that Rust pushes stays on top until it is put away', async () => {
    const backend = await open();
    backend.push({ type: 'notice', notice: { code: 'engine_stopped', params: {}, retryable: false } });
    expect(await screen.findByTestId('banner')).toHaveTextContent('Quit and start it again');
    await userEvent.click(within(screen.getByTestId('banner')).getByRole('button'));
    expect(screen.queryByTestId('banner')).toBeNull();
  });
});

describe('notices', () => {
  test('a toast stays ten seconds, and longer while it is pointed at', () => {
    vi.useFakeTimers();
    const notices = new Notices();
    notices.toast('Added');
    const id = notices.toasts[0]?.id ?? -1;
    vi.advanceTimersByTime(TOAST_MS - 1);
    notices.hold(id);
    vi.advanceTimersByTime(60_000);
    expect(notices.toasts).toHaveLength(1);
    notices.resume(id);
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
