/**
 * The webview brings a browser's habits along: a menu with Reload, keys that print and search, links that lead away.
 * None of them fits a window of one page. What edits text stays: fields keep their menu and their keys.
 *
 * Rust refuses to go anywhere else as well; here it is kept from being tried.
 */
import { isWebviewKey } from '../commands/keys';
import { holdsText } from '../ui/textfield';

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
