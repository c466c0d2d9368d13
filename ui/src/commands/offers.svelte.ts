/** What can be done now: each screen offers its commands while it is shown, the window offers the rest. */
import type { CommandId } from './table';

export interface Act {
  run: () => void;
  /** Whether it can be done now; always, if absent. */
  can?: () => boolean;
}

export type Offer = Partial<Record<CommandId, Act>>;

export class Offers {
  #offers = $state.raw<readonly Offer[]>([]);

  /** Returns the way to take the offer back. The newest offer of a command counts. */
  offer(acts: Offer): () => void {
    this.#offers = [acts, ...this.#offers];
    return () => (this.#offers = this.#offers.filter((one) => one !== acts));
  }

  /** Whether somebody does it at all on this screen. */
  has(id: CommandId): boolean {
    return this.#find(id) !== undefined;
  }

  can(id: CommandId): boolean {
    const act = this.#find(id);
    return act !== undefined && (act.can?.() ?? true);
  }

  /** Does it, if it can be done now; tells whether it was done. */
  run(id: CommandId): boolean {
    if (!this.can(id)) return false;
    this.#find(id)?.run();
    return true;
  }

  #find(id: CommandId): Act | undefined {
    for (const offer of this.#offers) if (offer[id]) return offer[id];
    return undefined;
  }
}
