/**
 * Every command of the window, once: its words, its keys, where help lists it.
 *
 * Palette, shortcuts, help and tooltips read this table, so a key cannot be promised in one place and be another in the
 * next. What a command does, and whether it can be done now, is offered by the screen that can do it (`offers.svelte.ts`);
 * a test holds that each row here is offered by somebody.
 */
import type { Key } from '../i18n/index.svelte';
import type { IconName } from '../ui/icons';

export const SECTIONS = ['move', 'transfers', 'objects', 'go', 'window', 'lists'] as const;
export type Section = (typeof SECTIONS)[number];

interface Row {
  id: string;
  words: Key;
  section: Section;
  icon: IconName;
  /** As `Button` takes them: `Ctrl` is Command on a Mac, `Alt` is Option. */
  keys?: string;
  /** The list that has the focus hears these keys; the window does not. */
  inList?: true;
  /** It makes no sense to be chosen from the palette. */
  keysOnly?: true;
}

const ROWS = [
  { id: 'upload', words: 'cmd.upload', section: 'move', icon: 'up', keys: 'Ctrl U' },
  { id: 'limits', words: 'cmd.limits', section: 'move', icon: 'gauge', keys: 'Ctrl B' },
  { id: 'pauseAll', words: 'cmd.pauseAll', section: 'move', icon: 'pause', keys: 'Ctrl Shift P' },
  { id: 'retryAll', words: 'cmd.retryAll', section: 'move', icon: 'retry', keys: 'Ctrl Shift R' },

  { id: 'pauseSelected', words: 'cmd.pauseSelected', section: 'transfers', icon: 'pause', keys: 'Ctrl P' },
  { id: 'retrySelected', words: 'cmd.retrySelected', section: 'transfers', icon: 'retry', keys: 'Ctrl R' },
  { id: 'details', words: 'cmd.details', section: 'transfers', icon: 'list', keys: 'Space', inList: true },
  { id: 'reveal', words: 'cmd.reveal', section: 'transfers', icon: 'reveal', keys: 'Enter', inList: true },
  { id: 'moveUp', words: 'cmd.moveUp', section: 'transfers', icon: 'cu', keys: 'Alt Shift Up', inList: true },
  { id: 'moveDown', words: 'cmd.moveDown', section: 'transfers', icon: 'cd', keys: 'Alt Shift Down', inList: true },
  { id: 'cancel', words: 'cmd.cancel', section: 'transfers', icon: 'x', keys: 'Delete', inList: true },
  { id: 'remove', words: 'cmd.remove', section: 'transfers', icon: 'trash', keys: 'Shift Delete', inList: true },

  { id: 'download', words: 'cmd.download', section: 'objects', icon: 'down', keys: 'Ctrl D' },
  { id: 'copy', words: 'cmd.copy', section: 'objects', icon: 'swap', keys: 'Ctrl Shift C' },
  { id: 'link', words: 'act.getLink', section: 'objects', icon: 'link' },
  { id: 'rename', words: 'act.rename', section: 'objects', icon: 'edit', keys: 'F2', inList: true },
  { id: 'properties', words: 'act.properties', section: 'objects', icon: 'info', keys: 'Alt Enter', inList: true },
  { id: 'delete', words: 'act.delete', section: 'objects', icon: 'trash', keys: 'Delete', inList: true },
  { id: 'newFolder', words: 'browser.newFolder', section: 'objects', icon: 'folder', keys: 'Ctrl Shift N' },
  { id: 'filter', words: 'browser.filter', section: 'objects', icon: 'filter', keys: 'Ctrl F' },
  { id: 'address', words: 'browser.enterPath', section: 'objects', icon: 'edit', keys: 'Ctrl L' },
  { id: 'bucketProperties', words: 'bucket.properties', section: 'objects', icon: 'info', keys: 'Ctrl I' },
  { id: 'newBucket', words: 'bucket.new', section: 'objects', icon: 'plus' },
  { id: 'refresh', words: 'act.refresh', section: 'objects', icon: 'retry', keys: 'F5' },

  { id: 'palette', words: 'nav.jump', section: 'go', icon: 'search', keys: 'Ctrl K', keysOnly: true },
  { id: 'transfers', words: 'cmd.transfers', section: 'go', icon: 'bolt', keys: 'Ctrl 1' },
  { id: 'waiting', words: 'cmd.waiting', section: 'go', icon: 'clock' },
  { id: 'paused', words: 'cmd.paused', section: 'go', icon: 'pause' },
  { id: 'failed', words: 'cmd.failed', section: 'go', icon: 'fail' },
  { id: 'done', words: 'cmd.done', section: 'go', icon: 'verified' },
  { id: 'buckets', words: 'nav.buckets', section: 'go', icon: 'bucket', keys: 'Ctrl 2' },
  { id: 'leftovers', words: 'nav.leftovers', section: 'go', icon: 'parts', keys: 'Ctrl 3' },
  { id: 'receipts', words: 'nav.receipts', section: 'go', icon: 'receipt' },
  { id: 'settings', words: 'nav.settings', section: 'go', icon: 'gear', keys: 'Ctrl ,' },
  { id: 'back', words: 'act.back', section: 'go', icon: 'cl', keys: 'Alt Left' },
  { id: 'forward', words: 'act.forward', section: 'go', icon: 'cr', keys: 'Alt Right' },
  { id: 'up', words: 'act.up', section: 'go', icon: 'cu', keys: 'Alt Up' },

  { id: 'undo', words: 'cmd.undo', section: 'window', icon: 'undo', keys: 'Ctrl Z' },
  { id: 'nextPane', words: 'cmd.nextPane', section: 'window', icon: 'list', keys: 'F6', keysOnly: true },
  { id: 'previousPane', words: 'cmd.previousPane', section: 'window', icon: 'list', keys: 'Shift F6', keysOnly: true },
  { id: 'density', words: 'cmd.density', section: 'window', icon: 'list', keys: 'Ctrl Shift .' },
  { id: 'zoomIn', words: 'cmd.zoomIn', section: 'window', icon: 'plus', keys: 'Ctrl +' },
  { id: 'zoomOut', words: 'cmd.zoomOut', section: 'window', icon: 'minus', keys: 'Ctrl -' },
  { id: 'zoomReset', words: 'cmd.zoomReset', section: 'window', icon: 'search', keys: 'Ctrl 0' },
  { id: 'theme', words: 'cmd.theme', section: 'window', icon: 'moon' },
  { id: 'language', words: 'cmd.language', section: 'window', icon: 'globe' },
  { id: 'addAccount', words: 'settings.add', section: 'window', icon: 'key' },
  { id: 'help', words: 'help.title', section: 'window', icon: 'kbd', keys: '?' },
] as const satisfies readonly Row[];

export type CommandId = (typeof ROWS)[number]['id'];
export type Command = Row & { id: CommandId };

export const COMMANDS: readonly Command[] = ROWS;

/** Keys of every list and of the graph beside it, for help: they are not commands, since they mean nothing elsewhere. */
export const LIST_KEYS: readonly { words: Key; keys: readonly string[] }[] = [
  { words: 'help.list.move', keys: ['Up', 'Down'] },
  { words: 'help.list.page', keys: ['PgUp', 'PgDn'] },
  { words: 'help.list.ends', keys: ['Home', 'End'] },
  { words: 'help.list.extend', keys: ['Shift Up', 'Shift Down'] },
  { words: 'help.list.all', keys: ['Ctrl A'] },
  { words: 'help.list.clear', keys: ['Esc'] },
  { words: 'help.list.type', keys: ['A–Z'] },
  { words: 'help.list.graph', keys: ['Enter'] },
];

const KEYS: ReadonlyMap<string, string> = new Map(COMMANDS.flatMap(({ id, keys }) => (keys === undefined ? [] : [[id, keys] as const])));

/** The keys of a command, for a button or a menu that does the same. */
export function keysOf(id: Extract<(typeof ROWS)[number], { keys: string }>['id']): string {
  return KEYS.get(id) ?? '';
}
