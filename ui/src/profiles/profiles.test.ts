import { cleanup, render, screen, waitFor } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { setLanguage } from '../i18n/index.svelte';
import { createMock, type MockBackend, type MockOptions } from '../ipc/mock/mock';
import Shell from '../shell/App.svelte';
import { parsePaste } from './paste';
import { bucketOf, endpointOf, regionOf } from './regions';
import { fieldFor, marks } from './steps';

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

  test('a path names its bucket', () => {
    expect(bucketOf('tos://media-archive/weddings/')).toBe('media-archive');
    expect(bucketOf(' media-archive ')).toBe('media-archive');
  });
});

describe('the check', () => {
  const failed = (code: string): { error: { code: string; params: Record<string, string>; retryable: boolean } } => ({ error: { code, params: {}, retryable: false } });

  test('a refused secret proves the address and the connection, and nothing after', () => {
    expect(marks(failed('credentials'), false)).toEqual({ address: 'ok', secure: 'ok', secret: 'failed', permission: 'open' });
  });

  test('an address that does not answer proves nothing', () => {
    expect(marks(failed('network'), false)).toEqual({ address: 'failed', secure: 'open', secret: 'open', permission: 'open' });
  });

  test('not being allowed to list is information, unless a bucket was named', () => {
    expect(marks(failed('forbidden'), false).permission).toBe('info');
    expect(marks(failed('forbidden'), true).permission).toBe('failed');
  });

  test('a failure that says nothing about a step marks none', () => {
    expect(marks(failed('internal'), false)).toEqual(marks('idle', false));
    expect(fieldFor('internal')).toBeNull();
  });
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
    await open({ keychain: false });
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
    expect(connect).toHaveBeenCalledWith(expect.objectContaining({ endpoint: 'tos-cn-beijing.ivolces.com', region: 'cn-beijing' }));
  });
});
