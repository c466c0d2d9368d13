import { cleanup, render, screen, waitFor } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { setLanguage } from '../i18n/index.svelte';
import { createMock, type MockBackend, type MockOptions } from '../ipc/mock/mock';
import Shell from '../shell/App.svelte';
import { parsePaste } from './paste';
import type { CheckProgress } from '../ipc/backend';
import { endpointOf, regionOf } from './regions';
import { fieldFor, markOf, runningStep, type Told, withoutRunning, withProgress } from './steps';
import { stepText, stepTitle } from './words';

describe('pasted keys', () => {
  const KEYS = { accessKey: 'AKLTexample00', secretKey: 'c2VjcmV0+/==', token: '', region: '', endpoint: '' };
  test.each([
    ['two lines', 'AKLTexample00\nc2VjcmV0+/==\n'],
    ['NAME=value lines', 'TOS_ACCESS_KEY=AKLTexample00\nTOS_SECRET_KEY=c2VjcmV0+/=='],
    ['export lines with quotes', 'export TOS_ACCESS_KEY="AKLTexample00"\r\nexport TOS_SECRET_KEY="c2VjcmV0+/=="\r\n'],
    ['the console’s labels', 'AccessKeyId: AKLTexample00\nSecretAccessKey: c2VjcmV0+/=='],
    ['a CSV', 'Access Key ID,Secret Access Key\nAKLTexample00,c2VjcmV0+/=='],
    ['a CSV with a user first', 'User name,Access Key Id,Secret Access Key\nlin,AKLTexample00,c2VjcmV0+/=='],
    ['JSON', '{\n  "AccessKeyId": "AKLTexample00",\n  "SecretAccessKey": "c2VjcmV0+/=="\n}'],
  ])('%s fill both fields', (_form, text) => expect(parsePaste(text)).toEqual(KEYS));

  test('region, endpoint and token come along', () => {
    const text = 'TOS_ACCESS_KEY=a1\nTOS_SECRET_KEY=s1\nTOS_SECURITY_TOKEN=t1\nTOS_REGION=cn-shanghai\nTOS_ENDPOINT=tos-cn-shanghai.volces.com';
    expect(parsePaste(text)).toEqual({ accessKey: 'a1', secretKey: 's1', token: 't1', region: 'cn-shanghai', endpoint: 'tos-cn-shanghai.volces.com' });
  });

  test.each(['AKLTexample00', '', 'a sentence of words', 'one\ntwo\nthree', 'two words\nmore words'])('“%s” is left to the field', (text) => {
    expect(parsePaste(text)).toBeNull();
  });
});

describe('regions', () => {
  test('endpoints follow the pattern, both ways', () => {
    expect(endpointOf('cn-beijing', 'public')).toBe('tos-cn-beijing.volces.com');
    expect(endpointOf('cn-beijing', 'intranet')).toBe('tos-cn-beijing.ivolces.com');
    expect(regionOf('https://tos-ap-southeast-1.volces.com/')).toBe('ap-southeast-1');
    expect(regionOf('tos-s3-cn-beijing.volces.com')).toBeNull();
    expect(regionOf('minio.example.com')).toBeNull();
  });
});

describe('the check', () => {
  const error = (code: string, params: Record<string, string> = {}): { code: string; params: Record<string, string>; retryable: boolean } => ({ code, params, retryable: false });
  const after = (...all: CheckProgress[]): Told => all.reduce<Told>(withProgress, {});

  test('each step has the mark of what was told of it', () => {
    const told = after(
      { step: 'address', state: 'running' },
      { step: 'address', state: 'done', fact: { fact: 'address', host: 'h', address: '10.0.0.1', elapsed_ms: 12, proxy: null } },
      { step: 'secure', state: 'note', fact: { fact: 'plain' } },
      { step: 'clock', state: 'note', fact: { fact: 'clock', ahead_s: 41 } },
      { step: 'secret', state: 'failed', error: error('credentials') },
    );
    expect(['address', 'secure', 'clock', 'secret', 'permission'].map((step) => markOf(told[step as keyof Told]))).toEqual(['ok', 'warn', 'warn', 'failed', 'open']);
    expect(markOf({ state: 'note', fact: { fact: 'no_list' } })).toBe('info');
  });

  test('what was given up runs nowhere', () => {
    const told = after({ step: 'address', state: 'running' });
    expect(runningStep(told)).toBe('address');
    expect(runningStep(withoutRunning(told))).toBeNull();
  });

  test('facts become words', () => {
    setLanguage('en');
    const clock = (ahead_s: number | null): string => stepTitle('clock', { state: 'done', fact: { fact: 'clock', ahead_s } });
    expect([clock(41), clock(-7), clock(2), clock(null)]).toEqual(['Clock is 41 s ahead', 'Clock is 7 s behind', 'Clock agrees', 'Clock not compared']);
    const tls = error('tls', { problem: 'wrong_name', names: 'a.test, b.test' });
    expect(stepTitle('secure', { state: 'failed', error: tls })).toBe('The connection is not secure');
    expect(stepText('secure', { state: 'failed', error: tls })).toContain('a.test, b.test');
  });

  test.each([
    [error('credentials', { code: 'InvalidAccessKeyId' }), 'accessKey'],
    [error('credentials', { code: 'SignatureDoesNotMatch' }), 'secret'],
    [error('credentials', { code: 'InvalidSecurityToken' }), 'token'],
    [error('tls', { problem: 'unknown_issuer' }), 'ca'],
    [error('tls', { problem: 'wrong_name' }), 'endpoint'],
    [error('proxy_failed'), 'proxy'],
    [error('needs_bucket'), 'bucket'],
    [error('internal'), null],
  ])('$code $params leads to the field %s', (failure, field) => expect(fieldFor(failure)).toBe(field));
});

describe('the connect screen', () => {
  beforeEach(() => setLanguage('en'));
  afterEach(cleanup);

  async function open(options: Partial<MockOptions> = {}): Promise<MockBackend> {
    const backend = createMock({ settings: { language: 'en' }, ...options });
    render(Shell, { backend });
    await screen.findByTestId('practice');
    return backend;
  }

  async function fill(access: string, secret: string): Promise<void> {
    await userEvent.type(screen.getByTestId('access-key'), access);
    await userEvent.type(screen.getByTestId('secret-key'), secret);
  }

  test('the practice bucket needs no key, and says that it is practice', async () => {
    await open();
    await userEvent.click(screen.getByTestId('practice'));
    expect(await screen.findByTestId('bucket-practice')).toBeInTheDocument();
    expect(screen.getByTestId('bucket-practice-copy')).toBeInTheDocument();
    expect(screen.getByTestId('practice-chip')).toHaveTextContent('Practice');
  });

  test('a wrong secret is said, at its step, and the field has the focus', async () => {
    await open();
    expect(screen.getByTestId('connect-submit')).toBeDisabled();
    await fill('AKLTexample00', 'wrong');
    await userEvent.click(screen.getByTestId('connect-submit'));
    expect(await screen.findByTestId('connect-error')).toHaveTextContent('The secret does not match this key.');
    expect(screen.getByText('The key was not accepted')).toBeInTheDocument();
    expect(screen.getByText('Address found')).toBeInTheDocument();
    await waitFor(() => expect(screen.getByTestId('secret-key')).toHaveFocus());
  });

  test('a key that may not list buckets is asked for a bucket, and then works', async () => {
    await open();
    await fill('AKLTnolist', 'secret');
    await userEvent.click(screen.getByTestId('connect-submit'));
    const bucket = await screen.findByTestId('connect-bucket');
    expect(screen.getByText('This key cannot list buckets')).toBeInTheDocument();
    expect(screen.getByTestId('step-permission')).toHaveAttribute('data-mark', 'info');
    await waitFor(() => expect(bucket).toHaveFocus());
    await userEvent.type(bucket, 'tos://media-archive/raw/');
    await userEvent.click(screen.getByTestId('connect-submit'));
    expect(await screen.findByTestId('bucket-media-archive')).toBeInTheDocument();
  });

  test('an S3 endpoint is told apart, with what to change', async () => {
    await open();
    await fill('AKLTexample00', 'secret');
    await userEvent.click(screen.getByText('use another'));
    await userEvent.type(screen.getByTestId('endpoint'), 'tos-s3-cn-beijing.volces.com');
    await userEvent.click(screen.getByTestId('connect-submit'));
    expect(await screen.findByTestId('connect-error')).toHaveTextContent('Remove “s3-” from the address.');
  });

  test('one paste fills both fields', async () => {
    await open();
    screen.getByTestId('access-key').focus();
    await userEvent.paste('TOS_ACCESS_KEY=AKLTpasted\nTOS_SECRET_KEY=s3cret\nTOS_REGION=cn-shanghai');
    expect(screen.getByTestId('access-key')).toHaveValue('AKLTpasted');
    expect(screen.getByTestId('secret-key')).toHaveValue('s3cret');
    expect(screen.getByTestId('region')).toHaveValue('cn-shanghai');
  });

  test('where the secret goes is said; without a keychain, that it is kept for this run only', async () => {
    await open();
    expect(screen.getByText(/kept in the Secret Service of this desktop/)).toBeInTheDocument();
    cleanup();
    await open({ secrets: 'this_run' });
    expect(screen.getByText(/kept for this run only/)).toBeInTheDocument();
    expect(screen.queryByText(/Secret Service/)).toBeNull();
  });

  test('the public endpoint of a region is left to Rust, another one is sent', async () => {
    const backend = await open();
    const connect = vi.spyOn(backend, 'connect');
    await fill('AKLTexample00', 'secret');
    await userEvent.click(screen.getByRole('radio', { name: 'Intranet' }));
    await userEvent.click(screen.getByTestId('connect-submit'));
    await screen.findByTestId('bucket-media-archive');
    expect(connect).toHaveBeenCalledWith(expect.objectContaining({ endpoint: 'tos-cn-beijing.ivolces.com', region: 'cn-beijing' }), expect.anything());
  });

  test('the check runs alone, keeps nothing, and can be run again', async () => {
    const backend = await open();
    await fill('AKLTclock', 'secret');
    await userEvent.click(screen.getByTestId('check-run'));
    await waitFor(() => expect(screen.getByTestId('step-permission')).toHaveAttribute('data-mark', 'ok'));
    expect(screen.getByText('Clock is 41 s ahead')).toBeInTheDocument();
    expect(screen.getByTestId('check-run')).toHaveTextContent('Run again');
    expect(await backend.accounts()).toEqual([]);
    await userEvent.type(screen.getByTestId('secret-key'), 'x');
    expect(screen.getByTestId('step-secret')).toHaveAttribute('data-mark', 'open');
  });

  test('a check that waits says what for after 5 s, and can be given up by Escape', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    try {
      const backend = await open();
      const cancel = vi.spyOn(backend, 'cancelCheck');
      await fill('AKLTexample00', 'secret');
      await userEvent.click(screen.getByText('use another'));
      await userEvent.type(screen.getByTestId('endpoint'), 'slow.test{Enter}');
      await waitFor(() => expect(screen.getByTestId('step-secure')).toHaveAttribute('data-mark', 'running'));
      await vi.advanceTimersByTimeAsync(5_100);
      expect(screen.getByTestId('step-secure')).toHaveTextContent('Waiting for this address, or its proxy, to answer.');
      await userEvent.keyboard('{Escape}');
      expect(cancel).toHaveBeenCalled();
      expect(screen.getByTestId('step-secure')).toHaveAttribute('data-mark', 'open');
      expect(screen.getByTestId('connect-submit')).toBeEnabled();
    } finally {
      vi.useRealTimers();
    }
  });

  test('a key that may only write is connected knowingly', async () => {
    await open();
    await fill('AKLTnolist', 'secret');
    await userEvent.click(screen.getByTestId('connect-submit'));
    await userEvent.type(await screen.findByTestId('connect-bucket'), 'dropbox/in');
    await userEvent.click(screen.getByTestId('connect-submit'));
    await waitFor(() => expect(screen.getByTestId('connect-submit')).toHaveTextContent('Connect anyway'));
    await userEvent.click(screen.getByTestId('connect-submit'));
    expect(await screen.findByTestId('bucket-dropbox')).toBeInTheDocument();
  });

  test('a file that is no certificate is said when it is named', async () => {
    await open();
    await userEvent.click(screen.getByText(/Temporary token/));
    await userEvent.type(screen.getByTestId('connect-ca'), '/home/lin/diary.txt');
    await userEvent.tab();
    expect(await screen.findByText(/There is no certificate in \/home\/lin\/diary\.txt/, { selector: '.error' })).toBeInTheDocument();
    await userEvent.clear(screen.getByTestId('connect-ca'));
    await userEvent.type(screen.getByTestId('connect-ca'), '/home/lin/ca.pem');
    await userEvent.tab();
    expect(await screen.findByText('1 certificate')).toBeInTheDocument();
  });

  test('a proxy that does not let through has the focus', async () => {
    await open();
    await fill('AKLTexample00', 'secret');
    await userEvent.click(screen.getByText(/Temporary token/));
    await userEvent.click(screen.getByTestId('proxy-explicit'));
    await userEvent.type(screen.getByTestId('connect-proxy'), 'http://closed:3128{Enter}');
    expect(await screen.findByText(/proxy http:\/\/closed:3128 did not let/, { selector: '.wrap' })).toBeInTheDocument();
    await waitFor(() => expect(screen.getByTestId('connect-proxy')).toHaveFocus());
  });

  test('without a keychain, an encrypted file is an offer and never silent', async () => {
    const backend = await open({ secrets: 'this_run' });
    const keep = vi.spyOn(backend, 'keepSecretsInFile');
    expect(screen.getByTestId('keep-run')).toBeChecked();
    await userEvent.click(screen.getByTestId('keep-file'));
    expect(screen.getByTestId('keep-run')).toBeChecked();
    await userEvent.type(screen.getByTestId('passphrase-new'), 'short');
    await userEvent.type(screen.getByTestId('passphrase-again'), 'other');
    expect(screen.getByText('The two differ.')).toBeInTheDocument();
    expect(screen.getByTestId('passphrase-keep')).toBeDisabled();
    await userEvent.clear(screen.getByTestId('passphrase-again'));
    await userEvent.type(screen.getByTestId('passphrase-again'), 'short');
    await userEvent.click(screen.getByTestId('passphrase-keep'));
    expect(await screen.findByText(/fewer than 8 characters/)).toBeInTheDocument();
    await userEvent.type(screen.getByTestId('passphrase-new'), 'er is not longer');
    await userEvent.type(screen.getByTestId('passphrase-again'), 'er is not longer');
    await userEvent.click(screen.getByTestId('passphrase-keep'));
    expect(await screen.findByText(/encrypted file that your passphrase opens/)).toBeInTheDocument();
    expect(keep).toHaveBeenCalledTimes(2);
  });
});

describe('accounts', () => {
  beforeEach(() => setLanguage('en'));
  afterEach(cleanup);

  async function settings(options: Partial<MockOptions> = {}): Promise<MockBackend> {
    const backend = createMock({ scene: 'studio', settings: { language: 'en' }, ...options });
    render(Shell, { backend });
    await userEvent.click(await screen.findByTestId('account-button'));
    await userEvent.click(await screen.findByTestId('settings-accounts'));
    await screen.findByTestId('account-studio');
    return backend;
  }

  test('one is renamed, and Escape keeps the name', async () => {
    await settings();
    await userEvent.click(screen.getByTestId('rename-studio'));
    await userEvent.keyboard('{Escape}');
    await userEvent.click(screen.getByTestId('rename-studio'));
    await userEvent.clear(screen.getByTestId('rename-name'));
    await userEvent.type(screen.getByTestId('rename-name'), 'Beijing studio{Enter}');
    await waitFor(() => expect(screen.getByTestId('account-studio')).toHaveTextContent('Beijing studio'));
  });

  test('forgetting one says what needs it', async () => {
    await settings();
    await userEvent.click(screen.getByTestId('forget-studio'));
    expect(await screen.findByTestId('confirm')).toHaveTextContent('14 transfers need it and wait.');
  });

  test('one that is reached at an endpoint of its own keeps its region', async () => {
    const backend = await settings();
    const before = await backend.accountForm('studio');
    vi.spyOn(backend, 'accountForm').mockResolvedValue({ ...before, endpoint: 'http://127.0.0.1:9000' });
    await userEvent.click(screen.getByTestId('change-studio'));
    expect(await screen.findByTestId('region')).toHaveValue('cn-beijing');
    expect(screen.queryByTestId('own-region')).toBeNull();
    expect(screen.getByTestId('endpoint')).toHaveValue('http://127.0.0.1:9000');
  });

  test('one is changed without its secret', async () => {
    const backend = await settings();
    const connect = vi.spyOn(backend, 'connect');
    await userEvent.click(screen.getByTestId('change-studio'));
    expect(await screen.findByText('Change “Studio account”')).toBeInTheDocument();
    await userEvent.selectOptions(screen.getByTestId('region'), 'cn-shanghai');
    await userEvent.click(screen.getByTestId('connect-submit'));
    await screen.findByTestId('rail');
    expect(connect).toHaveBeenCalledWith(expect.objectContaining({ id: 'studio', secret_key: '', region: 'cn-shanghai' }), expect.anything());
  });

  test('an expired token has a banner that takes new keys', async () => {
    const backend = await settings();
    backend.people.expired = [{ id: 'studio', name: 'Studio account', transfers: 12 }];
    backend.push({ type: 'keys_needed' });
    expect(await screen.findByTestId('account-banner')).toHaveTextContent('The temporary token of “Studio account” has expired. 12 transfers wait.');
    await userEvent.click(screen.getByTestId('banner-keys'));
    screen.getByTestId('keys-access').focus();
    await userEvent.paste('AccessKeyId: AKLTnew\nSecretAccessKey: wrong\nSessionToken: t');
    await userEvent.click(screen.getByTestId('keys-renew'));
    expect(await screen.findByTestId('keys-error')).toHaveTextContent('The secret does not match this key.');
    await userEvent.clear(screen.getByTestId('keys-secret'));
    await userEvent.type(screen.getByTestId('keys-secret'), 'right');
    await userEvent.click(screen.getByTestId('keys-renew'));
    await waitFor(() => expect(screen.queryByTestId('account-banner')).toBeNull());
    expect(screen.getByTestId('toast')).toHaveTextContent('12 transfers go on');
  });

  test('locked secrets are unlocked before anything else, or later', async () => {
    const backend = createMock({ scene: 'studio', secrets: 'file_locked', settings: { language: 'en' } });
    render(Shell, { backend });
    await screen.findByTestId('unlock');
    await waitFor(() => expect(screen.getByTestId('unlock-passphrase')).toHaveFocus());
    await userEvent.type(screen.getByTestId('unlock-passphrase'), 'guess{Enter}');
    expect(await screen.findByText(/not the passphrase of the file/)).toBeInTheDocument();
    await userEvent.click(screen.getByTestId('unlock-later'));
    expect(await screen.findByTestId('account-banner')).toHaveTextContent('The secrets are locked.');
    await userEvent.click(screen.getByTestId('banner-unlock'));
    await userEvent.type(await screen.findByTestId('unlock-passphrase'), 'correct horse{Enter}');
    await screen.findByTestId('rail');
    expect(screen.queryByTestId('account-banner')).toBeNull();
  });
});
