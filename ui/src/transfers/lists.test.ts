import { cleanup, render, screen, waitFor } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { setLanguage } from '../i18n/index.svelte';
import { createMock, type MockBackend } from '../ipc/mock/mock';
import Shell from '../shell/App.svelte';

beforeEach(() => setLanguage('en'));
afterEach(cleanup);

async function open(prepare: (backend: MockBackend) => void): Promise<void> {
  const backend = createMock({ scene: 'studio', settings: { language: 'en' } });
  prepare(backend);
  render(Shell, { backend });
  await screen.findByTestId('rail');
}

test.each([
  ['transfers', 'transfer-row'],
  ['failedGroups', 'failed-group'],
] as const)('a list that could not be read (%s) says why, and is read again when that is wanted', async (call, row) => {
  let mend = (): void => undefined;
  await open((backend) => {
    const broken = vi.spyOn(backend, call).mockRejectedValue(new Error('cable'));
    mend = () => broken.mockRestore();
  });
  await userEvent.click(screen.getByTestId(call === 'transfers' ? 'nav-active' : 'nav-failed'));
  expect(await screen.findByText(/cable/)).toBeInTheDocument();
  mend();
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
  expect((await screen.findAllByTestId(row)).length).toBeGreaterThan(0);
});

test('where nothing has failed it is said when the last transfer was done', async () => {
  await open((backend) => backend.simulation.dismiss(backend.simulation.ids('failed'), 1));
  await userEvent.click(screen.getByTestId('nav-failed'));
  await screen.findByText('Nothing has failed.');
  await waitFor(() => expect(screen.getByText(/^The last transfer was done: .*\d\d:\d\d\.$/)).toBeInTheDocument());
});
