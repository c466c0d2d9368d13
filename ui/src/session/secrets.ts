/** Where secrets are kept, in words: the connect form, the accounts and the settings say the same. */
import { t } from '../i18n/index.svelte';
import type { SecretsPlace } from '../ipc/backend';

/** Where secrets are kept, on this system. */
export function secretsSentence(place: SecretsPlace, platform: string): string {
  switch (place) {
    case 'keychain':
      return t('connect.stored', {
        store: t(platform === 'windows' ? 'connect.store.windows' : platform === 'macos' ? 'connect.store.macos' : 'connect.store.linux'),
      });
    case 'file':
    case 'file_locked':
      return t('connect.storedFile');
    case 'this_run':
      return t('connect.thisRun');
  }
}
