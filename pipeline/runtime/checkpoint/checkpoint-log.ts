/** Reads a task's checkpoint partition: the manifest, the units that it names, the journal behind its state. */
import type { Broker, BrokerRecord, TopicPartition } from '../../broker/port.ts';
import { PermanentError } from '../../model/errors.ts';
import type { SavedUnit } from '../state-units.ts';
import { JOURNAL_KEY, MANIFEST_KEY } from './checkpoint-writer.ts';
import { decodeJournal, type JournalRun } from './journal.ts';
import { LiveUnits } from './live-units.ts';
import { decodeManifest, type Manifest } from './manifest.ts';
import { UnitAssembly } from './unit-assembly.ts';

export interface FoundManifest {
  readonly offset: number;
  readonly appendedAtMs: number;
  readonly manifest: Manifest;
}

/** Records between two needed ones that are rather read than jumped over: a jump costs two round trips. */
const JUMP_RECORDS = 16;

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

  /**
   * Hands over the units that the manifest names, in the order in which they were written. @returns everything that was
   * folded and committed since, in that order. @throws PermanentError when a unit is missing, cut or changed.
   */
  async load({ offset, manifest }: FoundManifest, take: (unit: SavedUnit) => void): Promise<JournalRun[]> {
    const { earliest, lastStable } = await this.#limits();
    const journalFrom = manifest.from ?? offset;
    const units = new UnitAssembly(LiveUnits.of(manifest).values(), this.#where());
    units.assertKept(earliest);
    const journal: JournalRun[] = [];
    for (const { from, upTo } of spans(units.spans(), { from: journalFrom, upTo: lastStable })) {
      for await (const { key, value, offset: at } of this.#read(from, upTo)) {
        if (key === null || value === null) continue;
        if (key.equals(JOURNAL_KEY)) {
          if (at >= journalFrom) journal.push(...this.#journal(value, at));
        } else {
          const whole = units.add(key.toString(), value);
          if (whole !== undefined) take(whole);
        }
      }
    }
    units.assertComplete();
    return journal;
  }

  #journal(value: Buffer, offset: number): JournalRun[] {
    try {
      return decodeJournal(value);
    } catch (cause) {
      throw new PermanentError(`the journal at ${this.#where(offset)} cannot be read`, { cause });
    }
  }

  #manifest({ offset, appendedAtMs, value }: BrokerRecord): FoundManifest {
    const manifest = decodeManifest(value ?? Buffer.alloc(0), this.#where(offset), offset);
    return { offset, appendedAtMs, manifest };
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

interface Span {
  readonly from: number;
  readonly upTo: number;
}

/** What has to be read: `ordered` spans, those near each other as one, and the last up to the end. */
function spans(ordered: readonly Span[], last: Span): Span[] {
  const joined: { from: number; upTo: number }[] = [];
  for (const { from, upTo } of [...ordered, last].sort((a, b) => a.from - b.from)) {
    const before = joined.at(-1);
    if (before !== undefined && from - before.upTo <= JUMP_RECORDS) before.upTo = Math.max(before.upTo, upTo);
    else joined.push({ from, upTo });
  }
  return joined;
}
