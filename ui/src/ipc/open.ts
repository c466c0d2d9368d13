/** Chooses what runs behind the window: Rust where there is some, else the mock. */
import type { Backend } from './backend';

export async function openBackend(): Promise<Backend> {
  const asked = new URLSearchParams(location.search);
  if ('__TAURI_INTERNALS__' in window && !asked.has('mock')) return (await import('./tauri')).tauriBackend;
  const { createMock, DEFAULTS } = await import('./mock/mock');
  const mock = createMock({
    seed: Number(asked.get('seed') ?? DEFAULTS.seed),
    scene: asked.get('mock') === 'studio' ? 'studio' : 'first',
    pace: Number(asked.get('pace') ?? DEFAULTS.pace),
    extra: Number(asked.get('extra') ?? DEFAULTS.extra),
    secrets: asked.get('keychain') === 'none' ? 'this_run' : asked.get('keychain') === 'locked' ? 'file_locked' : 'keychain',
    settings: { language: asked.get('lang') ?? 'system', theme: asked.get('theme') ?? 'system' },
  });
  mock.run();
  // Journeys move this world by hand: drop files on it, take its network away.
  Object.assign(window, { ternMock: mock });
  return mock;
}
