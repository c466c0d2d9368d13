import { covers } from './overlay';

/**
 * How many dialogs stand over the window and have its keys. Whoever opens one says so, so that nobody has to guess from
 * the page: a dialog that is leaving is still in it, and one that is not modal takes nothing away.
 */
let open = $state(0);

/** Whether something modal is open, over which no other question can be put. */
export function modalOpen(): boolean {
  return open > 0;
}

/** A modal dialog was opened. Call what is returned, once, when it has gone. */
export function modalOpened(): () => void {
  open += 1;
  const uncovered = covers();
  return () => {
    open -= 1;
    uncovered();
  };
}
