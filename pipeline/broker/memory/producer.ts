/** Plain producer of the memory broker. */
import { PermanentError } from '../../model/errors.ts';
import type { Producer, ProducerRecord } from '../port.ts';
import type { Cluster } from './cluster.ts';

export class MemoryProducer implements Producer {
  readonly name = 'memory producer';
  readonly #cluster: Cluster;
  readonly #sending = new Set<Promise<unknown>>();
  #state: 'new' | 'running' | 'stopped' = 'new';

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  async start(): Promise<void> {
    this.#cluster.assertRunning();
    this.#state = 'running';
  }

  async send(records: readonly ProducerRecord[]): Promise<void> {
    if (this.#state !== 'running') throw new PermanentError(`the producer cannot send: it is ${this.#state}`);
    const waits: Promise<void>[] = [];
    for (const [partition, batch] of this.#cluster.accept(records)) {
      const wait = partition.append(batch);
      if (wait !== undefined) waits.push(wait);
    }
    if (waits.length === 0) return;
    const sending = Promise.all(waits);
    this.#sending.add(sending);
    try {
      await sending;
    } finally {
      this.#sending.delete(sending);
    }
  }

  /** Waits until what was sent is in the log (or was rejected because the broker stopped). */
  async stop(): Promise<void> {
    this.#state = 'stopped';
    await Promise.allSettled(this.#sending);
  }
}
