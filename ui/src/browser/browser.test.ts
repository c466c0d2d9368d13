import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type Backend, Failure } from '../ipc/backend';
import { createMock, type MockBackend, type MockOptions } from '../ipc/mock/mock';
import { App } from '../session/app.svelte';
import Shell from '../shell/App.svelte';
import { Deletion } from './deletion.svelte';
import { Uploading } from './uploading.svelte';

afterEach(() => {
  cleanup();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const AT = 'raw/2026/11/';
const PDF = `${AT}通告单_第12天.pdf`;
const ARCHIVED = `${AT}A012C009_261117_R2QK.braw`;

async function open(bucket = 'media-archive', options: Partial<MockOptions> = {}): Promise<MockBackend> {
  const backend = createMock({ scene: 'studio', settings: { language: 'en' }, ...options });
  render(Shell, { backend });
  await userEvent.click(await screen.findByTestId(`bucket-${bucket}`));
  await screen.findByTestId('browser-status');
  return backend;
}

/** Types a path into the address field. */
async function go(path: string): Promise<void> {
  await fireEvent.keyDown(window, { key: 'l', ctrlKey: true });
  const field = await screen.findByTestId('address');
  await fireEvent.input(field, { target: { value: path } });
  await fireEvent.submit(field.closest('form') as HTMLFormElement);
}

const row = (key: string): Promise<HTMLElement> => waitFor(() => found(key));
function found(key: string): HTMLElement {
  const element = document.querySelector<HTMLElement>(`[data-testid="object-row"][data-key="${CSS.escape(key)}"]`);
  if (!element) throw new Error(`${key} is not shown`);
  return element;
}
globalThis.CSS ??= {} as typeof CSS;
CSS.escape ??= (text: string) => text.replace(/["\\]/g, '\\$&');

describe('the address', () => {
  test('goes to a folder, to an object, and back by keys alone', async () => {
    await open();
    await go('tos://media-archive/raw/2026/11');
    await row(`${AT}selects/`);
    await fireEvent.keyDown(window, { key: 'ArrowLeft', altKey: true });
    await row('raw/');
    await go(`https://media-archive.tos-cn-beijing.volces.com/${AT}A012C005_261117_R2QK.braw`);
    expect(await row(`${AT}A012C005_261117_R2QK.braw`)).toHaveAttribute('aria-selected', 'true');
    expect(await screen.findByTestId('properties')).toHaveAttribute('data-key', `${AT}A012C005_261117_R2QK.braw`);
  });

  test('stays open with a sentence if it is no place, and Esc leaves it', async () => {
    await open();
    await go('https://example.com/x');
    expect(await screen.findByRole('alert')).toHaveTextContent('does not lead to TOS');
    await userEvent.keyboard('{Escape}');
    expect(screen.queryByTestId('address')).toBeNull();
    expect(screen.getByTestId('breadcrumb')).toBeInTheDocument();
  });
});

describe('where nothing may be listed', () => {
  test('the sentence of the design is shown, and a full path still leads to its object', async () => {
    const backend = await open();
    await backend.createBucket('no-list-here');
    const list = backend.listObjects;
    backend.listObjects = (bucket, prefix, after) => list(bucket, prefix, after);
    await go('tos://no-list-here/');
    expect(await screen.findByText('If you know the full path, enter it above.')).toBeInTheDocument();
    await go('tos://no-list-here/a/known.txt');
    expect(await screen.findByTestId('properties')).toHaveAttribute('data-key', 'a/known.txt');
  });
});

describe('without a network', () => {
  test('a place that was seen is shown with its age and asked for again', async () => {
    const backend = await open();
    await row('raw/');
    backend.setOffline(true);
    await userEvent.click(screen.getByTestId('nav-done'));
    await userEvent.click(screen.getByTestId('bucket-media-archive'));
    expect(await screen.findByTestId('as-of')).toHaveTextContent(/^as of \d\d:\d\d$/);
    expect(await row('raw/')).toBeInTheDocument();
    backend.setOffline(false);
    await fireEvent.keyDown(window, { key: 'F5' });
    await waitFor(() => expect(screen.queryByTestId('as-of')).toBeNull());
  });
});

describe('filter and order', () => {
  test('say that they are only over what is loaded, until everything is', async () => {
    await open();
    await go(AT);
    await row(`${AT}selects/`);
    await userEvent.click(screen.getByTestId('sort-size'));
    expect(screen.getByTestId('browser-head')).toHaveTextContent('only what is loaded is sorted');
    await userEvent.click(screen.getByTestId('load-all'));
    await waitFor(() => expect(screen.getByTestId('browser-status')).toHaveTextContent('3 folders, 647 objects'));
    expect(screen.getByTestId('browser-head')).not.toHaveTextContent('only what is loaded');
    await fireEvent.keyDown(window, { key: 'f', ctrlKey: true });
    expect(document.activeElement).toBe(screen.getByTestId('browser-filter'));
    await userEvent.keyboard('通告单');
    await waitFor(() => expect(screen.getAllByTestId('object-row')).toHaveLength(1));
    expect(screen.getByTestId('browser-status')).toHaveTextContent('1 match · 3 folders, 647 objects');
    await userEvent.keyboard('x');
    expect(await screen.findByText('No match for “通告单x”')).toBeInTheDocument();
  });
});

describe('a new folder', () => {
  test('is made, shown and selected; a name that is taken is said in the field', async () => {
    const backend = await open('cold-archive');
    await fireEvent.keyDown(window, { key: 'n', ctrlKey: true, shiftKey: true });
    await userEvent.type(await screen.findByTestId('name-field'), '第 1 批{Enter}');
    expect(await row('第 1 批/')).toHaveAttribute('aria-selected', 'true');
    expect((await backend.listObjects('cold-archive', '', null)).rows.map((one) => one.key)).toEqual(['第 1 批/']);
    await userEvent.click(screen.getByTestId('new-folder'));
    await userEvent.type(await screen.findByTestId('name-field'), '第 1 批{Enter}');
    expect(await screen.findByText('The name “第 1 批” is taken. Choose another one.')).toBeInTheDocument();
  });
});

describe('renaming', () => {
  test('begins with the stem selected and leads to the object under its new name', async () => {
    const backend = await open();
    await go('tos://media-archive/backups/');
    await userEvent.click(await row('backups/readme.txt'));
    screen.getByTestId('object-list').focus();
    await userEvent.keyboard('{F2}');
    const field = await screen.findByTestId<HTMLInputElement>('name-field');
    expect(field.value.slice(field.selectionStart ?? 0, field.selectionEnd ?? 0)).toBe('readme');
    await userEvent.clear(field);
    await userEvent.type(field, '说明.txt{Enter}');
    expect(await row('backups/说明.txt')).toHaveAttribute('aria-selected', 'true');
    expect((await backend.listObjects('media-archive', 'backups/', null)).rows).toHaveLength(1);
  });
});

describe('links', () => {
  test('live as long as is chosen, and are copied', async () => {
    const backend = await open();
    const presign = vi.spyOn(backend, 'presignObject');
    await go('tos://media-archive/backups/');
    await userEvent.click(await row('backups/readme.txt'));
    await userEvent.click(screen.getByTestId('get-link'));
    await userEvent.click(await screen.findByTestId('link-life-900'));
    await waitFor(() => expect(presign).toHaveBeenLastCalledWith('media-archive', 'backups/readme.txt', 900));
    await waitFor(() => expect(screen.getByTestId<HTMLTextAreaElement>('link-text').value).toContain('X-Tos-Expires=900'));
    const copied = vi.fn(() => Promise.resolve());
    vi.stubGlobal('navigator', Object.assign(Object.create(navigator), { clipboard: { writeText: copied } }));
    await userEvent.click(screen.getByTestId('link-copy'));
    expect(copied).toHaveBeenCalledWith(screen.getByTestId<HTMLTextAreaElement>('link-text').value);
    vi.unstubAllGlobals();
  });
});

describe('deleting', () => {
  test('names things and bytes, keeps by default, and then deletes objects and folders', async () => {
    const backend = await open();
    await go(AT);
    await userEvent.click(await row(`${AT}selects/`));
    await fireEvent.click(await row(`${AT}A012C004_261117_R2QK.braw`), { ctrlKey: true });
    screen.getByTestId('object-list').focus();
    await userEvent.keyboard('{Delete}');
    const sheet = await screen.findByTestId('delete-sheet');
    expect(sheet).toHaveTextContent('Delete 1 folder, 1 object?');
    await waitFor(() => expect(screen.getByTestId('delete-sum')).toHaveTextContent('2 objects, 4.56 GiB in all.'));
    expect(sheet).toHaveTextContent('stays as an older version');
    await userEvent.click(screen.getByTestId('confirm-keep'));
    expect(await row(`${AT}selects/`)).toBeInTheDocument();
    await userEvent.click(screen.getByTestId('delete'));
    await userEvent.click(await screen.findByTestId('confirm-do'));
    await waitFor(() => expect(screen.queryByTestId('delete-sheet')).toBeNull());
    await waitFor(() => expect(() => found(`${AT}selects/`)).toThrow());
    expect((await backend.measureFolder('media-archive', `${AT}selects/`, null)).objects).toBe(0);
    expect(screen.queryByTestId('action-bar')).toBeNull();
  });

  test('what could not be deleted is named with the reason', async () => {
    const backend = await open('cold-archive');
    await backend.createFolder('cold-archive', '', 'a');
    await backend.createFolder('cold-archive', 'a/', 'denied');
    await fireEvent.keyDown(window, { key: 'F5' });
    await userEvent.click(await row('a/'));
    await userEvent.click(screen.getByTestId('delete'));
    await userEvent.click(await screen.findByTestId('confirm-do'));
    expect(await screen.findByTestId('delete-failed')).toHaveTextContent('a/denied/Access Denied (AccessDenied)');
    expect(screen.getByTestId('delete-sheet')).toHaveTextContent('1 object is deleted');
    expect(screen.getByTestId('delete-sheet')).toHaveTextContent('1 object was not deleted');
  });

  test('goes page by page, and stopping asks for no further one', async () => {
    const asked: (string | null)[] = [];
    const folder = { key: 'a/', name: 'a/', folder: true, size_bytes: 0, modified_ms: null, storage_class: null };
    const backend: Pick<Backend, 'measureFolder' | 'deleteObjects' | 'deleteFolder'> = {
      measureFolder: (_bucket, _prefix, after) => Promise.resolve({ objects: 1_000, size_bytes: 5, next: after === null ? '1' : null }),
      deleteObjects: () => Promise.reject(new Error('there are none')),
      deleteFolder: (_bucket, _prefix, after) => {
        asked.push(after);
        if (asked.length === 2) deletion.stop();
        return Promise.resolve({ deleted: 1_000, failed: [], next: String(asked.length) });
      },
    };
    const deletion = new Deletion(backend, 'b', [folder]);
    await deletion.count();
    expect([deletion.found, deletion.foundBytes, deletion.counting]).toEqual([2_000, 10, false]);
    await deletion.run();
    expect(asked).toEqual([null, '1']);
    expect([deletion.deleted, deletion.stopped, deletion.clean]).toEqual([2_000, true, false]);
  });

  test('that nobody looks at any more asks for no further page', async () => {
    const asked: (string | null)[] = [];
    const folder = { key: 'a/', name: 'a/', folder: true, size_bytes: 0, modified_ms: null, storage_class: null };
    const deletion = new Deletion(
      {
        measureFolder: () => Promise.reject(new Error('none')),
        deleteObjects: () => Promise.reject(new Error('none')),
        deleteFolder: (_bucket, _prefix, after) => {
          asked.push(after);
          deletion.close();
          return Promise.resolve({ deleted: 1, failed: [], next: 'more' });
        },
      },
      'b',
      [folder],
    );
    await deletion.run();
    expect([asked, deletion.clean]).toEqual([[null], false]);
  });

  test('an error in the middle keeps what was done and says why', async () => {
    const rows = Array.from({ length: 1_500 }, (_, n) => ({ key: `k${n}`, name: `k${n}`, folder: false, size_bytes: 1, modified_ms: null, storage_class: null }));
    const sizes: number[] = [];
    const deletion = new Deletion(
      {
        measureFolder: () => Promise.reject(new Error('none')),
        deleteFolder: () => Promise.reject(new Error('none')),
        deleteObjects: (_bucket, keys) => {
          sizes.push(keys.length);
          return sizes.length === 2 ? Promise.reject(new Error('cable')) : Promise.resolve({ deleted: keys.length, failed: [], next: null });
        },
      },
      'b',
      rows,
    );
    await deletion.run();
    expect(sizes).toEqual([1_000, 500]);
    expect([deletion.deleted, deletion.error?.params['message'], deletion.clean]).toEqual([1_000, 'cable', false]);
  });
});

describe('properties', () => {
  async function openPdf(): Promise<MockBackend> {
    const backend = await open();
    await go(PDF);
    await screen.findByTestId('props-type');
    return backend;
  }

  test('show the facts, and content type and metadata can be changed without losing the rest', async () => {
    const backend = await openPdf();
    expect(screen.getByTestId('properties')).toHaveTextContent('482 KiB (493,568 bytes)');
    expect(screen.getByTestId('props-crc')).toHaveTextContent(/^\d{10,20}$/);
    await userEvent.click(screen.getByTestId('props-edit'));
    const field = await screen.findByTestId('props-type-field');
    await userEvent.clear(field);
    await userEvent.type(field, 'text/plain');
    await userEvent.click(screen.getByTestId('props-add-entry'));
    await userEvent.type(screen.getByLabelText('Name of metadata 3'), 'Author');
    await userEvent.type(screen.getByLabelText('Value of metadata 3'), 'x');
    expect(screen.getByText('This name is there already.')).toBeInTheDocument();
    expect(screen.getByTestId('props-save')).toBeDisabled();
    await userEvent.type(screen.getByLabelText('Name of metadata 3'), '-2');
    await userEvent.click(screen.getByTestId('props-save'));
    await waitFor(() => expect(screen.getByTestId('props-type')).toHaveTextContent('text/plain'));
    const { settings } = await backend.getObjectProperties('media-archive', PDF);
    expect(settings.metadata).toEqual([
      { name: 'author', value: 'Lin' },
      { name: 'reel-count', value: '12' },
      { name: 'author-2', value: 'x' },
    ]);
  });

  test('who may read it is changed with a warning before it is open to everybody', async () => {
    const backend = await openPdf();
    await userEvent.selectOptions(await screen.findByTestId('acl'), 'public-read');
    expect(screen.getByText('After saving, people without your key can read this object.')).toBeInTheDocument();
    await userEvent.click(screen.getByTestId('acl-save'));
    await waitFor(async () => expect((await backend.getObjectAcl('media-archive', PDF)).canned).toBe('public-read'));
    await waitFor(() => expect(screen.queryByTestId('acl-save')).toBeNull());
  });

  test('an older version is downloaded, made the newest again, and deleted after a question', async () => {
    const backend = await openPdf();
    const download = vi.spyOn(backend, 'addVersionDownload');
    await userEvent.click(screen.getByTestId('props-versions'));
    const versions = await screen.findAllByTestId('version-row');
    expect(versions.map((one) => one.dataset['marker'])).toEqual(['false', 'false', 'true', 'false']);
    const older = versions[1] as HTMLElement;
    const id = older.dataset['version'] ?? '';
    await userEvent.click(within(older).getByTestId('version-download'));
    await waitFor(() => expect(download).toHaveBeenCalledWith('media-archive', PDF, id, '/home/lin/Downloads', 'keep_both'));
    await userEvent.click(within(older).getByTestId('version-restore'));
    await waitFor(() => expect(screen.getAllByTestId('version-row')).toHaveLength(5));
    expect(screen.getAllByTestId('version-row')[0]).toHaveTextContent('471 KiB');
    const last = screen.getAllByTestId('version-row')[4] as HTMLElement;
    await userEvent.click(within(last).getByTestId('version-delete'));
    expect(await screen.findByTestId('confirm')).toHaveTextContent('466 KiB');
    await userEvent.click(screen.getByTestId('confirm-do'));
    await waitFor(() => expect(screen.getAllByTestId('version-row')).toHaveLength(4));
  });
});

describe('an archived object', () => {
  test('is restored before it is downloaded, and the row says how far that is', async () => {
    const backend = await open();
    await go(AT);
    const add = vi.spyOn(backend, 'addDownloads');
    await userEvent.click(await row(ARCHIVED));
    await userEvent.click(screen.getByTestId('download'));
    expect(await screen.findByTestId('toast')).toHaveTextContent('It must be restored before it can be read.');
    expect(add).not.toHaveBeenCalled();
    await userEvent.click(within(await row(ARCHIVED)).getByTestId('restore'));
    const days = await screen.findByTestId('restore-days');
    await userEvent.clear(days);
    await userEvent.type(days, '400');
    expect(screen.getByTestId('restore-confirm')).toBeDisabled();
    await userEvent.clear(days);
    await userEvent.type(days, '3');
    await userEvent.click(screen.getByTestId('restore-confirm'));
    await waitFor(() => expect(found(ARCHIVED)).toHaveTextContent(/Archive\s*restoring/));
    vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 120_000);
    await userEvent.click(screen.getByTestId('download'));
    await waitFor(() => expect(add).toHaveBeenCalledWith('media-archive', [{ key: ARCHIVED, size_bytes: expect.any(Number) }], '/home/lin/Downloads', 'keep_both'));
  });
});

describe('an open form', () => {
  /** The same keys are in both buckets; the second one cannot be listed. */
  async function twins(): Promise<MockBackend> {
    const backend = await open();
    const { listObjects, getObjectProperties, getObjectTags } = backend;
    backend.listObjects = (bucket, ...rest) =>
      bucket === 'cold-archive' ? Promise.reject(new Failure({ code: 'forbidden', params: {}, retryable: false })) : listObjects(bucket, ...rest);
    backend.getObjectProperties = (_, key) => getObjectProperties('media-archive', key);
    backend.getObjectTags = (_, key) => getObjectTags('media-archive', key);
    return backend;
  }

  test.each([
    ['tags-edit', 'tags-form'],
    ['props-edit', 'props-form'],
  ])('of an object is not there for the one of the same key in another bucket: %s', async (edit, form) => {
    await twins();
    await go(`tos://media-archive/${PDF}`);
    await userEvent.click(await screen.findByTestId(edit));
    expect(await screen.findByTestId(form)).toBeInTheDocument();
    await go(`tos://cold-archive/${PDF}`);
    await waitFor(() => expect(screen.queryByTestId(form)).toBeNull());
    expect(await screen.findByText(`tos://cold-archive/${PDF}`)).toBeInTheDocument();
    expect(await screen.findByTestId(edit)).toBeInTheDocument();
  });

  test('stays with what was entered when another look fails, which is told once it is closed', async () => {
    const backend = await twins();
    await go(`tos://media-archive/${PDF}`);
    await userEvent.click(await screen.findByTestId('tags-edit'));
    await userEvent.type(screen.getByLabelText('Value of tag 1'), ' two');
    backend.getObjectProperties = () => Promise.reject(new Failure({ code: 'network', params: {}, retryable: true }));
    await fireEvent.keyDown(window, { key: 'F5' });
    await new Promise((done) => setTimeout(done, 50));
    expect(screen.getByLabelText<HTMLInputElement>('Value of tag 1').value).toMatch(/ two$/);
    await userEvent.click(within(screen.getByTestId('tags-form')).getByText('Not now'));
    expect(await within(screen.getByTestId('properties')).findByRole('alert')).toBeInTheDocument();
  });
});

describe('bookmarks', () => {
  test('that were removed are not put back into another account', async () => {
    const backend = await open();
    await backend.addBookmark({ bucket: 'media-archive', prefix: AT });
    const session = new App(backend);
    cleanup();
    render(Shell, { backend, session });
    (await screen.findByTestId(`bookmark-media-archive/${AT}`)).focus();
    await userEvent.keyboard('{Delete}');
    await waitFor(() => expect(session.notices.undoable).toBeDefined());
    const act = session.notices.undoable?.act;
    session.leave();
    expect(session.notices.toasts).toEqual([]);
    const add = vi.spyOn(backend, 'addBookmark');
    session.account = session.account && { ...session.account, id: 'another' };
    act?.run();
    expect(add).not.toHaveBeenCalled();
  });

  test('are made by the star, gone to, and removed with a way back', async () => {
    await open();
    await go(AT);
    await row(`${AT}selects/`);
    await userEvent.click(screen.getByTestId('bookmark-toggle'));
    const mark = await screen.findByTestId(`bookmark-media-archive/${AT}`);
    expect(mark).toHaveTextContent('raw/2026/11');
    await userEvent.click(screen.getByTestId('nav-done'));
    await userEvent.click(mark);
    await row(`${AT}selects/`);
    expect(screen.getByTestId('bookmark-toggle')).toHaveAttribute('aria-pressed', 'true');
    mark.focus();
    await userEvent.keyboard('{Delete}');
    await waitFor(() => expect(screen.queryByTestId('bookmarks')).toBeNull());
    await userEvent.click(within(await screen.findByTestId('toast')).getByText('Undo'));
    expect(await screen.findByTestId(`bookmark-media-archive/${AT}`)).toBeInTheDocument();
  });
});

describe('dragged files', () => {
  const count = { folders: 0, files: 2, size_bytes: 3 * 1024 ** 3, unreadable: 0, counting: true, more: false };
  const over = (element: () => Element): void => {
    document.elementsFromPoint = () => [element()];
  };

  test('are counted in the sentence while they are held, and go to the bucket under the pointer', async () => {
    const backend = await open();
    const add = vi.spyOn(backend, 'addUploads');
    backend.push({ type: 'drag_over', paths: 2 });
    backend.push({ type: 'drag_counted', count });
    expect(await screen.findByTestId('drop-count')).toHaveTextContent('Still counting, 3.00 GiB so far.');
    backend.push({ type: 'drag_counted', count: { ...count, unreadable: 1, counting: false } });
    await waitFor(() => expect(screen.getByTestId('drop-count')).toHaveTextContent('3.00 GiB in all. 1 item cannot be read.'));
    over(() => screen.getByTestId('bucket-cold-archive'));
    backend.push({ type: 'drag_moved', x: 30, y: 200 });
    await waitFor(() => expect(screen.getByTestId('drop-overlay')).toHaveTextContent('to tos://cold-archive/'));
    expect(screen.getByTestId('bucket-cold-archive')).toHaveClass('dropping');
    backend.push({ type: 'dropped', drop: 1, paths: ['/a.mov', '/b.mov'], refused: [], refused_more: 0 });
    await waitFor(() => expect(add).toHaveBeenCalledWith('cold-archive', '', ['/a.mov', '/b.mov'], 'keep_both'));
    expect(screen.getByTestId('bucket-cold-archive')).not.toHaveClass('dropping');
  });

  test('open a folder that they are held over', async () => {
    const backend = await open();
    await row('raw/');
    backend.push({ type: 'drag_over', paths: 1 });
    over(() => found('raw/'));
    backend.push({ type: 'drag_moved', x: 300, y: 150 });
    await waitFor(() => expect(screen.getByTestId('drop-overlay')).toHaveTextContent('Keep still to open “raw”.'));
    await row('raw/2026/');
    await waitFor(() => expect(screen.getByTestId('drop-overlay')).toHaveTextContent('to tos://media-archive/raw/'));
  });

  test('with a folder among them say before they are let go that nothing would be sent', async () => {
    const backend = await open();
    backend.push({ type: 'drag_over', paths: 1 });
    backend.push({ type: 'drag_counted', count: { ...count, folders: 1, files: 40 } });
    await waitFor(() => expect(screen.getByTestId('drop-overlay')).toHaveTextContent('1 folder, 40 files'));
    expect(screen.getByTestId('drop-overlay')).toHaveTextContent('Folders cannot be uploaded yet, so nothing would be sent.');
  });
});

describe('what is under way to a place', () => {
  test('is shown where it will be, and not what goes elsewhere or deeper', async () => {
    await open();
    await go(AT);
    await row(`${AT}selects/`);
    const rows = await screen.findAllByTestId('uploading-row');
    expect(rows.map((one) => one.dataset['key'])).toEqual([`tos://media-archive/${AT}北京航拍_长城日出_8K_RAW_2026-11-18_A机.mov`]);
    expect(rows[0]).toHaveTextContent(/6\d\.\d%\s*uploading now/);
  });

  test('is pulled at most twice a second', async () => {
    vi.useFakeTimers();
    let pulls = 0;
    const uploading = new Uploading({
      transfers: () => {
        pulls += 1;
        return Promise.resolve({ revision: 1, total: 0, rows: [], selected: [], next: null });
      },
    });
    uploading.show('b', '');
    for (let n = 0; n < 20; n += 1) {
      await vi.advanceTimersByTimeAsync(50);
      uploading.moved();
    }
    expect(pulls).toBeGreaterThan(1);
    expect(pulls).toBeLessThanOrEqual(3);
    uploading.stop();
  });
});
