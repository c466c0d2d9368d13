/** Keys that work wherever the focus is. Those of the webview itself (reload, print, find) are taken from it. */
export type Shortcut =
  | 'upload'
  | 'download'
  | 'copy'
  | 'limits'
  | 'pauseSelected'
  | 'pauseAll'
  | 'retrySelected'
  | 'retryAll'
  | 'refresh'
  | 'back'
  | 'forward'
  | 'up'
  | 'transfers'
  | 'buckets'
  | 'settings'
  | 'undo'
  | 'nextPane'
  | 'previousPane'
  | 'nothing';

type Pressed = Pick<KeyboardEvent, 'key' | 'code' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>;

const PLAIN: Readonly<Record<string, Shortcut>> = {
  u: 'upload',
  d: 'download',
  b: 'limits',
  p: 'pauseSelected',
  r: 'retrySelected',
  z: 'undo',
  '1': 'transfers',
  '2': 'buckets',
  ',': 'settings',
  // The webview's own find has nothing to find in a list that is mostly not there.
  f: 'nothing',
  g: 'nothing',
};

const SHIFTED: Readonly<Record<string, Shortcut>> = { c: 'copy', p: 'pauseAll', r: 'retryAll' };

export function shortcut(event: Pressed, mac: boolean): Shortcut | null {
  const command = mac ? event.metaKey : event.ctrlKey;
  const key = event.key.toLowerCase();
  if (command && !event.altKey) return (event.shiftKey ? SHIFTED[key] : PLAIN[key]) ?? null;
  if (event.altKey && !event.ctrlKey && !event.metaKey) {
    return key === 'arrowleft' ? 'back' : key === 'arrowright' ? 'forward' : key === 'arrowup' && !event.shiftKey ? 'up' : null;
  }
  if (event.ctrlKey || event.metaKey) return null;
  if (key === 'f5') return 'refresh';
  if (key === 'f6') return event.shiftKey ? 'previousPane' : 'nextPane';
  if (key === 'f3') return 'nothing';
  return null;
}
