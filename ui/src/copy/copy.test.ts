import { cleanup, render, screen, waitFor } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, test, vi } from 'vitest';
import { type CopyRoute, Failure } from '../ipc/backend';
import { createMock, type MockBackend } from '../ipc/mock/mock';
import Shell from '../shell/App.svelte';

afterEach(cleanup);

async function open(): Promise<MockBackend> {
  const backend = createMock({ scene: 'studio', settings: { language: 'en' } });
  render(Shell, { backend });
  await userEvent.click(await screen.findByTestId('bucket-media-archive'));
  return backend;
}

async function openSheet(): Promise<void> {
  const folder = (name: string): Promise<HTMLElement> => screen.findByText(name, { exact: false });
  for (const name of ['backups']) await userEvent.dblClick(await folder(name));
  await userEvent.click(await screen.findByText('readme.txt'));
  await userEvent.click(await screen.findByTestId('copy-to'));
  await screen.findByTestId('copy-sheet');
}

test('the way is said before the start: inside the store, or through this computer', async () => {
  await open();
  await openSheet();
  await userEvent.click(screen.getByTestId('copy-bucket-cold-archive'));
  await waitFor(() => expect(screen.getByTestId('copy-route')).toHaveAttribute('data-route', 'inside'));
  expect(screen.getByTestId('copy-route')).toHaveTextContent('inside TOS');
  await userEvent.click(screen.getByTestId('copy-bucket-media-mirror-sh'));
  await waitFor(() => expect(screen.getByTestId('copy-route')).toHaveAttribute('data-route', 'relay'));
  expect(screen.getByTestId('copy-sheet')).toHaveTextContent('passes through this computer, part by part');
});

test('nothing is copied before the way is known, and an old answer does not count', async () => {
  const backend = await open();
  await openSheet();
  const answers: ((route: CopyRoute) => void)[] = [];
  vi.spyOn(backend, 'copyRoute').mockImplementation(() => new Promise((answer) => answers.push(answer)));
  await userEvent.click(screen.getByTestId('copy-bucket-media-mirror-sh'));
  expect(screen.getByTestId('copy-confirm')).toBeDisabled();
  expect(screen.getByTestId('copy-route')).toHaveTextContent('checking the region');
  await userEvent.click(screen.getByTestId('copy-bucket-cold-archive'));
  answers[0]?.('relay');
  await Promise.resolve();
  expect(screen.getByTestId('copy-route')).toHaveAttribute('data-route', '');
  answers[1]?.('inside');
  await waitFor(() => expect(screen.getByTestId('copy-confirm')).toBeEnabled());
});

test('a bucket that cannot be asked is said so, and is not copied to', async () => {
  const backend = await open();
  await openSheet();
  const refusal = new Failure({ code: 'bucket_not_found', params: { bucket: 'cold-archive' }, retryable: false });
  vi.spyOn(backend, 'copyRoute').mockRejectedValue(refusal);
  await userEvent.click(screen.getByTestId('copy-bucket-cold-archive'));
  await waitFor(() => expect(screen.getByTestId('copy-sheet')).toHaveTextContent('cold-archive'));
  await waitFor(() => expect(screen.getByTestId('copy-sheet')).toHaveTextContent('There is no bucket “cold-archive” here'));
  expect(screen.getByTestId('copy-confirm')).toBeDisabled();
});

test('what could not be looked up is looked up again', async () => {
  const backend = await open();
  await openSheet();
  vi.spyOn(backend, 'copyRoute').mockRejectedValueOnce(new Failure({ code: 'network', params: {}, retryable: true }));
  await userEvent.click(screen.getByTestId('copy-bucket-cold-archive'));
  await userEvent.click(await screen.findByTestId('copy-again'));
  await waitFor(() => expect(screen.getByTestId('copy-route')).toHaveAttribute('data-route', 'inside'));
  expect(screen.queryByTestId('copy-again')).toBeNull();
  await waitFor(() => expect(screen.getByTestId('copy-confirm')).toBeEnabled());
});
