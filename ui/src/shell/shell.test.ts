import { cleanup, render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Pulse } from '../ipc/backend';
import { createMock, type MockBackend, type MockOptions } from '../ipc/mock/mock';
import { Live } from '../session/live.svelte';
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

describe('the foot of the window', () => {
  test('says that this computer is kept awake while bytes move, and stops that until it is wanted again', async () => {
    const backend = await open();
    const awake = await screen.findByRole('button', { name: 'Keeping this computer awake' });
    // The name says the state: said twice, the two would contradict each other.
    expect(awake).not.toHaveAttribute('aria-pressed');
    await userEvent.click(awake);
    backend.advance(100);
    await waitFor(() => expect(awake).toHaveAccessibleName('Not keeping it awake'));
    expect(backend.simulation.keepAwake).toBe(false);
    await userEvent.click(awake);
    backend.advance(100);
    await waitFor(() => expect(awake).toHaveAccessibleName('Keeping this computer awake'));
    expect(backend.simulation.keepAwake).toBe(true);
  });

  test('says nothing of it when nothing moves, or where the computer has no way', async () => {
    const backend = await open();
    await screen.findByTestId('keep-awake');
    backend.simulation.keepAwake = null;
    backend.advance(100);
    await waitFor(() => expect(screen.queryByTestId('keep-awake')).toBeNull());
    backend.simulation.keepAwake = true;
    backend.advance(100);
    await screen.findByTestId('keep-awake');
    await backend.pauseAll();
    backend.advance(100);
    await waitFor(() => expect(screen.queryByTestId('keep-awake')).toBeNull());
  });

  test('says whether the network is there, and leads to its settings', async () => {
    const backend = await open();
    const network = await screen.findByRole('button', { name: 'Online' });
    backend.setOffline(true);
    backend.advance(100);
    await waitFor(() => expect(network).toHaveAccessibleName('Offline'));
    backend.simulation.network = 'unanswered';
    backend.advance(100);
    await waitFor(() => expect(network).toHaveAccessibleName('TOS unreachable'));
    await userEvent.click(network);
    expect(await screen.findByRole('heading', { name: 'Network' })).toBeInTheDocument();
  });
});
