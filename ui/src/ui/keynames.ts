/** Names of keys as the platform writes them: `Ctrl B` here, `⌘ B` on a Mac. */
const MAC: Readonly<Record<string, string>> = { Ctrl: '⌘', Alt: '⌥', Shift: '⇧', Delete: '⌦', Enter: '↩', Esc: '⎋' };
/** No words in them, so they are the same in every language. */
const ARROWS: Readonly<Record<string, string>> = { Left: '←', Right: '→', Up: '↑', Down: '↓' };

export function shownKeys(keys: string, mac = /Mac/.test(navigator.userAgent)): string {
  return keys
    .split(' ')
    .map((key) => ARROWS[key] ?? (mac ? MAC[key] : undefined) ?? key)
    .join(' ');
}

/** As `aria-keyshortcuts` wants them: `Control+B`. */
export function ariaKeys(keys: string, mac = /Mac/.test(navigator.userAgent)): string {
  return keys.replaceAll('Ctrl', mac ? 'Meta' : 'Control').replaceAll(' ', '+').replace(/\b(Left|Right|Up|Down)\b/, 'Arrow$1').replace(/\bEsc\b/, 'Escape');
}
