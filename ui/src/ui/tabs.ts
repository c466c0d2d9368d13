/**
 * Where a key leads in a row or a column of tabs, which closes into a ring; null if the key is not of tabs. Both pairs of
 * arrows count: a column of tabs becomes a row where the window is narrow.
 */
export function tabAt(key: string, at: number, count: number): number | null {
  if (key === 'ArrowDown' || key === 'ArrowRight') return (at + 1) % count;
  if (key === 'ArrowUp' || key === 'ArrowLeft') return (at - 1 + count) % count;
  if (key === 'Home') return 0;
  return key === 'End' ? count - 1 : null;
}
