/** Writes control.tick: a record in every partition every 5 s, so that append time goes on in silence. */
import type { Broker, Producer } from '../broker/port.ts';
import type { Codec } from '../codec/port.ts';
import type { Component, Log } from '../model/component.ts';
import { within } from '../model/within.ts';
import { TICK_MS, topicName, type Catalogue, type Naming } from '../../topics/catalogue.ts';

export interface TickerDeps {
  readonly broker: Broker;
  readonly codec: Codec;
  readonly catalogue: Catalogue;
  readonly naming: Naming;
  readonly partitions: number;
  readonly writer: string;
  readonly log: Log;
}

const STOP_MS = 2_000;

export function ticker({ broker, codec, catalogue, naming, partitions, writer, log }: TickerDeps): Component {
  const topic = topicName(catalogue['control.tick'], naming);
  let producer: Producer | undefined;
  let timer: NodeJS.Timeout | undefined;
  let sending: Promise<void> | undefined;
  let isSilenced = false;

  /** Told once until a tick is written again, and not when it is given up at the end. */
  const notWritten = (error: unknown): void => {
    if (isSilenced) log.debug({ err: error }, 'tick not written');
    else log.warn({ reason: error instanceof Error ? error.message : String(error) }, 'tick not written');
    isSilenced = true;
  };

  return {
    name: 'ticker',
    async start() {
      producer = broker.producer();
      await producer.start();
      const value = codec.recordEncoder('control.tick').encode({ writer });
      const records = Array.from({ length: partitions }, (_, partition) => ({
        topic,
        partition,
        key: null,
        value,
      }));
      const tick = (): void => {
        // A tick that waits for room is as good as the next one.
        sending ??= producer!
          .send(records)
          .then(() => void (isSilenced = false), notWritten)
          .finally(() => (sending = undefined));
      };
      tick();
      timer = setInterval(tick, TICK_MS);
    },
    async stop() {
      clearInterval(timer);
      isSilenced = true;
      // Kafka may be away, and the next member's ticks are as good.
      if (sending !== undefined) await within(STOP_MS, sending);
      await producer?.stop();
    },
  };
}
