import { cleanup, render, screen, waitFor } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, test, vi } from 'vitest';
import { setLanguage } from '../i18n/index.svelte';
import type { ObjectPage } from '../ipc/backend';
import { createMock } from '../ipc/mock/mock';
import { APP, App } from '../session/app.svelte';
import UploadSheet from './UploadSheet.svelte';

afterEach(cleanup);

test('Overwrite that was chosen for one folder says nothing of another before its names were shown', async () => {
  setLanguage('en');
  const backend = createMock({ scene: 'studio', settings: { language: 'en' } });
  const answers = new Map<string, (page: ObjectPage) => void>();
  vi.spyOn(backend, 'listObjects').mockImplementation((_bucket, prefix) => new Promise((resolve) => answers.set(prefix, resolve)));
  const there = (prefix: string, names: string[]): ObjectPage => ({
    rows: names.map((name) => ({ key: prefix + name, name, folder: false, size_bytes: 1, modified_ms: null, storage_class: null })),
    next: null,
  });
  const app = new App(backend);
  app.buckets = [{ name: 'media', region: 'cn-beijing', created_ms: null }];
  const onupload = vi.fn(async () => true);
  render(UploadSheet, { props: { paths: ['/x.mov', '/y.mov'], target: null, onupload, onclose: () => undefined }, context: new Map([[APP, app]]) });
  await waitFor(() => expect(answers.has('')).toBe(true));
  answers.get('')?.(there('', ['x.mov']));
  await userEvent.click(await screen.findByTestId('conflict-overwrite'));
  await userEvent.type(screen.getByTestId('upload-prefix'), 'b/');
  await userEvent.click(screen.getByTestId('upload-confirm'));
  await waitFor(() => expect(answers.has('b/')).toBe(true));
  expect(screen.queryByTestId('conflict-overwrite')).toBeNull();
  answers.get('b/')?.(there('b/', ['y.mov']));
  expect(await screen.findByText(/y\.mov/, { selector: '.ask p' })).toBeInTheDocument();
  expect(onupload).not.toHaveBeenCalled();
  await userEvent.click(screen.getByTestId('upload-confirm'));
  await waitFor(() => expect(onupload).toHaveBeenCalledWith('media', 'b/', 'overwrite'));
});

test.each([
  ['enabled', 'so an overwrite can be undone', false],
  ['never', 'cannot be undone', true],
] as const)('Overwrite says whether it can be undone where versions are %s', async (versioning, words, red) => {
  setLanguage('en');
  const backend = createMock({ scene: 'studio', settings: { language: 'en' } });
  vi.spyOn(backend, 'listObjects').mockResolvedValue({
    rows: [{ key: 'x.mov', name: 'x.mov', folder: false, size_bytes: 1, modified_ms: null, storage_class: null }],
    next: null,
  });
  vi.spyOn(backend, 'bucketVersioning').mockResolvedValue(versioning);
  render(UploadSheet, {
    props: { paths: ['/x.mov'], target: { bucket: 'media', prefix: '' }, onupload: async () => true, onclose: () => undefined },
    context: new Map([[APP, new App(backend)]]),
  });
  await userEvent.click(await screen.findByTestId('conflict-overwrite'));
  const help = await screen.findByText(new RegExp(words));
  expect(help.classList.contains('bad')).toBe(red);
});
