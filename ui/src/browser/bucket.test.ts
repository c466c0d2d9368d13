import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Failure } from '../ipc/backend';
import { createMock, type MockBackend, type MockOptions } from '../ipc/mock/mock';
import { App } from '../session/app.svelte';
import Shell from '../shell/App.svelte';
import { heldBy } from './held';

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

const denied = (): Promise<never> => Promise.reject(new Failure({ code: 'forbidden', params: {}, retryable: false }));

/** The sheet of a bucket, with what the session is. */
async function open(bucket: string, prepare: (backend: MockBackend) => unknown = () => undefined, options: Partial<MockOptions> = {}): Promise<{ backend: MockBackend; session: App }> {
  const backend = createMock({ scene: 'studio', settings: { language: 'en' }, ...options });
  await prepare(backend);
  const session = new App(backend);
  render(Shell, { backend, session });
  await userEvent.click(await screen.findByTestId(`bucket-${bucket}`));
  await userEvent.click(await screen.findByTestId('bucket-properties'));
  await screen.findByTestId('bucket-sheet');
  return { backend, session };
}

async function remove(): Promise<void> {
  await userEvent.click(screen.getByTestId('bucket-delete'));
  await userEvent.click(await screen.findByTestId('confirm-do'));
}

describe('the sheet of a bucket', () => {
  test('says where it is, and is found in the palette', async () => {
    await open('media-mirror-sh');
    expect(screen.getByTestId('bucket-sheet')).toHaveTextContent(/Bucket media-mirror-sh.*Region.*cn-shanghai.*tos:\/\/media-mirror-sh\//);
    // The platform may close it without asking: it is then closed for the window too.
    const sheet = screen.getByTestId<HTMLDialogElement>('bucket-sheet');
    sheet.close();
    await fireEvent(sheet, new Event('close'));
    await waitFor(() => expect(screen.queryByTestId('bucket-sheet')).toBeNull());
    await userEvent.keyboard('{Control>}k{/Control}');
    await userEvent.type(await screen.findByTestId('palette-field'), 'bucket prop{Enter}');
    expect(await screen.findByTestId('bucket-sheet')).toBeInTheDocument();
  });

  test('versioning is switched on, and from then on only suspended; each state says what it means', async () => {
    const { backend } = await open('cold-archive');
    const part = screen.getByTestId('bucket-versioning');
    const state = async (word: string, sentence: RegExp): Promise<void> => {
      await waitFor(() => expect(part).toHaveTextContent(word));
      expect(part).toHaveTextContent(sentence);
    };
    await state('Off', /Once on, versioning can only be suspended; versions that exist then stay and are billed\./);
    const toggle = screen.getByRole('switch', { name: 'Keep versions' });
    expect(toggle).not.toBeChecked();
    await userEvent.click(toggle);
    await state('On', /Versioning can be suspended, not removed\./);
    expect(toggle).toBeChecked();
    expect(await backend.bucketVersioning('cold-archive')).toBe('enabled');
    await userEvent.click(toggle);
    await state('Suspended', /No new versions are kept\. Those that exist stay and are billed/);
    expect(await backend.bucketVersioning('cold-archive')).toBe('suspended');
  });

  test('a switch that is refused stays where it was and says why', async () => {
    const { backend } = await open('cold-archive');
    backend.setBucketVersioning = denied;
    await userEvent.click(await screen.findByTestId('bucket-keep-versions'));
    expect(await within(screen.getByTestId('bucket-versioning')).findByRole('alert')).toHaveTextContent('Your key may not do this here.');
    expect(screen.getByTestId('bucket-keep-versions')).not.toBeChecked();
  });

  test('a key that may not see the versioning sees the rest', async () => {
    await open('cold-archive', (backend) => (backend.bucketVersioning = denied));
    expect(await screen.findByText('Not shown: this key may not see whether versions are kept.')).toBeInTheDocument();
    expect(screen.queryByTestId('bucket-keep-versions')).toBeNull();
    expect(screen.getByTestId('bucket-sheet')).toHaveTextContent('cn-beijing');
    expect(screen.getByTestId('bucket-delete')).toBeEnabled();
  });

  test('what could not be asked is asked again', async () => {
    let failing = true;
    await open('cold-archive', (backend) => {
      const real = backend.bucketVersioning;
      backend.bucketVersioning = (bucket) => (failing ? Promise.reject(new Failure({ code: 'network', params: {}, retryable: true })) : real(bucket));
    });
    const again = await within(screen.getByTestId('bucket-versioning')).findByText('Try again');
    failing = false;
    await userEvent.click(again);
    expect(await screen.findByTestId('bucket-keep-versions')).not.toBeChecked();
  });
});

describe('deleting a bucket', () => {
  test('asks by its name and keeps it by default', async () => {
    const { backend } = await open('cold-archive');
    const asked = vi.spyOn(backend, 'deleteBucket');
    await userEvent.click(screen.getByTestId('bucket-delete'));
    expect(await screen.findByTestId('confirm')).toHaveTextContent('Delete the bucket “cold-archive”?');
    await userEvent.click(screen.getByTestId('confirm-keep'));
    expect(screen.queryByTestId('confirm')).toBeNull();
    expect(screen.getByTestId('bucket-sheet')).toBeInTheDocument();
    expect(asked).not.toHaveBeenCalled();
  });

  test('an empty one is gone from the rail, the bookmarks and the way back', async () => {
    const { session } = await open('cold-archive', (backend) => backend.addBookmark({ bucket: 'cold-archive', prefix: 'pg/' }));
    session.route.go({ screen: 'bucket', bucket: 'cold-archive', prefix: 'pg/' });
    expect(session.bookmarks).toHaveLength(1);
    await remove();
    await waitFor(() => expect(screen.queryByTestId('bucket-cold-archive')).toBeNull());
    expect(screen.getByTestId('bucket-media-archive')).toBeInTheDocument();
    expect(await screen.findByTestId('toast')).toHaveTextContent('The bucket “cold-archive” is deleted.');
    expect(screen.queryByTestId('bucket-sheet')).toBeNull();
    expect([session.route.place, session.route.canGoBack, session.bookmarks]).toEqual([{ screen: 'transfers', filter: 'active' }, false, []]);
  });

  test('its sheet closes at once, and never becomes the one of the bucket that was gone to before', async () => {
    const { backend, session } = await open('media-archive');
    await userEvent.click(screen.getByTestId('bucket-close'));
    session.route.go({ screen: 'bucket', bucket: 'cold-archive', prefix: '' });
    await userEvent.click(await screen.findByTestId('bucket-properties'));
    await waitFor(() => expect(screen.getByTestId('bucket-sheet')).toHaveTextContent('Bucket cold-archive'));
    backend.listBuckets = () => new Promise(() => undefined);
    await remove();
    await waitFor(() => expect(session.route.place).toMatchObject({ bucket: 'media-archive' }));
    await waitFor(() => expect(screen.queryByTestId('bucket-sheet')).toBeNull());
  });

  test('while it is being deleted its sheet cannot be left, though the platform closes it', async () => {
    await open('cold-archive', (backend) => (backend.deleteBucket = () => new Promise(() => undefined)));
    await remove();
    const sheet = screen.getByTestId<HTMLDialogElement>('bucket-sheet');
    sheet.close();
    await fireEvent(sheet, new Event('close'));
    await waitFor(() => expect(sheet.open).toBe(true));
    expect(sheet).toBeInTheDocument();
  });

  test('the one that the account was given does not come back into the rail', async () => {
    const { session } = await open('cold-archive', (backend) => {
      const status = backend.appStatus;
      backend.appStatus = async () => {
        const told = await status();
        return { ...told, account: told.account && { ...told.account, bucket: 'cold-archive' } };
      };
    });
    expect(session.account?.bucket).toBe('cold-archive');
    await remove();
    await waitFor(() => expect(session.buckets?.map((one) => one.name)).toEqual(['media-archive', 'ml-checkpoints', 'media-mirror-sh']));
  });

  test('one that is not empty stays, and what is in it is named with the way to it', async () => {
    const { backend, session } = await open('media-archive');
    await remove();
    expect(await screen.findByText(/“media-archive” still holds objects, older versions or unfinished uploads\. Delete them first/)).toBeInTheDocument();
    const held = await screen.findByTestId('bucket-held');
    await waitFor(() => expect(held).toHaveTextContent('2 folders'));
    expect(held).toHaveTextContent('3 older versions and deletion marks');
    expect(held).toHaveTextContent(/\d unfinished uploads/);
    expect((await backend.listBuckets()).some((one) => one.name === 'media-archive')).toBe(true);
    await userEvent.click(screen.getByTestId('bucket-held-parts'));
    expect(session.route.place).toEqual({ screen: 'leftovers' });
  });

  test('versions of what is deleted are reached from there', async () => {
    const { backend } = await open('cold-archive', async (backend) => {
      await backend.setBucketVersioning('cold-archive', true);
      await backend.createFolder('cold-archive', '', 'old');
      await backend.deleteObjects('cold-archive', ['old/']);
    });
    await remove();
    await userEvent.click(await screen.findByRole('button', { name: 'Versions of old/' }));
    expect(screen.queryByTestId('bucket-sheet')).toBeNull();
    await waitFor(() => expect(screen.getAllByTestId('version-row').map((one) => one.dataset['marker'])).toEqual(['true', 'false']));
    const [mark] = await backend.listVersions('cold-archive', 'old/', null).then((page) => page.rows);
    await backend.deleteVersion('cold-archive', 'old/', mark?.version_id ?? '');
    expect((await backend.listObjects('cold-archive', '', null)).rows.map((row) => row.key)).toEqual(['old/']);
  });

  test('any other refusal is said in the sheet', async () => {
    await open('cold-archive', (backend) => (backend.deleteBucket = denied));
    await remove();
    expect(await within(screen.getByTestId('bucket-sheet')).findByRole('alert')).toHaveTextContent('Your key may not do this here.');
    expect(screen.queryByTestId('bucket-held')).toBeNull();
    expect(screen.getByTestId('bucket-cold-archive')).toBeInTheDocument();
  });

  test('a bucket of practice has the same rules', async () => {
    const practice = { scene: 'first' } as const;
    const { backend } = await open('practice-copy', (backend) => backend.connectPractice(), practice);
    await remove();
    await waitFor(() => expect(screen.queryByTestId('bucket-practice-copy')).toBeNull());
    await expect(backend.deleteBucket('practice')).rejects.toMatchObject({ error: { code: 'bucket_not_empty', params: { bucket: 'practice' } } });
    await expect(backend.deleteBucket('practice-copy')).rejects.toMatchObject({ error: { code: 'bucket_not_found' } });
  });

  test('a list that may not be asked for is said to be unknown, and does not hide the others', async () => {
    const backend = createMock({ scene: 'studio' });
    backend.listObjects = denied;
    const held = await heldBy(backend, 'ml-checkpoints');
    expect(held).toEqual({ objects: null, versions: { n: 0, more: false, keys: [] }, uploads: { n: 1, more: false } });
  });
});
