/** What the stages make of the load, by topic: what a sink has to store. */
import { partitionFor } from '../../../pipeline/broker/partitioner.ts';
import type { ProducerRecord } from '../../../pipeline/broker/port.ts';
import type { Codec } from '../../../pipeline/codec/port.ts';
import { Folding } from '../../../pipeline/runtime/folding.ts';
import { ReadingProcessor } from '../../../pipeline/runtime/reading-processor.ts';
import { entityTopology } from '../../../pipeline/topology.ts';
import { catalogue, type TopicName } from '../../../topics/catalogue.ts';
import { silentOutput } from '../../support/silent-output.ts';
import { STAGE_DEFAULTS } from '../../support/topology-driver.ts';
import { assertValid } from '../bench.ts';
import { load } from '../load.ts';

export interface FoldedOptions {
  readonly entities: number;
  readonly rowsPerEntity: number;
  /** Folded first, their outputs left out: baselines are learned from them. */
  readonly warmPolls: number;
  readonly polls: number;
  readonly intervalMs: number;
  readonly partitions: number;
  readonly seed: number;
}

/** Record of a topic of the catalogue, by its own name. */
export type FoldedRecord = ProducerRecord & { readonly topic: TopicName };

export interface Folded {
  readonly entities: readonly string[];
  /** The first poll of each, as it was read. */
  readonly raw: readonly Buffer[];
  readonly records: readonly FoldedRecord[];
}

/** Ends about now, so that no row is out of retention. @throws Error when a reading is refused. */
export async function foldedRecords(codec: Codec, options: FoldedOptions): Promise<Folded> {
  const { warmPolls, polls, intervalMs, partitions } = options;
  const steps = warmPolls + polls;
  const startMs = Date.now() - (steps + 1) * intervalMs;
  const readings = load(codec, { ...options, startMs });
  const topology = entityTopology(catalogue, STAGE_DEFAULTS);
  const folding = new Folding(() => new ReadingProcessor({ codec, catalogue, topology }));
  const records: FoldedRecord[] = [];
  const raw = readings.poll(0);
  for (let step = 0; step < steps; step += 1) {
    const values = step === 0 ? raw : readings.poll(step);
    await folding.processor.prepare('raw.interface', values);
    const appendedAtMs = startMs + (step + 1) * intervalMs;
    for (const [index, value] of values.entries()) {
      const key = Buffer.from(readings.entities[index]!);
      const record = { topic: 'raw.interface', partition: 0, offset: step, appendedAtMs, key, value };
      folding.fold('raw.interface', record, {
        ...silentOutput,
        send(topic, sentKey, sent) {
          if (step < warmPolls) return;
          // What a tick sends is of another entity than the record.
          const partition = partitionFor(sentKey ?? key, partitions);
          records.push({ topic, partition, key: sentKey, value: sent });
        },
        deadLetter: (_topic, _record, reason) => assertValid(false, reason),
      });
    }
  }
  return { entities: readings.entities, raw, records };
}
