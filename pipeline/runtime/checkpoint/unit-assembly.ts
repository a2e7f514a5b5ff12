/** Puts the units of a checkpoint together from their records, as they are read. */
import { crc32 } from 'node:zlib';
import { PermanentError } from '../../model/errors.ts';
import { formatOneChunk } from '../state-format-1.ts';
import type { SavedUnit } from '../state-units.ts';
import type { UnitPlace } from './live-units.ts';

interface Awaited {
  readonly place: UnitPlace;
  readonly parts: (Buffer | undefined)[];
  present: number;
}

export class UnitAssembly {
  /** By `chunk/<checkpoint>/<name>`. */
  readonly #awaited = new Map<string, Awaited>();
  readonly #where: string;

  constructor(places: Iterable<UnitPlace>, where: string) {
    this.#where = where;
    for (const place of places) {
      const name = formatOneChunk(place.name) ?? place.name;
      this.#awaited.set(`chunk/${place.checkpoint}/${name}`, { place, parts: [], present: 0 });
    }
  }

  /** The offsets at which units lie, in order. */
  spans(): { readonly from: number; readonly upTo: number }[] {
    return Array.from(this.#awaited.values(), ({ place }) => place).sort((a, b) => a.from - b.from);
  }

  /** @throws PermanentError naming a unit of which records have been deleted. */
  assertKept(earliest: number): void {
    for (const { place } of this.#awaited.values()) {
      if (place.from >= earliest) continue;
      throw new PermanentError(
        `unit ${place.name} of checkpoint ${place.checkpoint} lies at offset ${place.from} of ${this.#where}, which ` +
          `begins at ${earliest}: records were deleted that are still needed`,
      );
    }
  }

  /** @returns the unit that this record completes. @throws PermanentError when it is not what was written. */
  add(key: string, value: Buffer): SavedUnit | undefined {
    const slash = key.lastIndexOf('/');
    const awaited = this.#awaited.get(key.slice(0, slash));
    const n = Number(key.slice(slash + 1));
    if (awaited === undefined || !(n < awaited.place.records) || awaited.parts[n] !== undefined)
      return undefined;
    awaited.parts[n] = value;
    awaited.present += 1;
    if (awaited.present < awaited.place.records) return undefined;
    this.#awaited.delete(key.slice(0, slash));
    return this.#whole(awaited);
  }

  /** @throws PermanentError naming a unit that is not all there. */
  assertComplete(): void {
    for (const awaited of this.#awaited.values()) throw this.#damaged(awaited);
  }

  #whole(awaited: Awaited): SavedUnit {
    const { name, slots, columns, bytes: size, crc32: sum } = awaited.place;
    const parts = awaited.parts.filter((part) => part !== undefined);
    const bytes = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    if (bytes.length !== size || crc32(bytes) !== sum) throw this.#damaged(awaited);
    return { name, slots, columns, bytes };
  }

  #damaged({ place, parts, present }: Awaited): PermanentError {
    const bytes = parts.reduce((sum, part) => sum + (part?.length ?? 0), 0);
    return new PermanentError(
      `unit ${place.name} of checkpoint ${place.checkpoint} in ${this.#where} is damaged: ${present} of ` +
        `${place.records} records, ${bytes} of ${place.bytes} bytes`,
    );
  }
}
