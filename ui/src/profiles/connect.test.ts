import { cleanup, render, screen, waitFor } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, test, vi } from 'vitest';
import { setLanguage } from '../i18n/index.svelte';
import type { AccountView } from '../ipc/backend';
import { createMock } from '../ipc/mock/mock';
import { APP, App } from '../session/app.svelte';
import Connect from './Connect.svelte';

afterEach(cleanup);

test.each(['back', 'Escape'])('connecting that is given up by %s enters no account, whatever still answers', async (how) => {
  setLanguage('en');
  const backend = createMock({ scene: 'studio', settings: { language: 'en' } });
  const app = new App(backend);
  await app.start();
  const before = app.account;
  if (!before) throw new Error('no account');
  let answer: (account: AccountView) => void = () => undefined;
  vi.spyOn(backend, 'connect').mockImplementation(() => new Promise((resolve) => (answer = resolve)));
  const cancelled = vi.spyOn(backend, 'cancelCheck').mockResolvedValue(undefined as never);
  const used = vi.spyOn(backend, 'useAccount').mockResolvedValue(before);
  const onconnected = vi.fn();
  const { unmount } = render(Connect, { props: { onconnected, onback: () => undefined }, context: new Map([[APP, app]]) });
  await userEvent.type(screen.getByTestId('access-key'), 'AKLT');
  await userEvent.type(screen.getByTestId('secret-key'), 'secret');
  await userEvent.click(screen.getByTestId('connect-submit'));
  if (how === 'back') unmount();
  else await userEvent.keyboard('{Escape}');
  expect(cancelled).toHaveBeenCalledOnce();
  answer({ ...before, id: 'new' });
  // It was too late to cancel: the account in use is used on.
  await waitFor(() => expect(used).toHaveBeenCalledWith(before.id));
  expect([onconnected.mock.calls.length, app.account?.id]).toEqual([0, before.id]);
});
