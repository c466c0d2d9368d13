/** Tells whenever the colours of the window are others: another theme was chosen, or the system's changed. Returns the way to stop. */
export function onRestyled(restyled: () => void): () => void {
  const scheme = matchMedia('(prefers-color-scheme: dark)');
  const observer = new MutationObserver(restyled);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
  scheme.addEventListener('change', restyled);
  return () => {
    observer.disconnect();
    scheme.removeEventListener('change', restyled);
  };
}

/** Whether the window is dark now: by what was chosen, else as the system is. */
export function looksDark(): boolean {
  const chosen = document.documentElement.dataset['theme'];
  return chosen === undefined ? matchMedia('(prefers-color-scheme: dark)').matches : chosen === 'dark';
}
