/**
 * The words of the window. `t` reads the language reactively, so a switch redraws every sentence at once.
 *
 * English defines the keys, so a key without Chinese does not compile; `words.test.ts` checks the rest.
 */
import { en, type Words } from './en';
import { formatMessage, type Params } from './message';
import { zh } from './zh';

export type Language = 'en' | 'zh';
export type Key = keyof Words;

const WORDS: Record<Language, Words> = { en, zh };
export const LANGUAGES: readonly Language[] = ['en', 'zh'];
export const LOCALES: Record<Language, string> = { en: 'en', zh: 'zh-CN' };

let current = $state<Language>('en');

export function language(): Language {
  return current;
}

export function setLanguage(next: Language): void {
  current = next;
}

/** The language that the system asks for. */
export function systemLanguage(asked: readonly string[]): Language {
  for (const tag of asked) {
    if (tag.toLowerCase().startsWith('zh')) return 'zh';
    if (tag.toLowerCase().startsWith('en')) return 'en';
  }
  return 'en';
}

export function t(key: Key, params: Params = {}): string {
  return formatMessage(WORDS[current][key], params, LOCALES[current]);
}

/** A message as it is written in one language. */
export function wordsIn(of: Language, key: Key): string {
  return WORDS[of][key];
}

/** A message with its placeholders, in the language of the window. */
export function messageOf(key: Key): string {
  return WORDS[current][key];
}

export function isKey(key: string): key is Key {
  return Object.hasOwn(en, key);
}
