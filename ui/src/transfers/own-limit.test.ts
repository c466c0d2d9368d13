import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { setLanguage } from '../i18n/index.svelte';
import { Failure, type TransferRow } from '../ipc/backend';
import { createMock, type MockBackend } from '../ipc/mock/mock';
import { APP, App } from '../session/app.svelte';
import Shell from '../shell/App.svelte';
import OwnLimit from './OwnLimit.svelte';
import Priority from './Priority.svelte';
import { NO_ACTIONS, rowOf } from './testing';

const MIB = 1024 ** 2;
beforeEach(() => setLanguage('en'));
afterEach(cleanup);

function place<P extends { row: TransferRow }>(component: typeof OwnLimit | typeof Priority, props: P): MockBackend {
  const backend = createMock({ scene: 'studio' });
  const context = new Map([[APP, new App(backend)]]);
  render(component as typeof OwnLimit, { props: { now: 0, ...props }, context });
  return backend;
}

describe('the limit of one transfer', () => {
  test('acts as it is typed, and an empty field takes it away', async () => {
    const backend = place(OwnLimit, { row: rowOf() });
    const own = (): number | null | undefined => backend.simulation.detail(1)?.row.own_limit_bytes_s;
    await userEvent.type(screen.getByTestId('own-limit-field'), '16');
    await waitFor(() => expect(own()).toBe(16 * MIB));
    expect(screen.getByText('= 134 Mbit/s')).toBeInTheDocument();
    expect(screen.getByTestId('own-limit')).toHaveAttribute('aria-valuetext', '16 MiB/s, 134 Mbit/s');
    // Emptied, it is on the way to another number; left, it is meant.
    const set = vi.spyOn(backend, 'setTransferLimit');
    await userEvent.clear(screen.getByTestId('own-limit-field'));
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect([own(), set.mock.calls.length]).toEqual([16 * 1024 ** 2, 0]);
    await userEvent.keyboard('{Enter}');
    await waitFor(() => expect(own()).toBeNull());
  });

  test('its thumb moves by keys', async () => {
    const backend = place(OwnLimit, { row: rowOf({ own_limit_bytes_s: 16 * MIB }) });
    await fireEvent.keyDown(screen.getByTestId('own-limit'), { key: 'PageDown' });
    await waitFor(() => expect(backend.simulation.detail(1)?.row.own_limit_bytes_s).toBe(8 * MIB));
    await userEvent.click(screen.getByTestId('own-limit-none'));
    await waitFor(() => expect(backend.simulation.detail(1)?.row.own_limit_bytes_s).toBeNull());
  });

  test('0 is refused with the way to stop it, and what is no rate with an example', async () => {
    const backend = place(OwnLimit, { row: rowOf({ own_limit_bytes_s: 4 * MIB }) });
    backend.simulation.setTransferLimit([1], 4 * MIB);
    const field = screen.getByTestId('own-limit-field');
    await userEvent.clear(field);
    await userEvent.type(field, '0');
    expect(field).toHaveAttribute('aria-invalid', 'true');
    expect(screen.getByText('Pause stops it')).toBeInTheDocument();
    await userEvent.clear(field);
    await userEvent.type(field, 'fast');
    expect(screen.getByText('such as 20 MiB/s')).toBeInTheDocument();
  });

  test('says when another limit is lower', () => {
    const until_ms = new Date(1970, 0, 1, 19).getTime();
    const row = rowOf({ own_limit_bytes_s: 16 * MIB, limit: { bytes_s: MIB, source: 'timetable', until_ms } });
    place(OwnLimit, { row });
    expect(screen.getByTestId('own-limit-note')).toHaveTextContent('Held back by the timetable (1 MiB/s)');
  });

  test('where nothing can be held it says why', () => {
    place(OwnLimit, { row: rowOf({ direction: 'copy', limit: null, actions: NO_ACTIONS }) });
    expect(screen.queryByTestId('own-limit')).toBeNull();
    expect(screen.getByText(/moves no bytes through this computer/)).toBeInTheDocument();
  });

  test('what is refused is not shown as if it held', async () => {
    const backend = place(OwnLimit, { row: rowOf() });
    backend.setTransferLimit = () => Promise.reject(new Failure({ code: 'ledger', params: { message: 'full' }, retryable: true }));
    await userEvent.type(screen.getByTestId('own-limit-field'), '5');
    await userEvent.tab();
    await waitFor(() => expect(screen.getByTestId('own-limit-none')).toHaveAttribute('aria-pressed', 'true'));
  });
});

test('a priority is chosen by keys and says what it means', async () => {
  const backend = place(Priority, { row: rowOf() });
  screen.getByRole('radio', { name: 'Normal' }).focus();
  await userEvent.keyboard('{ArrowLeft}');
  await waitFor(() => expect(backend.simulation.detail(1)?.row.priority).toBe('high'));
  expect(screen.getByText(/Stands before all normal ones/)).toBeInTheDocument();
});

test('a row opens its own limit, and Esc gives the focus back', async () => {
  const backend = createMock({ scene: 'studio', settings: { language: 'en' } });
  render(Shell, { backend });
  const button = (await screen.findAllByTestId('row-limit'))[0];
  if (!button) throw new Error('no row can be limited');
  await userEvent.click(button);
  await screen.findByTestId('own-limit-popover');
  expect(screen.getByTestId('own-limit-field')).toHaveFocus();
  await userEvent.keyboard('2');
  await waitFor(() => expect(backend.simulation.detail(1)?.row.own_limit_bytes_s).toBe(2 * MIB));
  await userEvent.keyboard('{Escape}');
  await waitFor(() => expect(screen.queryByTestId('own-limit-popover')).toBeNull());
});
