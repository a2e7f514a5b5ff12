/**
 * Irregular state: one map of a stage, one unit. Whoever has changed an object that lies in it says `set` afterwards;
 * a snapshot under way is copied before anybody gets hold of one.
 */
import { deserialize, serialize } from 'node:v8';
import { PermanentError } from '../model/errors.ts';
import { UnitMarks } from '../model/unit-marks.ts';
import type { ObjectState } from '../stages/stage.ts';
import type { SavedUnit, UnitFamily } from './state-units.ts';

/** Family of one unit, number 0. */
export class ObjectUnits<V> implements ObjectState<V>, UnitFamily {
  readonly name: string;
  readonly marks = new UnitMarks();
  readonly #values = new Map<string, V>();
  /** Of the last copy: nobody knows before. */
  #bytes = 0;

  /** `name`: `objects.<stage>.<map>` */
  constructor(name: string) {
    this.name = name;
  }

  get(key: string): V | undefined {
    this.marks.preserve(0);
    return this.#values.get(key);
  }

  set(key: string, value: V): void {
    this.marks.willWrite(0);
    this.#values.set(key, value);
  }

  delete(key: string): boolean {
    this.marks.willWrite(0);
    return this.#values.delete(key);
  }

  entries(): IterableIterator<[string, V]> {
    this.marks.preserve(0);
    return this.#values.entries();
  }

  get size(): number {
    return this.#values.size;
  }

  count(): number {
    return 1;
  }

  slots(): number {
    return 0;
  }

  bytes(): number {
    return this.#bytes;
  }

  copy(): Uint8Array {
    const bytes = serialize(this.#values);
    this.#bytes = bytes.length;
    return bytes;
  }

  restore(_unit: number, saved: SavedUnit): void {
    this.take(decodedUnit(saved) as ReadonlyMap<string, V>);
    this.#bytes = saved.bytes.length;
  }

  /** Takes values over as if they had always been there. */
  take(values: ReadonlyMap<string, V>): void {
    for (const [key, value] of values) this.#values.set(key, value);
  }
}

/** @throws PermanentError for what `v8.serialize` did not write, or a newer one did. */
export function decodedUnit({ name, bytes }: Pick<SavedUnit, 'name' | 'bytes'>): unknown {
  try {
    // Of a copy: typed arrays that lie in a state are views of what was decoded, and whoever writes into one would
    // write into the record that a broker in memory holds.
    return deserialize(Buffer.from(bytes));
  } catch (cause) {
    throw new PermanentError(`the checkpoint's unit ${name} of ${bytes.length} bytes cannot be decoded`, {
      cause,
    });
  }
}
