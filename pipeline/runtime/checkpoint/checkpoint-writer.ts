/**
 * A checkpoint on its way: units of the state go ahead with the commits that follow, a few megabytes each, and the
 * manifest after the last of them. Until then nothing refers to them.
 *
 *   snapshot (one instant, with a commit) -> unit records ... -> manifest + pointer in the offsets' metadata
 */
import { randomUUID } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { AppendedRange } from '../../broker/port.ts';
import type { TopicName } from '../../../topics/catalogue.ts';
import type { StateSnapshot, UnitCopy } from '../state-snapshot.ts';
import { LiveUnits, type UnitPlace } from './live-units.ts';
import { encodeManifest, type Manifest } from './manifest.ts';

/** Of one record: below the topic's limit with room for headers. */
const RECORD_BYTES = 900_000;

/** Where a fold stands: what a manifest says besides the state. */
export interface FoldPosition {
  readonly foldVersion: string;
  readonly inputs: ReadonlyMap<TopicName, number>;
  readonly preload: ReadonlyMap<TopicName, number>;
  readonly lastTickMs: number;
}

export interface CheckpointRecord {
  readonly key: Buffer;
  readonly value: Buffer;
}

export const JOURNAL_KEY = Buffer.from('journal');
export const MANIFEST_KEY = Buffer.from('manifest');

/** `chunk/<checkpoint>/<name>/<n>`: record n of a unit. */
export function chunkKey(id: string, name: string, n: number): string {
  return `chunk/${id}/${name}/${n}`;
}

/** A unit of which not all records have been sent. */
interface Sending {
  readonly copy: UnitCopy;
  readonly crc32: number;
  readonly records: number;
  taken: number;
  sent: number;
  from: number;
}

export class CheckpointWriter {
  readonly #id = randomUUID();
  readonly #snapshot: StateSnapshot;
  readonly #position: FoldPosition;
  readonly #before: LiveUnits;
  /** The unit of each record that was taken and not sent. */
  readonly #taken: Sending[] = [];
  #current: Sending | undefined;
  readonly #places: UnitPlace[] = [];
  #bytes = 0;
  #from: number | undefined;
  #sentUpTo: number | undefined;
  #live: LiveUnits | undefined;

  /** `position` is that of the snapshot; `live` is what the checkpoints before it have written. */
  constructor(snapshot: StateSnapshot, position: FoldPosition, live: LiveUnits) {
    this.#snapshot = snapshot;
    this.#position = position;
    this.#before = live;
    snapshot.include(live.rewritten(snapshot.changed));
  }

  /** The journal behind the state begins here, and so much had been sent by then: only the first call counts. */
  begin(offset: number, sentUpTo: number | undefined): void {
    if (this.#from !== undefined) return;
    this.#from = offset;
    this.#sentUpTo = sentUpTo;
  }

  /** The next unit records, about so many bytes, at least one. Empty when all have been taken. */
  take(maxBytes: number): CheckpointRecord[] {
    const records: CheckpointRecord[] = [];
    for (let bytes = 0; bytes < maxBytes;) {
      const unit = (this.#current ??= this.#nextUnit());
      if (unit === undefined) break;
      const { name, bytes: whole } = unit.copy;
      const key = Buffer.from(chunkKey(this.#id, name, unit.taken));
      const start = unit.taken * RECORD_BYTES;
      const end = Math.min(start + RECORD_BYTES, whole.length);
      records.push({ key, value: Buffer.from(whole.buffer, whole.byteOffset + start, end - start) });
      bytes += end - start;
      unit.taken += 1;
      this.#taken.push(unit);
      if (unit.taken === unit.records) this.#current = undefined;
    }
    return records;
  }

  /** Where the records went that were taken last. */
  sent(ranges: readonly AppendedRange[]): void {
    for (const { baseOffset, count } of ranges) {
      for (let offset = baseOffset; offset < baseOffset + count; offset += 1)
        this.#place(this.#taken.shift()!, offset);
    }
  }

  /** Every unit has been taken. */
  get isComplete(): boolean {
    return this.#current === undefined && this.#snapshot.left === 0;
  }

  /** What the partition holds once the manifest is committed. */
  get live(): LiveUnits {
    return (this.#live ??= this.#liveAfter());
  }

  /** Everything below is not needed once the manifest, at this offset, is committed. */
  neededFrom(manifestOffset: number): number {
    return Math.min(this.live.oldest ?? manifestOffset, this.#from ?? manifestOffset);
  }

  /** Bytes of units that were sent. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The longest that folding had to wait for a copy. */
  get longestMs(): number {
    return this.#snapshot.longestMs;
  }

  manifest(): CheckpointRecord {
    const { entities, rows } = this.#snapshot.layout;
    return manifestRecord({
      ...fixedPart('full', this.#id, this.#position),
      from: this.#from ?? null,
      sent_up_to: this.#sentUpTo ?? null,
      entities,
      rows,
      ...this.live.tables(),
    });
  }

  #nextUnit(): Sending | undefined {
    const copy = this.#snapshot.next();
    if (copy === undefined) return undefined;
    const records = Math.max(1, Math.ceil(copy.bytes.length / RECORD_BYTES));
    return { copy, crc32: crc32(copy.bytes), records, taken: 0, sent: 0, from: 0 };
  }

  #place(unit: Sending, offset: number): void {
    if (unit.sent === 0) unit.from = offset;
    unit.sent += 1;
    if (unit.sent < unit.records) return;
    const { copy, records, from } = unit;
    this.#places.push({
      name: copy.name,
      checkpoint: this.#id,
      columns: this.#snapshot.layout.columns,
      slots: copy.slots,
      from,
      upTo: offset + 1,
      records,
      bytes: copy.bytes.length,
      crc32: unit.crc32,
      writtenBefore: this.#before.written + this.#bytes,
    });
    this.#bytes += copy.bytes.length;
  }

  #liveAfter(): LiveUnits {
    const live = this.#before.with(this.#places);
    return live.without(this.#snapshot.obsolete(live.positions()));
  }
}

/** An empty state at the offsets where a task begins. */
export function genesisManifest(position: FoldPosition): CheckpointRecord {
  return manifestRecord({
    ...fixedPart('genesis', randomUUID(), position),
    from: null,
    sent_up_to: null,
    entities: 0,
    rows: 0,
    ...new LiveUnits().tables(),
  });
}

function fixedPart(
  kind: Manifest['kind'],
  id: string,
  { foldVersion, inputs, preload, lastTickMs }: FoldPosition,
) {
  return {
    format: 2 as const,
    kind,
    id,
    fold_version: foldVersion,
    inputs: Object.fromEntries(inputs),
    preload: Object.fromEntries(preload),
    last_tick_ms: Number.isNaN(lastTickMs) ? null : lastTickMs,
  };
}

function manifestRecord(manifest: Manifest): CheckpointRecord {
  return { key: MANIFEST_KEY, value: encodeManifest(manifest) };
}
