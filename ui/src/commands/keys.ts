/** From a key that was pressed to the command that it means. */
import { holdsText } from '../ui/textfield';
import { COMMANDS, type CommandId } from './table';

export type Pressed = Pick<KeyboardEvent, 'key' | 'code' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>;

/** Keys with the command key that a webview takes for itself, on one system or another: find, print, reload, save, source. */
const COMMAND_KEYS = new Set(['f', 'g', 'j', 'o', 'p', 'r', 's', 'u']);
/** Find again, reload, caret browsing. */
const PLAIN_KEYS = new Set(['F3', 'F5', 'F7']);

const NAMES: Readonly<Record<string, string>> = {
  arrowleft: 'left',
  arrowright: 'right',
  arrowup: 'up',
  arrowdown: 'down',
  ' ': 'space',
  escape: 'esc',
  pageup: 'pgup',
  pagedown: 'pgdn',
  // The same place on the keyboard, with or without Shift.
  '=': '+',
  _: '-',
};

const CODES: Readonly<Record<string, string>> = { Period: '.', Comma: ',', Equal: '+', NumpadAdd: '+', Minus: '-', NumpadSubtract: '-' };

/** What the key is called in the table: by what it writes, or by where it is if that is no Latin letter. */
function names(event: Pressed): string[] {
  const key = event.key.toLowerCase();
  const found = [NAMES[key] ?? key];
  // An input method or a Cyrillic layout writes something else; Shift turns a full stop into a greater-than sign.
  const byPlace = /^(?:Key|Digit|Numpad)([A-Z0-9])$/.exec(event.code)?.[1]?.toLowerCase() ?? CODES[event.code];
  if (byPlace !== undefined && (key.length !== 1 || !/[a-z0-9]/.test(key))) found.push(byPlace);
  return found;
}

function matches(keys: string, event: Pressed, mac: boolean): boolean {
  const parts = keys.split(' ');
  const wanted = parts.at(-1)?.toLowerCase() ?? '';
  const command = mac ? event.metaKey : event.ctrlKey;
  const other = mac ? event.ctrlKey : event.metaKey;
  if (command !== parts.includes('Ctrl') || other || event.altKey !== parts.includes('Alt')) return false;
  // Where a sign is written with Shift depends on the layout.
  const anyShift = wanted === '?' || wanted === '+' || wanted === '-';
  if (!anyShift && event.shiftKey !== parts.includes('Shift')) return false;
  return names(event).includes(wanted);
}

/** The command of these keys; `nothing` for what must not reach the webview; `null` for what is not ours. */
export function commandFor(event: Pressed, mac: boolean): CommandId | 'nothing' | null {
  for (const { id, keys, inList } of COMMANDS) {
    if (keys !== undefined && inList === undefined && matches(keys, event, mac)) return id;
  }
  return isWebviewKey(event, mac) ? 'nothing' : null;
}

/** Whether the webview would do something of its own with this key. */
export function isWebviewKey(event: Pressed, mac: boolean): boolean {
  if (PLAIN_KEYS.has(event.key)) return true;
  const command = mac ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey;
  return command && !event.altKey && names(event).some((key) => COMMAND_KEYS.has(key));
}

/** Whether a text field wants these keys for itself: what it writes, its own undo, its way from word to word. */
export function belongsToText(id: CommandId | 'nothing', target: EventTarget | null): boolean {
  return holdsText(target) && (id === 'help' || id === 'undo' || id === 'back' || id === 'forward' || id === 'up');
}
