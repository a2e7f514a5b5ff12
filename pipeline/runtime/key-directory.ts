/** Key -> slot, for processors whose state is by key: the slot is that of an entity and of its only row. */
import { EntityUnits } from './directory-units.ts';
import type { StateStore } from './state-store.ts';
import type { UnitFamily } from './state-units.ts';

export class KeyDirectory {
  readonly #state: StateStore;
  readonly #slots = new Map<string, number>();
  /** By slot. */
  readonly #keys: string[] = [];
  readonly #units = new EntityUnits<string>(
    'keys',
    (slot) => this.#keys[slot]!,
    (slot, key) => this.#keep(slot, key),
  );

  constructor(state: StateStore) {
    this.#state = state;
  }

  /** The key's slot; a new key gets the next one. */
  slotOf(key: string): number {
    const known = this.#slots.get(key);
    if (known !== undefined) return known;
    const slot = this.#state.newEntity();
    const row = this.#state.newRows(1);
    if (row !== slot)
      throw new TypeError(`slot ${slot} of an entity has row ${row}: somebody else makes rows`);
    this.#units.willWrite(slot);
    this.#keep(slot, key);
    return slot;
  }

  /** What a checkpoint holds of it. */
  families(): UnitFamily[] {
    return [this.#units];
  }

  #keep(slot: number, key: string): void {
    this.#slots.set(key, slot);
    this.#keys[slot] = key;
  }
}
