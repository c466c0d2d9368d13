/** What the palette finds for what was typed: commands first, then places and transfers, best match first. */
import type { Command } from '../commands/table';
import type { IconName } from '../ui/icons';

export interface Entry {
  id: string;
  label: string;
  /** Further words that find it: the path of a transfer, the words of the other language. */
  more?: string;
  kind: 'command' | 'bucket' | 'transfer' | 'account' | 'setting' | 'path';
  icon: IconName;
  keys?: string | undefined;
  run: () => void;
}

/** What is offered before anything is typed has to fit without scrolling for long. */
const SHOWN_MAX = 60;

/** Lower is better; null is no match. Every word that was typed has to be found. */
export function score(query: string, label: string, more = ''): number | null {
  const words = query.toLocaleLowerCase().split(/\s+/).filter((word) => word !== '');
  const own = label.toLocaleLowerCase();
  const other = more.toLocaleLowerCase();
  let sum = 0;
  for (const word of words) {
    const at = own.indexOf(word);
    if (at === 0) continue;
    if (at > 0) sum += /[\p{L}\p{N}]/u.test(own.charAt(at - 1)) ? 2 : 1;
    else if (other.includes(word)) sum += 4;
    else if (word.length > 1 && letters(word, own)) sum += 8;
    else return null;
  }
  return sum;
}

/** Whether the letters come in this order, as those of initials do. */
function letters(word: string, label: string): boolean {
  let at = 0;
  for (const letter of word) {
    at = label.indexOf(letter, at) + 1;
    if (at === 0) return false;
  }
  return true;
}

export function find(query: string, entries: readonly Entry[]): Entry[] {
  if (query.trim() === '') return entries.filter(({ kind }) => kind !== 'setting').slice(0, SHOWN_MAX);
  return entries
    .map((entry, order) => ({ entry, order, found: score(query, entry.label, entry.more) }))
    .filter((one): one is { entry: Entry; order: number; found: number } => one.found !== null)
    .sort((a, b) => a.found - b.found || a.order - b.order)
    .slice(0, SHOWN_MAX)
    .map(({ entry }) => entry);
}

/** Commands that can be chosen here and done now. */
export function choosable(commands: readonly Command[], can: (command: Command) => boolean): Command[] {
  return commands.filter((command) => command.keysOnly === undefined && can(command));
}
