/**
 * Entity -> slot, row -> slot. A poll whose rows stand where they stood in the last one (the common case) costs
 * one comparison a row and no map look-up.
 */
import type { Reading } from '../model/reading.ts';
import { EntityUnits } from './directory-units.ts';
import { EntityRows, MAX_ROWS_PER_ENTITY, type EntityRowsSnapshot } from './entity-rows.ts';
import type { StateStore } from './state-store.ts';
import type { UnitFamily } from './state-units.ts';

interface Entity {
  readonly slot: number;
  readonly rows: EntityRows;
  /** Names seen twice in one poll: qualified by ifIndex ever after, so that instances do not flip. */
  readonly ambiguous: Set<string>;
  /** Who has a name in the current layouts, whatever poll they come from. */
  readonly owners: Map<string, NameOwner>;
  /** The layout of the last reading, by part: what row i was. */
  readonly layouts: Map<number, Layout>;
}

interface NameOwner {
  readonly index: number;
  readonly part: number;
}

interface Layout {
  /** To be laid out anew at the next reading, whether the rows stand where they stood or not. */
  isStale: boolean;
  /** Whether a row without a name in the reading goes by the name that its ifIndex had. */
  readonly isPartial: boolean;
  readonly isNameless: boolean;
  readonly indexes: readonly number[];
  /** As read. */
  readonly names: readonly (string | null)[];
  /** As read, or known from before. */
  readonly knownNames: readonly (string | null)[];
  readonly instances: readonly string[];
  readonly slots: readonly number[];
}

/** What a checkpoint holds of an entity: structured-cloneable. */
type EntitySnapshot = readonly [
  key: string,
  entity: Omit<Entity, 'rows'> & { readonly rows: EntityRowsSnapshot },
];

/** An entity in a checkpoint of manifest format 1: each layout had the id of its poll. */
export type FormatOneEntity = readonly [
  key: string,
  entity: Omit<EntitySnapshot[1], 'layouts'> & {
    readonly layouts: Map<number, Layout & { readonly pollId: string }>;
  },
];

/** Why a reading's rows cannot be told apart or kept: a dead letter. */
export type DirectoryRefusal = 'too_many_rows' | 'duplicate_row';

const MAX_PARTS = 1_000;

export class Directory {
  readonly #state: StateStore;
  readonly #entities = new Map<string, Entity>();
  /** By slot. */
  readonly #keys: string[] = [];
  /** By slot: of the last reading of each part. */
  readonly #pollIds: Map<number, string>[] = [];
  readonly #units = new EntityUnits<EntitySnapshot>(
    'directory',
    (slot) => this.#snapshot(slot),
    (_slot, entity) => this.#restore(entity),
  );
  readonly #pollUnits = new EntityUnits<Map<number, string>>(
    'polls',
    (slot) => this.#pollIds[slot]!,
    (slot, ids) => (this.#pollIds[slot] = ids),
  );

  constructor(state: StateStore) {
    this.#state = state;
  }

  get size(): number {
    return this.#entities.size;
  }

  /** What a checkpoint holds of it. */
  families(): UnitFamily[] {
    return [this.#units, this.#pollUnits];
  }

  /** Takes over an entity of an older checkpoint: it counts as changed. */
  restoreFormatOne([key, entity]: FormatOneEntity): void {
    const layouts = new Map<number, Layout>();
    const pollIds = new Map<number, string>();
    for (const [part, { pollId, ...layout }] of entity.layouts) {
      layouts.set(part, layout);
      pollIds.set(part, pollId);
    }
    this.#restore([key, { ...entity, layouts }]);
    this.#pollIds[entity.slot] = pollIds;
    this.#units.willWrite(entity.slot);
    this.#pollUnits.willWrite(entity.slot);
  }

  /** The entity's slot, or undefined for one that never reported. */
  slotOf(entity: string): number | undefined {
    return this.#entities.get(entity)?.slot;
  }

  /**
   * Sets entitySlot, slots, instances and fresh of the reading, or says why not. At the limit of rows a new row gets
   * the slot of the one that has been absent for the longest, emptied; if none is absent the reading is refused.
   */
  resolve(reading: Reading): DirectoryRefusal | undefined {
    const { part, parts, rowCount } = reading;
    const entity = this.#entity(reading.entity);
    reading.entitySlot = entity.slot;
    if (rowCount === 0) return undefined;
    if (part < 1 || Math.max(part, parts) > MAX_PARTS || rowCount > MAX_ROWS_PER_ENTITY)
      return 'too_many_rows';
    if (entity.layouts.size > parts) {
      this.#units.willWrite(entity.slot);
      dropParts(entity, Math.max(part, parts));
    }
    let layout = entity.layouts.get(part);
    if (layout === undefined || !isSameLayout(layout, reading)) {
      const laidOut = this.#layOut(entity, reading);
      if (typeof laidOut === 'string') return laidOut;
      layout = laidOut;
    }
    this.#pollUnits.willWrite(entity.slot);
    this.#pollIds[entity.slot]!.set(part, reading.pollId);
    for (let row = 0; row < rowCount; row += 1) {
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
        rows: new EntityRows(),
        ambiguous: new Set(),
        owners: new Map(),
        layouts: new Map(),
      };
      this.#entities.set(key, entity);
      this.#keys[entity.slot] = key;
      this.#pollIds[entity.slot] = new Map();
      this.#units.willWrite(entity.slot);
      this.#pollUnits.willWrite(entity.slot);
    }
    return entity;
  }

  #snapshot(slot: number): EntitySnapshot {
    const key = this.#keys[slot]!;
    const entity = this.#entities.get(key)!;
    return [key, { ...entity, rows: entity.rows.snapshot() }];
  }

  #restore([key, entity]: EntitySnapshot): void {
    this.#entities.set(key, { ...entity, rows: EntityRows.from(entity.rows) });
    this.#keys[entity.slot] = key;
    this.#pollIds[entity.slot] ??= new Map();
  }

  #layOut(entity: Entity, reading: Reading): Layout | DirectoryRefusal {
    const { part, rowCount } = reading;
    this.#units.willWrite(entity.slot);
    const { rows } = entity;
    const isPartial = reading.status === 'partial';
    const indexes = [...reading.number('if_index').values.subarray(0, rowCount)];
    const ifName = reading.text('if_name');
    const names = indexes.map((_, row) => ifName.get(row));
    const knownNames = isPartial ? withKnownNames(entity, indexes, names) : names;
    drop(entity, part);
    markAmbiguous(entity, reading.pollId, this.#pollIds[entity.slot]!, indexes, knownNames);
    const instances = indexes.map((index, row) => instanceName(knownNames[row]!, index, entity.ambiguous));
    if (new Set(instances).size < rowCount) return 'duplicate_row';
    if (!rows.fits(instances)) return 'too_many_rows';
    // Known rows first: a new one must not take the slot of one that is just coming back.
    const found = instances.map((instance, row) =>
      rows.arrive(part, instance, indexes[row]!, knownNames[row]! || null),
    );
    const slots = found.map((slot, row) => {
      if (slot !== undefined) return slot;
      reading.fresh[row] = 1;
      return rows.create(part, instances[row]!, indexes[row]!, knownNames[row]! || null, this.#state);
    });
    for (const [row, name] of knownNames.entries()) {
      if (name) entity.owners.set(name, { index: indexes[row]!, part });
    }
    const isNameless = names.some((name) => !name);
    const layout: Layout = {
      isStale: false,
      isPartial,
      isNameless,
      indexes,
      names,
      knownNames,
      instances,
      slots,
    };
    entity.layouts.set(part, layout);
    return layout;
  }
}

/** ifName if it is unique on the device, else ifName#ifIndex; an interface without a name is #ifIndex. */
function instanceName(name: string | null, index: number, ambiguous: ReadonlySet<string>): string {
  if (name === null || name === '') return `#${index}`;
  return ambiguous.has(name) ? `${name}#${index}` : name;
}

function isSameLayout(layout: Layout, reading: Reading): boolean {
  const { rowCount } = reading;
  if (layout.isStale || layout.indexes.length !== rowCount) return false;
  if (layout.isNameless && layout.isPartial !== (reading.status === 'partial')) return false;
  const indexes = reading.number('if_index').values;
  const names = reading.text('if_name');
  for (let row = 0; row < rowCount; row += 1) {
    if (layout.indexes[row] !== indexes[row] || !names.equals(row, layout.names[row]!)) return false;
  }
  return true;
}

/** The rows of a poll that lost some columns: a name that was not read is the one that the ifIndex had before. */
function withKnownNames(
  { rows, ambiguous }: Entity,
  indexes: readonly number[],
  names: readonly (string | null)[],
): (string | null)[] {
  const read = new Set(names);
  return names.map((name, row) => {
    if (name) return name;
    const known = rows.nameOf(indexes[row]!);
    // A name that another row has by now is not this row's.
    return known === undefined || (read.has(known) && !ambiguous.has(known)) ? null : known;
  });
}

/** The part has no layout: its names and rows are free. */
function drop({ layouts, owners, rows }: Entity, part: number): void {
  const layout = layouts.get(part);
  if (layout === undefined) return;
  layouts.delete(part);
  rows.leave(part, layout.instances);
  for (const name of layout.knownNames) if (name && owners.get(name)?.part === part) owners.delete(name);
}

/** Parts that polls no longer have. */
function dropParts(entity: Entity, parts: number): void {
  for (const part of [...entity.layouts.keys()]) if (part > parts) drop(entity, part);
}

/**
 * Two rows of one name in this part, or one here and one of another index in another part of the same poll. If the
 * other part has not come yet, the name may just have moved here (a reboot numbers interfaces anew): that part lays
 * out anew when it comes, and finds out.
 */
function markAmbiguous(
  entity: Entity,
  pollId: string,
  /** Of the entity's parts. */
  pollIds: ReadonlyMap<number, string>,
  indexes: readonly number[],
  names: readonly (string | null)[],
): void {
  const { ambiguous, layouts, owners } = entity;
  const here = new Map<string, number>();
  for (const [row, name] of names.entries()) {
    if (!name || ambiguous.has(name)) continue;
    const index = indexes[row]!;
    const owner = owners.get(name);
    const other = owner === undefined ? undefined : layouts.get(owner.part);
    const clashes = owner !== undefined && other !== undefined && owner.index !== index;
    if ((here.get(name) ?? index) !== index || (clashes && pollIds.get(owner.part) === pollId)) {
      ambiguous.add(name);
      // The other parts named their row plainly: they lay out anew.
      for (const layout of layouts.values()) layout.isStale = true;
    } else if (clashes) {
      other.isStale = true;
    }
    here.set(name, index);
  }
}
