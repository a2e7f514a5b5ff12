/**
 * One transaction of the memory broker.
 *
 *   open --commit--> committed
 *     |--abort, fenced, producer stopped--> aborted
 *
 * A call that failed leaves it open but not committable: what was sent before it must not become visible alone.
 */
import { PermanentError } from '../../model/errors.ts';
import { assertOffset } from '../committed-offset.ts';
import type { AppendedRange, CommittedOffset, ProducerRecord, Transaction } from '../port.ts';
import type { Cluster } from './cluster.ts';
import type { Group } from './group.ts';
import type { Partition } from './partition.ts';

interface PendingOffset {
  readonly partition: Partition;
  readonly group: Group;
  readonly committed: CommittedOffset;
}

export class MemoryTransaction implements Transaction {
  readonly #cluster: Cluster;
  readonly #transactionalId: string;
  readonly #partitions = new Set<Partition>();
  readonly #offsets: PendingOffset[] = [];
  /** Rejected when the transaction ends from outside, so that a waiting `send` ends too. */
  readonly #ended = Promise.withResolvers<never>();
  #state: 'open' | 'committed' | 'aborted' = 'open';
  #sending = 0;
  #fault: { readonly cause: unknown } | undefined;
  #endReason = '';

  constructor(cluster: Cluster, transactionalId: string) {
    this.#cluster = cluster;
    this.#transactionalId = transactionalId;
    this.#ended.promise.catch(() => undefined);
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  async send(records: readonly ProducerRecord[]): Promise<readonly AppendedRange[]> {
    this.#assertOpen();
    this.#sending += 1;
    try {
      const batches = this.#cluster.accept(records);
      for (const partition of batches.keys()) {
        const room = partition.room();
        if (room === undefined) continue;
        await Promise.race([room, this.#ended.promise]);
        this.#assertOpen();
      }
      return Array.from(batches, ([partition, batch]) => {
        this.#partitions.add(partition);
        return partition.appendIn(this, batch);
      });
    } catch (error) {
      this.#fault ??= { cause: error };
      throw error;
    } finally {
      this.#sending -= 1;
    }
  }

  async sendOffsets(group: string, offsets: readonly CommittedOffset[]): Promise<void> {
    this.#assertOpen();
    try {
      this.#cluster.assertRunning();
      for (const committed of offsets) {
        assertOffset(group, committed);
        const partition = this.#cluster.partition(committed);
        this.#offsets.push({ partition, group: this.#cluster.group(group), committed: { ...committed } });
      }
    } catch (error) {
      this.#fault ??= { cause: error };
      throw error;
    }
  }

  /** One synchronous step: no reader sees a part of it. */
  async commit(): Promise<void> {
    this.#assertOpen();
    this.#cluster.assertRunning();
    if (this.#fault !== undefined) {
      throw new PermanentError(
        `a transaction of ${this.#transactionalId} cannot be committed after a failed call: abort it`,
        this.#fault,
      );
    }
    if (this.#sending > 0) {
      throw new PermanentError(
        `a transaction of ${this.#transactionalId} cannot be committed during a send: await the send first`,
      );
    }
    this.#state = 'committed';
    const touched = new Set(this.#partitions);
    for (const partition of this.#partitions) partition.log.commit(this);
    for (const { partition, group, committed } of this.#offsets) {
      partition.committed.set(group, committed);
      group.commits = true;
      touched.add(partition);
    }
    for (const partition of touched) partition.settle();
  }

  async abort(): Promise<void> {
    this.#assertOpen();
    this.end('it was aborted');
  }

  /** Aborts an open transaction; `reason` ends the message of later calls. */
  end(reason: string): void {
    if (this.#state !== 'open') return;
    this.#state = 'aborted';
    this.#endReason = reason;
    for (const partition of this.#partitions) partition.log.abort(this);
    for (const partition of this.#partitions) partition.settle();
    this.#ended.reject(this.#endedError());
  }

  #assertOpen(): void {
    if (this.#state !== 'open') throw this.#endedError();
  }

  #endedError(): PermanentError {
    const reason = this.#state === 'committed' ? 'it was committed' : this.#endReason;
    return new PermanentError(`a transaction of ${this.#transactionalId} is over: ${reason}`);
  }
}
