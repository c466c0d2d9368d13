/** The rules of TOS for the tags of an object, as sentences: what breaks one is said before it is sent. */
import { t } from '../i18n/index.svelte';
import type { TagView } from '../ipc/backend';

export const TAGS_MAX = 10;
const KEY_MAX = 128;
const VALUE_MAX = 256;
/** Letters and digits of every script. */
const USABLE = /^[\p{Alphabetic}\p{N} :+\-=._/]$/u;

const isEmpty = ({ key, value }: TagView): boolean => key === '' && value === '';

/** Those that say something: a row that nothing was entered into is no tag. */
export function filled(tags: readonly TagView[]): TagView[] {
  return tags.filter((tag) => !isEmpty(tag));
}

/** Why this tag cannot be used among the others; null if it can, or if nothing was entered yet. */
export function tagFault(tags: readonly TagView[], at: number): string | null {
  const tag = tags[at];
  if (tag === undefined || isEmpty(tag)) return null;
  const { key, value } = tag;
  if (key === '') return t('tags.keyMissing');
  // Counted as TOS does: an emoji is one character.
  const [keyLength, valueLength] = [[...key].length, [...value].length];
  if (keyLength > KEY_MAX) return t('tags.keyLong', { n: keyLength });
  if (valueLength > VALUE_MAX) return t('tags.valueLong', { n: valueLength });
  const wrong = [...key, ...value].find((char) => !USABLE.test(char));
  if (wrong !== undefined) return t('tags.char', { char: wrong });
  return tags.findIndex((one) => one.key === key) < at ? t('tags.keyTwice') : null;
}
