/**
 * The webview brings a browser's habits along: a menu with Reload, keys that print and search, links that lead away.
 * None of them fits a window of one page. What edits text stays: fields keep their menu and their keys.
 *
 * Rust refuses to go anywhere else as well; here it is kept from being tried.
 */

/** Keys with the command key that a webview takes for itself, on one system or another. */
const COMMAND_KEYS = new Set(['f', 'g', 'j', 'o', 'p', 'r', 's', 'u']);
/** Find again, reload, caret browsing. */
const PLAIN_KEYS = new Set(['F3', 'F5', 'F7']);
/** Kinds of `<input>` that hold no text. */
const NO_TEXT = new Set(['button', 'checkbox', 'color', 'file', 'image', 'radio', 'range', 'reset', 'submit']);

export function holdsText(target: EventTarget | null): boolean {
  if (!(target instanceof Element)) return false;
  const field = target.closest('input, textarea, [contenteditable]:not([contenteditable="false"])');
  return field !== null && !(field instanceof HTMLInputElement && NO_TEXT.has(field.type));
}

/** Whether the webview would do something of its own with this key. */
export function isWebviewKey(event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey'>, mac: boolean): boolean {
  if (PLAIN_KEYS.has(event.key)) return true;
  const command = mac ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey;
  return command && !event.altKey && COMMAND_KEYS.has(event.key.toLowerCase());
}

/** Takes the habits from it; returns the way to give them back. */
export function tameWebview(page: Window, mac: boolean): () => void {
  const ending = new AbortController();
  const { signal } = ending;
  page.addEventListener(
    'contextmenu',
    (event) => {
      if (!holdsText(event.target)) event.preventDefault();
    },
    { signal },
  );
  page.addEventListener(
    'keydown',
    (event) => {
      if (isWebviewKey(event, mac)) event.preventDefault();
    },
    { signal },
  );
  const leadsAway = (event: MouseEvent): void => {
    const link = event.target instanceof Element ? event.target.closest('a[href]') : null;
    if (link && !link.getAttribute('href')?.startsWith('#')) event.preventDefault();
  };
  page.addEventListener('click', leadsAway, { signal });
  page.addEventListener('auxclick', leadsAway, { signal });
  // What is dropped comes with its path from Rust; the page must not open it.
  for (const type of ['dragover', 'drop'] as const) page.addEventListener(type, (event) => event.preventDefault(), { signal });
  return () => ending.abort();
}
