/// <reference types="node" />
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AST, parse } from 'svelte/compiler';
import { describe, expect, test } from 'vitest';
import { en } from './en';
import { ERROR_CODES, errorCause, errorSentence } from './errors';
import { isKey, setLanguage, systemLanguage } from './index.svelte';
import { formatMessage, placeholders } from './message';
import { zh } from './zh';

const ROOT = join(import.meta.dirname, '..');
const sources = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.(svelte|ts)$/.test(path) && !/\.test\.ts$|i18n\/(en|zh)\.ts$|test-setup/.test(path))
  .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
const keys = Object.keys(en);

describe('the words', () => {
  test('both languages have the same keys', () => {
    expect(Object.keys(zh).sort()).toEqual(keys.toSorted());
  });

  test.each(keys.filter(isKey))('%s shows the same values in both languages', (key) => {
    expect(placeholders(zh[key])).toEqual(placeholders(en[key]));
  });

  test('every error code has a sentence and a cause in both languages', () => {
    for (const language of ['en', 'zh'] as const) {
      setLanguage(language);
      for (const code of ERROR_CODES) {
        const error = { code, params: {} };
        expect(isKey(`error.${code}`), `error.${code}`).toBe(true);
        expect(errorSentence(error).length).toBeGreaterThan(4);
        expect(errorCause(error), `cause.${code}`).not.toBe(code);
      }
    }
    setLanguage('en');
  });

  test('a code that is not known is named, never hidden', () => {
    expect(errorSentence({ code: 'quantum_flux', params: {} })).toContain('quantum_flux');
    expect(errorCause({ code: 'quantum_flux', params: {} })).toBe('quantum_flux');
  });

  test('the values of an error stand in its sentence', () => {
    expect(errorSentence({ code: 'bucket_not_found', params: { bucket: 'raw-2026' } })).toContain('raw-2026');
  });

  test('a value that the error does not carry is a dash', () => {
    expect(errorSentence({ code: 'refused', params: { message: 'no', code: '' } })).toBe('TOS refused: no (code –)');
    expect(errorSentence({ code: 'source_changed', params: { name: 'tos://raw/a.mov' } })).toContain('tos://raw/a.mov changed');
  });

  test('no key is unused', () => {
    // Keys are written whole, or as a template whose gaps are one segment.
    const used = new Set<string>();
    const templates: RegExp[] = [];
    for (const { text } of sources) {
      for (const [, , literal] of text.matchAll(/(['"`])((?:[a-z][\w]*)(?:\.[\w${}.-]+)*)\1/g)) {
        if (literal === undefined) continue;
        if (literal.includes('${')) {
          templates.push(new RegExp(`^${literal.replace(/\$\{[^}]*\}/g, '§').replace(/\./g, '\\.').replaceAll('§', '[\\w-]+')}$`));
        } else used.add(literal);
      }
    }
    const unused = keys.filter((key) => !used.has(key) && !templates.some((template) => template.test(key)));
    expect(unused).toEqual([]);
  });

  test('the system’s wish is followed, and English is what is left', () => {
    expect(systemLanguage(['zh-Hans-CN', 'en'])).toBe('zh');
    expect(systemLanguage(['fr', 'en-GB'])).toBe('en');
    expect(systemLanguage(['fr'])).toBe('en');
  });

  test('Chinese is typeset with full-width punctuation and spaces beside Latin letters', () => {
    const bad = Object.entries(zh).filter(
      ([, text]) => /[一-鿿][,;!?]/.test(text) || /[一-鿿](?=[A-Za-z0-9])|[A-Za-z0-9](?=[一-鿿])/.test(text) || text.includes('您'),
    );
    expect(bad).toEqual([]);
  });

  test('there are no exclamation marks, no “please”, no “oops” and no “unknown error”', () => {
    const bad = Object.entries(en).filter(([, text]) => /!|please|oops|unknown error/i.test(text));
    expect(bad).toEqual([]);
  });
});

describe('components', () => {
  const SPOKEN = new Set(['aria-label', 'title', 'placeholder', 'alt', 'label', 'hint', 'text', 'keep', 'act']);
  const components = sources.filter(({ path }) => path.endsWith('.svelte'));

  function literals(root: AST.Fragment): string[] {
    const found: string[] = [];
    const visit = (node: unknown): void => {
      if (typeof node !== 'object' || node === null) return;
      if (Array.isArray(node)) {
        for (const child of node) visit(child);
        return;
      }
      const one = node as { type?: string; data?: string; name?: string; value?: unknown };
      if (one.type === 'Text' && typeof one.data === 'string' && /\p{L}/u.test(one.data)) found.push(one.data.trim());
      if (one.type === 'StyleDirective') return;
      if (one.type === 'Attribute') {
        if (!SPOKEN.has(one.name ?? '')) {
          // Only its expression can hold markup (a snippet); its text is no word.
          for (const part of Array.isArray(one.value) ? one.value : [one.value]) {
            if ((part as { type?: string } | null)?.type === 'ExpressionTag') visit(part);
          }
          return;
        }
      }
      for (const [key, child] of Object.entries(one)) if (key !== 'parent') visit(child);
    };
    visit(root);
    return found;
  }

  test.each(components.map(({ path, text }) => [path, text]))('%s has no words of its own', (_path, text) => {
    expect(literals(parse(text, { modern: true }).fragment)).toEqual([]);
  });

  test('the search finds words in text and in attributes', () => {
    const bad = parse('<p title="Hello">World {x}</p><i data-x="ok" class="b"></i>', { modern: true });
    expect(literals(bad.fragment)).toEqual(['Hello', 'World']);
  });

  test('none has a style attribute, which the content-security policy forbids', () => {
    const bad = components.filter(({ text }) => /\sstyle=["{]/.test(text)).map(({ path }) => path);
    expect(bad).toEqual([]);
  });
});

describe('messages', () => {
  test('plural forms follow the language', () => {
    const message = '{n, plural, one {# file} other {# files}} in {place}';
    expect(formatMessage(message, { n: 1, place: 'raw' }, 'en')).toBe('1 file in raw');
    expect(formatMessage(message, { n: 12480, place: 'raw' }, 'en')).toBe('12,480 files in raw');
    expect(formatMessage(message, { n: 1, place: 'raw' }, 'zh-CN')).toBe('1 files in raw');
    expect(placeholders(message)).toEqual(['n', 'place']);
  });

  test('a missing value shows its name', () => {
    expect(formatMessage('to {path}', {}, 'en')).toBe('to path');
  });

  test('a value is never read as a message', () => {
    expect(formatMessage('to {path}', { path: '{n}' }, 'en')).toBe('to {n}');
  });

  test.each(['to {path', 'a } b', '{n, plural, one {x}}', '{a b}'])('“%s” is refused', (message) => {
    expect(() => formatMessage(message, {}, 'en')).toThrow();
  });
});
