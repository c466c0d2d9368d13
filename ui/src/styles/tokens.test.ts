/// <reference types="node" />
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const css = readFileSync(join(import.meta.dirname, 'tokens.css'), 'utf8');

function declarations(start: string): Map<string, string> {
  const from = css.indexOf(start);
  expect(from).toBeGreaterThanOrEqual(0);
  const body = css.slice(css.indexOf('{', from) + 1, css.indexOf('}', from));
  return new Map([...body.matchAll(/--([\w-]+):\s*([^;]+);/g)].map(([, name, value]) => [name ?? '', value ?? '']));
}

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * (r ?? 0) + 0.7152 * (g ?? 0) + 0.0722 * (b ?? 0);
}

function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return ((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05);
}

const light = declarations(':root {');
const dark = declarations(':root[data-theme="dark"] {\n  --bg');

test('both dark blocks are equal', () => {
  expect(declarations(':root:not([data-theme="light"]) {')).toEqual(dark);
  expect(dark.size).toBeGreaterThan(40);
});

test.each([
  ['light', light],
  ['dark', dark],
])('text has a contrast of 4.5 and controls of 3 in %s', (_name, theme) => {
  const value = (token: string): string => theme.get(token) ?? '';
  for (const [ink, ground] of [
    ['ink', 'bg'],
    ['ink-2', 'bg-chrome'],
    ['ink-3', 'bg'],
    ['ink-3', 'bg-selected'],
    ['ink-3', 'bg-hover'],
    ['ink-3', 'bg-sunken'],
    ['ink-3', 'bg-raised'],
    ['ink-on-accent', 'accent'],
    ['accent-text', 'bg-selected'],
    ['ok-text', 'bg-selected'],
    ['warn-text', 'warn-soft'],
    ['bad-text', 'bad-soft'],
    ['calm-text', 'bg-selected'],
    ['check-text', 'bg-selected'],
  ] as const) {
    expect(contrast(value(ink), value(ground)), `${ink} on ${ground}`).toBeGreaterThanOrEqual(4.5);
  }
  for (const [line, ground] of [
    ['line-control', 'bg'],
    ['focus', 'bg-selected'],
    ['bad-fill', 'track'],
  ] as const) {
    expect(contrast(value(line), value(ground)), `${line} on ${ground}`).toBeGreaterThanOrEqual(3);
  }
});

test('what asks for the width of a pane asks in rem, which WebKitGTK enlarges with the window', () => {
  const components = readdirSync(join(import.meta.dirname, '..'), { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.svelte'));
  const asked = components.flatMap((path) => [...readFileSync(join(import.meta.dirname, '..', path), 'utf8').matchAll(/@container[^{]*/g)].map(([query]) => query));
  expect(asked.length).toBeGreaterThan(10);
  expect(asked.filter((query) => !query.includes('rem)'))).toEqual([]);
});
