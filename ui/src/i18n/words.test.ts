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

  test('no key is missing, wherever it is asked for', () => {
    const asked = sources.flatMap(({ path, text }) => [...text.matchAll(/\bt\(\s*'([^']+)'/g)].map(([, key = '']) => `${path}: ${key}`));
    expect(asked.length).toBeGreaterThan(100);
    expect(asked.filter((one) => !isKey(one.slice(one.indexOf(': ') + 2)))).toEqual([]);
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

  type Node = Record<string, unknown> & { type?: string };
  const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;

  /** What an expression can become on the screen: its own text, not what it asks or hands on. */
  function shownTexts(node: unknown): string[] {
    if (!isNode(node)) return [];
    switch (node.type) {
      case 'Literal':
        return typeof node['value'] === 'string' ? [node['value']] : [];
      case 'TemplateLiteral': {
        const quasis = (node['quasis'] as { value: { cooked: string } }[]).map(({ value }) => value.cooked);
        return [...quasis, ...(node['expressions'] as unknown[]).flatMap(shownTexts)];
      }
      case 'ConditionalExpression':
        return [...shownTexts(node['consequent']), ...shownTexts(node['alternate'])];
      case 'LogicalExpression':
      case 'BinaryExpression':
        return node['type'] === 'LogicalExpression' || node['operator'] === '+' ? [...shownTexts(node['left']), ...shownTexts(node['right'])] : [];
      case 'ArrayExpression':
        return (node['elements'] as unknown[]).flatMap(shownTexts);
      case 'CallExpression': {
        // `[a, b].join(c)`, and what is only trimmed or cut.
        const callee = node['callee'];
        return isNode(callee) && callee.type === 'MemberExpression' ? shownTexts(callee['object']) : [];
      }
      default:
        return [];
    }
  }

  /** Words, not a scheme, a size or a name of the platform. */
  const isWord = (text: string): boolean => /\p{L}{2,}/u.test(text.replace(/tos:\/\/|\bTern\b|\bTOS\b/g, ''));

  function literals(root: AST.Fragment): string[] {
    const found: string[] = [];
    const visit = (node: unknown): void => {
      if (Array.isArray(node)) {
        for (const child of node) visit(child);
        return;
      }
      if (!isNode(node)) return;
      if (node.type === 'Text' && typeof node['data'] === 'string' && /\p{L}/u.test(node['data'])) found.push(node['data'].trim());
      if (node.type === 'StyleDirective' || node.type === 'ClassDirective' || node.type === 'OnDirective') return;
      if (node.type === 'ExpressionTag') {
        found.push(...shownTexts(node['expression']).filter(isWord));
        visit(node['expression']);
        return;
      }
      if (node.type === 'Attribute') {
        const spoken = SPOKEN.has(String(node['name']));
        for (const part of [node['value']].flat()) {
          if (!isNode(part)) continue;
          if (part.type === 'Text') {
            if (spoken) visit(part);
            continue;
          }
          // Only its expression can hold words or markup (a snippet).
          if (spoken) found.push(...shownTexts(part['expression']).filter(isWord));
          if (isNode(part['expression'])) visit(part['expression']);
        }
        return;
      }
      for (const [key, child] of Object.entries(node)) if (key !== 'parent') visit(child);
    };
    visit(root);
    return found;
  }

  /** Sentences in code: two words with a space between them, which are no keys, no selector and no fault of ours. */
  function sentences(code: unknown): string[] {
    const found: string[] = [];
    const visit = (node: unknown): void => {
      if (Array.isArray(node)) {
        for (const child of node) visit(child);
        return;
      }
      if (!isNode(node)) return;
      const callee = node['callee'];
      if ((node.type === 'NewExpression' || node.type === 'CallExpression') && isNode(callee)) {
        // What is thrown is for whoever reads the log; what is looked for is a selector.
        if (/Error$/.test(String(callee['name'] ?? ''))) return;
        const method = isNode(callee['property']) ? String(callee['property']['name']) : String(callee['name'] ?? '');
        if (/^(querySelector|querySelectorAll|closest|matches|matchMedia)$/.test(method)) return;
        const [first] = node['arguments'] as unknown[];
        if (/^(toast|speak)$/.test(method)) found.push(...shownTexts(first).filter(isWord));
      }
      if (node.type === 'Literal' && typeof node['value'] === 'string') {
        const text = node['value'];
        if (/\p{L}{2,} \p{L}{2,}/u.test(text) && !/^(Ctrl|Alt|Shift)\b|[[\]{}<>#=/]/.test(text)) found.push(text);
        if (/\p{Script=Han}/u.test(text)) found.push(text);
      }
      for (const [key, child] of Object.entries(node)) if (key !== 'parent' && key !== 'loc') visit(child);
    };
    visit(code);
    return found;
  }

  test.each(components.map(({ path, text }) => [path, text]))('%s has no words of its own', (_path, text) => {
    const { fragment, instance, module } = parse(text, { modern: true });
    expect(literals(fragment)).toEqual([]);
    expect([...sentences(instance?.content), ...sentences(module?.content), ...sentences(fragment)]).toEqual([]);
  });

  // Mocks speak as servers do; formats and messages are made of patterns.
  const code = sources.filter(({ path }) => path.endsWith('.ts') && !/^(ipc|i18n)\//.test(path));

  test.each(code.map(({ path, text }) => [path, text]))('%s has no words of its own', (_path, text) => {
    expect(sentences(parse(`<script lang="ts">${text}</script>`, { modern: true }).instance?.content)).toEqual([]);
  });

  test('the search finds words in text and in attributes', () => {
    const bad = parse('<p title="Hello">World {x}</p><i data-x="ok" class="b"></i>', { modern: true });
    expect(literals(bad.fragment)).toEqual(['Hello', 'World']);
  });

  test.each([
    ["<p>{open ? 'Close it' : t('a.b')}</p>", 'Close it'],
    ['<p>{`${n} files`}</p>', ' files'],
    ["<p>{t('x.y') + ' left'}</p>", ' left'],
    ["<i title={name ?? 'None'}></i>", 'None'],
    ["<Sheet title={['All', n].join(' ')} />", 'All'],
    ["{#snippet head()}<b>{x || 'Empty'}</b>{/snippet}", 'Empty'],
  ])('and in what is computed: %s', (text, word) => {
    expect(literals(parse(text, { modern: true }).fragment)).toContain(word);
  });

  test.each(["<p class={on ? 'two words' : ''}>{t(`nav.${x}`)}</p>", "<p>{t('a.b', { n: 'x' })}</p>", "<p>{x === 'failed' ? '' : n}</p>", "<p title={`tos://${x}`}></p>"])(
    'but not in what is no word: %s',
    (text) => expect(literals(parse(text, { modern: true }).fragment)).toEqual([]),
  );

  test.each([
    ["const x = 'Nothing was found';", ['Nothing was found']],
    ["notices.toast('Saved');", ['Saved']],
    ["const x = '设置';", ['设置']],
    ["throw new Error('no such row');", []],
    ["root.querySelector('main button');", []],
    ["const keys = 'Ctrl Shift P';", []],
  ])('and sentences in code: %s', (text, wanted) => {
    expect(sentences(parse(`<script lang="ts">${text}</script>`, { modern: true }).instance?.content)).toEqual(wanted);
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
