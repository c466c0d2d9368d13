import { describe, expect, test } from 'vitest';
import { type Backend, Failure, type ObjectPage, type ObjectRow } from '../ipc/backend';
import { millionPage } from '../ipc/mock/million';
import { Listing } from './listing.svelte';
import { Memory } from './remembered';

type Lists = Pick<Backend, 'listObjects'>;

function rowOf(name: string, more: Partial<ObjectRow> = {}): ObjectRow {
  return { key: name, name, folder: name.endsWith('/'), size_bytes: 10, modified_ms: null, storage_class: null, ...more };
}

function page(names: string[], next: string | null = null): ObjectPage {
  return { rows: names.map((name) => rowOf(name)), next };
}

const always = (answer: ObjectPage): Lists => ({ listObjects: () => Promise.resolve(answer) });
const inOrder = (...answers: ObjectPage[]): Lists => ({ listObjects: () => Promise.resolve(answers.shift() ?? page([])) });

/** What is shown, by name, from top to bottom. */
function shown(listing: Listing): string[] {
  return Array.from({ length: listing.count }, (_, index) => listing.rowAt(index)?.name ?? '');
}

const chosen = (listing: Listing): string[] => [...listing.selection.keys()].sort();

describe('a listing', () => {
  test('appends pages as they are reached, and an answer for another place is dropped', async () => {
    const answers: ((page: ObjectPage) => void)[] = [];
    const listing = new Listing({ listObjects: () => new Promise((resolve) => answers.push(resolve)) });
    void listing.open('a', '');
    const second = listing.open('b', '');
    answers[0]?.(page(['from-a']));
    answers[1]?.(page(['b1', 'b2'], 'more'));
    await second;
    expect(shown(listing)).toEqual(['b1', 'b2']);
    const more = listing.more(2);
    answers[2]?.(page(['b3']));
    await more;
    expect(shown(listing)).toEqual(['b1', 'b2', 'b3']);
    expect(listing.next).toBeNull();
  });

  test('folders of a later page stand above objects, and the list is told how many came there', async () => {
    const listing = new Listing(inOrder(page(['b/', 'c'], 'more'), page(['d/', 'e/', 'f'])));
    const inserted: number[] = [];
    listing.onInserted = (rows) => inserted.push(rows);
    await listing.open('a', '');
    listing.select(1, 'one');
    await listing.more(2);
    expect(shown(listing)).toEqual(['b/', 'd/', 'e/', 'c', 'f']);
    expect(inserted).toEqual([2]);
    expect([listing.cursorIndex, chosen(listing)]).toEqual([3, ['c']]);
  });

  test('an error keeps what is loaded, and says what went wrong', async () => {
    let fail = false;
    const listing = new Listing({ listObjects: () => (fail ? Promise.reject(new Error('cable')) : Promise.resolve(page(['x'], 'more'))) });
    await listing.open('a', '');
    fail = true;
    await listing.more(1);
    expect(listing.rows).toHaveLength(1);
    expect(listing.error?.params['message']).toBe('cable');
  });

  test('a refresh that is overtaken by another place changes nothing there', async () => {
    const answers: ((page: ObjectPage) => void)[] = [];
    const listing = new Listing({ listObjects: () => new Promise((resolve) => answers.push(resolve)) });
    const first = listing.open('a', '');
    answers[0]?.(page(['a1']));
    await first;
    const refreshed = listing.refresh();
    const other = listing.open('b', '');
    answers[2]?.(page(['b1']));
    await other;
    answers[1]?.(page(['a1', 'a2']));
    await refreshed;
    expect(shown(listing)).toEqual(['b1']);
  });

  test('a refresh keeps what is selected and where the cursor is, if it is still there', async () => {
    const listing = new Listing(inOrder(page(['b', 'c', 'd']), page(['a', 'c', 'd'])));
    await listing.open('a', '');
    listing.select(0, 'one');
    listing.select(1, 'toggle');
    await listing.refresh();
    expect(shown(listing)).toEqual(['a', 'c', 'd']);
    expect(chosen(listing)).toEqual(['c']);
    expect(listing.cursorIndex).toBe(1);
    expect(listing.selection.bytes).toBe(10);
  });

  test('everything is loaded page by page, until it is stopped', async () => {
    let asked = 0;
    const listing = new Listing({ listObjects: () => Promise.resolve(page([`k${asked}`], (asked += 1) < 5 ? 'more' : null)) });
    await listing.open('a', '');
    await listing.loadAll();
    expect([listing.count, listing.next, listing.loadingAll]).toEqual([5, null, false]);

    asked = -1_000_000;
    await listing.open('a', '');
    const all = listing.loadAll();
    await Promise.resolve();
    listing.stop();
    await all;
    expect([listing.loadingAll, listing.next]).toEqual([false, 'more']);
    expect(listing.count).toBeLessThan(50);
  });

  test('one that is stopped before anything came says so and can be tried again', async () => {
    const listing = new Listing({ listObjects: () => new Promise(() => undefined) });
    void listing.open('a', '');
    listing.stop();
    expect([listing.stopped, listing.loaded, listing.loading]).toEqual([true, false, false]);
  });
});

describe('without a network', () => {
  const gone = (): Promise<never> => Promise.reject(new Failure({ code: 'network', params: {}, retryable: true }));

  test('the last listing is shown with its age, and replaced when TOS answers again', async () => {
    let offline = false;
    const memory = new Memory();
    const backend: Lists = { listObjects: (bucket) => (offline ? gone() : Promise.resolve(page([`in-${bucket}`]))) };
    await new Listing(backend, memory).open('a', '');
    offline = true;
    const later = new Listing(backend, memory);
    const begun = Date.now();
    await later.open('a', '');
    expect(shown(later)).toEqual(['in-a']);
    expect(later.asOfMs).toBeLessThanOrEqual(begun);
    expect(later.error?.code).toBe('network');
    offline = false;
    await later.refresh();
    expect([later.asOfMs, later.error]).toEqual([null, null]);
  });

  test('a place that was never listed shows the error, and so does another kind of error', async () => {
    const memory = new Memory();
    await new Listing(always(page(['x'])), memory).open('a', '');
    const listing = new Listing({ listObjects: gone }, memory);
    await listing.open('b', '');
    expect([listing.loaded, listing.error?.code]).toEqual([false, 'network']);
    const denied = new Listing({ listObjects: () => Promise.reject(new Failure({ code: 'forbidden', params: {}, retryable: false })) }, memory);
    await denied.open('a', '');
    expect([denied.loaded, denied.error?.code]).toEqual([false, 'forbidden']);
  });

  test('what went wrong at one place is not said of the next while that is listed', async () => {
    const refused = (): Promise<ObjectPage> => Promise.reject(new Failure({ code: 'forbidden', params: {}, retryable: false }));
    const listing = new Listing({ listObjects: (bucket) => (bucket === 'a' ? refused() : new Promise(() => {})) });
    await listing.open('a', '');
    expect(listing.error?.code).toBe('forbidden');
    void listing.open('b', '');
    expect([listing.error, listing.loading]).toEqual([null, true]);
  });

  test('only so many places are remembered, the newest', async () => {
    const memory = new Memory();
    for (let n = 0; n < 30; n += 1) await new Listing(always(page(['x'])), memory).open(`b${n}`, '');
    expect(memory.get('b0/')).toBeNull();
    expect(memory.get('b29/')?.rows.length).toBe(1);
  });
});

describe('selecting', () => {
  async function four(): Promise<Listing> {
    const listing = new Listing(always(page(['f/', 'x', 'y', 'z'])));
    await listing.open('a', '');
    return listing;
  }

  test('one, a range, single ones, all, none; folders too, which weigh nothing', async () => {
    const listing = await four();
    listing.select(1, 'one');
    listing.select(3, 'range');
    expect(chosen(listing)).toEqual(['x', 'y', 'z']);
    listing.select(2, 'toggle');
    expect(chosen(listing)).toEqual(['x', 'z']);
    listing.select(0, 'range');
    expect(chosen(listing)).toEqual(['f/', 'x', 'y']);
    expect([listing.selection.size, listing.selection.bytes, listing.selection.folders]).toEqual([3, 20, 1]);
    listing.selectAll();
    expect(listing.selection.size).toBe(4);
    listing.clear();
    expect([listing.selection.size, listing.selection.bytes, listing.selection.folders]).toEqual([0, 0, 0]);
  });

  test('survives a filter, which tells how many it hides', async () => {
    const listing = await four();
    listing.selectAll();
    listing.filter('Y');
    expect(shown(listing)).toEqual(['y']);
    expect([listing.selection.size, listing.selection.hidden(listing.shown)]).toEqual([4, 3]);
    listing.filter('');
    expect(listing.selection.hidden(listing.shown)).toBe(0);
  });
});

describe('order', () => {
  const rows = [
    rowOf('a', { size_bytes: 30, modified_ms: 1, storage_class: 'STANDARD' }),
    rowOf('b', { size_bytes: 10, modified_ms: null, storage_class: 'ARCHIVE' }),
    rowOf('c', { size_bytes: 30, modified_ms: 3, storage_class: 'STANDARD' }),
    rowOf('f/'),
    rowOf('g/'),
  ];

  test.each([
    ['size', ['f/', 'g/', 'a', 'c', 'b'], ['f/', 'g/', 'b', 'a', 'c']],
    ['modified', ['f/', 'g/', 'c', 'a', 'b'], ['f/', 'g/', 'b', 'a', 'c']],
    ['class', ['f/', 'g/', 'b', 'a', 'c'], ['f/', 'g/', 'a', 'c', 'b']],
  ] as const)('by %s, then the other way, folders first and equal ones by name', async (by, first, second) => {
    const listing = new Listing(always({ rows, next: null }));
    await listing.open('a', '');
    listing.sort(by);
    expect(shown(listing)).toEqual(first);
    listing.sort(by);
    expect(shown(listing)).toEqual(second);
  });

  test('by name the other way, and back', async () => {
    const listing = new Listing(always({ rows, next: null }));
    await listing.open('a', '');
    listing.sort('name');
    expect(shown(listing)).toEqual(['g/', 'f/', 'c', 'b', 'a']);
    listing.sort('name');
    expect(shown(listing)).toEqual(['f/', 'g/', 'a', 'b', 'c']);
  });

  test('an order asks for no page by itself, since that would move what is shown', async () => {
    let asked = 0;
    const listing = new Listing({ listObjects: () => Promise.resolve(page([`k${(asked += 1)}`], 'more')) });
    await listing.open('a', '');
    listing.sort('size');
    await listing.more(1);
    expect(asked).toBe(1);
  });

  test('characters that mean something in a pattern are themselves in a filter', async () => {
    const listing = new Listing(always(page(['a+b (1).txt', 'aab 1.txt', '[x]'])));
    await listing.open('a', '');
    listing.filter('+b (1)');
    expect(shown(listing)).toEqual(['a+b (1).txt']);
    listing.filter('[');
    expect(shown(listing)).toEqual(['[x]']);
  });
});

test('a million keys are loaded, found, ordered and selected', async () => {
  const keys = 1_000_000;
  const listing = new Listing({ listObjects: (_bucket, prefix, after) => Promise.resolve(millionPage(keys, prefix, after, 1_000, 0)) });
  await listing.open('render-frames', '');
  await listing.loadAll();
  expect([listing.rows.folders, listing.rows.objects]).toEqual([2, keys]);
  expect(listing.rowAt(keys + 1)?.key).toBe('frame-0999999.exr');
  listing.filter('99999.');
  expect(listing.count).toBe(10);
  listing.filter('');
  listing.sort('size');
  const sizes = [0, 500_000, keys - 1].map((at) => listing.rowAt(at + 2)?.size_bytes ?? 0);
  expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
  listing.selectAll();
  expect(listing.selection.size).toBe(keys + 2);
});

describe('a refresh', () => {
  const held = (): { answers: ((page: ObjectPage) => void)[]; listing: Listing } => {
    const answers: ((page: ObjectPage) => void)[] = [];
    return { answers, listing: new Listing({ listObjects: () => new Promise((resolve) => answers.push(resolve)) }) };
  };
  const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

  test('does not begin while one runs, and is done once more behind it', async () => {
    const { answers, listing } = held();
    void listing.open('a', '');
    answers[0]?.(page(['a']));
    await turn();
    const first = listing.refresh();
    void listing.refresh();
    void listing.refresh();
    expect(answers.length).toBe(2);
    answers[1]?.(page(['a', 'b']));
    await turn();
    expect([shown(listing), answers.length]).toEqual([['a', 'b'], 3]);
    answers[2]?.(page(['a', 'b', 'c']));
    await first;
    expect([shown(listing), answers.length]).toEqual([['a', 'b', 'c'], 3]);
  });

  test('does not cut short what loads all, and comes behind it', async () => {
    const { answers, listing } = held();
    void listing.open('a', '');
    answers[0]?.(page(['a'], 'one'));
    await turn();
    const all = listing.loadAll();
    void listing.refresh();
    expect(answers.length).toBe(2);
    answers[1]?.(page(['b']));
    await turn();
    expect([shown(listing), answers.length]).toEqual([['a', 'b'], 3]);
    answers[2]?.(page(['a', 'b', 'c']));
    await all;
    expect(shown(listing)).toEqual(['a', 'b', 'c']);
  });

  test('that is stopped leaves the way on as it was: no row comes twice', async () => {
    const { answers, listing } = held();
    void listing.open('a', '');
    answers[0]?.(page(['a'], 'after-a'));
    await turn();
    void listing.more(1);
    answers[1]?.(page(['b'], 'after-b'));
    await turn();
    void listing.refresh();
    answers[2]?.(page(['a'], 'after-a'));
    await turn();
    listing.stop();
    expect(listing.next).toBe('after-b');
  });
});
