/**
 * Whose windows are open, and in which slots: what closing one needs to know without a reading. A place is a plain
 * object that is replaced when a device's rows or its whereabouts change, which is rare.
 */
import { textHash, type Reading } from '../../model/reading.ts';
import { readingIdentity } from '../reading-identity.ts';
import type { ObjectState, StageContext } from '../stage.ts';

/** Rows of one part of the polls: a device of more than 500 rows comes in several. */
export interface PlaceRows {
  readonly instances: readonly string[];
  readonly slots: readonly number[];
}

export interface WindowPlace {
  readonly entitySlot: number;
  readonly identity: ReturnType<typeof readingIdentity>;
  readonly deviceRole: string | null;
  readonly timeZone: string;
  /** Of the entity: when it is its turn. */
  readonly hash: number;
  /** By part. */
  readonly parts: readonly PlaceRows[];
  /** Rows that left since the window began. */
  readonly left: PlaceRows;
}

const NO_ROWS: PlaceRows = { instances: [], slots: [] };

export class WindowPlaces {
  readonly #places: ObjectState<WindowPlace>;
  /** Derived: by entity slot. An iterator over the state would leave an object an entity behind at each tick. */
  #known: (WindowPlace | undefined)[] | undefined;

  constructor({ objects }: StageContext) {
    this.#places = objects('places');
  }

  /** By entity slot; undefined for an entity that was never seen. */
  all(): readonly (WindowPlace | undefined)[] {
    return this.#bySlot();
  }

  /** Takes in where the reading's rows are. */
  follow(reading: Reading): void {
    if (reading.rowCount === 0) return;
    const before = this.#bySlot()[reading.entitySlot];
    if (before !== undefined && isSame(before, reading)) return;
    this.#keep(placeOf(reading, before));
  }

  /** The window that rows had left is closed. */
  forgetLeft(place: WindowPlace): void {
    if (place.left.slots.length > 0) this.#keep({ ...place, left: NO_ROWS });
  }

  #keep(place: WindowPlace): void {
    this.#places.set(place.identity.entity, place);
    this.#bySlot()[place.entitySlot] = place;
  }

  #bySlot(): (WindowPlace | undefined)[] {
    if (this.#known === undefined) {
      this.#known = [];
      for (const [, place] of this.#places.entries()) this.#known[place.entitySlot] = place;
    }
    return this.#known;
  }
}

/** Rows by slot: those that are there now, then those that left. A slot has been given on if both have it. */
export function rowsOf({ parts, left }: WindowPlace): Map<number, string> {
  const rows = new Map<number, string>();
  for (const { instances, slots } of [...parts, left]) {
    for (const [at, slot] of slots.entries()) if (!rows.has(slot)) rows.set(slot, instances[at]!);
  }
  return rows;
}

function isSame(place: WindowPlace, reading: Reading): boolean {
  const { part, parts, rowCount, slots } = reading;
  if (
    place.parts.length !== Math.max(part, parts) ||
    place.timeZone !== reading.timeZone ||
    place.deviceRole !== reading.deviceRole ||
    place.identity.device_ip !== reading.deviceIp ||
    !isKnownAs(place.identity.site_id, reading.siteId) ||
    !isKnownAs(place.identity.netbox_device_id, reading.netboxDeviceId)
  )
    return false;
  const known = place.parts[part - 1]!.slots;
  if (known.length !== rowCount) return false;
  for (let row = 0; row < rowCount; row += 1) if (known[row] !== slots[row]) return false;
  return true;
}

/** What nobody knows is null in a record and NaN in a reading. */
function isKnownAs(recorded: number | null, read: number): boolean {
  return recorded === null ? Number.isNaN(read) : recorded === read;
}

function placeOf(reading: Reading, before: WindowPlace | undefined): WindowPlace {
  const { entity, entitySlot, deviceRole, timeZone, part, rowCount } = reading;
  const parts = Array.from(
    { length: Math.max(part, reading.parts) },
    (_, at) => before?.parts[at] ?? NO_ROWS,
  );
  parts[part - 1] = {
    instances: reading.instances.slice(0, rowCount),
    slots: [...reading.slots.subarray(0, rowCount)],
  };
  const there = new Set(parts.flatMap(({ slots }) => slots));
  const left = [...(before === undefined ? [] : rowsOf(before))].filter(([slot]) => !there.has(slot));
  return {
    entitySlot,
    identity: readingIdentity(reading),
    deviceRole,
    timeZone,
    hash: textHash(entity),
    parts,
    left: { instances: left.map(([, instance]) => instance), slots: left.map(([slot]) => slot) },
  };
}
