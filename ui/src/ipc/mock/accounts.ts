/** The accounts of the mock: a check that takes its steps as the real one does, and secrets that can be locked away. */
import type { AccountForm, AccountView, Backend, CheckProgress, ConnectForm, KeysNeeded, SecretsPlace, StepFact } from '../backend';

export const PRACTICE: AccountView = {
  id: 'practice',
  name: 'Practice',
  region: 'practice',
  endpoint: 'http://127.0.0.1:9000',
  key_tail: 'tice',
  practice: true,
  secret_kept: true,
  secret_known: true,
  bucket: null,
  prefix: null,
};

export const STUDIO: AccountView = {
  id: 'studio',
  name: 'Studio account',
  region: 'cn-beijing',
  endpoint: 'tos-cn-beijing.volces.com',
  key_tail: '7Q2d',
  practice: false,
  secret_kept: true,
  secret_known: true,
  bucket: null,
  prefix: null,
};

type Refuse = (code: string, params?: Record<string, string>, retryable?: boolean) => never;

type AccountCalls = Pick<
  Backend,
  | 'checkAccount'
  | 'cancelCheck'
  | 'connect'
  | 'renewKeys'
  | 'accounts'
  | 'useAccount'
  | 'renameAccount'
  | 'accountForm'
  | 'accountUse'
  | 'forgetAccount'
  | 'checkCaFile'
  | 'keepSecretsInFile'
  | 'unlockSecrets'
  | 'changePassphrase'
  | 'endSecretsFile'
  | 'discardSecretsFile'
>;

/** The accounts, the one in use, and what the calls need of the rest of the world. */
export class MockAccounts {
  readonly all = new Map<string, AccountView>();
  current: AccountView | null = null;
  secrets: SecretsPlace;
  /** Accounts whose token has expired. */
  expired: KeysNeeded[] = [];
  /** How long a step takes. */
  stepMs = 0;
  #forms = new Map<string, AccountForm>();
  #passphrase = 'correct horse';
  #check = 0;
  readonly #refuse: Refuse;
  readonly #made: (account: AccountView) => void;

  constructor(secrets: SecretsPlace, refuse: Refuse, made: (account: AccountView) => void) {
    this.secrets = secrets;
    this.#refuse = refuse;
    this.#made = made;
  }

  use(account: AccountView): AccountView {
    this.all.set(account.id, account);
    this.current = account;
    return account;
  }

  async #steps(form: ConnectForm, tell: (progress: CheckProgress) => void): Promise<void> {
    this.#check += 1;
    const mine = this.#check;
    const refuse = this.#refuse;
    const pass = async (step: CheckProgress['step'], fact: StepFact, note = false): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, this.stepMs));
      if (mine !== this.#check) refuse('check_cancelled');
      tell({ step, state: note ? 'note' : 'done', fact });
    };
    const fail = (step: CheckProgress['step'], code: string, params: Record<string, string> = {}): never => {
      tell({ step, state: 'failed', error: { code, params, retryable: false } });
      return refuse(code, params);
    };
    const endpoint = form.endpoint || `tos-${form.region}.volces.com`;
    const host = endpoint.replace(/^https?:\/\//, '');
    if (host.startsWith('tos-s3')) refuse('s3_endpoint', { endpoint });
    if (!/^[a-z0-9-]+$/.test(form.region)) refuse('region_invalid', { region: form.region });
    if (form.proxy_use === 'explicit' && !/^(https?|socks5h?):\/\/[^/\s]+$/.test(form.proxy)) refuse('proxy_invalid');
    if (form.ca_file !== '') await this.calls.checkCaFile(form.ca_file);
    tell({ step: 'address', state: 'running' });
    if (host.includes('offline')) fail('address', 'address_not_found', { host });
    await pass('address', { fact: 'address', host, address: '10.8.0.1', elapsed_ms: 12, proxy: form.proxy_use === 'explicit' ? form.proxy : null });
    tell({ step: 'secure', state: 'running' });
    if (host.includes('slow')) await new Promise((resolve) => setTimeout(resolve, 60_000));
    if (mine !== this.#check) refuse('check_cancelled');
    if (form.proxy.includes('closed')) fail('secure', 'proxy_failed', { proxy: form.proxy });
    if (host.includes('self-signed') && form.ca_file === '') fail('secure', 'tls', { problem: 'unknown_issuer', names: '' });
    if (host.includes('example.com')) fail('secure', 'not_tos', { endpoint });
    const plain = endpoint.startsWith('http://');
    await pass('secure', plain ? { fact: 'plain' } : { fact: 'tls', version: '1.3', extra_ca: form.ca_file !== '' }, plain);
    const ahead_s = form.access_key.includes('clock') ? 41 : 0;
    await pass('clock', { fact: 'clock', ahead_s }, ahead_s > 5);
    tell({ step: 'secret', state: 'running' });
    if (!form.access_key.startsWith('AKLT')) fail('secret', 'credentials', { code: 'InvalidAccessKeyId' });
    if (form.secret_key === 'wrong') fail('secret', 'credentials', { code: 'SignatureDoesNotMatch' });
    if (form.security_token === 'expired') fail('secret', 'credentials_expired');
    await pass('secret', { fact: 'signed' });
    const path = form.bucket.replace(/^tos:\/\//, '').replace(/\/+$/, '');
    if (path === '' && form.access_key.includes('nolist')) {
      await pass('permission', { fact: 'no_list' }, true);
      refuse('needs_bucket');
    }
    if (path === '') return pass('permission', { fact: 'buckets', count: 4 });
    tell({ step: 'permission', state: 'running' });
    if (path.startsWith('missing')) fail('permission', 'bucket_not_found', { bucket: path });
    if (path.startsWith('dropbox')) {
      await pass('permission', { fact: 'untested', path }, true);
      if (!form.accept_untested) refuse('bucket_untested', { path });
      return;
    }
    await pass('permission', { fact: 'place', path });
  }

  #find(id: string): AccountView {
    return this.all.get(id) ?? this.#refuse('account_missing', { account: id });
  }

  #checkPassphrase(given: string): void {
    if (given !== this.#passphrase) this.#refuse('wrong_passphrase');
  }

  readonly calls: AccountCalls = {
    checkAccount: (form, progress) => this.#steps(form, progress),
    cancelCheck: async () => {
      this.#check += 1;
    },
    connect: async (form, progress) => {
      const known = form.id === null ? null : this.#find(form.id);
      await this.#steps({ ...form, secret_key: form.secret_key || (known ? 'kept' : '') }, progress);
      const [bucket = '', ...rest] = form.bucket.replace(/^tos:\/\//, '').split('/');
      const prefix = rest.join('/').replace(/\/+$/, '');
      const account: AccountView = {
        id: known?.id ?? `account-${this.all.size + 1}`,
        name: form.name || form.region,
        region: form.region,
        endpoint: form.endpoint || `tos-${form.region}.volces.com`,
        key_tail: form.access_key.slice(-4),
        practice: false,
        secret_kept: this.secrets !== 'this_run',
        secret_known: true,
        bucket: bucket === '' ? null : bucket,
        prefix: prefix === '' ? null : `${prefix}/`,
      };
      const { secret_key: _secret, security_token, accept_untested: _untested, ...shown } = form;
      this.#forms.set(account.id, { ...shown, id: account.id, name: account.name, endpoint: account.endpoint, temporary: security_token !== '' });
      if (!known) this.#made(account);
      return this.use(account);
    },
    renewKeys: async (id, keys) => {
      this.#find(id);
      if (keys.secret_key === 'wrong') this.#refuse('credentials', { code: 'SignatureDoesNotMatch' });
      const waited = this.expired.find((one) => one.id === id)?.transfers ?? 0;
      this.expired = this.expired.filter((one) => one.id !== id);
      return waited;
    },
    accounts: async () => [...this.all.values()],
    useAccount: async (id) => {
      this.current = this.#find(id);
      return this.current;
    },
    renameAccount: async (id, name) => {
      const account = { ...this.#find(id), name };
      this.all.set(id, account);
      if (this.current?.id === id) this.current = account;
      return account;
    },
    accountForm: async (id) => {
      const { name, region, endpoint, key_tail, bucket, prefix } = this.#find(id);
      return (
        this.#forms.get(id) ?? {
          id,
          name,
          access_key: `AKLTexample0key0id0exam${key_tail}`,
          temporary: false,
          region,
          endpoint,
          bucket: bucket === null ? '' : `${bucket}/${prefix ?? ''}`,
          path_style: false,
          proxy_use: 'system',
          proxy: '',
          ca_file: '',
        }
      );
    },
    accountUse: async (id) => ({ transfers: id === this.current?.id && id === STUDIO.id ? 14 : 0, more: false }),
    forgetAccount: async (id) => {
      this.all.delete(id);
      if (this.current?.id === id) this.current = [...this.all.values()][0] ?? null;
    },
    checkCaFile: async (path) => (path.endsWith('.pem') ? 1 : this.#refuse('ca_file', { path, reason: 'no_certificate' })),
    keepSecretsInFile: async (passphrase) => {
      if (passphrase.length < 8) this.#refuse('passphrase_too_short', { min: '8' });
      this.#passphrase = passphrase;
      this.secrets = 'file';
      return this.secrets;
    },
    unlockSecrets: async (passphrase) => {
      this.#checkPassphrase(passphrase);
      this.secrets = 'file';
      return this.secrets;
    },
    changePassphrase: async (old, next) => {
      this.#checkPassphrase(old);
      return this.calls.keepSecretsInFile(next);
    },
    endSecretsFile: async () => {
      this.secrets = 'this_run';
      return this.secrets;
    },
    discardSecretsFile: async () => {
      this.secrets = 'this_run';
      return this.secrets;
    },
  };
}
