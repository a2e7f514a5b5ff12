/**
 * Sends what polls read to the log, a few times a second for all of them: a request of its own for each poll costs the
 * collector more CPU time than the poll (measured at 100 polls a second: 28 % of all of it went to the Kafka client).
 * The first poll after a quiet time goes at once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Producer, ProducerRecord } from '../../broker/port.ts';
import type { Log } from '../../model/component.ts';
import { RetryableError } from '../../model/errors.ts';

export interface PollPublisherDeps {
  /** Started. */
  readonly producer: () => Producer;
  readonly log: Log;
  /** Records that no topic took. */
  readonly lost: (records: number) => void;
  /** The log refuses records for good. */
  readonly failed: (error: unknown) => void;
}

/** From one send to the next, unless a poll is more impatient. */
const GATHERING_MS = 200;

interface Waiting {
  readonly records: readonly ProducerRecord[];
  readonly done: () => void;
}

export class PollPublisher {
  readonly #deps: PollPublisherDeps;
  readonly #stopping = new AbortController();
  #waiting: Waiting[] = [];
  #gathering = new AbortController();
  #isWorking = false;

  constructor(deps: PollPublisherDeps) {
    this.#deps = deps;
  }

  /**
   * Resolves once the log has the records, or has refused them, or `giveUp` was called. Never rejects.
   * @param patienceMs how long they may wait for those of other polls.
   */
  publish(records: readonly ProducerRecord[], patienceMs: number): Promise<void> {
    return new Promise((done) => {
      this.#waiting.push({ records, done });
      if (!this.#isWorking) void this.#work();
      else if (patienceMs < GATHERING_MS) setTimeout(() => this.#gathering.abort(), patienceMs);
    });
  }

  /** What is not sent yet is lost: the log may be away for good. */
  giveUp(): void {
    this.#stopping.abort();
    this.#gathering.abort();
  }

  async #work(): Promise<void> {
    this.#isWorking = true;
    while (this.#waiting.length > 0) {
      this.#gathering = new AbortController();
      const gathered = paused(GATHERING_MS, this.#gathering.signal);
      await this.#send(this.#waiting.splice(0));
      await gathered;
    }
    this.#isWorking = false;
  }

  async #send(polls: readonly Waiting[]): Promise<void> {
    const records = polls.flatMap((poll) => poll.records);
    const outcome = await this.#sendUntilTaken(records);
    if (outcome.kind === 'refused' && polls.length > 1) {
      // It may be about one of them: the others are not to be lost with it.
      for (const poll of polls) await this.#send([poll]);
      return;
    }
    if (outcome.kind === 'refused') {
      this.#deps.log.error({ err: outcome.error, records: records.length }, 'readings not sent');
      this.#deps.failed(outcome.error);
    }
    if (outcome.kind !== 'taken') this.#deps.lost(records.length);
    for (const { done } of polls) done();
  }

  /** The same records each time: the producer then knows them again, and stores them once. */
  async #sendUntilTaken(
    records: readonly ProducerRecord[],
  ): Promise<{ kind: 'taken' } | { kind: 'given_up' } | { kind: 'refused'; error: unknown }> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await this.#deps.producer().send(records);
        return { kind: 'taken' };
      } catch (error) {
        if (!(error instanceof RetryableError)) return { kind: 'refused', error };
        await paused(error.retryAfterMs, signal);
      }
    }
    return { kind: 'given_up' };
  }
}

async function paused(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
