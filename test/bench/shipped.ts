/** The pipeline as it is unless somebody configures it: benches measure that, and say so where they do not. */
import { kafkaBroker } from '../../pipeline/broker/kafka/kafka-broker.ts';
import type { Broker } from '../../pipeline/broker/port.ts';
import { loadConfig } from '../../pipeline/config.ts';
import { silentLog } from '../support/log.ts';

const { config } = loadConfig({
  text: '',
  env: {},
  readFile: () => {
    throw new Error('no file is read');
  },
  processName: 'bench',
});

export type Compression = typeof config.broker.kafka.compression;

export const SHIPPED = {
  compression: config.broker.kafka.compression,
  commits: {
    commitIntervalMs: config.runtime.commitIntervalMs,
    commitBytes: config.runtime.commitBytes,
  },
  checkpointIntervalMs: config.runtime.checkpointIntervalMs,
  sink: { flushMs: config.sink.flushIntervalMs, flushRows: config.sink.flushRows },
} as const;

/** A client of this Kafka. */
export function benchBroker(
  address: string,
  {
    clientId = 'bench',
    compression = SHIPPED.compression,
  }: { clientId?: string; compression?: Compression } = {},
): Broker {
  return kafkaBroker({ brokers: [address], clientId, compression, log: silentLog });
}
