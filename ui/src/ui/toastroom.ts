/** What lies over a list at the right says how wide it is, so that what is said at the foot of the window keeps off it. */
const widths: number[] = [];

/** Call what is returned, once, when it has gone. */
export function keepToastsOff(px: number): () => void {
  widths.push(px);
  settle();
  return () => {
    widths.splice(widths.indexOf(px), 1);
    settle();
  };
}

function settle(): void {
  document.documentElement.style.setProperty('--toast-right', `${Math.max(0, ...widths)}px`);
}
