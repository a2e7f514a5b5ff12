/**
 * Plain producer of the Kafka broker: idempotent, one call at a time, one partition a call.
 *
 * Sends that come while another is under way go together in the next call. A batch keeps its sequence numbers until
 * Kafka has confirmed it, so it is stored once however often it is sent. When Kafka stays away, the senders get a
 * RetryableError, the batches stay, and are sent again, as they were, before anything else: nothing overtakes them.
 * A sender that tries again with the same records waits for those and adds nothing; one that gives up must expect
 * that they are stored all the same.
 *
 *   queue --take all--> attempt --confirmed--> senders resolve
 *                          |--Kafka away--> unsettled --(next send, first)--> attempt
 */
import type { Kafka, Producer as KafkaProducer } from 'kafkajs';
import { PermanentError, RetryableError } from '../../model/errors.ts';
import { within } from '../../model/within.ts';
import type { Producer, ProducerRecord } from '../port.ts';
import { translated } from './faults.ts';
import { noPartitioner, sendBatches } from './kafka-send.ts';
import { merged, sendPlan, type PlannedBatch } from './send-plan.ts';
import type { ProducerDeps } from './transactional-producer.ts';
import type { KafkaClient } from './client.ts';

/** Senders that give up are not heard of again: the oldest are forgotten. */
const MAX_OWED = 20_000;
/** How long stopping waits for Kafka: for what was sent, and to disconnect. */
const SETTLE_MS = 3_000;
const STOP_MS = 1_000;

type Records = readonly ProducerRecord[];

interface Sender {
  readonly records: Records;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** What has to be confirmed before anything else may be sent. */
interface Unsettled {
  readonly batches: PlannedBatch[];
  /** Of senders that were told to try again. */
  readonly owed: Records[];
}

export class IdempotentProducer implements Producer {
  readonly name = 'kafka producer';
  readonly #deps: ProducerDeps;
  readonly #client: KafkaClient;
  #producer: KafkaProducer;
  #state: 'new' | 'running' | 'stopped' = 'new';
  #queue: Sender[] = [];
  #working: Promise<void> | undefined;
  #unsettled: Unsettled = { batches: [], owed: [] };

  constructor(deps: ProducerDeps) {
    this.#deps = deps;
    this.#client = deps.newClient();
    this.#producer = idempotentProducer(this.#client.kafka);
  }

  async start(): Promise<void> {
    if (this.#state !== 'new') throw new PermanentError(`the producer is ${this.#state} already`);
    try {
      await this.#producer.connect();
      this.#state = 'running';
    } catch (error) {
      await this.#producer.disconnect().catch(() => undefined);
      throw translated(error, { what: `${this.name} cannot start` });
    }
  }

  async send(records: Records): Promise<void> {
    if (this.#state !== 'running') throw new PermanentError(`the producer cannot send: it is ${this.#state}`);
    if (records.length === 0) return;
    await new Promise<void>((resolve, reject) => {
      this.#queue.push({ records, resolve, reject });
      this.#working ??= this.#work();
    });
  }

  /** Waits until what was sent is in the log, or was rejected; for a while, should Kafka be away. */
  async stop(): Promise<void> {
    if (this.#state === 'new') this.#state = 'stopped';
    if (this.#state === 'stopped') return;
    this.#state = 'stopped';
    if (this.#working !== undefined) await within(SETTLE_MS, this.#working);
    await within(STOP_MS, this.#producer.disconnect());
    this.#client.close();
  }

  #isOwed(records: Records): boolean {
    return this.#unsettled.owed.some((owed) => areSame(owed, records));
  }

  async #work(): Promise<void> {
    // Sends of one turn of the event loop go together.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#queue.length > 0) await this.#attempt(this.#queue.splice(0));
    this.#working = undefined;
  }

  async #attempt(senders: readonly Sender[]): Promise<void> {
    const { batches, owed } = this.#unsettled;
    const again = senders.filter(({ records }) => this.#isOwed(records));
    const fresh: Sender[] = [];
    const planned: PlannedBatch[] = [];
    for (const sender of senders) {
      if (again.includes(sender)) continue;
      try {
        planned.push(...(await sendPlan(sender.records, (topic) => this.#deps.topics.limits(topic))));
        fresh.push(sender);
      } catch (error) {
        sender.reject(translated(error, { what: 'cannot send' }));
      }
    }
    batches.push(...merged(planned));
    try {
      await this.#sendAll(batches);
    } catch (error) {
      await this.#fail(error, [...again, ...fresh], fresh);
      return;
    }
    for (const { records } of again) {
      const index = owed.findIndex((each) => areSame(each, records));
      if (index >= 0) owed.splice(index, 1);
    }
    for (const { resolve } of [...again, ...fresh]) resolve();
  }

  /** In order per partition; partitions beside each other. Confirmed batches are taken out. */
  async #sendAll(batches: PlannedBatch[]): Promise<void> {
    const lanes = Map.groupBy(batches, ({ topic, partition }) => `${topic}/${partition}`);
    const sent = await Promise.allSettled(
      Array.from(lanes.values(), async (lane) => {
        for (const batch of lane) {
          await this.#sendOne(batch);
          batches.splice(batches.indexOf(batch), 1);
        }
      }),
    );
    for (const result of sent) if (result.status === 'rejected') throw result.reason;
  }

  async #sendOne(batch: PlannedBatch): Promise<void> {
    await sendBatches((request) => this.#producer.sendBatch(request), [batch], this.#deps.sending);
  }

  async #fail(error: unknown, senders: readonly Sender[], fresh: readonly Sender[]): Promise<void> {
    const fault = translated(error, { what: 'cannot send' });
    if (fault instanceof RetryableError) {
      const { owed } = this.#unsettled;
      owed.push(...fresh.map(({ records }) => records));
      owed.splice(0, Math.max(0, owed.length - MAX_OWED));
    } else {
      // Refused as such: what is left is given up, and a new producer has no sequence numbers that could collide.
      this.#unsettled = { batches: [], owed: [] };
      await this.#producer.disconnect().catch(() => undefined);
      this.#producer = idempotentProducer(this.#client.kafka);
      await this.#producer.connect().catch(() => undefined);
    }
    for (const { reject } of senders) reject(fault);
  }
}

function idempotentProducer(kafka: Kafka): KafkaProducer {
  return kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    createPartitioner: noPartitioner,
  });
}

function areSame(a: Records, b: Records): boolean {
  return a === b || (a.length === b.length && a.every((record, i) => isSame(record, b[i]!)));
}

function isSame(a: ProducerRecord, b: ProducerRecord): boolean {
  return (
    a === b ||
    (a.topic === b.topic &&
      a.partition === b.partition &&
      equals(a.key, b.key) &&
      equals(a.value, b.value) &&
      JSON.stringify(a.headers) === JSON.stringify(b.headers))
  );
}

function equals(a: Buffer | null, b: Buffer | null): boolean {
  return a === null || b === null ? a === b : a.equals(b);
}
