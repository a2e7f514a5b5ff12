/**
 * The processor of the entity sub-topology: decodes a raw reading once, runs the fused stages over it as synchronous
 * calls, and sends what they added. Inventory and control records go to the stages that want them.
 */
import type { BrokerRecord } from '../broker/port.ts';
import type { Codec, InsightEncoder, RecordDecoder, RecordEncoder } from '../codec/port.ts';
import { parseEntityKey } from '../model/entity.ts';
import { textEquals, type Reading } from '../model/reading.ts';
import type { ColumnDeclaration, StateColumn } from '../model/state.ts';
import type { DetectorCounts, Stage, StageOutput } from '../stages/stage.ts';
import type { ReadingTopology } from '../topology.ts';
import { rowFields, type Catalogue, type TopicName } from '../../topics/catalogue.ts';
import type { AnomalyRecord } from '../../topics/anomaly.ts';
import { summaryInput, tickInput, type DomainInputRecord, type WindowSummary } from '../../topics/domain.ts';
import { QUALITIES } from '../../topics/interface.ts';
import { Directory } from './directory.ts';
import { foldVersion } from './fold-version.ts';
import { reconciled } from './reconcile.ts';
import {
  loadSnapshot,
  takeSnapshot,
  wholeState,
  type StateLoader,
  type StateSnapshot,
} from './state-snapshot.ts';
import { formatOneUnits } from './state-format-1.ts';
import { StateStore } from './state-store.ts';
import type { ColumnLayout, SlotCounts } from './state-units.ts';
import type { Processor, ProcessorOutput, SubTopology } from './sub-topology.ts';

/** An observation later than its record by more than this has a clock that cannot be believed. */
const FUTURE_MS = 5 * 60_000;
/** An entity is live once a reading arrives within this of being observed; before, it is history being loaded. */
const LIVE_MS = 10 * 60_000;

const OBSERVED = {
  name: 'observed_at',
  type: 'f64',
  scope: 'entity',
  group: 'hot',
  initial: Number.NaN,
} as const;
const LIVE = { name: 'live', type: 'u8', scope: 'entity', group: 'hot' } as const;
const TIME_COLUMNS: readonly ColumnDeclaration[] = [OBSERVED, LIVE];

export interface ReadingProcessorOptions {
  readonly codec: Codec;
  readonly catalogue: Catalogue;
  readonly topology: ReadingTopology;
}

/** The sub-topology as the stream thread runs it: one ReadingProcessor a task. */
export function readingSubTopology(options: ReadingProcessorOptions): SubTopology {
  const { name, raw, control, tick, stages, insight, domain } = options.topology;
  const encoder = options.codec.recordEncoder(domain);
  return {
    name,
    inputs: [raw, ...control, tick],
    preloaded: control,
    foldVersion: foldVersion(PROCESSOR_VERSION, stages),
    reconciled: insight.anomaly,
    downstream: {
      topic: domain,
      tick: (tickMs, upstream, upstreams) => encoder.encode(tickInput(tickMs, upstream, upstreams)),
    },
    newProcessor: () => new ReadingProcessor(options),
  };
}

export class ReadingProcessor implements Processor {
  readonly state = new StateStore();
  readonly #topology: ReadingTopology;
  readonly #directory = new Directory(this.state);
  readonly #reading: Reading;
  readonly #stages: readonly Stage[];
  readonly #decodeRaw;
  readonly #encodeMetric;
  readonly #records: ReadonlyMap<TopicName, RecordDecoder<unknown>>;
  readonly #encodeDeviation: InsightEncoder;
  readonly #decodeAnomaly: RecordDecoder<AnomalyRecord>;
  readonly #encodeAnomaly: RecordEncoder<AnomalyRecord>;
  readonly #encodeDomain: RecordEncoder<DomainInputRecord>;
  readonly #observed: StateColumn<'f64'>;
  readonly #live: StateColumn<'u8'>;
  readonly #stageOutput: StageOutput;
  readonly #qualityCounts = new Uint32Array(QUALITIES.length);
  #out: ProcessorOutput | undefined;
  /** The last tick before what is folded. */
  #tickMs = Number.NaN;

  constructor({ codec, catalogue, topology }: ReadingProcessorOptions) {
    const { raw, metric, control, insight, stages } = topology;
    this.#topology = topology;
    this.#reading = codec.newReading(raw, metric);
    this.#decodeRaw = codec.readingDecoder(raw);
    this.#encodeMetric = codec.readingEncoder(metric);
    this.#decodeAnomaly = codec.recordDecoder(insight.anomaly);
    this.#encodeAnomaly = codec.recordEncoder(insight.anomaly);
    this.#encodeDomain = codec.recordEncoder(topology.domain);
    this.#records = new Map(control.map((topic) => [topic, codec.recordDecoder(topic)]));
    const time = this.state.context({ name: 'task', columns: TIME_COLUMNS }, this.#reading);
    this.#observed = time.column(OBSERVED);
    this.#live = time.column(LIVE);
    this.#stages = stages.map((stage) => stage.init(this.state.context(stage, this.#reading)));
    const judged = rowFields(catalogue[metric]).filter((field) => field.baseline);
    this.#encodeDeviation = codec.deviationEncoder(
      insight.deviation,
      judged.map(({ name }) => name),
    );
    const listeners = this.#stages.filter((stage) => stage.anomaly !== undefined);
    const sending = <R extends { readonly entity: string }>(topic: TopicName, encoder: RecordEncoder<R>) => {
      return (record: R): void => this.#send(topic, record.entity, encoder.encode(record));
    };
    const sendAnomaly = sending(insight.anomaly, this.#encodeAnomaly);
    this.#stageOutput = {
      anomaly: (record) => {
        sendAnomaly(record);
        for (const stage of listeners) stage.anomaly!(record, this.#stageOutput);
      },
      baseline: sending(insight.baseline, codec.recordEncoder(insight.baseline)),
      features: sending(insight.features, codec.recordEncoder(insight.features)),
      evaluation: sending(insight.evaluation, codec.recordEncoder(insight.evaluation)),
      summary: (summary) => this.#tellDomain(summary),
      count: (stage, outcome, by) => this.#out?.count(stage, outcome, by),
    };
  }

  async prepare(topic: TopicName, values: Iterable<Buffer | null>): Promise<void> {
    if (topic === this.#topology.raw) await this.#decodeRaw.prepare(values);
    else await this.#records.get(topic)?.prepare(values);
  }

  /** Time is the broker's. */
  advance(_topic: TopicName, { appendedAtMs }: BrokerRecord): number {
    return appendedAtMs;
  }

  fold(topic: TopicName, record: BrokerRecord, out: ProcessorOutput, tickMs: number): void {
    this.#out = out;
    this.#tickMs = tickMs;
    if (topic === this.#topology.tick) return;
    if (topic === this.#topology.raw) this.#foldReading(topic, record, out);
    else this.#foldControl(topic, record, out);
  }

  punctuate(tickMs: number, out: ProcessorOutput): void {
    this.#out = out;
    this.#tickMs = tickMs;
    const entityTimeMs = (entity: string): number => {
      const slot = this.#directory.slotOf(entity);
      if (slot === undefined) return Number.NaN;
      const observed = this.#observed.get(slot);
      return this.#live.get(slot) === 1 ? Math.max(observed, tickMs) : observed;
    };
    for (const stage of this.#stages) stage.punctuate?.(tickMs, entityTimeMs, this.#stageOutput);
  }

  detectorCounts(): DetectorCounts[] {
    return this.#stages.flatMap((stage) => [...(stage.detectorCounts?.() ?? [])]);
  }

  snapshot(): StateSnapshot {
    return takeSnapshot(this.state, this.#directory);
  }

  load(counts: SlotCounts, layouts: readonly (readonly ColumnLayout[])[]): StateLoader {
    const older = formatOneUnits(this.state, this.#directory);
    return loadSnapshot(counts, layouts, this.state, this.#directory, older);
  }

  /** Everything that a checkpoint would hold, copied at once: two states are the same if these bytes are. */
  wholeState(): Map<string, Uint8Array> {
    return wholeState(this.state, this.#directory);
  }

  async reconcile(
    sent: readonly Buffer[],
    refolded: readonly Buffer[],
    out: ProcessorOutput,
  ): Promise<number> {
    const { anomaly } = this.#topology.insight;
    await this.#decodeAnomaly.prepare([...sent, ...refolded]);
    const decoded = (values: readonly Buffer[]) =>
      values.flatMap((value) => {
        const outcome = this.#decodeAnomaly.decode(value);
        return outcome.kind === 'record' ? outcome.record : [];
      });
    const records = reconciled(decoded(sent), decoded(refolded));
    for (const record of records)
      out.send(anomaly, Buffer.from(record.entity), this.#encodeAnomaly.encode(record));
    return records.length;
  }

  #foldReading(topic: TopicName, record: BrokerRecord, out: ProcessorOutput): void {
    const reading = this.#reading;
    if (record.value === null)
      return out.deadLetter(topic, record, 'tombstone', 'a reading has no tombstones');
    const failure = this.#decodeRaw.decode(record.value, reading);
    if (failure !== undefined) return out.deadLetter(topic, record, failure.reason, failure.detail);
    const refusal = this.#invalid(reading, record) ?? this.#directory.resolve(reading);
    if (refusal !== undefined) return out.deadLetter(topic, record, refusal, `entity ${reading.entity}`);
    this.state.willFold(reading);
    reading.appendedAtMs = record.appendedAtMs;
    this.#keepTime(reading);
    for (const stage of this.#stages) if (!stage.process(reading, this.#stageOutput)) return;
    if (reading.rowCount === 0) return;
    // The record's own key: it is the entity's bytes, or the reading would have been refused.
    out.send(this.#topology.metric, record.key, this.#encodeMetric.encode(reading));
    const deviation = this.#encodeDeviation.encode(reading);
    if (deviation !== undefined) out.send(this.#topology.insight.deviation, record.key, deviation);
    this.#countRows(reading, out);
  }

  /** Why a decoded reading cannot be folded. */
  #invalid(
    { entity, domain, observedAtMs }: Reading,
    { key, appendedAtMs }: BrokerRecord,
  ): string | undefined {
    if (key === null || !isKeyOf(key, entity)) return 'key_mismatch';
    // The key of an entity that is known was good when it came first.
    if (this.#directory.slotOf(entity) === undefined && !isEntityKey(entity)) return 'invalid_entity';
    if (entity.indexOf('/') !== domain.length || !entity.startsWith(domain)) return 'domain_mismatch';
    if (observedAtMs > appendedAtMs + FUTURE_MS) return 'future';
    if (!(observedAtMs > 0)) return 'invalid_time';
    return undefined;
  }

  #foldControl(topic: TopicName, record: BrokerRecord, out: ProcessorOutput): void {
    const key = record.key?.toString() ?? '';
    if (record.value === null) {
      for (const stage of this.#stages) stage.update?.(topic, key, null, this.#stageOutput);
      return;
    }
    const outcome = this.#records.get(topic)!.decode(record.value);
    if (outcome.kind === 'deadLetter') return out.deadLetter(topic, record, outcome.reason, outcome.detail);
    for (const stage of this.#stages) stage.update?.(topic, key, outcome.record, this.#stageOutput);
  }

  #keepTime(reading: Reading): void {
    const { entitySlot, observedAtMs, appendedAtMs } = reading;
    const before = this.#observed.get(entitySlot);
    if (!(before >= observedAtMs)) this.#observed.set(entitySlot, observedAtMs);
    this.#live.set(entitySlot, appendedAtMs - observedAtMs <= LIVE_MS ? 1 : 0);
  }

  #countRows(reading: Reading, out: ProcessorOutput): void {
    const counts = this.#qualityCounts.fill(0);
    for (let row = 0; row < reading.rowCount; row += 1) counts[reading.quality[row]!]! += 1;
    for (let code = 0; code < QUALITIES.length; code += 1)
      if (counts[code]! > 0) out.countRows(QUALITIES[code]!, counts[code]!);
  }

  #send(topic: TopicName, entity: string, value: Buffer): void {
    this.#out!.send(topic, Buffer.from(entity), value);
  }

  #tellDomain(summary: WindowSummary): void {
    const value = this.#encodeDomain.encode(summaryInput(summary, this.#tickMs));
    this.#out!.repartition(this.#topology.domain, Buffer.from(summary.domain), value);
  }
}

/** Raised by hand when the processor itself would fold the same records into other outputs. */
const PROCESSOR_VERSION = 1;

function isEntityKey(entity: string): boolean {
  try {
    parseEntityKey(entity);
    return true;
  } catch {
    return false;
  }
}

/** Whether the key is the text in UTF-8, byte by byte. */
function isKeyOf(key: Buffer, text: string): boolean {
  // A key that is no UTF-8 equals the U+FFFD that it is read as, and is not the bytes that are sent.
  return textEquals(key, 0, key.length, text) && (!text.includes('\ufffd') || key.equals(Buffer.from(text)));
}
