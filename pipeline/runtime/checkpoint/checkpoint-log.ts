/** Reads a task's checkpoint partition: the manifest, the chunks that belong to it, the journal behind its state. */
import { crc32 } from 'node:zlib';
import type { Broker, BrokerRecord, TopicPartition } from '../../broker/port.ts';
import { PermanentError } from '../../model/errors.ts';
import type { StateChunk } from '../state-snapshot.ts';
import { chunkKey, JOURNAL_KEY, MANIFEST_KEY } from './checkpoint-writer.ts';
import { decodeJournal, type JournalRun } from './journal.ts';
import { decodeManifest, type Manifest } from './manifest.ts';

export interface FoundManifest {
  readonly offset: number;
  readonly appendedAtMs: number;
  readonly manifest: Manifest;
}

export interface CheckpointContents {
  readonly chunks: readonly StateChunk[];
  /** Everything that was folded and committed since the state was taken, in that order. */
  readonly journal: readonly JournalRun[];
}

export class CheckpointLog {
  readonly #broker: Broker;
  readonly #partition: TopicPartition;

  constructor(broker: Broker, partition: TopicPartition) {
    this.#broker = broker;
    this.#partition = partition;
  }

  /**
   * The manifest that the committed offsets point to.
   * @throws PermanentError when there is none: its topic was made anew, or cut.
   */
  async manifestAt(offset: number): Promise<FoundManifest> {
    const { earliest, lastStable } = await this.#limits();
    if (offset >= earliest && offset < lastStable) {
      for await (const record of this.#read(offset, offset + 1)) {
        if (record.key?.equals(MANIFEST_KEY) === true) return this.#manifest(record);
      }
    }
    throw new PermanentError(
      `the committed offsets point to a checkpoint manifest at ${this.#where(offset)}, and there is none ` +
        `(the partition holds ${earliest} to ${lastStable})`,
    );
  }

  /** The last manifest of the partition, and whether the partition holds anything: for pointers that were lost. */
  async lastManifest(): Promise<{ readonly found: FoundManifest | undefined; readonly isEmpty: boolean }> {
    const { earliest, lastStable } = await this.#limits();
    let last: BrokerRecord | undefined;
    let isEmpty = true;
    for await (const record of this.#read(earliest, lastStable)) {
      isEmpty = false;
      if (record.key?.equals(MANIFEST_KEY) === true) last = record;
    }
    return { found: last && this.#manifest(last), isEmpty };
  }

  /** @throws PermanentError when a chunk is missing, cut or changed. */
  async contents({ offset, manifest }: FoundManifest): Promise<CheckpointContents> {
    const { lastStable } = await this.#limits();
    const parts = new Map<string, Buffer>();
    const journal: JournalRun[] = [];
    const wanted = `chunk/${manifest.id}/`;
    for await (const { key, value, offset: at } of this.#read(manifest.from ?? offset, lastStable)) {
      if (key === null || value === null) continue;
      if (key.equals(JOURNAL_KEY)) journal.push(...this.#journal(value, at));
      else if (key.toString().startsWith(wanted)) parts.set(key.toString(), value);
    }
    return { chunks: manifest.chunks.map((chunk) => this.#chunk(manifest.id, chunk, parts)), journal };
  }

  #chunk(
    id: string,
    { name, bytes, records, crc32: expected }: Manifest['chunks'][number],
    parts: ReadonlyMap<string, Buffer>,
  ): StateChunk {
    const found = Array.from({ length: records }, (_, n) => parts.get(chunkKey(id, name, n)));
    const present = found.filter((part) => part !== undefined);
    const whole = Buffer.concat(present);
    if (present.length < records || whole.length !== bytes || crc32(whole) !== expected) {
      throw new PermanentError(
        `chunk ${name} of checkpoint ${id} in ${this.#where()} is damaged: ${present.length} of ${records} ` +
          `records, ${whole.length} of ${bytes} bytes`,
      );
    }
    return { name, bytes: whole };
  }

  #journal(value: Buffer, offset: number): JournalRun[] {
    try {
      return decodeJournal(value);
    } catch (cause) {
      throw new PermanentError(`the journal at ${this.#where(offset)} cannot be read`, { cause });
    }
  }

  #manifest({ offset, appendedAtMs, value }: BrokerRecord): FoundManifest {
    return { offset, appendedAtMs, manifest: decodeManifest(value ?? Buffer.alloc(0), this.#where(offset)) };
  }

  async #limits(): Promise<{ earliest: number; lastStable: number }> {
    const { topic, partition } = this.#partition;
    const found = (await this.#broker.offsets(topic)).find((one) => one.partition === partition);
    if (found === undefined) throw new PermanentError(`topic ${topic} has no partition ${partition}`);
    return found;
  }

  async *#read(from: number, to: number): AsyncGenerator<BrokerRecord, void, undefined> {
    for await (const { records } of this.#broker.readRange(this.#partition, from, to)) yield* records;
  }

  #where(offset?: number): string {
    const { topic, partition } = this.#partition;
    return `${topic}[${partition}]${offset === undefined ? '' : `@${offset}`}`;
  }
}
