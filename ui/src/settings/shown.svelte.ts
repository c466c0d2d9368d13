/** Which rows a search leaves. */
import { getContext, setContext } from 'svelte';
import type { RowId } from './table';

const KEY = Symbol('shown');

export class Shown {
  /** Null: all. */
  only = $state.raw<ReadonlySet<RowId> | null>(null);

  has(id: RowId): boolean {
    return this.only?.has(id) ?? true;
  }
}

export function provideShown(): Shown {
  return setContext(KEY, new Shown());
}

export function useShown(): Shown {
  return getContext<Shown>(KEY);
}
