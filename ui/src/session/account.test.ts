import { expect, test, vi } from 'vitest';
import { type AccountView, Failure } from '../ipc/backend';
import { createMock } from '../ipc/mock/mock';
import { App } from './app.svelte';

const bucket = (name: string): { name: string; region: string; created_ms: null } => ({ name, region: 'cn-beijing', created_ms: null });

async function started(): Promise<App> {
  const app = new App(createMock({ scene: 'studio', settings: { language: 'en' } }));
  await app.start();
  app.route.go({ screen: 'bucket', bucket: 'media-archive', prefix: '' });
  return app;
}

test('nothing of the old account can be clicked while another is entered, and no late answer of it is shown', async () => {
  const app = await started();
  let enter: (account: AccountView) => void = () => undefined;
  vi.spyOn(app.backend, 'useAccount').mockImplementation(() => new Promise((resolve) => (enter = resolve)));
  let late: (buckets: ReturnType<typeof bucket>[]) => void = () => undefined;
  const list = vi.spyOn(app.backend, 'listBuckets').mockImplementationOnce(() => new Promise((resolve) => (late = resolve)));
  const asked = app.refreshBuckets();
  const left = vi.fn();
  app.onLeaving(left);
  const using = app.use('other');
  expect(left).toHaveBeenCalledOnce();
  expect([app.route.place.screen, app.route.canGoBack, app.buckets, app.bookmarks]).toEqual(['transfers', false, null, []]);
  late([bucket('of-the-old')]);
  await asked;
  expect(app.buckets).toBeNull();
  list.mockResolvedValue([bucket('of-the-new')]);
  const account = app.account;
  if (!account) throw new Error('no account');
  enter({ ...account, id: 'other', bucket: '' });
  await using;
  expect([app.account?.id, app.buckets?.map((one) => one.name)]).toEqual(['other', ['of-the-new']]);
});

test('where the other account is refused, the one in use has its buckets again', async () => {
  const app = await started();
  const names = app.buckets?.map((one) => one.name);
  vi.spyOn(app.backend, 'useAccount').mockRejectedValue(new Failure({ code: 'secrets_locked', params: {}, retryable: false } as never));
  await app.use('other');
  expect(app.buckets?.map((one) => one.name)).toEqual(names);
  expect(names?.length).toBeGreaterThan(0);
});
