/// <reference types="node" />
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fireEvent, render, screen } from '@testing-library/svelte';
import { createRawSnippet } from 'svelte';
import { describe, expect, test, vi } from 'vitest';
import Button from './Button.svelte';
import { ICONS } from './icons';
import { ariaKeys, shownKeys } from './keynames';
import { liesOver, remakeScrollbars } from './overlay';
import LogSlider from './LogSlider.svelte';
import { MARKS, MAX, MIN, positionOf, snapped, stepped, valueAt } from './logscale';
import Segmented from './Segmented.svelte';
import Select from './Select.svelte';
import { tabAt } from './tabs';
import { MAX_EXTENT_PX, rowTop, scrollFor, type Shape, windowOf } from './virtual';
import VirtualList from './VirtualList.svelte';

const MIB = 1024 ** 2;
const shape = (more: Partial<Shape> = {}): Shape => ({ count: 1000, rowHeight: 56, viewport: 560, overscan: 6, divider: null, ...more });

describe('one of a few', () => {
  const options = ['a', 'b', 'c'].map((value) => ({ value, label: value.toUpperCase() }));

  test('a sheet that opens puts the focus on what is chosen, not on what is first', () => {
    render(Segmented, { label: 'Life', value: 'b', options, onchange: vi.fn() });
    expect(screen.getAllByRole('radio').map((radio) => radio.tabIndex)).toEqual([-1, 0, -1]);
  });

  test('a list hands over its element, so that a refused choice can be set back', async () => {
    const onchange = vi.fn((_: string | number, element: HTMLSelectElement) => void (element.value = 'a'));
    render(Select, { label: 'Rule', value: 'a', options, onchange });
    const list = screen.getByRole<HTMLSelectElement>('combobox', { name: 'Rule' });
    await fireEvent.change(list, { target: { value: 'c' } });
    expect(onchange).toHaveBeenCalledWith('c', list);
    expect(list.value).toBe('a');
  });

  test('a list that cannot be changed now is disabled', () => {
    render(Select, { label: 'Rule', value: 'a', options, disabled: true, onchange: vi.fn() });
    expect(screen.getByRole('combobox')).toBeDisabled();
  });
});

describe('the window of a list', () => {
  test('draws what is in view and a few rows around', () => {
    expect(windowOf(shape(), 0)).toEqual({ first: 0, end: 17, extent: 56_000, shift: 0 });
    expect(windowOf(shape(), 5_600)).toMatchObject({ first: 94, end: 117 });
    expect(windowOf(shape(), 56_000)).toMatchObject({ end: 1000 });
    expect(windowOf(shape({ count: 0 }), 0)).toMatchObject({ first: 0, end: 0, extent: 0 });
  });

  test('a heading moves the rows below it', () => {
    const divided = shape({ divider: { at: 3, height: 30 } });
    expect(rowTop(divided, 2)).toBe(112);
    expect(rowTop(divided, 3)).toBe(198);
    expect(windowOf(divided, 0).extent).toBe(56_030);
    // Scrolled onto the heading itself: the row above it and the row below it are both there.
    const window = windowOf({ ...divided, overscan: 0 }, 170);
    expect(window.first).toBe(3);
  });

  test('a million rows stay below the height where engines stop, and both ends can be reached', () => {
    const long = shape({ count: 1_000_000 });
    const start = windowOf(long, 0);
    expect(start.extent).toBe(MAX_EXTENT_PX);
    expect(start.first).toBe(0);
    const bottom = MAX_EXTENT_PX - long.viewport;
    const end = windowOf(long, bottom);
    expect(end.end).toBe(1_000_000);
    // The last row is drawn where it can be seen.
    const drawn = rowTop(long, 999_999) + end.shift;
    expect(drawn).toBeGreaterThanOrEqual(bottom);
    expect(drawn + long.rowHeight).toBeLessThanOrEqual(bottom + long.viewport + 1);
  });

  test('a row is brought into view with the least movement', () => {
    expect(scrollFor(shape(), 0, 3)).toBeNull();
    expect(scrollFor(shape(), 0, 10)).toBe(56);
    expect(scrollFor(shape(), 1_000, 2)).toBe(112);
    const long = shape({ count: 1_000_000 });
    const wanted = scrollFor(long, 0, 500_000);
    expect(wanted).not.toBeNull();
    const window = windowOf(long, wanted ?? 0);
    expect(window.first).toBeLessThanOrEqual(500_000);
    expect(window.end).toBeGreaterThan(500_000);
  });

  test('of a million rows only some are elements, and scrolling makes no new ones', async () => {
    const row = createRawSnippet<[number]>((index) => ({ render: () => `<div role="row">${index()}</div>` }));
    render(VirtualList, { count: 1_000_000, rowHeight: 56, row, role: 'grid', 'aria-label': 'rows' });
    await vi.waitFor(() => expect(screen.getAllByRole('row').length).toBeGreaterThan(10));
    expect(screen.getAllByRole('row').length).toBeLessThan(40);
    const list = screen.getByRole('grid');
    list.scrollTop = 4_000_000;
    await fireEvent.scroll(list);
    expect(screen.getAllByRole('row').length).toBeLessThan(40);
    expect(screen.queryByText('0')).toBeNull();
  });
});

describe('the logarithmic slider', () => {
  test('its ends are 64 KiB/s and 1 GiB/s, and no limit stands at the far end', () => {
    expect(positionOf(MIN)).toBe(0);
    expect(positionOf(MAX)).toBe(1);
    expect(positionOf(null)).toBe(1);
    expect(valueAt(0)).toBe(MIN);
    expect(valueAt(1)).toBe(MAX);
  });

  test('a factor of four is a seventh of the way, everywhere', () => {
    for (const [i, mark] of MARKS.entries()) expect(positionOf(mark)).toBeCloseTo(i / 7, 10);
  });

  test('a place and its value agree to the two figures that are shown', () => {
    for (let i = 0; i <= 100; i += 1) expect(positionOf(valueAt(i / 100))).toBeCloseTo(i / 100, 1);
  });

  test('a mark holds the thumb when it is near', () => {
    expect(snapped(positionOf(16 * MIB) + 0.008, 0.01)).toBe(16 * MIB);
    expect(snapped(positionOf(16 * MIB) + 0.05, 0.01)).not.toBe(16 * MIB);
  });

  test('keys step by 5% and by two, and stop at the ends', async () => {
    expect(stepped(20 * MIB, 1.05)).toBe(21 * MIB);
    expect(stepped(MIN, 0.5)).toBe(MIN);
    expect(stepped(null, 0.5)).toBe(512 * MIB);
    const onchange = vi.fn();
    render(LogSlider, { label: 'Limit', value: 20 * MIB, valueText: '20 MiB/s', tone: 'up', markLabel: String, onchange });
    const slider = screen.getByRole('slider', { name: 'Limit' });
    expect(slider).toHaveAttribute('aria-valuetext', '20 MiB/s');
    await fireEvent.keyDown(slider, { key: 'ArrowRight' });
    expect(onchange).toHaveBeenLastCalledWith(21 * MIB);
    await fireEvent.keyDown(slider, { key: 'PageDown' });
    expect(onchange).toHaveBeenLastCalledWith(10 * MIB);
    await fireEvent.keyDown(slider, { key: 'Home' });
    expect(onchange).toHaveBeenLastCalledWith(MIN);
    onchange.mockClear();
    await fireEvent.keyDown(slider, { key: 'a' });
    expect(onchange).not.toHaveBeenCalled();
  });
});

test('the names of icons are the symbols of the sprite', () => {
  const sprite = readFileSync(join(import.meta.dirname, 'Sprite.svelte'), 'utf8');
  expect([...sprite.matchAll(/<symbol id="i-(\w+)"/g)].map(([, name]) => name)).toEqual([...ICONS]);
});

test('keys are named as the platform names them', () => {
  expect(shownKeys('Ctrl Shift P', false)).toBe('Ctrl Shift P');
  expect(shownKeys('Ctrl Shift P', true)).toBe('⌘ ⇧ P');
  expect(ariaKeys('Ctrl Shift P', false)).toBe('Control+Shift+P');
  expect(ariaKeys('Alt Left', false)).toBe('Alt+ArrowLeft');
});

describe('a button', () => {
  const words = createRawSnippet(() => ({ render: () => '<b>Words</b>' }));
  test.each([
    [{ title: 'Why not' }, 'Why not'],
    [{ title: 'Why not', keys: 'Ctrl U' }, `Why not  ${shownKeys('Ctrl U')}`],
    [{ keys: 'Ctrl U' }, shownKeys('Ctrl U')],
    [{ label: 'Name' }, 'Name'],
  ])('with %o has a tooltip, which the pointer does not wipe', async (props, title) => {
    render(Button, { ...props, children: words });
    const button = screen.getByRole('button');
    // The words are drawn.
    Object.defineProperty(button.querySelector('.words'), 'offsetWidth', { value: 60 });
    expect(button.title).toBe(title);
    await fireEvent.pointerEnter(button);
    expect(button.title).toBe(title);
  });

  test('whose words are hidden says them, and why it is off', async () => {
    render(Button, { title: 'Why not', children: words });
    const button = screen.getByRole('button');
    await fireEvent.pointerEnter(button);
    expect(button.title).toBe('Words  Why not');
  });
});

test('tabs are a ring for both pairs of arrows, with a first and a last', () => {
  expect(['ArrowRight', 'ArrowDown', 'ArrowLeft', 'ArrowUp', 'Home', 'End', 'a'].map((key) => tabAt(key, 2, 3))).toEqual([0, 0, 1, 1, 0, 2, null]);
});

describe('what lies over something else', () => {
  const room = (): string => document.documentElement.style.getPropertyValue('--toast-right');

  test('the widest of it is what toasts keep off', () => {
    const drawer = liesOver(380);
    const popover = liesOver(412);
    expect(room()).toBe('412px');
    popover();
    expect(room()).toBe('380px');
    drawer();
    expect(room()).toBe('0px');
  });

  test('scrollbars beneath are made anew, and what scrolls goes on scrolling', () => {
    vi.stubGlobal('CSS', { supports: () => false });
    const one = document.body.appendChild(document.createElement('div'));
    one.style.overflowY = 'auto';
    Object.defineProperties(one, { clientHeight: { value: 100 }, scrollHeight: { value: 300 } });
    const seen: string[] = [];
    Object.defineProperty(document.body, 'offsetHeight', { configurable: true, get: () => seen.push(one.style.overflowY) });
    remakeScrollbars();
    expect(seen).toEqual(['hidden']);
    expect(one.style.overflowY).toBe('auto');
    one.remove();
    vi.unstubAllGlobals();
  });
});
