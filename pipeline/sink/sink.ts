/**
 * Topics into tables, exactly once: rows and offsets change in one database transaction.
 *
 *   batches -> [ filling ] --flushRows or flushMs--> [ flushing ] -> one transaction
 *                   |                                     |
 *                   +-- too full while one flushes: pause +-- done: swap, resume
 *
 * While the database is away the flush is kept and repeated, the next fills up to its limit, then reading pauses.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'pg';
import type { Broker, Consumer, RecordBatch, TopicPartition } from '../broker/port.ts';
import type { Codec } from '../codec/port.ts';
import type { Clock, Component, Log } from '../model/component.ts';
import type { Catalogue, Naming } from '../../topics/catalogue.ts';
import { withClient } from '../db/with-client.ts';
import { startingPoints } from './assignment.ts';
import { bindTables } from './bind-tables.ts';
import { deadLetters, type DeadLetters } from './dead-letters.ts';
import { FlushWriter, type LostPartition } from './flush-writer.ts';
import { FlushCycle } from './flush-cycle.ts';
import { partitionKey, type Flush, type Progress } from './flush.ts';
import { untilDone } from './retrying.ts';
import type { RowWriter } from './row-writer.ts';
import { SinkLag, Unstored, type LaggingPartition } from './sink-lag.ts';
import { forgetMemoryWriters } from './sink-offsets.ts';
import type { SinkLimits, SinkSettings } from './sink-settings.ts';
import type { SinkObserver, SinkStatus } from './sink-observer.ts';

export interface SinkDeps {
  readonly broker: Broker;
  readonly codec: Codec;
  readonly catalogue: Catalogue;
  readonly naming: Naming;
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: SinkSettings;
  readonly observer?: SinkObserver;
  readonly limits?: SinkLimits;
}

export interface Sink extends Component {
  status(): SinkStatus;
  /** Everything that its topics hold is in the database. */
  readonly idle: boolean;
}

/** How long `stop` and a rebalance wait for the database; what is not stored then is read again by the next owner. */
const DRAIN_MS = 10_000;

/** Replaced, not changed, when the partition begins anew: whoever holds the old one sees that it is over. */
interface Owned extends LaggingPartition {
  /** What `sink_offsets` says once the flush before is stored. */
  expected: number;
  /** Next offset to take. */
  position: number;
}

/** An inert sink. `start` throws ConfigError when the schema does not fit. */
export function sink(deps: SinkDeps): Sink {
  return new TableSink(deps);
}

class TableSink implements Sink {
  readonly name = 'sink';
  readonly #deps: SinkDeps;
  readonly #drainMs: number;
  readonly #owned = new Map<string, Owned>();
  readonly #lag = new SinkLag(() => this.#consumer, this.#owned);
  readonly #ended = new AbortController();
  readonly #deadLetters: DeadLetters;
  readonly #cycle: FlushCycle;
  #rowWriters: ReadonlyMap<string, RowWriter> = new Map();
  #writer: FlushWriter | undefined;
  #consumer: Consumer | undefined;
  #isPaused = false;
  #lastFlushAt: Date | null = null;
  #storedRows = 0;
  /** Batches whose schemas are being fetched. */
  #taking = 0;
  #state: 'new' | 'running' | 'stopping' | 'failed' | 'stopped' = 'new';
  #stopped: Promise<void> | undefined;

  constructor(deps: SinkDeps) {
    this.#deps = deps;
    this.#drainMs = deps.limits?.drainMs ?? DRAIN_MS;
    this.#deadLetters = deadLetters(deps);
    this.#cycle = new FlushCycle({
      ...deps.settings,
      onBegin: (progress) => this.#expect(progress),
      write: (flush) => this.#write(flush),
      onFull: () => this.#pause(),
      onRoom: () => this.#resume(),
      onError: (error) => this.#fail(error),
    });
  }

  /** Offsets mean something only beside the log that they count, which says its name once it is reached. */
  get #writerName(): string {
    return `${this.#deps.settings.writer}@${this.#deps.broker.clusterId}`;
  }

  async start(): Promise<void> {
    const { broker, pool, clock, log, settings, observer, limits } = this.#deps;
    const { writers, targets, storage } = await bindTables(this.#deps);
    this.#rowWriters = writers;
    await withClient(pool, (client) => forgetMemoryWriters(client, settings.writer, this.#writerName));
    this.#writer = new FlushWriter({
      pool,
      clock,
      log,
      targets,
      storage,
      deadLetters: this.#deadLetters,
      writer: this.#writerName,
      silenceMs: limits?.silenceMs,
      onRetry: () => observer?.retried(),
    });
    await this.#deadLetters.start();
    this.#state = 'running';
    this.#consumer = broker.consumer({
      group: settings.group,
      topics: [...writers.keys()],
      handlers: {
        assigned: (partitions) => this.#adopt(partitions),
        revoked: (partitions) => this.#release(partitions),
        batch: (batch) => this.#took(batch),
        failed: (error) => this.#fail(error),
      },
    });
    await this.#consumer.start();
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  get idle(): boolean {
    return this.#taking === 0 && this.#cycle.isIdle && this.#lag.records === 0;
  }

  status(): SinkStatus {
    const trouble = this.#writer?.trouble ?? null;
    const state = this.#state === 'stopping' ? 'running' : this.#state;
    return {
      state: state === 'running' && trouble !== null ? 'retrying' : state,
      partitions: this.#owned.size,
      bufferedRows: this.#cycle.bufferedRows,
      bufferedBytes: this.#cycle.bufferedBytes,
      paused: this.#isPaused,
      retrying: trouble,
      lastFlushAt: this.#lastFlushAt,
      storedRows: this.#storedRows,
      lagRecords: Number.isFinite(this.#lag.records) ? this.#lag.records : null,
      lagMs: this.#lag.ms(this.#deps.clock()),
    };
  }

  /** Partitions begin where the database says. */
  async #adopt(partitions: readonly TopicPartition[]): Promise<void> {
    const { broker, pool, log } = this.#deps;
    const { signal } = this.#ended;
    const writer = this.#writerName;
    const points = await untilDone(
      () => withClient(pool, (client) => startingPoints(client, partitions, { broker, writer, log }), signal),
      signal,
    );
    for (const { topic, partition, stored, position } of points) {
      const owned = { topic, partition, expected: stored, position, unstored: new Unstored(position) };
      this.#owned.set(partitionKey(owned), owned);
      this.#consumer?.seek(owned, position);
      if (!this.#isPaused) this.#consumer?.resume(owned);
    }
  }

  /**
   * The next owner has begun already where the database stood: what is not on its way is left to it. Only the flush
   * on its way is waited for, so that who gets a partition back finds here what that has stored.
   */
  async #release(partitions: readonly TopicPartition[]): Promise<void> {
    for (const partition of partitions) {
      this.#owned.delete(partitionKey(partition));
      this.#cycle.filling.drop(partition);
    }
    await Promise.race([this.#cycle.flushing, sleep(this.#drainMs, undefined, { ref: false })]);
  }

  async #took(batch: RecordBatch): Promise<void> {
    this.#taking += 1;
    await this.#take(batch).finally(() => (this.#taking -= 1));
  }

  async #take(batch: RecordBatch): Promise<void> {
    const owned = this.#owned.get(partitionKey(batch));
    const rows = this.#rowWriters.get(batch.topic);
    if (owned === undefined || rows === undefined) return;
    owned.unstored.take(batch);
    await untilDone(() => rows.prepare(batch.records.map(({ value }) => value)), this.#ended.signal);
    // The partition may have been lost, or begun anew, meanwhile.
    if (this.#owned.get(partitionKey(batch)) !== owned || this.#state !== 'running') return;
    if (batch.nextOffset <= owned.position) return;
    const nowMs = this.#deps.clock();
    for (const record of batch.records) {
      if (record.offset >= owned.position) rows.add(record, this.#cycle.filling, nowMs);
    }
    const lastAppendMs = batch.records.at(-1)?.appendedAtMs;
    this.#cycle.filling.advance(batch, owned.expected, batch.nextOffset, lastAppendMs);
    owned.position = batch.nextOffset;
    this.#cycle.schedule();
  }

  /** The next flush of these partitions continues this one. */
  #expect(progress: Iterable<Progress>): void {
    for (const one of progress) {
      const owned = this.#owned.get(partitionKey(one));
      if (owned !== undefined) owned.expected = one.next;
    }
  }

  async #write(flush: Flush): Promise<void> {
    const { clock, observer } = this.#deps;
    const startedMs = clock();
    // What turns out to be stored already, or lost, is taken out of the flush on the way.
    const progress = [...flush.progress.values()];
    const written = await this.#writer!.write(flush, this.#ended.signal);
    if (written === undefined) return;
    for (const one of progress) this.#owned.get(partitionKey(one))?.unstored.stored(one.next);
    const endedMs = clock();
    this.#lastFlushAt = new Date(endedMs);
    for (const count of written.rows.values()) this.#storedRows += count;
    observer?.flushed(written.rows, endedMs - startedMs);
    for (const { reason } of flush.rejected) observer?.deadLetter(reason);
    if (written.lost.length > 0) await this.#beginAnew(written.lost);
  }

  /** Somebody else has moved these partitions: two members believe that they own them, or an operator has. */
  async #beginAnew(lost: readonly LostPartition[]): Promise<void> {
    const { log, observer } = this.#deps;
    observer?.partitionsLost(lost.length);
    for (const partition of lost) {
      const { topic, partition: number, expected, next, stored } = partition;
      log.error(
        { topic, partition: number, expected, next, stored, writer: this.#writerName },
        'another writer has moved this partition: its rows were dropped here, and it begins anew where the ' +
          'database stands; check that no other process uses the same writer name with another group',
      );
      this.#consumer?.pause(partition);
      this.#cycle.filling.drop(partition);
    }
    const mine = lost.filter((partition) => this.#owned.delete(partitionKey(partition)));
    if (mine.length > 0) await this.#adopt(mine);
  }

  #pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#lag.lookAhead(this.#deps.broker);
    for (const partition of this.#owned.values()) this.#consumer?.pause(partition);
  }

  #resume(): void {
    if (!this.#isPaused || this.#state !== 'running') return;
    this.#isPaused = false;
    this.#lag.endLookAhead();
    for (const partition of this.#owned.values()) this.#consumer?.resume(partition);
  }

  #fail(error: unknown): void {
    if (this.#state === 'failed' || this.#state === 'stopped') return;
    this.#state = 'failed';
    this.#ended.abort();
    void this.#cycle.end();
    this.#deps.log.error(
      { err: error },
      'the sink has stopped; what it had not stored is read again at the next start',
    );
    this.#deps.observer?.failed(error);
    // Not awaited: the consumer may be waiting for the handler that failed.
    void this.#consumer?.stop();
  }

  async #stop(): Promise<void> {
    if (this.#state === 'running') {
      this.#state = 'stopping';
      for (const partition of this.#owned.values()) this.#consumer?.pause(partition);
      const deadline = setTimeout(() => this.#ended.abort(), this.#drainMs);
      await this.#cycle.drain(this.#ended.signal);
      clearTimeout(deadline);
    }
    this.#ended.abort();
    this.#lag.endLookAhead();
    await this.#cycle.end();
    await this.#consumer?.stop();
    await this.#deadLetters.stop();
    this.#writer?.close();
    if (this.#state !== 'failed') this.#state = 'stopped';
  }
}
