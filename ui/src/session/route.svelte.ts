/** Where the window is. Browser places keep a history, so that Back and Forward work as everywhere. */
import type { TransferFilter } from '../ipc/backend';

export type Place =
  | { screen: 'transfers'; filter: TransferFilter }
  | { screen: 'bucket'; bucket: string; prefix: string }
  | { screen: 'leftovers' }
  | { screen: 'receipts' }
  /** `row`: the setting to go to, for whoever searched for it by name. */
  | { screen: 'settings'; section?: string; row?: string };

export class Route {
  #back = $state<Place[]>([]);
  #forward = $state<Place[]>([]);
  #place = $state.raw<Place>({ screen: 'transfers', filter: 'active' });

  get place(): Place {
    return this.#place;
  }

  get canGoBack(): boolean {
    return this.#back.length > 0;
  }

  get canGoForward(): boolean {
    return this.#forward.length > 0;
  }

  go(place: Place): void {
    if (same(place, this.#place)) {
      // Asked for once more by name: it is gone to again, and nothing is to go back over.
      if (place.screen === 'settings' && place.row !== undefined) this.#place = place;
      return;
    }
    this.#back = [...this.#back, this.#place].slice(-100);
    this.#forward = [];
    this.#place = place;
  }

  back(): void {
    const last = this.#back.at(-1);
    if (!last) return;
    this.#back = this.#back.slice(0, -1);
    this.#forward = [...this.#forward, this.#place];
    this.#place = last;
  }

  forward(): void {
    const next = this.#forward.at(-1);
    if (!next) return;
    this.#forward = this.#forward.slice(0, -1);
    this.#back = [...this.#back, this.#place];
    this.#place = next;
  }

  /** A bucket is gone: its places are left, to the last one that is none of them, and are not gone back to. */
  forget(bucket: string): void {
    const stays = (place: Place): boolean => place.screen !== 'bucket' || place.bucket !== bucket;
    this.#back = this.#back.filter(stays);
    this.#forward = this.#forward.filter(stays);
    if (stays(this.#place)) return;
    this.#place = this.#back.at(-1) ?? { screen: 'transfers', filter: 'active' };
    this.#back = this.#back.slice(0, -1);
  }

  /** Another account has other buckets: its places are not ours to go back to. */
  reset(place: Place): void {
    this.#back = [];
    this.#forward = [];
    this.#place = place;
  }
}

function same(a: Place, b: Place): boolean {
  if (a.screen === 'transfers' && b.screen === 'transfers') return a.filter === b.filter;
  if (a.screen === 'bucket' && b.screen === 'bucket') return a.bucket === b.bucket && a.prefix === b.prefix;
  if (a.screen === 'settings' && b.screen === 'settings') return a.section === b.section && a.row === b.row;
  return a.screen === b.screen;
}
