/** What a key means in the list of transfers. */
export type ListAct =
  | { do: 'move'; by: number | 'first' | 'last' | 'pageUp' | 'pageDown'; extend: boolean }
  | { do: 'all' }
  | { do: 'drawer' }
  | { do: 'open' }
  | { do: 'clear' }
  | { do: 'act'; act: 'cancel' | 'remove' }
  | { do: 'reorder'; to: 'up' | 'down' }
  | { do: 'type'; char: string };

type Pressed = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>;

const MOVES: Readonly<Record<string, number | 'first' | 'last' | 'pageUp' | 'pageDown'>> = {
  ArrowDown: 1,
  ArrowUp: -1,
  Home: 'first',
  End: 'last',
  PageUp: 'pageUp',
  PageDown: 'pageDown',
};

/** `typing`: a name is being typed, so a space belongs to it. */
export function listKey(event: Pressed, typing: boolean): ListAct | null {
  const { key } = event;
  const command = event.ctrlKey || event.metaKey;
  if (command) return key.toLowerCase() === 'a' && !event.shiftKey && !event.altKey ? { do: 'all' } : null;
  if (event.altKey && event.shiftKey && (key === 'ArrowUp' || key === 'ArrowDown')) return { do: 'reorder', to: key === 'ArrowUp' ? 'up' : 'down' };
  if (event.altKey) return null;
  const by = MOVES[key];
  if (by !== undefined) return { do: 'move', by, extend: event.shiftKey };
  if (key === ' ' && !typing) return { do: 'drawer' };
  if (key === 'Enter') return { do: 'open' };
  if (key === 'Escape') return { do: 'clear' };
  if (key === 'Delete') return { do: 'act', act: event.shiftKey ? 'remove' : 'cancel' };
  if ([...key].length === 1 && key !== '?') return { do: 'type', char: key };
  return null;
}
