/** Sends the simulated past to raw.interface as a collector would, interleaved in time, as fast as the pipeline takes it. */
import { setImmediate as yieldToOthers } from 'node:timers/promises';
import type { Pool } from 'pg';
import { partitionFor } from '../broker/partitioner.ts';
import type { ProducerRecord } from '../broker/port.ts';
import type { Wiring } from '../wiring.ts';
import { catalogue, topicName } from '../../topics/catalogue.ts';
import { historyLength, historyReadings } from './history.ts';
import type { SimulatedNetwork } from './network.ts';
import type { Screen } from './screen.ts';

export interface LoadHistoryOptions {
  readonly wired: Wiring;
  readonly network: SimulatedNetwork;
  readonly pool: Pool;
  readonly fromMs: number;
  readonly toMs: number;
  readonly partitions: number;
  readonly screen: Screen;
  readonly signal: AbortSignal;
}

const BATCH = 96;
const LOOK_EVERY = 32;

/** Resolves when all of it is in the tables. @returns rows that interface_metrics holds then. */
export async function loadHistory(options: LoadHistoryOptions): Promise<number> {
  const { wired, network, pool, fromMs, toMs, partitions, screen, signal } = options;
  const { broker, codec, naming } = wired;
  const stored = (): number => wired.sink?.storedRows('interface_metrics') ?? 0;
  const topic = topicName(catalogue['raw.interface'], naming);
  const reading = codec.newReading('raw.interface');
  const encoder = codec.readingEncoder('raw.interface');
  const producer = broker.producer();
  await producer.start();
  const ports = network.devices[0]?.spec.ports.length ?? 0;
  const total = historyLength({ network, fromMs, toMs }) * ports;
  const progress = screen.progress('loading history', total);
  let batch: ProducerRecord[] = [];
  let batches = 0;
  const flush = async (): Promise<void> => {
    await producer.send(batch);
    batch = [];
    batches += 1;
    // The pipeline lives in this process: it must get its turn.
    await yieldToOthers();
    if (batches % LOOK_EVERY === 0) progress.at(stored());
  };
  try {
    for (const polled of historyReadings({ network, fromMs, toMs, reading })) {
      if (signal.aborted) break;
      const key = Buffer.from(polled.entity);
      batch.push({ topic, partition: partitionFor(key, partitions), key, value: encoder.encode(polled) });
      if (batch.length >= BATCH) await flush();
    }
    await flush();
    while (!wired.idle && !signal.aborted) {
      await yieldToOthers();
      progress.at(stored());
    }
  } finally {
    progress.end();
    await producer.stop();
  }
  return storedRows(pool);
}

/** Rows of interface_metrics. */
export async function storedRows(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ count: string }>('SELECT count(*) FROM interface_metrics');
  return Number(rows[0]!.count);
}
