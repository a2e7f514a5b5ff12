/** A processor of the entity sub-topology, fed with the records of a golden input, without a broker. */
import type { Codec } from '../../pipeline/codec/port.ts';
import { Folding } from '../../pipeline/runtime/folding.ts';
import { ReadingProcessor } from '../../pipeline/runtime/reading-processor.ts';
import type { ProcessorOutput } from '../../pipeline/runtime/sub-topology.ts';
import { entityTopology, type StageSettings } from '../../pipeline/topology.ts';
import { catalogue } from '../../topics/catalogue.ts';
import type { GoldenRecord } from '../golden/golden-input.ts';
import { feed } from './feed.ts';
import { silentOutput } from './silent-output.ts';
import { STAGE_DEFAULTS } from './topology-driver.ts';

export interface GoldenProcessor {
  readonly processor: ReadingProcessor;
  /** Folds the ticks that are due and the record. */
  fold(record: GoldenRecord): Promise<void>;
}

export interface GoldenOptions {
  readonly settings?: StageSettings;
  /** What hears of the outputs; nobody unless told. */
  readonly out?: Partial<ProcessorOutput>;
}

export function goldenProcessor(
  codec: Codec,
  { settings = STAGE_DEFAULTS, out = {} }: GoldenOptions = {},
): GoldenProcessor {
  const processor = new ReadingProcessor({
    codec,
    catalogue,
    topology: entityTopology(catalogue, settings),
  });
  const folding = new Folding(() => processor);
  const output: ProcessorOutput = { ...silentOutput, ...out };
  const folded = feed(processor, (topic, record) => folding.fold(topic, record, output));
  return {
    processor,
    fold: ({ topic, key, value, appendedAtMs }) => folded(topic, key, value, appendedAtMs),
  };
}
