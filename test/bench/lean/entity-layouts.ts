/**
 * Entity and ifIndex -> slots of rows, as the peer keys its state: names do not matter (they are compared as
 * `reindexed`). A poll whose rows stand where they stood in the last one costs one comparison a row.
 */
import type { Reading } from '../../../pipeline/model/reading.ts';
import type { StateStore } from '../../../pipeline/runtime/state-store.ts';
import type { ObjectState } from '../../../pipeline/stages/stage.ts';

/** An agent may invent rows for ever; its state may not. */
const MAX_ROWS = 20_000;

/** Structured-cloneable: it lies in checkpoints. */
interface EntityLayout {
  readonly slot: number;
  readonly slotByIndex: Map<number, number>;
  /** Of the last poll, in its order. */
  indexes: Float64Array;
  slots: Int32Array;
}

export class EntityLayouts {
  readonly #state: StateStore;
  readonly #entities: ObjectState<EntityLayout>;

  constructor(state: StateStore, reading: Reading) {
    this.#state = state;
    this.#entities = state.context({ name: 'layouts', columns: [] }, reading).objects('entities');
  }

  /** Sets entitySlot and slots of the reading. */
  resolve(reading: Reading): 'too_many_rows' | undefined {
    let entity = this.#entities.get(reading.entity);
    if (entity === undefined) {
      const slot = this.#state.newEntity();
      entity = { slot, slotByIndex: new Map(), indexes: new Float64Array(0), slots: new Int32Array(0) };
      this.#entities.set(reading.entity, entity);
    }
    reading.entitySlot = entity.slot;
    if (!hasSameRows(entity, reading) && !this.#layOut(entity, reading)) return 'too_many_rows';
    reading.slots.set(entity.slots);
    return undefined;
  }

  #layOut(entity: EntityLayout, reading: Reading): boolean {
    const { slotByIndex } = entity;
    const indexes = reading.number('if_index').values.slice(0, reading.rowCount);
    const added = [...new Set(indexes)].filter((index) => !slotByIndex.has(index));
    if (slotByIndex.size + added.length > MAX_ROWS) return false;
    if (added.length > 0) {
      const first = this.#state.newRows(added.length);
      for (const [nth, index] of added.entries()) slotByIndex.set(index, first + nth);
    }
    entity.indexes = indexes;
    entity.slots = Int32Array.from(indexes, (index) => slotByIndex.get(index)!);
    this.#entities.set(reading.entity, entity);
    return true;
  }
}

function hasSameRows({ indexes }: EntityLayout, reading: Reading): boolean {
  const { rowCount } = reading;
  if (indexes.length !== rowCount) return false;
  const { values } = reading.number('if_index');
  for (let row = 0; row < rowCount; row += 1) if (indexes[row] !== values[row]) return false;
  return true;
}
