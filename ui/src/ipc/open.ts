/** Chooses what runs behind the window: Rust where there is some, else the mock. */
import type { Backend } from './backend';

export async function openBackend(): Promise<Backend> {
  const asked = new URLSearchParams(location.search);
  if ('__TAURI_INTERNALS__' in window && !asked.has('mock')) return (await import('./tauri')).tauriBackend;
  const { createMock, DEFAULTS } = await import('./mock/mock');
  const { withManyDone } = await import('./mock/manyDone');
  const mock = createMock({
    seed: Number(asked.get('seed') ?? DEFAULTS.seed),
    scene: asked.get('mock') === 'studio' ? 'studio' : 'first',
    pace: Number(asked.get('pace') ?? DEFAULTS.pace),
    extra: Number(asked.get('extra') ?? DEFAULTS.extra),
    keys: Number(asked.get('keys') ?? DEFAULTS.keys),
    expired: asked.has('expired'),
    secrets: asked.get('keychain') === 'none' ? 'this_run' : asked.get('keychain') === 'locked' ? 'file_locked' : 'keychain',
    settings: { language: asked.get('lang') ?? 'system', theme: asked.get('theme') ?? 'system' },
  });
  withManyDone(mock, Number(asked.get('done') ?? 0), Date.now());
  if (asked.has('still')) {
    // For pictures: a moment of this world that is the same each time.
    for (let tick = 0; tick < 20; tick += 1) mock.advance(100);
  } else mock.run();
  // Journeys move this world by hand: drop files on it, take its network away.
  Object.assign(window, { ternMock: mock });
  return mock;
}
