/** What the tests of the unfinished uploads share. */
import { render, screen } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import type { HeldView, UploadRow } from '../ipc/leftovers';
import { createMock, type MockBackend } from '../ipc/mock/mock';
import Shell from '../shell/App.svelte';

export const row = (id: string, more: Partial<UploadRow> = {}): UploadRow => ({
  key: `k/${id}`,
  upload_id: id,
  initiated_ms: 0,
  storage_class: null,
  needed_by: null,
  transfer: null,
  left_behind_by: null,
  ...more,
});
export const held = (more: Partial<HeldView> = {}): HeldView => ({ parts: 2, size_bytes: 10, last_part_ms: 0, in_use: false, parts_planned: null, source: null, ...more });

export async function open(): Promise<MockBackend> {
  const backend = createMock({ scene: 'studio', settings: { language: 'en' } });
  render(Shell, { backend });
  await userEvent.click(await screen.findByTestId('nav-leftovers'));
  await screen.findAllByTestId('leftover-row');
  return backend;
}

export const rowOf = (key: string): HTMLElement => {
  const found = screen.getAllByTestId('leftover-row').find((one) => one.dataset['key'] === key);
  if (!found) throw new Error(`no row ${key}`);
  return found;
};
export const FILM = 'documentary/黄河/EP03_master_ProRes4444_4K.mov';
