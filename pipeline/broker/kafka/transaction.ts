/**
 * One transaction of the Kafka broker.
 *
 *   open --commit--> committed
 *     |--abort, producer stopped--> aborted
 *     |--commit or abort failed---> unknown, and its producer is of no more use
 *
 * A call that failed leaves it open but not committable: kafkajs would commit what came before it, or, when nothing
 * had been registered yet, resolve without doing anything.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Transaction as KafkaTransaction } from 'kafkajs';
import { PermanentError } from '../../model/errors.ts';
import { assertOffset } from '../committed-offset.ts';
import type { AppendedRange, CommittedOffset, ProducerRecord, Transaction } from '../port.ts';
import { errorType, isFenced, translated } from './faults.ts';
import { sendBatches, type SendOptions } from './kafka-send.ts';
import { rounds, sendPlan } from './send-plan.ts';
import type { TopicLookup } from './topic-lookup.ts';

/**
 * Over in a moment: the markers of the producer's last transaction are still being written (always so when offsets
 * are all that a transaction has), or the group's coordinator is starting. kafkajs does not try these again.
 */
const PASSING: ReadonlySet<string> = new Set([
  'CONCURRENT_TRANSACTIONS',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'GROUP_LOAD_IN_PROGRESS',
  'NOT_COORDINATOR_FOR_GROUP',
]);
const PASSING_WAIT_MS = 15;
const PASSING_MAX_WAIT_MS = 250;
const PASSING_ATTEMPTS = 40;

export interface TransactionDeps {
  readonly transactionalId: string;
  readonly topics: TopicLookup;
  readonly sending: SendOptions;
  /** A call to Kafka failed. `isFenced`: the id is somebody else's. */
  readonly broken: (isFenced: boolean) => void;
}

export class ProducerTransaction implements Transaction {
  readonly #transaction: KafkaTransaction;
  readonly #deps: TransactionDeps;
  #state: 'open' | 'ending' | 'committed' | 'aborted' | 'unknown' = 'open';
  #fault: { readonly cause: unknown } | undefined;
  /** Calls in their order: kafkajs would mix them. */
  #calls: Promise<unknown> = Promise.resolve();
  #running = 0;
  #endReason = '';

  constructor(transaction: KafkaTransaction, deps: TransactionDeps) {
    this.#transaction = transaction;
    this.#deps = deps;
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  async send(records: readonly ProducerRecord[]): Promise<readonly AppendedRange[]> {
    return this.#call('cannot send', async () => {
      const batches = await sendPlan(records, (topic) => this.#deps.topics.limits(topic));
      const ranges: AppendedRange[] = [];
      for (const round of rounds(batches)) {
        ranges.push(
          ...(await this.#toKafka(() =>
            sendBatches((batch) => this.#transaction.sendBatch(batch), round, this.#deps.sending),
          )),
        );
      }
      return ranges;
    });
  }

  async sendOffsets(group: string, offsets: readonly CommittedOffset[]): Promise<void> {
    await this.#call(`cannot send offsets of group ${group}`, async () => {
      for (const committed of offsets) assertOffset(group, committed);
      for (const topic of new Set(offsets.map((each) => each.topic)))
        await this.#deps.topics.partitions(topic);
      if (offsets.length === 0) return;
      const request = { consumerGroupId: group, topics: offsetTopics(offsets) };
      await this.#toKafka(() => patiently(() => this.#transaction.sendOffsets(request)));
    });
  }

  async commit(): Promise<void> {
    this.#assertOpen();
    if (this.#running > 0) {
      throw new PermanentError(`${this.#name} cannot be committed during a call: await the call first`);
    }
    if (this.#fault !== undefined) {
      throw new PermanentError(
        `${this.#name} cannot be committed after a failed call: abort it`,
        this.#fault,
      );
    }
    await this.#end('committed', () => this.#transaction.commit());
  }

  async abort(): Promise<void> {
    this.#assertOpen();
    await this.#calls.catch(() => undefined);
    await this.#end('aborted', () => this.#transaction.abort());
    this.#endReason = 'it was aborted';
  }

  /** Aborts an open transaction as far as possible; `reason` ends the message of later calls. */
  async giveUp(reason: string): Promise<void> {
    await this.#calls.catch(() => undefined);
    if (this.#state !== 'open') return;
    this.#endReason = reason;
    await this.#end('aborted', () => this.#transaction.abort()).catch(() => undefined);
  }

  get #name(): string {
    return `a transaction of ${this.#deps.transactionalId}`;
  }

  async #call<T>(what: string, work: () => Promise<T>): Promise<T> {
    this.#assertOpen();
    this.#running += 1;
    const call = this.#calls
      .catch(() => undefined)
      .then(async () => {
        this.#assertOpen();
        return work();
      });
    this.#calls = call;
    try {
      return await call;
    } catch (error) {
      this.#fault ??= { cause: error };
      throw translated(error, { what: `${this.#name} ${what}` });
    } finally {
      this.#running -= 1;
    }
  }

  async #toKafka<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      this.#deps.broken(isFenced(error));
      throw error;
    }
  }

  async #end(state: 'committed' | 'aborted', end: () => Promise<void>): Promise<void> {
    this.#state = 'ending';
    try {
      await this.#toKafka(end);
      this.#state = state;
    } catch (error) {
      this.#state = 'unknown';
      this.#endReason = `it is not known whether it was ${state}`;
      throw translated(error, { what: `${this.#name} may be ${state} or not` });
    }
  }

  #assertOpen(): void {
    if (this.#state === 'open') return;
    const reason = this.#state === 'committed' ? 'it was committed' : this.#endReason || 'it is ending';
    throw new PermanentError(`${this.#name} is over: ${reason}`);
  }
}

async function patiently(call: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await call();
      return;
    } catch (error) {
      if (attempt === PASSING_ATTEMPTS || !PASSING.has(errorType(error))) throw error;
    }
    await sleep(Math.min(PASSING_WAIT_MS * attempt, PASSING_MAX_WAIT_MS));
  }
}

function offsetTopics(offsets: readonly CommittedOffset[]) {
  return [...new Set(offsets.map(({ topic }) => topic))].map((topic) => ({
    topic,
    partitions: offsets.flatMap((each) => {
      const { partition, offset, metadata } = each;
      return each.topic === topic ? { partition, offset: String(offset), metadata } : [];
    }),
  }));
}
