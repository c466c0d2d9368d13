/** F6: the rail, the toolbar, the list, its drawer, the footer, and around. */
const PANES = '[data-pane], .toolbar, .list, aside, .main [role="toolbar"]';
const FOCUSABLE = 'button:not(:disabled), input:not(:disabled), select:not(:disabled), a[href], [tabindex="0"]';

function panes(): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>(PANES)].filter((pane) => target(pane) !== null);
}

/** Where the focus goes: to a list itself, to the present entry, else to the first thing that can be used. */
function target(pane: HTMLElement): HTMLElement | null {
  if (pane.matches('[tabindex="0"]')) return pane;
  const own = [...pane.querySelectorAll<HTMLElement>(FOCUSABLE)].filter((one) => one.closest(PANES) === pane && one.tabIndex >= 0);
  return own.find((one) => one.hasAttribute('aria-current')) ?? own[0] ?? null;
}

export function cyclePane(step: 1 | -1): void {
  const all = panes();
  // The innermost one has the focus.
  const at = all.findLastIndex((pane) => pane.contains(document.activeElement));
  const from = at < 0 && step < 0 ? 0 : at;
  const next = all[(from + step + all.length) % all.length];
  if (next) target(next)?.focus();
}
