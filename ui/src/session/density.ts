/** Heights of rows, in CSS pixels. Lists are placed by hand, so the numbers of `tokens.css` are needed here as well. */
export interface Heights {
  /** A transfer. */
  transfer: number;
  /** An object, and every other row of one line. */
  item: number;
}

export function heights(density: string, narrow: boolean): Heights {
  const compact = density === 'compact';
  return { transfer: narrow ? 72 : compact ? 36 : 56, item: compact ? 28 : 36 };
}
