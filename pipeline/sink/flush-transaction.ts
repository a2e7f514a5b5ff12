/**
 * One flush as one database transaction:
 *
 *   COPY each append table -> COPY + merge each identity -> dead letters -> swap offsets -> COMMIT
 */
import type { PoolClient } from 'pg';
import type { TimeSeriesStorage } from '../db/partitions.ts';
import { copyIn } from './copy-in.ts';
import { isServerError } from './database-fault.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { Flush } from './flush.ts';
import { stagingTable } from './merges.ts';
import type { RowBatch } from './row-batch.ts';
import { ORDINAL } from './record-writer.ts';
import type { WrittenTable } from './row-writer.ts';
import { swapOffsets } from './sink-offsets.ts';

export interface Target extends WrittenTable {
  /** A time series, which needs room for its days. */
  readonly partitioned: boolean;
}

/** Where an attempt failed. */
export interface Failure {
  readonly error: Error;
  /** The table being written, if one was. */
  readonly target: Target | undefined;
  /** COMMIT was sent: whether it took place is unknown. */
  readonly committing: boolean;
}

export type Attempt =
  | { readonly kind: 'committed' }
  /** Some partition did not stand where it was expected. */
  | { readonly kind: 'conflict' }
  | ({ readonly kind: 'failed' } & Failure);

export interface TransactionDeps {
  readonly targets: readonly Target[];
  readonly storage: TimeSeriesStorage;
  readonly deadLetters: DeadLetters;
  readonly writer: string;
  /** A COPY that makes no progress for so long is given up; 30 s unless told. */
  readonly silenceMs?: number | undefined;
}

export class FlushTransaction {
  readonly #deps: TransactionDeps;
  /** Days whose partitions are known to be there, by table. */
  readonly #days = new Map<string, Set<number>>();
  readonly #prepared = new WeakSet<PoolClient>();

  constructor(deps: TransactionDeps) {
    this.#deps = deps;
  }

  /** Never throws; after a failure nothing of the flush is stored, unless it failed `committing`. */
  async attempt(client: PoolClient, flush: Flush): Promise<Attempt> {
    const at: { target: Target | undefined; committing: boolean } = { target: undefined, committing: false };
    try {
      await this.#prepare(client, flush);
      await client.query('BEGIN');
      for (const target of this.#deps.targets) {
        const batch = flush.tables.get(target.table);
        if (batch === undefined || batch.live === 0) continue;
        at.target = target;
        await this.#writeTable(client, target, batch);
      }
      at.target = undefined;
      await this.#sendRejected(flush);
      if (!(await swapOffsets(client, this.#deps.writer, [...flush.progress.values()]))) {
        await client.query('ROLLBACK');
        return { kind: 'conflict' };
      }
      at.committing = true;
      await client.query('COMMIT');
      return { kind: 'committed' };
    } catch (error) {
      await rollBack(client, error);
      return { kind: 'failed', error: error as Error, ...at };
    }
  }

  /** What the database says to the first `count` live rows of a table; nothing is stored. */
  async tryRows(
    client: PoolClient,
    target: Target,
    batch: RowBatch,
    count: number,
  ): Promise<Error | undefined> {
    try {
      await client.query('BEGIN');
      await this.#writeTable(client, target, batch, count);
    } catch (error) {
      await rollBack(client, error);
      return error as Error;
    }
    await client.query('ROLLBACK');
    return undefined;
  }

  async #writeTable(client: PoolClient, target: Target, batch: RowBatch, count = batch.live): Promise<void> {
    const { table, columns, merge } = target;
    const into = merge === undefined ? table : stagingTable(table);
    await copyIn(client, into, columns, batch.chunks(count), this.#deps.silenceMs);
    if (merge === undefined) return;
    for (const statement of merge({ table, columns: withoutOrdinal(columns) })) await client.query(statement);
  }

  /** Partitions are looked for again: some have been dropped. */
  forgetPartitions(): void {
    this.#days.clear();
  }

  /** Outside of the transaction: partitions and staging tables are no part of exactly-once. */
  async #prepare(client: PoolClient, flush: Flush): Promise<void> {
    if (!this.#prepared.has(client)) {
      for (const target of this.#deps.targets) if (target.merge) await client.query(stagingDdl(target));
      this.#prepared.add(client);
    }
    for (const { table, partitioned } of this.#deps.targets) {
      const batch = flush.tables.get(table);
      if (!partitioned || batch === undefined) continue;
      let known = this.#days.get(table);
      if (known === undefined) this.#days.set(table, (known = new Set()));
      const missing = [...batch.days].filter((day) => !known.has(day));
      if (missing.length === 0) continue;
      await this.#deps.storage.makeRoom(client, table, missing);
      for (const day of missing) known.add(day);
    }
  }

  async #sendRejected(flush: Flush): Promise<void> {
    const unsent = flush.rejected.slice(flush.rejectedSent);
    if (unsent.length === 0) return;
    await this.#deps.deadLetters.send(unsent);
    flush.rejectedSent = flush.rejected.length;
  }
}

/** Only where the server has answered: a lost or silent connection cannot roll back, and its end does. */
async function rollBack(client: PoolClient, error: unknown): Promise<void> {
  if (isServerError(error)) await client.query('ROLLBACK').catch(() => undefined);
}

/** Without NOT NULL and defaults: a tombstone has few columns. */
function stagingDdl({ table, columns }: Target): string {
  const taken = withoutOrdinal(columns).map((column) => `"${column}"`);
  return (
    `CREATE TEMP TABLE IF NOT EXISTS "${stagingTable(table)}" ON COMMIT DELETE ROWS AS ` +
    `SELECT ${taken.join(', ')}, 0::bigint AS ${ORDINAL} FROM "${table}" WITH NO DATA`
  );
}

function withoutOrdinal(columns: readonly string[]): string[] {
  return columns.filter((column) => column !== ORDINAL);
}
