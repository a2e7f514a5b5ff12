/**
 * Folds records into a processor, the ticks before each first. Live folding and refolding after a restart are the same
 * calls with the same arguments: only who listens to the output differs.
 */
import type { BrokerRecord } from '../broker/port.ts';
import { TICK_MS, type TopicName } from '../../topics/catalogue.ts';
import type { Processor, ProcessorOutput } from './sub-topology.ts';

export class Folding<P extends Processor = Processor> {
  readonly #newProcessor: () => P;
  #processor: P;
  /** Records of a topic below its offset here were read ahead of all others: they say nothing of time. */
  #preload: ReadonlyMap<TopicName, number> = new Map();
  #lastTickMs = Number.NaN;

  constructor(newProcessor: () => P) {
    this.#newProcessor = newProcessor;
    this.#processor = newProcessor();
  }

  get processor(): P {
    return this.#processor;
  }

  /** NaN before the first. */
  get lastTickMs(): number {
    return this.#lastTickMs;
  }

  get preload(): ReadonlyMap<TopicName, number> {
    return this.#preload;
  }

  /** Goes on from where an earlier folding stood. */
  continueFrom(preload: ReadonlyMap<TopicName, number>, lastTickMs: number): void {
    this.#preload = preload;
    this.#lastTickMs = lastTickMs;
  }

  /** An empty state: whatever was restored of another is dropped. */
  beginAnew(): void {
    this.#processor = this.#newProcessor();
    this.continueFrom(new Map(), Number.NaN);
  }

  fold(topic: TopicName, record: BrokerRecord, out: ProcessorOutput): void {
    if (record.offset >= (this.#preload.get(topic) ?? 0))
      this.#punctuate(this.#processor.advance(topic, record), out);
    this.#processor.fold(topic, record, out, this.#lastTickMs);
  }

  /** Every boundary that time crosses with the next record, in order. */
  #punctuate(timeMs: number, out: ProcessorOutput): void {
    const boundary = Math.floor(timeMs / TICK_MS) * TICK_MS;
    if (Number.isNaN(this.#lastTickMs)) this.#lastTickMs = boundary;
    for (let tick = this.#lastTickMs + TICK_MS; tick <= boundary; tick += TICK_MS) {
      this.#processor.punctuate(tick, out);
      this.#lastTickMs = tick;
    }
  }
}
