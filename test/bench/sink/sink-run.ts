/** One run of the sink: from topics that are full to tables that hold all of it. */
import type { Pool } from 'pg';
import { memoryBroker } from '../../../pipeline/broker/memory/memory-broker.ts';
import type { ProducerRecord } from '../../../pipeline/broker/port.ts';
import type { Codec } from '../../../pipeline/codec/port.ts';
import { sink } from '../../../pipeline/sink/sink.ts';
import { catalogue, topicSpecs } from '../../../topics/catalogue.ts';
import { NAMING } from '../../support/codec.ts';
import { silentLog } from '../../support/log.ts';
import { until } from '../../support/until.ts';
import { assertValid } from '../bench.ts';
import { SHIPPED } from '../shipped.ts';

export const PARTITIONS = 12;

export interface SinkRun {
  /** From the sink's start to the last commit. */
  readonly seconds: number;
  /** Of this process meanwhile: the server's is not in it. */
  readonly cpuUs: number;
  /** Written, by table; a row that is merged twice counts twice. */
  readonly rows: ReadonlyMap<string, number>;
}

/** @throws Error when the sink fails or refuses a row. */
export async function sinkRun(
  pool: Pool,
  codec: Codec,
  records: readonly ProducerRecord[],
): Promise<SinkRun> {
  const broker = memoryBroker({ clock: Date.now, maxPartitionBytes: 4e9 });
  await broker.start();
  await broker.createTopics(topicSpecs(catalogue, NAMING, PARTITIONS));
  const producer = broker.producer();
  await producer.start();
  await producer.send(records);
  const rows = new Map<string, number>();
  const refused: string[] = [];
  const tables = sink({
    broker,
    codec,
    catalogue,
    naming: NAMING,
    pool,
    clock: Date.now,
    log: silentLog,
    settings: { ...SHIPPED.sink, group: 'bench-sink', writer: 'bench' },
    observer: {
      flushed(stored) {
        for (const [table, count] of stored) rows.set(table, (rows.get(table) ?? 0) + count);
      },
      deadLetter: (reason) => void refused.push(reason),
      retried: () => void refused.push('an attempt was repeated'),
      partitionsLost: () => void refused.push('a partition was lost'),
      failed: (error) => void refused.push(String(error)),
    },
  });
  const began = performance.now();
  const before = process.cpuUsage();
  await tables.start();
  await until(() => tables.idle || refused.length > 0, 'the sink has stored everything', 600_000);
  const { user, system } = process.cpuUsage(before);
  const seconds = (performance.now() - began) / 1000;
  await tables.stop();
  await producer.stop();
  await broker.stop();
  assertValid(refused.length === 0, refused.slice(0, 3).join(', '));
  return { seconds, cpuUs: user + system, rows };
}
