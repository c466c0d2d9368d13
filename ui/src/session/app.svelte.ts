/** The state that every screen shares: the account, its buckets, the settings, and the ways to speak to the user. */
import { getContext, setContext } from 'svelte';
import { errorSentence } from '../i18n/errors';
import { setLanguage, systemLanguage } from '../i18n/index.svelte';
import {
  type AccountView,
  type AppError,
  type AppStatus,
  type Backend,
  type BucketView,
  errorOf,
  type KeysNeeded,
  type Settings,
} from '../ipc/backend';
import { Live } from './live.svelte';
import { Notices } from './notices.svelte';
import { Route } from './route.svelte';

const KEY = Symbol('app');

export class App {
  readonly backend: Backend;
  readonly live = new Live();
  readonly route = new Route();
  readonly notices = new Notices();

  status = $state.raw<AppStatus | null>(null);
  account = $state.raw<AccountView | null>(null);
  accounts = $state.raw<AccountView[]>([]);
  settings = $state.raw<Settings>({ language: 'system', theme: 'system', download_folder: '' });
  buckets = $state.raw<BucketView[] | null>(null);
  bucketsError = $state.raw<AppError | null>(null);
  /** What the user must know until it is put away: a notice, or an error that no place of its own has. */
  banner = $state.raw<AppError | null>(null);
  /** Accounts that want new keys before their transfers go on. */
  keysNeeded = $state.raw<KeysNeeded[]>([]);
  #bucketsAsked = 0;

  constructor(backend: Backend) {
    this.backend = backend;
    this.live.onNotice = (notice) => {
      this.banner = notice;
    };
    this.live.onKeysNeeded = () => void this.refreshKeysNeeded();
  }

  async start(): Promise<void> {
    const [status, settings] = await Promise.all([this.backend.appStatus(), this.backend.getSettings()]);
    this.settings = settings;
    this.#applySettings();
    this.banner = status.notice;
    this.account = status.account;
    this.status = status;
    // Nothing can go on before the passphrase is there, or the user says that it need not.
    if (status.secrets !== 'file_locked') await this.begin();
  }

  /** The accounts can be used from now on, or the user goes on without. */
  async begin(): Promise<void> {
    this.status = await this.backend.appStatus();
    this.banner = this.status.notice;
    await this.live.start(this.backend);
    if (this.account) await this.#entered();
  }

  async refreshStatus(): Promise<void> {
    this.status = await this.backend.appStatus();
  }

  /** The account in use may want keys even where no transfer waits for them. */
  async refreshKeysNeeded(): Promise<void> {
    await this.attempt(async () => {
      this.keysNeeded = await this.backend.keysNeeded();
    });
  }

  /** An account has new keys: what it shows is asked for again. */
  async keysRenewed(): Promise<void> {
    await Promise.all([this.refreshKeysNeeded(), this.refreshAccounts(), this.refreshBuckets()]);
  }

  async rename(id: string, name: string): Promise<boolean> {
    return this.attempt(async () => {
      const account = await this.backend.renameAccount(id, name);
      if (this.account?.id === id) this.account = account;
      await this.refreshAccounts();
    });
  }

  /** An account is in use from now on. */
  async enter(account: AccountView): Promise<void> {
    this.account = account;
    this.buckets = null;
    await this.#entered();
  }

  async #entered(): Promise<void> {
    await Promise.all([this.refreshBuckets(), this.refreshAccounts(), this.refreshKeysNeeded()]);
  }

  async refreshAccounts(): Promise<void> {
    await this.attempt(async () => {
      this.accounts = await this.backend.accounts();
    });
  }

  async refreshBuckets(): Promise<void> {
    const asked = ++this.#bucketsAsked;
    try {
      const buckets = await this.backend.listBuckets();
      if (asked !== this.#bucketsAsked) return;
      this.buckets = withOwnBucket(buckets, this.account);
      this.bucketsError = null;
    } catch (thrown) {
      if (asked !== this.#bucketsAsked) return;
      this.buckets = withOwnBucket([], this.account);
      this.bucketsError = this.buckets.length > 0 ? null : errorOf(thrown);
    }
  }

  async use(id: string): Promise<void> {
    await this.attempt(async () => {
      await this.enter(await this.backend.useAccount(id));
      this.route.reset({ screen: 'transfers', filter: 'active' });
    });
  }

  async forget(id: string): Promise<void> {
    await this.attempt(async () => {
      await this.backend.forgetAccount(id);
      const status = await this.backend.appStatus();
      this.status = status;
      this.account = status.account;
      await this.refreshAccounts();
      if (status.account) await this.refreshBuckets();
      else this.buckets = null;
    });
  }

  async change(settings: Partial<Settings>): Promise<void> {
    const before = this.settings;
    this.settings = { ...before, ...settings };
    this.#applySettings();
    try {
      await this.backend.setSettings(this.settings);
    } catch (thrown) {
      this.settings = before;
      this.#applySettings();
      this.notices.toast(errorSentence(errorOf(thrown)), { kind: 'bad' });
    }
  }

  /** Runs what a click asked for; a refusal becomes a sentence. Tells whether it succeeded. */
  async attempt(act: () => Promise<void>): Promise<boolean> {
    try {
      await act();
      return true;
    } catch (thrown) {
      this.notices.toast(errorSentence(errorOf(thrown)), { kind: 'bad' });
      return false;
    }
  }

  #applySettings(): void {
    const { language, theme } = this.settings;
    const chosen = language === 'en' || language === 'zh' ? language : systemLanguage(navigator.languages);
    setLanguage(chosen);
    document.documentElement.lang = chosen === 'zh' ? 'zh-CN' : 'en';
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset['theme'] = theme;
    else delete document.documentElement.dataset['theme'];
  }
}

/** A key that may not list buckets still has the one that was named when connecting. */
function withOwnBucket(buckets: BucketView[], account: AccountView | null): BucketView[] {
  const own = account?.bucket;
  if (!own || buckets.some((bucket) => bucket.name === own)) return buckets;
  return [...buckets, { name: own, region: account.region, created_ms: null }];
}

export function provideApp(app: App): void {
  setContext(KEY, app);
}

export function useApp(): App {
  return getContext<App>(KEY);
}
