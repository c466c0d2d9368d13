/** Names of keys as the platform writes them: `Ctrl B` here, `⌘ B` on a Mac. */
const MAC: Readonly<Record<string, string>> = { Ctrl: '⌘', Alt: '⌥', Shift: '⇧' };

export function shownKeys(keys: string, mac = /Mac/.test(navigator.userAgent)): string {
  if (!mac) return keys;
  return keys
    .split(' ')
    .map((key) => MAC[key] ?? key)
    .join(' ');
}

/** As `aria-keyshortcuts` wants them: `Control+B`. */
export function ariaKeys(keys: string, mac = /Mac/.test(navigator.userAgent)): string {
  return keys.replaceAll('Ctrl', mac ? 'Meta' : 'Control').replaceAll(' ', '+').replace(/\b(Left|Right|Up|Down)\b/, 'Arrow$1').replace(/\bEsc\b/, 'Escape');
}
