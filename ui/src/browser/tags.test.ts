import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { setLanguage } from '../i18n/index.svelte';
import { Failure } from '../ipc/backend';
import { createMock, type MockBackend } from '../ipc/mock/mock';
import { App, APP } from '../session/app.svelte';
import Tags from './Tags.svelte';
import { filled, tagFault } from './tags';

const BUCKET = 'media-archive';
const PDF = 'raw/2026/11/通告单_第12天.pdf';
const PLAIN = 'backups/readme.txt';

afterEach(cleanup);

let look: () => Promise<void> = () => Promise.resolve();
function show(objectKey: string, prepare: (backend: MockBackend) => unknown = () => undefined): MockBackend {
  const backend = createMock({ scene: 'studio' });
  prepare(backend);
  const shown = render(Tags, { props: { bucket: BUCKET, objectKey, revision: 0 }, context: new Map([[APP, new App(backend)]]) });
  look = () => shown.rerender({ revision: 1 });
  return backend;
}

const failing = (code: string): (() => Promise<never>) => () => Promise.reject(new Failure({ code, params: {}, retryable: false }));

describe('the rules', () => {
  const one = (key: string, value = ''): string | null => tagFault([{ key, value }], 0);

  test.each([['k', ''], ['K', 'a b:+-=._/c'], ['项目', '二'], ['k'.repeat(128), 'v'.repeat(256)], ['', '']])('“%s” and “%s” can be', (key, value) => {
    expect(one(key, value)).toBeNull();
  });

  test.each([
    ['', 'v', 'A value needs a key.'],
    ['k'.repeat(129), 'v', 'A key has at most 128 characters; this one has 129.'],
    ['k', 'v'.repeat(257), 'A value has at most 256 characters; this one has 257.'],
    ['k', 'a&b', '“&” cannot be in a tag.'],
    ['🎬', '', '“🎬” cannot be in a tag.'],
  ])('“%s” and “%s” cannot', (key, value, sentence) => {
    setLanguage('en');
    expect(one(key, value)).toContain(sentence);
  });

  test('a key is there once, and case counts', () => {
    const tags = ['k', 'K', 'k'].map((key) => ({ key, value: '' }));
    expect(tags.map((_, at) => tagFault(tags, at))).toEqual([null, null, 'This key is there already.']);
  });

  test('a row that nothing was entered into is no tag', () => {
    expect(filled([{ key: '', value: '' }, { key: 'k', value: '' }])).toEqual([{ key: 'k', value: '' }]);
  });
});

describe('the tags of an object', () => {
  test('are shown, added, changed and removed, and saved together', async () => {
    const backend = show(PDF);
    expect(await screen.findByText('长城日出')).toBeInTheDocument();
    await userEvent.click(screen.getByTestId('tags-edit'));
    expect(document.activeElement).toBe(screen.getByLabelText('Key of tag 1'));
    await userEvent.click(screen.getByRole('button', { name: 'Remove tag cost-centre' }));
    expect(document.activeElement).toBe(screen.getByLabelText('Key of tag 1'));
    await userEvent.click(screen.getByTestId('tags-add'));
    expect(document.activeElement).toBe(screen.getByLabelText('Key of tag 2'));
    await userEvent.keyboard('stage');
    await userEvent.type(screen.getByLabelText('Value of tag 2'), 'final cut{Enter}');
    await waitFor(() => expect(screen.queryByTestId('tags-form')).toBeNull());
    expect(screen.getByTestId('tags')).toHaveTextContent(/项目\s*长城日出\s*stage\s*final cut/);
    expect(await backend.getObjectTags(BUCKET, PDF)).toEqual([
      { key: '项目', value: '长城日出' },
      { key: 'stage', value: 'final cut' },
    ]);
    expect(document.activeElement).toBe(screen.getByTestId('tags-edit'));
  });

  test('the last one can be removed', async () => {
    const backend = show(PDF, (backend) => backend.setObjectTags(BUCKET, PDF, [{ key: 'k', value: '' }]));
    await userEvent.click(await screen.findByTestId('tags-edit'));
    await userEvent.click(screen.getByRole('button', { name: 'Remove tag k' }));
    expect(document.activeElement).toBe(screen.getByTestId('tags-add'));
    await userEvent.click(screen.getByTestId('tags-save'));
    expect(await screen.findByText('none')).toBeInTheDocument();
    expect(await backend.getObjectTags(BUCKET, PDF)).toEqual([]);
  });

  test('what TOS would refuse is said at its row and cannot be sent', async () => {
    show(PLAIN);
    await userEvent.click(await screen.findByTestId('tags-edit'));
    const key = screen.getByLabelText('Key of tag 1');
    await userEvent.type(key, 'a&b{Enter}');
    expect(key).toHaveAccessibleDescription('“&” cannot be in a tag. Letters, digits, spaces and : + - = . _ / can.');
    expect(key).toBeInvalid();
    expect(screen.getByTestId('tags-save')).toBeDisabled();
    expect(screen.getByTestId('tags-form')).toBeInTheDocument();
  });

  test('there are at most ten', async () => {
    show(PLAIN);
    await userEvent.click(await screen.findByTestId('tags-edit'));
    for (let n = 1; n < 10; n += 1) await fireEvent.click(screen.getByTestId('tags-add'));
    expect(screen.getByTestId('tags-add')).toBeDisabled();
    expect(screen.getByText('An object has at most 10 tags.')).toBeInTheDocument();
  });

  test('a refusal is said in the form, which keeps what was entered', async () => {
    show(PLAIN, (backend) => (backend.setObjectTags = failing('forbidden')));
    await userEvent.click(await screen.findByTestId('tags-edit'));
    await userEvent.keyboard('k{Enter}');
    expect(await screen.findByRole('alert')).toHaveTextContent('Your key may not do this here.');
    expect(screen.getByLabelText('Key of tag 1')).toHaveValue('k');
    await userEvent.keyboard('{Escape}');
    expect(screen.queryByTestId('tags-form')).toBeNull();
    expect(screen.getByText('none')).toBeInTheDocument();
  });

  test('what changes elsewhere is looked at once the form is closed', async () => {
    const backend = show(PDF);
    await userEvent.click(await screen.findByTestId('tags-edit'));
    const asked = vi.spyOn(backend, 'getObjectTags').mockRejectedValue(new Failure({ code: 'network', params: {}, retryable: true }));
    await look();
    expect(asked).not.toHaveBeenCalled();
    expect(screen.getByTestId('tags-form')).toBeInTheDocument();
    await userEvent.keyboard('{Escape}');
    expect(await screen.findByText('Try again')).toBeInTheDocument();
  });

  test('a look from before the form was saved neither closes it nor brings back what was there', async () => {
    const backend = show(PDF);
    await screen.findByText('长城日出');
    const old = await backend.getObjectTags(BUCKET, PDF);
    let answer: (tags: typeof old) => void = () => undefined;
    backend.getObjectTags = () => new Promise((resolve) => (answer = resolve));
    await look();
    await userEvent.click(screen.getByTestId('tags-edit'));
    await userEvent.type(screen.getByLabelText('Value of tag 1'), ' two{Enter}');
    await waitFor(() => expect(screen.queryByTestId('tags-form')).toBeNull());
    answer(old);
    await new Promise((done) => setTimeout(done));
    expect(screen.getByTestId('tags')).toHaveTextContent(' two');
  });

  test('Esc that ends the choice of a character, or comes while they are saved, does not throw them away', async () => {
    show(PLAIN, (backend) => (backend.setObjectTags = () => new Promise(() => undefined)));
    await userEvent.click(await screen.findByTestId('tags-edit'));
    const key = screen.getByLabelText('Key of tag 1');
    await fireEvent.keyDown(key, { key: 'Escape', isComposing: true });
    await fireEvent.keyDown(key, { key: 'Escape', keyCode: 229 });
    expect(screen.getByTestId('tags-form')).toBeInTheDocument();
    await userEvent.type(key, 'k{Enter}{Escape}');
    expect(screen.getByTestId('tags-form')).toBeInTheDocument();
    expect(screen.getByRole('button', { name: 'Not now' })).toBeDisabled();
  });

  test('a key that may not see them is told so, without an alarm', async () => {
    show(PDF, (backend) => (backend.getObjectTags = failing('forbidden')));
    expect(await screen.findByText('Not shown: this key may not see the tags of this object.')).toBeInTheDocument();
    expect(screen.queryByRole('alert')).toBeNull();
    expect(screen.queryByTestId('tags-edit')).toBeNull();
  });

  test('what could not be read is read again', async () => {
    let away = true;
    show(PDF, (backend) => {
      const real = backend.getObjectTags;
      backend.getObjectTags = (bucket, key) => (away ? failing('network')() : real(bucket, key));
    });
    const again = await screen.findByText('Try again');
    away = false;
    await userEvent.click(again);
    expect(await screen.findByText('长城日出')).toBeInTheDocument();
  });
});

describe('the mock', () => {
  test.each([
    [Array.from({ length: 11 }, (_, n) => ({ key: `k${n}`, value: '' })), 'an object may have at most 10 tags'],
    [[{ key: '', value: 'v' }], 'the name of a tag has 1 to 128 characters'],
    [[{ key: 'k', value: 'v'.repeat(257) }], 'the value of a tag has at most 256 characters'],
    [[{ key: 'k', value: 'a&b' }], 'a tag may not have the character “&”'],
    [[{ key: 'k', value: '1' }, { key: 'k', value: '2' }], 'two tags have the name “k”'],
  ])('refuses what the command refuses: %j', async (tags, reason) => {
    const backend = createMock({ scene: 'studio' });
    await expect(backend.setObjectTags(BUCKET, PDF, tags)).rejects.toMatchObject({ error: { code: 'invalid_name', params: { reason } } });
  });
});
