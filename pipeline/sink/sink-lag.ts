/**
 * How far the tables are behind the topics: a record counts until the transaction that stores it is committed.
 *
 *   waits in its topic -> handed to the sink -> stored
 *   \__________________________________________/ lag
 */
import type { Broker, BrokerRecord, Consumer, RecordBatch, TopicPartition } from '../broker/port.ts';

/** How often a broker is asked for the ends of partitions that are not fetched. */
const LOOK_AHEAD_MS = 2_000;

export interface LaggingPartition extends TopicPartition {
  readonly unstored: Unstored;
}

interface UnstoredBatch {
  readonly nextOffset: number;
  readonly records: number;
  readonly firstAppendMs: number;
}

/** Of one partition: what it has handed to the sink and the tables do not have, in its order. */
export class Unstored {
  readonly #batches: UnstoredBatch[] = [];
  #handedTo: number;
  #records = 0;
  #lastAppendMs: number | undefined;
  /** Of the topic, as last looked up. */
  end = 0;

  /** The first offset that will be handed over. */
  constructor(position: number) {
    this.#handedTo = position;
  }

  /** Next offset to come. */
  get handedTo(): number {
    return this.#handedTo;
  }

  get records(): number {
    return this.#records;
  }

  /** Append time of the oldest; undefined when everything is stored. */
  get oldestMs(): number | undefined {
    return this.#batches[0]?.firstAppendMs;
  }

  /** Append time of the last record that was handed over, stored or not. */
  get lastAppendMs(): number | undefined {
    return this.#lastAppendMs;
  }

  /** A batch was handed over; what came before does not count again. */
  take({ records, nextOffset }: RecordBatch): void {
    const fresh = records.filter(({ offset }: BrokerRecord) => offset >= this.#handedTo);
    this.#handedTo = Math.max(this.#handedTo, nextOffset);
    if (fresh.length === 0) return;
    this.#records += fresh.length;
    this.#lastAppendMs = fresh.at(-1)!.appendedAtMs;
    this.#batches.push({ nextOffset, records: fresh.length, firstAppendMs: fresh[0]!.appendedAtMs });
  }

  /** Everything before `next` is in the tables. */
  stored(next: number): void {
    while (this.#batches[0] !== undefined && this.#batches[0].nextOffset <= next) {
      this.#records -= this.#batches.shift()!.records;
    }
  }
}

export class SinkLag {
  readonly #consumer: () => Consumer | undefined;
  readonly #owned: ReadonlyMap<string, LaggingPartition>;
  #timer: NodeJS.Timeout | undefined;

  constructor(consumer: () => Consumer | undefined, owned: ReadonlyMap<string, LaggingPartition>) {
    this.#consumer = consumer;
    this.#owned = owned;
  }

  /** Records of the owned partitions that are not in the tables; Infinity before the first fetch of each. */
  get records(): number {
    let lag = this.#owned.size === 0 ? Infinity : 0;
    for (const partition of this.#owned.values())
      lag += this.#waiting(partition) + partition.unstored.records;
    return lag;
  }

  /**
   * Age of the oldest record that is not in the tables; 0 when all are, null when not known. Of a partition whose
   * records all wait in its topic it is the time since the last one that came: they are younger than that.
   */
  ms(nowMs: number): number | null {
    if (this.#owned.size === 0) return null;
    let lagMs = 0;
    for (const partition of this.#owned.values()) {
      const { oldestMs, lastAppendMs } = partition.unstored;
      const sinceMs = oldestMs ?? (this.#waiting(partition) === 0 ? nowMs : lastAppendMs);
      if (sinceMs === undefined) return null;
      lagMs = Math.max(lagMs, nowMs - sinceMs);
    }
    return lagMs;
  }

  /** While reading is paused nothing is fetched, and topics grow unseen: asks for their ends. */
  lookAhead(broker: Pick<Broker, 'offsets'>, everyMs = LOOK_AHEAD_MS): void {
    this.#timer ??= setInterval(() => void this.#lookUpEnds(broker), everyMs).unref();
  }

  endLookAhead(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #lookUpEnds(broker: Pick<Broker, 'offsets'>): Promise<void> {
    const owned = [...this.#owned.values()];
    for (const topic of new Set(owned.map((one) => one.topic))) {
      // A broker that is away is told of elsewhere (/readyz).
      const ends = await broker.offsets(topic).catch(() => []);
      for (const { partition, lastStable } of ends) {
        const one = owned.find((each) => each.topic === topic && each.partition === partition);
        if (one !== undefined) one.unstored.end = lastStable;
      }
    }
  }

  /** Not handed over yet. Control records at the end do not count: the position moves past them. */
  #waiting(partition: LaggingPartition): number {
    const state = this.#consumer()?.fetchState(partition);
    if (state === undefined) return Infinity;
    const { end, handedTo } = partition.unstored;
    return Math.max(0, Math.max(state.lastStableOffset, end) - Math.max(state.position, handedTo));
  }
}
