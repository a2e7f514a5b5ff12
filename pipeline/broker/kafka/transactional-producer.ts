/**
 * Transactional producer of the Kafka broker. `start` fences: InitProducerId ends what an earlier owner of the id has
 * left pending, and committed offsets that are read after it are exact.
 *
 *   new --start--> running --stop--> stopped
 *                     |--another owner started, a transaction ran out of time--> fenced
 *                     |--any other failed call--> broken
 */
import type { Producer as KafkaProducer } from 'kafkajs';
import { PermanentError } from '../../model/errors.ts';
import { within } from '../../model/within.ts';
import type { Transaction, TransactionalProducer } from '../port.ts';
import type { KafkaClient, NewClient } from './client.ts';
import { isFenced, translated } from './faults.ts';
import { noPartitioner, type SendOptions } from './kafka-send.ts';
import type { TopicLookup } from './topic-lookup.ts';
import { ProducerTransaction } from './transaction.ts';

/**
 * Well above any commit interval. A transaction that its owner has left is ended by the next owner's start; only where
 * there is none does it hold readers back for this long.
 */
const TRANSACTION_TIMEOUT_MS = 30_000;
/** How long stopping waits for Kafka: the next owner's start ends what is pending, too. */
const STOP_MS = 1_500;

export interface ProducerDeps {
  readonly newClient: NewClient;
  readonly topics: TopicLookup;
  readonly sending: SendOptions;
}

export class FencingProducer implements TransactionalProducer {
  readonly name: string;
  readonly #id: string;
  readonly #deps: ProducerDeps;
  readonly #client: KafkaClient;
  readonly #producer: KafkaProducer;
  #state: 'new' | 'running' | 'fenced' | 'broken' | 'stopped' = 'new';
  #transaction: ProducerTransaction | undefined;

  constructor(transactionalId: string, deps: ProducerDeps) {
    this.name = `kafka producer ${transactionalId}`;
    this.#id = transactionalId;
    this.#deps = deps;
    this.#client = deps.newClient();
    this.#producer = this.#client.kafka.producer({
      transactionalId,
      transactionTimeout: TRANSACTION_TIMEOUT_MS,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: noPartitioner,
    });
  }

  async start(): Promise<void> {
    if (this.#state !== 'new') throw this.#stateError();
    try {
      await this.#producer.connect();
      const fence = await this.#producer.transaction();
      await fence.abort();
      // It may have been stopped meanwhile.
      if (this.#hasStopped) throw this.#stateError();
      this.#state = 'running';
    } catch (error) {
      if (!this.#hasStopped) this.#state = 'broken';
      await this.#disconnect();
      throw translated(error, { what: `${this.name} cannot start` });
    }
  }

  async begin(): Promise<Transaction> {
    if (this.#state !== 'running') throw this.#stateError();
    if (this.#transaction?.isOpen === true) {
      throw new PermanentError(`${this.#id} has an open transaction: commit or abort it before the next`);
    }
    let transaction;
    try {
      transaction = await this.#producer.transaction();
    } catch (error) {
      this.#break(isFenced(error));
      throw translated(error, { what: `${this.name} cannot begin a transaction` });
    }
    this.#transaction = new ProducerTransaction(transaction, {
      transactionalId: this.#id,
      topics: this.#deps.topics,
      sending: this.#deps.sending,
      broken: (fenced) => this.#break(fenced),
    });
    return this.#transaction;
  }

  /** Aborts what is pending: an open transaction would hold back every reader. */
  async stop(): Promise<void> {
    const was = this.#state;
    if (was === 'stopped') return;
    if (was !== 'fenced') this.#state = 'stopped';
    if (was !== 'fenced' && this.#transaction !== undefined)
      await within(STOP_MS, this.#transaction.giveUp('its producer was stopped'));
    await this.#disconnect();
  }

  /** A method: `start` would not see that `stop` was called while it waited. */
  get #hasStopped(): boolean {
    return this.#state === 'stopped';
  }

  async #disconnect(): Promise<void> {
    await within(STOP_MS, this.#producer.disconnect());
    this.#client.close();
  }

  #break(fenced: boolean): void {
    if (this.#state === 'running' || fenced) this.#state = fenced ? 'fenced' : 'broken';
  }

  #stateError(): PermanentError {
    const what = `transactional producer ${this.#id}`;
    switch (this.#state) {
      case 'new':
        return new PermanentError(`${what} is not started: call start() first`);
      case 'running':
        return new PermanentError(`${what} is started already`);
      case 'fenced':
        return new PermanentError(`${what} was fenced by a newer one of the same id: drop it`);
      case 'broken':
        return new PermanentError(`${what} had a failed call, and what it did is not known: make a new one`);
      case 'stopped':
        return new PermanentError(`${what} is stopped: make a new one`);
    }
  }
}
