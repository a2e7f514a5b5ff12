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
          .catch((error: unknown) => log.warn({ err: error }, 'tick not written'))
          .finally(() => (sending = undefined));
      };
      tick();
      timer = setInterval(tick, TICK_MS);
    },
    async stop() {
      clearInterval(timer);
      // Kafka may be away, and the next member's ticks are as good.
      if (sending !== undefined) await within(STOP_MS, sending);
      await producer?.stop();
    },
  };
}
