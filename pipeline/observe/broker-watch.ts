/**
 * Whether the broker can be reached and does what this process needs of it, for /readyz. Work does not tell: a consumer
 * without new records and a sink without rows look the same with a broker as without one. So it is asked.
 *
 *   every second, for each consumer:  the ends of a topic that it reads, then whether its group counts it as a member
 *   each send:                        refused for now, until one succeeds
 */
import type { Broker, Consumer, Producer, TopicPartition } from '../broker/port.ts';
import type { Clock, Component } from '../model/component.ts';
import { RetryableError } from '../model/errors.ts';
import { delegatingBroker } from './delegating-broker.ts';

export interface BrokerWatch extends Component {
  /** The broker to work with: what is made of it is watched. */
  readonly broker: Broker;
  /** What is wrong, one sentence each; empty when nothing is. */
  notReady(): string[];
}

export interface BrokerWatchDeps {
  readonly broker: Broker;
  readonly clock: Clock;
  readonly askEveryMs?: number;
}

const ASK_EVERY_MS = 1_000;
/** Shorter silences are rebalances and elections: they are over before anybody could act on them. */
const PATIENCE_MS = 3_000;
/** Kafka's clients wait 20 s for an answer that was lost: it is asked again meanwhile. */
const GIVEN_UP_MS = 5_000;

export function brokerWatch({ broker, clock, askEveryMs = ASK_EVERY_MS }: BrokerWatchDeps): BrokerWatch {
  const questions: Question[] = [];
  const unsent = new Map<Producer, Error>();
  let timer: NodeJS.Timeout | undefined;

  return {
    name: 'broker watch',
    broker: delegatingBroker(broker, {
      producer: () => watchedProducer(broker.producer(), unsent),
      consumer(options) {
        const { group, handlers } = options;
        const assigned = new Map<string, TopicPartition>();
        const consumer = broker.consumer({
          ...options,
          handlers: {
            ...handlers,
            assigned(partitions) {
              for (const one of partitions) assigned.set(keyOf(one), one);
              return handlers.assigned(partitions);
            },
            revoked(partitions) {
              for (const one of partitions) assigned.delete(keyOf(one));
              return handlers.revoked(partitions);
            },
          },
        });
        const ask = async (): Promise<void> => {
          await broker.offsets(options.topics[0]!);
          await assertMember(consumer, group, assigned);
        };
        questions.push(new Question(ask, clock));
        return consumer;
      },
    }),
    async start() {
      timer = setInterval(() => {
        for (const question of questions) question.ask();
      }, askEveryMs).unref();
    },
    async stop() {
      clearInterval(timer);
    },
    notReady: () => [
      ...new Set([
        ...questions.flatMap((question) => question.complaint(clock()) ?? []),
        ...[...unsent.values()].map(({ message }) => `records wait to be sent: ${message}`),
      ]),
    ],
  };
}

/** What counts is since when there has been no good answer; a late one is good, too. */
class Question {
  readonly #work: () => Promise<void>;
  readonly #clock: Clock;
  #askedAtMs: number | undefined;
  #sinceMs: number | undefined;
  #error: Error | undefined;

  constructor(work: () => Promise<void>, clock: Clock) {
    this.#work = work;
    this.#clock = clock;
  }

  ask(): void {
    const nowMs = this.#clock();
    if (this.#askedAtMs !== undefined && nowMs - this.#askedAtMs < GIVEN_UP_MS) return;
    this.#askedAtMs = nowMs;
    if (this.#sinceMs === undefined) {
      this.#sinceMs = nowMs;
      this.#error = undefined;
    }
    this.#work()
      .then(() => (this.#sinceMs = undefined))
      .catch((error: unknown) => (this.#error = error as Error))
      .finally(() => (this.#askedAtMs = undefined));
  }

  complaint(nowMs: number): string | undefined {
    if (this.#sinceMs === undefined || nowMs - this.#sinceMs < PATIENCE_MS) return undefined;
    const seconds = Math.round((nowMs - this.#sinceMs) / 1000);
    return `the broker has given no good answer for ${seconds} s${this.#error ? `: ${this.#error.message}` : ''}`;
  }
}

/** Cut off for longer than a session the member is out, and its partitions may be others'. */
async function assertMember(
  consumer: Consumer,
  group: string,
  assigned: ReadonlyMap<string, TopicPartition>,
): Promise<void> {
  const [partition] = assigned.values();
  if (partition === undefined || (await consumer.owns(partition))) return;
  // Taken away while it was asked.
  if (!assigned.has(keyOf(partition))) return;
  throw new RetryableError(`group ${group} does not count this process as a member: it tries to join again`);
}

function watchedProducer(producer: Producer, unsent: Map<Producer, Error>): Producer {
  return {
    name: producer.name,
    start: () => producer.start(),
    async send(records) {
      try {
        await producer.send(records);
        unsent.delete(producer);
      } catch (error) {
        if (error instanceof RetryableError) unsent.set(producer, error);
        throw error;
      }
    },
    stop() {
      unsent.delete(producer);
      return producer.stop();
    },
  };
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}
