/** The entity sub-topology in memory under the load of load.ts, poll by poll. */
import type { BrokerRecord } from '../../pipeline/broker/port.ts';
import { embeddedRegistry } from '../../pipeline/codec/embedded-registry.ts';
import type { Codec } from '../../pipeline/codec/port.ts';
import { Folding } from '../../pipeline/runtime/folding.ts';
import { ReadingProcessor } from '../../pipeline/runtime/reading-processor.ts';
import type { ProcessorOutput } from '../../pipeline/runtime/sub-topology.ts';
import type { ReadingTopology } from '../../pipeline/topology.ts';
import { catalogue } from '../../topics/catalogue.ts';
import { startedCodec } from '../support/codec.ts';
import { silentOutput } from '../support/silent-output.ts';
import { load } from './load.ts';

export interface FoldedLoadOptions {
  readonly seed: number;
  readonly entities: number;
  readonly rowsPerEntity: number;
}

export interface FoldedLoad {
  readonly codec: Codec;
  readonly processor: ReadingProcessor;
  /** Records sent and refused so far. */
  readonly counts: { sent: number; refused: number };
  readonly samplesPerPoll: number;
  /** Counters a row, without the 32-bit shadows. */
  readonly countersPerRow: number;
  /** The records of the next polls, encoded; `fold` takes them. */
  next(polls: number): Promise<BrokerRecord[]>;
  fold(records: readonly BrokerRecord[], out?: ProcessorOutput): void;
}

const START_MS = 1_780_000_000_000;
/** As a collector would poll; long enough for two days of warm-up to fill the seasonal cells. */
const INTERVAL_MS = 300_000;
/** Two days and a bit at 5 minutes: baselines judge, and hour-of-day cells are in use. */
export const WARM_POLLS = 620;

export async function foldedLoad(topology: ReadingTopology, options: FoldedLoadOptions): Promise<FoldedLoad> {
  const codec = await startedCodec(catalogue, embeddedRegistry());
  const folding = new Folding(() => new ReadingProcessor({ codec, catalogue, topology }));
  const processor = folding.processor;
  const readings = load(codec, { ...options, startMs: START_MS, intervalMs: INTERVAL_MS });
  const keys = readings.entities.map((entity) => Buffer.from(entity));
  const counts = { sent: 0, refused: 0 };
  const counting: ProcessorOutput = {
    ...silentOutput,
    send: () => void (counts.sent += 1),
    deadLetter: () => void (counts.refused += 1),
  };
  let step = 0;
  return {
    codec,
    processor,
    counts,
    samplesPerPoll: options.entities * options.rowsPerEntity * readings.countersPerRow,
    countersPerRow: readings.countersPerRow,
    async next(polls) {
      const records: BrokerRecord[] = [];
      for (const end = step + polls; step < end; step += 1) {
        for (const [index, value] of readings.poll(step).entries())
          records.push(record(keys[index]!, value, step));
      }
      await processor.prepare('raw.interface', [records[0]!.value]);
      return records;
    },
    fold(records, out = counting) {
      for (const each of records) folding.fold('raw.interface', each, out);
    },
  };
}

function record(key: Buffer, value: Buffer, step: number): BrokerRecord {
  return {
    topic: 'raw.interface',
    partition: 0,
    offset: step,
    appendedAtMs: START_MS + (step + 1) * INTERVAL_MS,
    key,
    value,
  };
}
