/** The state that every screen shares: the account, its buckets, the settings, and the ways to speak to the user. */
import { getContext, setContext } from 'svelte';
import { Offers } from '../commands/offers.svelte';
import { errorSentence } from '../i18n/errors';
import { type Key, LOCALES, setLanguage, systemLanguage, t } from '../i18n/index.svelte';
import {
  type AccountView,
  type AppError,
  type AppStatus,
  type Backend,
  type Bookmark,
  type BucketView,
  errorOf,
  type KeysNeeded,
  type Settings,
  USUAL_SETTINGS,
} from '../ipc/backend';
import { Live } from './live.svelte';
import { Notices } from './notices.svelte';
import { Route } from './route.svelte';

/** Under which the app is given to components; a test gives it to one alone. */
export const APP = Symbol('app');

export class App {
  readonly backend: Backend;
  readonly live = new Live();
  readonly route = new Route();
  readonly notices = new Notices();

  status = $state.raw<AppStatus | null>(null);
  account = $state.raw<AccountView | null>(null);
  accounts = $state.raw<AccountView[]>([]);
  settings = $state.raw<Settings>(USUAL_SETTINGS);
  readonly offers = new Offers();
  buckets = $state.raw<BucketView[] | null>(null);
  bookmarks = $state.raw<Bookmark[]>([]);
  bucketsError = $state.raw<AppError | null>(null);
  /** What the user must know until it is put away: a notice, or an error that no place of its own has. */
  banner = $state.raw<AppError | null>(null);
  /** Accounts that want new keys before their transfers go on. */
  keysNeeded = $state.raw<KeysNeeded[]>([]);
  /** The account whose new keys are being asked for. */
  keysFor = $state.raw<KeysNeeded | null>(null);
  /** The transfer whose ends are to be compared as soon as the receipts are shown. */
  #toVerify: number | null = null;
  #bucketsAsked = 0;
  /** Grows when the account changes: bookmarks that were asked for before are not its own. */
  #bookmarksAsked = 0;
  /** Buckets of this account that were deleted here: the one that the account was given is not shown for ever. */
  #bucketsDeleted = new Set<string>();
  /** Told before another account is used: what waits for the present one is not to reach the next. */
  #leaving = new Set<() => void>();

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

  /** Asks for new keys of an account, for which so many transfers wait. */
  askForKeys(id: string, transfers: number): void {
    const name = this.accounts.find((one) => one.id === id)?.name ?? id;
    this.keysFor = this.keysNeeded.find((one) => one.id === id) ?? { id, name, transfers };
  }

  /** Reads both ends of a transfer and compares them, where its receipt shows what is found. */
  verifyNow(id: number): void {
    this.#toVerify = id;
    this.route.go({ screen: 'receipts' });
  }

  /** The transfer that is to be verified, once. */
  takeToVerify(): number | null {
    const id = this.#toVerify;
    this.#toVerify = null;
    return id;
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
    this.#empty();
    this.account = account;
    await this.#entered();
  }

  /** Hears that the account in use is about to be left. */
  onLeaving(listen: () => void): void {
    this.#leaving.add(listen);
  }

  /** The account in use is about to be left. */
  leave(): void {
    for (const listen of this.#leaving) listen();
    this.notices.dropBound();
  }

  /** Nothing of an account that was left stays to be clicked, and no answer that was its own is shown. */
  #empty(): void {
    this.#bucketsAsked += 1;
    this.#bookmarksAsked += 1;
    this.#bucketsDeleted.clear();
    this.buckets = null;
    this.bucketsError = null;
    this.bookmarks = [];
  }

  async #entered(): Promise<void> {
    await Promise.all([
      this.refreshBuckets(),
      this.refreshAccounts(),
      this.refreshKeysNeeded(),
      this.setBookmarks(() => this.backend.bookmarks()),
    ]);
  }

  /** Shows the bookmarks that a call answers with. Tells whether it succeeded. */
  async setBookmarks(call: () => Promise<Bookmark[]>): Promise<boolean> {
    const asked = this.#bookmarksAsked;
    return this.attempt(async () => {
      const bookmarks = await call();
      if (asked === this.#bookmarksAsked) this.bookmarks = bookmarks;
    });
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
      this.buckets = this.#withOwnBucket(buckets);
      this.bucketsError = null;
    } catch (thrown) {
      if (asked !== this.#bucketsAsked) return;
      this.buckets = this.#withOwnBucket([]);
      this.bucketsError = this.buckets.length > 0 ? null : errorOf(thrown);
    }
  }

  /** A key that may not list buckets still has the one that was named when connecting. */
  #withOwnBucket(buckets: BucketView[]): BucketView[] {
    const own = this.account?.bucket;
    if (!own || this.#bucketsDeleted.has(own) || buckets.some((bucket) => bucket.name === own)) return buckets;
    return [...buckets, { name: own, region: this.account?.region ?? null, created_ms: null }];
  }

  /** Deletes a bucket that is empty, and leaves it: nothing leads to it any more. Rejects with the reason. */
  async deleteBucket(bucket: string): Promise<void> {
    await this.backend.deleteBucket(bucket);
    this.#bucketsDeleted.add(bucket);
    this.route.forget(bucket);
    void this.#bucketGone(bucket);
  }

  async #bucketGone(bucket: string): Promise<void> {
    const asked = this.#bookmarksAsked;
    for (const mark of this.bookmarks.filter((one) => one.bucket === bucket)) {
      if (asked !== this.#bookmarksAsked) return;
      await this.setBookmarks(() => this.backend.removeBookmark(mark));
    }
    await this.refreshBuckets();
  }

  async use(id: string): Promise<void> {
    const { account } = this;
    this.leave();
    // First nothing of the old account can be seen or clicked, then the new one is used.
    this.route.reset({ screen: 'transfers', filter: 'active' });
    this.#empty();
    const well = await this.attempt(async () => this.enter(await this.backend.useAccount(id)));
    // It was refused: the old one is still in use.
    if (!well && account !== null && this.account === account) await this.#entered();
  }

  async forget(id: string): Promise<void> {
    await this.attempt(async () => {
      if (id === this.account?.id) this.leave();
      await this.backend.forgetAccount(id);
      const status = await this.backend.appStatus();
      this.status = status;
      if (status.account?.id === this.account?.id) {
        this.account = status.account;
        await this.refreshAccounts();
        return;
      }
      // Where the window is stays; the places of the account that has gone are not gone back to.
      this.route.reset(this.route.place.screen === 'settings' ? this.route.place : { screen: 'transfers', filter: 'active' });
      this.#empty();
      this.account = status.account;
      if (status.account) await this.#entered();
      else await this.refreshAccounts();
    });
  }

  /** Changes settings, and saves them at once. With words that name it, what was before can be had back for a while. */
  async change(settings: Partial<Settings>, name?: Key): Promise<void> {
    const before = this.settings;
    this.settings = { ...before, ...settings };
    this.#applySettings();
    try {
      await this.backend.setSettings(this.settings);
    } catch (thrown) {
      this.settings = { ...this.settings, ...sameFields(before, settings) };
      this.#applySettings();
      this.notices.toast(errorSentence(errorOf(thrown)), { kind: 'bad' });
      return;
    }
    if (name === undefined) return;
    this.notices.toast(t('settings.changed', { name: t(name) }), {
      about: `setting ${Object.keys(settings).join(' ')}`,
      act: { label: t('act.undo'), undo: true, run: () => void this.change(sameFields(before, settings)) },
    });
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

  /** While the edge of the rail is dragged; what it is left at is a setting. */
  showRailWidth(width: number): void {
    document.documentElement.style.setProperty('--w-rail', `${width}px`);
  }

  #applySettings(): void {
    const { language, theme, density, rail_width_px } = this.settings;
    const chosen = language === 'en' || language === 'zh' ? language : systemLanguage(navigator.languages);
    setLanguage(chosen);
    const root = document.documentElement;
    root.lang = LOCALES[chosen];
    root.dataset['density'] = density;
    this.showRailWidth(rail_width_px);
    if (theme === 'light' || theme === 'dark') root.dataset['theme'] = theme;
    else delete root.dataset['theme'];
  }
}

/** What `before` has for the fields that a change names. */
function sameFields(before: Settings, change: Partial<Settings>): Partial<Settings> {
  return Object.fromEntries(Object.keys(change).map((key) => [key, before[key as keyof Settings]]));
}

export function provideApp(app: App): void {
  setContext(APP, app);
}

export function useApp(): App {
  return getContext<App>(APP);
}
