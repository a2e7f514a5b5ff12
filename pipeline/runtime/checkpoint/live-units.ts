/**
 * The units that make up a task's state in its checkpoint partition, and where each lies. A checkpoint replaces those
 * that changed; the others stay where an earlier one wrote them, and hold up the deletion of all that lies behind. So
 * each checkpoint also rewrites some of the oldest (Rosenblum and Ousterhout, The Design and Implementation of a
 * Log-Structured File System, 1992: a cleaner that copies live data forward).
 *
 *   | dead dead LIVE dead LIVE | ... | LIVE LIVE dead | LIVE LIVE LIVE |
 *     ^ records below the oldest live unit are deleted            newest ^
 */
import type { ColumnLayout } from '../state-units.ts';
import type { Manifest } from './manifest.ts';

export interface UnitPlace {
  readonly name: string;
  /** Id of the checkpoint that wrote it. */
  readonly checkpoint: string;
  /** The columns that there were then. */
  readonly columns: readonly ColumnLayout[];
  readonly slots: number;
  /** Offsets of its records: others may lie between. */
  readonly from: number;
  readonly upTo: number;
  readonly records: number;
  readonly bytes: number;
  readonly crc32: number;
  /** Bytes of units that had been written before it. */
  readonly writtenBefore: number;
}

/**
 * The partition may hold so many times what is live. With 3, and an eighth of the state changing between checkpoints,
 * each byte that changed costs 1.4 written ones; with 2 it is 1.8, with 4 it is 1.3.
 */
const LOG_FACTOR = 3;
/** Of dead bytes nobody takes notice. */
const FLOOR_BYTES = 16 << 20;

export class LiveUnits {
  readonly #units: ReadonlyMap<string, UnitPlace>;
  /** Bytes of units that the task has ever written. */
  readonly written: number;
  /** What a restore has to read. */
  readonly bytes: number;

  constructor(units: Iterable<UnitPlace> = [], written = 0) {
    this.#units = new Map(Array.from(units, (unit) => [unit.name, unit]));
    this.written = written;
    this.bytes = [...this.#units.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  static of({ units, checkpoints, layouts, written }: Manifest): LiveUnits {
    return new LiveUnits(
      units.map(
        ([name, checkpoint, layout, slots, from, upTo, records, bytes, crc32, writtenBefore]): UnitPlace => ({
          name,
          checkpoint: checkpoints[checkpoint] ?? '',
          columns: layouts[layout] ?? [],
          slots,
          from,
          upTo,
          records,
          bytes,
          crc32,
          writtenBefore,
        }),
      ),
      written,
    );
  }

  values(): Iterable<UnitPlace> {
    return this.#units.values();
  }

  /** Offset of the first record that a restore needs; undefined where there is none. */
  get oldest(): number | undefined {
    let oldest: number | undefined;
    for (const { from } of this.#units.values()) if (oldest === undefined || from < oldest) oldest = from;
    return oldest;
  }

  /** Of units, dead and alive, from the oldest that is needed on. */
  get logBytes(): number {
    return this.#units.size === 0
      ? 0
      : this.written - Math.min(...Array.from(this.#units.values(), ({ writtenBefore }) => writtenBefore));
  }

  without(names: Iterable<string>): LiveUnits {
    const units = new Map(this.#units);
    for (const name of names) units.delete(name);
    return new LiveUnits(units.values(), this.written);
  }

  /** These were written, the rest lies where it was. */
  with(written: readonly UnitPlace[]): LiveUnits {
    const units = new Map(this.#units);
    for (const unit of written) units.set(unit.name, unit);
    const bytes = written.reduce((sum, unit) => sum + unit.bytes, 0);
    return new LiveUnits(units.values(), this.written + bytes);
  }

  /** Offsets of the units' first records, by name. */
  positions(): Map<string, number> {
    return new Map(Array.from(this.#units.values(), ({ name, from }) => [name, from]));
  }

  /**
   * Units that the next checkpoint rewrites though they have not changed, given those that have: as many bytes in
   * proportion as keep the partition within its limit for ever, and beyond that as many as it takes now.
   */
  rewritten(changed: readonly { readonly name: string; readonly bytes: number }[]): string[] {
    const changing = new Set(changed.map(({ name }) => name));
    const oldestFirst = [...this.#units.values()]
      .filter(({ name }) => !changing.has(name))
      .sort((a, b) => a.writtenBefore - b.writtenBefore);
    const cleanBytes = oldestFirst.reduce((sum, { bytes }) => sum + bytes, 0);
    const changedBytes = changed.reduce((sum, { bytes }) => sum + bytes, 0);
    const limit = LOG_FACTOR * (cleanBytes + changedBytes) + FLOOR_BYTES;
    const share = (changedBytes * cleanBytes) / (limit - cleanBytes);
    let written = this.written + changedBytes;
    if (written - (oldestFirst[0]?.writtenBefore ?? written) <= FLOOR_BYTES) return [];
    const names: string[] = [];
    let rewritten = 0;
    for (const { name, bytes, writtenBefore } of oldestFirst) {
      if (rewritten >= share && written - writtenBefore <= limit) break;
      names.push(name);
      rewritten += bytes;
      written += bytes;
    }
    return names;
  }

  /** For a manifest. */
  tables(): Pick<Manifest, 'checkpoints' | 'layouts' | 'units' | 'written'> {
    const checkpoints = new Map<string, number>();
    const layouts = new Map<string, number>();
    const keys = new Map<readonly ColumnLayout[], string>();
    const numbered = (table: Map<string, number>, key: string): number => {
      const number = table.get(key) ?? table.size;
      table.set(key, number);
      return number;
    };
    const layoutKey = (columns: readonly ColumnLayout[]): string => {
      const key = keys.get(columns) ?? JSON.stringify(columns);
      keys.set(columns, key);
      return key;
    };
    const units = Array.from(this.#units.values(), (unit): Manifest['units'][number] => [
      unit.name,
      numbered(checkpoints, unit.checkpoint),
      numbered(layouts, layoutKey(unit.columns)),
      unit.slots,
      unit.from,
      unit.upTo,
      unit.records,
      unit.bytes,
      unit.crc32,
      unit.writtenBefore,
    ]);
    return {
      checkpoints: [...checkpoints.keys()],
      layouts: Array.from(layouts.keys(), (key) => JSON.parse(key) as ColumnLayout[]),
      units,
      written: this.written,
    };
  }
}
