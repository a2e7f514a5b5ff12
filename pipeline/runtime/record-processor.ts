/**
 * The processor of the domain sub-topology: decodes what the tasks of `entity` send and hands it to the stages. Its
 * time is theirs: the smallest of their ticks.
 */
import type { BrokerRecord } from '../broker/port.ts';
import type { Codec, RecordDecoder, RecordEncoder } from '../codec/port.ts';
import type { RecordStage, RecordStageDefinition, RecordStageOutput } from '../stages/record-stage.ts';
import type { RecordTopology } from '../topology.ts';
import type { TopicName } from '../../topics/catalogue.ts';
import {
  parseDomainInput,
  type DomainInput,
  type DomainInputRecord,
  type NoDomainInput,
} from '../../topics/domain.ts';
import type { BaselineRecord } from '../../topics/insight.ts';
import { foldVersion } from './fold-version.ts';
import { KeyDirectory } from './key-directory.ts';
import {
  loadSnapshot,
  takeSnapshot,
  wholeState,
  type StateLoader,
  type StateSnapshot,
} from './state-snapshot.ts';
import { StateStore } from './state-store.ts';
import type { ColumnLayout, SlotCounts } from './state-units.ts';
import type { Processor, ProcessorOutput, SubTopology } from './sub-topology.ts';
import { UpstreamTime } from './upstream-time.ts';

export interface RecordProcessorOptions {
  readonly codec: Codec;
  readonly topology: RecordTopology;
}

/** Raised by hand when the processor itself would fold the same records into other outputs. */
const PROCESSOR_VERSION = 1;

/** The sub-topology as the stream thread runs it: one RecordProcessor a task. */
export function recordSubTopology(options: RecordProcessorOptions): SubTopology {
  const { name, input, stages } = options.topology;
  return {
    name,
    inputs: [input],
    preloaded: [],
    foldVersion: foldVersion(PROCESSOR_VERSION, stages),
    newProcessor: () => new RecordProcessor(options),
  };
}

type Decoded =
  | DomainInput
  | NoDomainInput
  | { readonly kind: 'deadLetter'; readonly reason: string; readonly detail: string };

export class RecordProcessor implements Processor {
  readonly state = new StateStore();
  readonly #directory = new KeyDirectory(this.state);
  readonly #time: UpstreamTime;
  readonly #decoder: RecordDecoder<DomainInputRecord>;
  readonly #stages: readonly RecordStage[];
  readonly #stageOutput: RecordStageOutput;
  /** Of the record that `advance` was told of. */
  #decoded: Decoded | undefined;
  #out: ProcessorOutput | undefined;

  constructor({ codec, topology }: RecordProcessorOptions) {
    const { input, insight, stages } = topology;
    this.#decoder = codec.recordDecoder(input);
    this.#time = new UpstreamTime(
      this.state.stateContext({ name: 'task', columns: [] }).objects('upstreams'),
    );
    this.#stages = stages.map((stage) => this.#newStage(stage));
    const baselines: RecordEncoder<BaselineRecord> = codec.recordEncoder(insight.baseline);
    this.#stageOutput = {
      baseline: (record) =>
        this.#out!.repartition(insight.baseline, Buffer.from(record.entity), baselines.encode(record)),
      count: (stage, outcome, by) => this.#out!.count(stage, outcome, by),
    };
  }

  async prepare(_topic: TopicName, values: Iterable<Buffer | null>): Promise<void> {
    await this.#decoder.prepare(values);
  }

  /** When a record was appended says nothing: those who send may have been held up. */
  advance(_topic: TopicName, record: BrokerRecord): number {
    const decoded = (this.#decoded = this.#decode(record));
    switch (decoded.kind) {
      case 'tick':
        return this.#time.advance(decoded.tickMs, decoded);
      case 'summary':
        return this.#time.advance(decoded.sentAtMs);
      case 'unknown':
      case 'invalid':
      case 'deadLetter':
        return Number.NaN;
    }
  }

  fold(topic: TopicName, record: BrokerRecord, out: ProcessorOutput): void {
    this.#out = out;
    const decoded = this.#decoded ?? this.#decode(record);
    this.#decoded = undefined;
    switch (decoded.kind) {
      case 'deadLetter':
        return out.deadLetter(topic, record, decoded.reason, decoded.detail);
      case 'invalid':
        return out.deadLetter(topic, record, 'invalid', decoded.detail);
      case 'unknown':
        return out.count('task', 'unknown_kind');
      case 'tick':
        return;
      case 'summary':
        for (const stage of this.#stages) stage.process(decoded, this.#stageOutput);
    }
  }

  punctuate(tickMs: number, out: ProcessorOutput): void {
    this.#out = out;
    for (const stage of this.#stages) stage.punctuate(tickMs, this.#stageOutput);
  }

  snapshot(): StateSnapshot {
    return takeSnapshot(this.state, this.#directory);
  }

  load(counts: SlotCounts, layouts: readonly (readonly ColumnLayout[])[]): StateLoader {
    return loadSnapshot(counts, layouts, this.state, this.#directory);
  }

  /** Everything that a checkpoint would hold, copied at once: two states are the same if these bytes are. */
  wholeState(): Map<string, Uint8Array> {
    return wholeState(this.state, this.#directory);
  }

  #newStage(definition: RecordStageDefinition): RecordStage {
    return definition.init({
      ...this.state.stateContext(definition),
      slotOf: (key) => this.#directory.slotOf(key),
      willWrite: (slot) => this.state.willWrite(slot),
    });
  }

  #decode({ value }: BrokerRecord): Decoded {
    if (value === null)
      return { kind: 'deadLetter', reason: 'tombstone', detail: 'nothing here has tombstones' };
    const outcome = this.#decoder.decode(value);
    return outcome.kind === 'deadLetter' ? outcome : parseDomainInput(outcome.record);
  }
}
