/**
 * What people hear of the connections to each broker: that one goes away, and that it is back. kafkajs tries again
 * several times a second, for each of its clients.
 *
 *   there --a connection fails--> away --first bytes of an answer--> there
 */
import type { Log } from '../../model/component.ts';

/** A broker that stays away is told again in so long. */
const REPEAT_MS = 60_000;

interface Absence {
  readonly sinceMs: number;
  toldMs: number;
}

export class ConnectionNews {
  readonly #log: Log;
  readonly #away = new Map<string, Absence>();
  #isOver = false;

  constructor(log: Log) {
    this.#log = log;
  }

  /** A connection to the broker (host:port) has failed. */
  failed(broker: string, fields: object): void {
    const nowMs = performance.now();
    const absence = this.#away.get(broker);
    if (this.#isOver || (absence !== undefined && nowMs - absence.toldMs < REPEAT_MS)) {
      this.#log.debug(fields, 'no connection to Kafka');
      return;
    }
    if (absence === undefined) this.#away.set(broker, { sinceMs: nowMs, toldMs: nowMs });
    else absence.toldMs = nowMs;
    this.#log.warn(fields, 'no connection to Kafka: trying again');
  }

  /** The broker has answered. */
  answered(broker: string): void {
    const absence = this.#away.get(broker);
    if (absence === undefined) return;
    this.#away.delete(broker);
    const awayMs = Math.round(performance.now() - absence.sinceMs);
    if (!this.#isOver) this.#log.info({ broker, awayMs }, 'Kafka answers again');
  }

  /** Nothing is tried again from here on, so there is no news. */
  end(): void {
    this.#isOver = true;
  }

  /** The broker is started (again). */
  begin(): void {
    this.#isOver = false;
  }
}
