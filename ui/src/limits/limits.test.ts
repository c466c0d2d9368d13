import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Limits } from '../ipc/backend';
import { createMock } from '../ipc/mock/mock';
import Shell from '../shell/App.svelte';
import { LimitsSender, SEND_EVERY_MS } from './sender';

const MIB = 1024 ** 2;
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

const up = (upload_bytes_s: number | null): Limits => ({ upload_bytes_s, download_bytes_s: null });

describe('sending limits while a thumb is dragged', () => {
  test('the first goes at once, those between are left out, the last always goes', () => {
    vi.useFakeTimers();
    const sent: (number | null)[] = [];
    const sender = new LimitsSender((limits) => sent.push(limits.upload_bytes_s));
    for (let i = 1; i <= 10; i += 1) sender.send(up(i));
    expect(sent).toEqual([1]);
    vi.advanceTimersByTime(SEND_EVERY_MS);
    expect(sent).toEqual([1, 10]);
    vi.advanceTimersByTime(10 * SEND_EVERY_MS);
    expect(sent).toEqual([1, 10]);
    sender.send(up(11));
    expect(sent).toEqual([1, 10, 11]);
  });

  test('what waits is sent when the popover closes', () => {
    vi.useFakeTimers();
    const sent: (number | null)[] = [];
    const sender = new LimitsSender((limits) => sent.push(limits.upload_bytes_s));
    sender.send(up(1));
    sender.send(up(2));
    sender.flush();
    expect(sent).toEqual([1, 2]);
    vi.advanceTimersByTime(SEND_EVERY_MS);
    expect(sent).toEqual([1, 2]);
  });
});

describe('the popover', () => {
  async function open(): Promise<ReturnType<typeof createMock>> {
    const backend = createMock({ scene: 'studio', settings: { language: 'en' } });
    render(Shell, { backend });
    await userEvent.click(await screen.findByTestId('limit-chip'));
    await screen.findByTestId('limits-popover');
    return backend;
  }

  test('a typed limit acts, moves the thumb and says its megabits', async () => {
    const backend = await open();
    await userEvent.type(screen.getByTestId('limit-up-field'), '20');
    await waitFor(() => expect(backend.simulation.limits.upload_bytes_s).toBe(20 * MIB));
    expect(screen.getByTestId('limit-up')).toHaveAttribute('aria-valuenow', String(20 * MIB));
    expect(screen.getByText('= 168 Mbit/s')).toBeInTheDocument();
    expect(backend.simulation.limits.download_bytes_s).toBeNull();
  });

  test('what is no rate is marked and changes nothing', async () => {
    const backend = await open();
    await userEvent.type(screen.getByTestId('limit-up-field'), 'fast');
    expect(screen.getByTestId('limit-up-field')).toHaveAttribute('aria-invalid', 'true');
    expect(backend.simulation.limits.upload_bytes_s).toBeNull();
  });

  test('keys move the limit, and No limit takes it away', async () => {
    const backend = await open();
    await fireEvent.keyDown(screen.getByTestId('limit-down'), { key: 'PageDown' });
    await waitFor(() => expect(backend.simulation.limits.download_bytes_s).toBe(512 * MIB));
    await userEvent.click(screen.getByTestId('limit-down-none'));
    await waitFor(() => expect(backend.simulation.limits.download_bytes_s).toBeNull());
    expect(screen.getByTestId('limit-down-none')).toHaveAttribute('aria-pressed', 'true');
  });

  test('Esc closes it', async () => {
    await open();
    await userEvent.keyboard('{Escape}');
    expect(screen.queryByTestId('limits-popover')).toBeNull();
  });
});
