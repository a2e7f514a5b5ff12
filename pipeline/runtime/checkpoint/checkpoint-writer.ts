/**
 * A checkpoint on its way: chunks go ahead with the commits that follow, a few megabytes each, and the manifest after
 * the last of them. Until then nothing refers to them.
 *
 *   snapshot (one instant, with a commit) -> chunk records ... -> manifest + pointer in the offsets' metadata
 */
import { randomUUID } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { TopicName } from '../../../topics/catalogue.ts';
import type { StateLayout, StateSnapshot } from '../state-snapshot.ts';
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

/** `chunk/<checkpoint>/<name>/<n>` */
export function chunkKey(id: string, name: string, n: number): string {
  return `chunk/${id}/${name}/${n}`;
}

export class CheckpointWriter {
  readonly #id = randomUUID();
  readonly #position: FoldPosition;
  readonly #layout: StateLayout;
  readonly #records: CheckpointRecord[];
  readonly #chunks: Manifest['chunks'];
  #next = 0;
  #from: number | undefined;
  #sentUpTo: number | undefined;

  /** `position` is that of the snapshot. */
  constructor(snapshot: StateSnapshot, position: FoldPosition) {
    this.#layout = snapshot.layout;
    this.#position = position;
    this.#records = snapshot.chunks.flatMap(({ name, bytes }) => recordsOf(this.#id, name, bytes));
    this.#chunks = snapshot.chunks.map(({ name, bytes }) => ({
      name,
      bytes: bytes.length,
      records: recordCount(bytes),
      crc32: crc32(bytes),
    }));
  }

  /** The journal behind the state begins here, and so much had been sent by then: only the first call counts. */
  begin(offset: number, sentUpTo: number | undefined): void {
    if (this.#from !== undefined) return;
    this.#from = offset;
    this.#sentUpTo = sentUpTo;
  }

  /** The next chunk records, about so many bytes, at least one. Empty when all have been taken. */
  take(maxBytes: number): CheckpointRecord[] {
    const first = this.#next;
    for (let bytes = 0; this.#next < this.#records.length && bytes < maxBytes; this.#next += 1) {
      bytes += this.#records[this.#next]!.value.length;
    }
    const taken = this.#records.slice(first, this.#next);
    // Each lies in the log now or the task starts anew: its memory is free for the next.
    this.#records.fill(NOTHING, first, this.#next);
    return taken;
  }

  /** Every chunk has been taken. */
  get isComplete(): boolean {
    return this.#next === this.#records.length;
  }

  /** Everything below is not needed once the manifest is committed. */
  get from(): number | undefined {
    return this.#from;
  }

  manifest(): CheckpointRecord {
    const manifest = manifestOf('full', this.#id, this.#position, this.#layout, this.#chunks, {
      from: this.#from,
      sentUpTo: this.#sentUpTo,
    });
    return { key: MANIFEST_KEY, value: encodeManifest(manifest) };
  }
}

const NOTHING: CheckpointRecord = { key: Buffer.alloc(0), value: Buffer.alloc(0) };

/** An empty state at the offsets where a task begins. */
export function genesisManifest(position: FoldPosition): CheckpointRecord {
  const layout = { entities: 0, rows: 0, columns: [] };
  const manifest = manifestOf('genesis', randomUUID(), position, layout, [], {});
  return { key: MANIFEST_KEY, value: encodeManifest(manifest) };
}

function manifestOf(
  kind: Manifest['kind'],
  id: string,
  { foldVersion, inputs, preload, lastTickMs }: FoldPosition,
  { entities, rows, columns }: StateLayout,
  chunks: Manifest['chunks'],
  { from, sentUpTo }: { readonly from?: number | undefined; readonly sentUpTo?: number | undefined },
): Manifest {
  return {
    format: 1,
    kind,
    id,
    fold_version: foldVersion,
    inputs: Object.fromEntries(inputs),
    preload: Object.fromEntries(preload),
    last_tick_ms: Number.isNaN(lastTickMs) ? null : lastTickMs,
    from: from ?? null,
    sent_up_to: sentUpTo ?? null,
    entities,
    rows,
    columns: [...columns],
    chunks,
  };
}

function recordCount(bytes: Uint8Array): number {
  return Math.max(1, Math.ceil(bytes.length / RECORD_BYTES));
}

function recordsOf(id: string, name: string, bytes: Uint8Array): CheckpointRecord[] {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: recordCount(bytes) }, (_, n) => ({
    key: Buffer.from(chunkKey(id, name, n)),
    value: whole.subarray(n * RECORD_BYTES, (n + 1) * RECORD_BYTES),
  }));
}
