/**
 * Gets a flush into the database, whatever happens:
 *
 *   committed ............................ done
 *   a partition moved meanwhile .......... compare offsets: stored already, or lost to another owner
 *   connection lost, server busy ......... again, with backoff; after a COMMIT of unknown outcome offsets first
 *   a row refused ........................ dead letter, the others again
 *   configuration ........................ PermanentError: a person is needed
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool, PoolClient } from 'pg';
import type { Clock, Log } from '../model/component.ts';
import { discard } from '../db/with-client.ts';
import { PermanentError, RetryableError } from '../model/errors.ts';
import { copyRow, databaseFault, describe, isMissingPartition, type ServerError } from './database-fault.ts';
import { FlushTransaction, type Failure, type Target, type TransactionDeps } from './flush-transaction.ts';
import { partitionKey, type Flush, type Progress } from './flush.ts';
import { assertRetryable, backOffMs } from './retrying.ts';
import type { RowBatch } from './row-batch.ts';
import { storedOffsets } from './sink-offsets.ts';

/** More rows than this in one flush are no bad rows: the table and the sink do not fit together. */
const MAX_REFUSED = 100;
/** A refusal that no row explains is no passing one after so many times. */
const MAX_UNEXPLAINED = 5;

export interface LostPartition extends Progress {
  /** Where the database says it stands. */
  readonly stored: number | undefined;
}

export interface Written {
  /** Rows stored, by table. */
  readonly rows: ReadonlyMap<string, number>;
  /** Partitions that somebody else has moved: their rows are not stored by us. */
  readonly lost: readonly LostPartition[];
}

interface WrittenSoFar {
  readonly rows: Map<string, number>;
  readonly lost: LostPartition[];
}

/** What the attempts of one flush have met. */
interface Seen {
  refused: number;
  partitionMissing: boolean;
  /** The connection was lost during a COMMIT. */
  outcomeUnknown: boolean;
  /** Times that the database refused rows and then took each of them alone. */
  unexplained: number;
}

/** Why the flush is not through yet, for /status. */
export interface Trouble {
  readonly since: Date;
  readonly attempts: number;
  readonly error: string;
}

export interface FlushWriterDeps extends TransactionDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: Log;
  /** An attempt failed and is repeated. */
  readonly onRetry: () => void;
}

export class FlushWriter {
  trouble: Trouble | undefined;
  readonly #deps: FlushWriterDeps;
  readonly #transaction: FlushTransaction;
  #client: PoolClient | undefined;

  constructor(deps: FlushWriterDeps) {
    this.#deps = deps;
    this.#transaction = new FlushTransaction(deps);
  }

  /**
   * Resolves when the flush is stored; undefined when `signal` ended the attempts (nothing is stored then).
   * @throws PermanentError when trying again cannot help.
   */
  async write(flush: Flush, signal: AbortSignal): Promise<Written | undefined> {
    const written: WrittenSoFar = { rows: new Map(), lost: [] };
    const seen: Seen = { refused: 0, partitionMissing: false, outcomeUnknown: false, unexplained: 0 };
    // Whoever has no more time does not wait for a server that may be silent.
    const onAbort = () => this.#discard();
    signal.addEventListener('abort', onAbort);
    try {
      return (await this.#attempts(flush, seen, written, signal)) ? written : undefined;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** false when `signal` ended them. */
  async #attempts(flush: Flush, seen: Seen, written: WrittenSoFar, signal: AbortSignal): Promise<boolean> {
    while (!flush.isEmpty) {
      if (signal.aborted) return false;
      try {
        if (await this.#tryOnce(flush, seen, written, signal)) break;
      } catch (error) {
        await this.#backOff(error, signal);
      }
    }
    this.#recovered();
    return true;
  }

  /** Gives the connection back. */
  close(): void {
    this.#discard();
  }

  async #connected(): Promise<PoolClient> {
    if (this.#client !== undefined) return this.#client;
    const client = await this.#deps.pool.connect();
    client.on('error', () => {
      // The running query fails, too; what is idle is replaced at the next flush.
      if (this.#client === client) this.#discard();
    });
    this.#client = client;
    return client;
  }

  #discard(): void {
    const client = this.#client;
    this.#client = undefined;
    if (client !== undefined) discard(client);
  }

  /** true = committed, false = the same again at once. @throws what needs a pause, or a person. */
  async #tryOnce(flush: Flush, seen: Seen, written: WrittenSoFar, signal: AbortSignal): Promise<boolean> {
    const client = await this.#connected();
    if (signal.aborted) return false;
    if (seen.outcomeUnknown) {
      await this.#compare(client, flush, written);
      seen.outcomeUnknown = false;
      return false;
    }
    const rows = rowsByTable(flush);
    const attempt = await this.#transaction.attempt(client, flush);
    switch (attempt.kind) {
      case 'committed':
        count(written, rows);
        return true;
      case 'conflict':
        await this.#compare(client, flush, written);
        return false;
      case 'failed':
        seen.outcomeUnknown = attempt.committing;
        await this.#onFailure(client, flush, seen, attempt);
        return false;
    }
  }

  /** Partitions that do not stand where this flush expects them are stored already (by us), or lost. */
  async #compare(client: PoolClient, flush: Flush, written: WrittenSoFar): Promise<void> {
    const progress = [...flush.progress.values()];
    const offsets = await storedOffsets(client, this.#deps.writer, progress);
    const storedAt = (one: Progress) => offsets.get(partitionKey(one))?.next;
    const moved = progress.filter((one) => storedAt(one) !== one.expected);
    for (const one of moved.filter((one) => storedAt(one) !== one.next)) {
      flush.drop(one);
      written.lost.push({ ...one, stored: storedAt(one) });
    }
    const before = rowsByTable(flush);
    for (const one of moved) flush.drop(one);
    const after = rowsByTable(flush);
    count(written, new Map([...before].map(([table, rows]) => [table, rows - (after.get(table) ?? 0)])));
  }

  /** Takes a refused row out of the flush. @throws the error when it is no row's fault. */
  async #onFailure(client: PoolClient, flush: Flush, seen: Seen, { error, target }: Failure): Promise<void> {
    if (target === undefined || databaseFault(error) !== 'poison') throw error;
    if (isMissingPartition(error) && !seen.partitionMissing) {
      seen.partitionMissing = true;
      this.#transaction.forgetPartitions();
      return;
    }
    const batch = flush.tables.get(target.table)!;
    const n = copyRow(error) ?? (await this.#firstRefused(client, target, batch));
    const origin = n === undefined ? undefined : batch.origin(n);
    const detail = `table ${target.table}: ${describe(error)}${copyPlace(error)}`;
    if (origin === undefined) {
      this.#onUnexplained(seen, error, detail);
      return;
    }
    seen.refused += 1;
    if (seen.refused > MAX_REFUSED) {
      throw new PermanentError(
        `the database refused more than ${MAX_REFUSED} rows of one flush, the last with: ${detail}. ` +
          'A constraint or column type does not fit what the stream carries: alter the table',
        { cause: error },
      );
    }
    batch.drop(origin.row);
    flush.reject(flush.record(origin.record), origin.rowNumber, 'refused_by_database', detail);
  }

  /** Rows may depend on each other, or on what another transaction did meanwhile: the first time again at once. */
  #onUnexplained(seen: Seen, cause: Error, detail: string): void {
    seen.unexplained += 1;
    if (seen.unexplained === 1) {
      this.#deps.onRetry();
      return;
    }
    if (seen.unexplained <= MAX_UNEXPLAINED) {
      throw new RetryableError(`the database refused rows that it takes alone: ${detail}`, { cause });
    }
    throw new PermanentError(
      `the database refused rows ${seen.unexplained} times and took each of them alone: ${detail}. ` +
        'A trigger or constraint that looks at other rows does not fit what the stream carries: alter or drop it',
      { cause },
    );
  }

  /** The row that ends the shortest refused prefix; undefined when all rows are taken after all. */
  async #firstRefused(client: PoolClient, target: Target, batch: RowBatch): Promise<number | undefined> {
    const isRefused = async (rows: number) => {
      const error = await this.#transaction.tryRows(client, target, batch, rows);
      if (error === undefined) return false;
      if (databaseFault(error) === 'poison') return true;
      throw error;
    };
    if (!(await isRefused(batch.live))) return undefined;
    let taken = 0;
    let refused = batch.live;
    while (refused - taken > 1) {
      const middle = Math.ceil((taken + refused) / 2);
      if (await isRefused(middle)) refused = middle;
      else taken = middle;
    }
    return refused - 1;
  }

  async #backOff(error: unknown, signal: AbortSignal): Promise<void> {
    const { clock, log, onRetry } = this.#deps;
    this.#discard();
    assertRetryable(error);
    const { since = new Date(clock()), attempts = 0 } = this.trouble ?? {};
    this.trouble = { since, attempts: attempts + 1, error: describe(error) };
    onRetry();
    if (attempts === 0) {
      log.warn({ err: error }, 'the sink cannot write: it keeps its rows and tries again until it can');
    }
    await sleep(backOffMs(attempts), undefined, { signal }).catch(() => undefined);
  }

  #recovered(): void {
    if (this.trouble === undefined) return;
    const { since, attempts } = this.trouble;
    this.trouble = undefined;
    this.#deps.log.info({ attempts, awayMs: this.#deps.clock() - since.getTime() }, 'the sink writes again');
  }
}

function rowsByTable(flush: Flush): Map<string, number> {
  return new Map([...flush.tables].map(([table, batch]) => [table, batch.live]));
}

function count(written: WrittenSoFar, rows: ReadonlyMap<string, number>): void {
  for (const [table, more] of rows) {
    if (more > 0) written.rows.set(table, (written.rows.get(table) ?? 0) + more);
  }
}

/** `: COPY interface_metrics, line 3, column rx_bps` */
function copyPlace(error: unknown): string {
  const { where = '' } = error as ServerError;
  return where.startsWith('COPY') ? `: ${where.split('\n')[0]!.slice(0, 120)}` : '';
}
