/**
 * Entity -> slot, row -> slot. A poll whose rows stand where they stood in the last one (the common case) costs
 * one comparison a row and no map look-up.
 */
import type { Reading } from '../model/reading.ts';
import type { StateStore } from './state-store.ts';

interface Entity {
  readonly slot: number;
  readonly slotByInstance: Map<string, number>;
  /** Names seen twice in one poll: qualified by ifIndex ever after, so that instances do not flip. */
  readonly ambiguous: Set<string>;
  /** The layout of the last reading, by part: what row i was. */
  readonly layouts: Layout[];
}

interface Layout {
  pollId: string;
  readonly indexes: number[];
  readonly names: (string | null)[];
  readonly instances: string[];
  readonly slots: number[];
}

/** Why a reading's rows cannot be told apart or kept: a dead letter. */
export type DirectoryRefusal = 'too_many_rows' | 'duplicate_row';

/** An agent may invent names for ever; its state may not. */
const MAX_ROWS_PER_ENTITY = 20_000;
const MAX_PARTS = 1_000;

export class Directory {
  readonly #state: StateStore;
  readonly #entities = new Map<string, Entity>();

  constructor(state: StateStore) {
    this.#state = state;
  }

  get size(): number {
    return this.#entities.size;
  }

  /** The entity's slot, or undefined for one that never reported. */
  slotOf(entity: string): number | undefined {
    return this.#entities.get(entity)?.slot;
  }

  /** Sets entitySlot, slots, instances and fresh of the reading, or says why not. */
  resolve(reading: Reading): DirectoryRefusal | undefined {
    const entity = this.#entity(reading.entity);
    reading.entitySlot = entity.slot;
    if (reading.rowCount === 0) return undefined;
    if (reading.part < 1 || reading.part > MAX_PARTS) return 'too_many_rows';
    const indexes = reading.number('if_index').values;
    const names = reading.text('if_name').values;
    const layout = (entity.layouts[reading.part] ??= {
      pollId: '',
      indexes: [],
      names: [],
      instances: [],
      slots: [],
    });
    layout.pollId = reading.pollId;
    if (!sameLayout(layout, reading.rowCount, indexes, names)) {
      const refusal = this.#relayout(entity, layout, reading);
      if (refusal !== undefined) {
        layout.indexes.length = 0;
        return refusal;
      }
    }
    for (let row = 0; row < reading.rowCount; row += 1) {
      reading.slots[row] = layout.slots[row]!;
      reading.instances[row] = layout.instances[row]!;
    }
    return undefined;
  }

  #entity(key: string): Entity {
    let entity = this.#entities.get(key);
    if (entity === undefined) {
      entity = {
        slot: this.#state.newEntity(),
        slotByInstance: new Map(),
        ambiguous: new Set(),
        layouts: [],
      };
      this.#entities.set(key, entity);
    }
    return entity;
  }

  #relayout(entity: Entity, layout: Layout, reading: Reading): DirectoryRefusal | undefined {
    const indexes = reading.number('if_index').values;
    const names = reading.text('if_name').values;
    const rows = reading.rowCount;
    markAmbiguous(entity, reading.part, reading.pollId, indexes, names, rows);
    layout.indexes.length = 0;
    layout.names.length = 0;
    layout.instances.length = 0;
    layout.slots.length = 0;
    const seen = new Set<string>();
    for (let row = 0; row < rows; row += 1) {
      const name = names[row] ?? null;
      const instance = instanceName(name, indexes[row]!, entity.ambiguous);
      if (seen.has(instance)) return 'duplicate_row';
      seen.add(instance);
      let slot = entity.slotByInstance.get(instance);
      if (slot === undefined) {
        if (entity.slotByInstance.size >= MAX_ROWS_PER_ENTITY) return 'too_many_rows';
        slot = this.#state.newRows(1);
        entity.slotByInstance.set(instance, slot);
        reading.fresh[row] = 1;
      }
      layout.indexes.push(indexes[row]!);
      layout.names.push(name);
      layout.instances.push(instance);
      layout.slots.push(slot);
    }
    return undefined;
  }
}

/** ifName if it is unique on the device, else ifName#ifIndex; an interface without a name is #ifIndex. */
function instanceName(name: string | null, index: number, ambiguous: ReadonlySet<string>): string {
  if (name === null || name === '') return `#${index}`;
  return ambiguous.has(name) ? `${name}#${index}` : name;
}

function sameLayout(
  layout: Layout,
  rows: number,
  indexes: Float64Array,
  names: readonly (string | null)[],
): boolean {
  if (layout.indexes.length !== rows) return false;
  for (let row = 0; row < rows; row += 1) {
    if (layout.indexes[row] !== indexes[row] || layout.names[row] !== names[row]) return false;
  }
  return true;
}

/** Two rows of one name in this part, or one here and one of another index in another part of the same poll. */
function markAmbiguous(
  entity: Entity,
  part: number,
  pollId: string,
  indexes: Float64Array,
  names: readonly (string | null)[],
  rows: number,
): void {
  const indexByName = new Map<string, number>();
  for (const [number, layout] of entity.layouts.entries()) {
    // A sparse array: parts are numbered from 1.
    if ((layout as Layout | undefined) === undefined || number === part || layout.pollId !== pollId) continue;
    for (const [row, name] of layout.names.entries())
      if (name !== null) indexByName.set(name, layout.indexes[row]!);
  }
  for (let row = 0; row < rows; row += 1) {
    const name = names[row];
    if (name === null || name === undefined || name === '') continue;
    const other = indexByName.get(name);
    if (other !== undefined && other !== indexes[row] && !entity.ambiguous.has(name)) {
      entity.ambiguous.add(name);
      // The other parts named their row plainly: they lay out anew.
      for (const layout of entity.layouts)
        if ((layout as Layout | undefined) !== undefined) layout.indexes.length = 0;
    }
    indexByName.set(name, indexes[row]!);
  }
}
