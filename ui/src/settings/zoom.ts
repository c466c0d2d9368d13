/** The steps in which the window grows and shrinks, by its keys as by its setting. */
export const ZOOM_STEPS = [80, 90, 100, 110, 125, 150, 175, 200] as const;

/** The next step of the zoom; null at its end. */
export function zoomStep(percent: number, by: 1 | -1): number | null {
  return (by > 0 ? ZOOM_STEPS.find((step) => step > percent) : ZOOM_STEPS.findLast((step) => step < percent)) ?? null;
}
