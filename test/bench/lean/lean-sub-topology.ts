/**
 * The peer's job as a sub-topology of the runtime: the same stream thread, tasks, transactions, journal, checkpoints
 * and state columns as the pipeline's, with two lean stages and the peer's topics.
 *
 *   peer.raw -> lean_rate -> lean_score -> lean.deviation, lean.anomaly
 */
import type { BrokerRecord } from '../../../pipeline/broker/port.ts';
import { Directory } from '../../../pipeline/runtime/directory.ts';
import {
  loadSnapshot,
  takeSnapshot,
  type StateLoader,
  type StateSnapshot,
} from '../../../pipeline/runtime/state-snapshot.ts';
import { StateStore } from '../../../pipeline/runtime/state-store.ts';
import type { ColumnLayout, SlotCounts } from '../../../pipeline/runtime/state-units.ts';
import type { Processor, ProcessorOutput, SubTopology } from '../../../pipeline/runtime/sub-topology.ts';
import type { Stage, StageOutput } from '../../../pipeline/stages/stage.ts';
import { catalogue, type Catalogue, type TopicName } from '../../../topics/catalogue.ts';
import { EntityLayouts } from './entity-layouts.ts';
import { leanRate } from './lean-rate.ts';
import { leanScore } from './lean-score.ts';
import { ANOMALOUS_COLUMN, scoreColumns } from './peer-topics.ts';
import { anomalyEncoder, deviationEncoder, newPeerReading, peerDecoder } from './peer-codec.ts';

const RAW = 'raw.interface';
const DEVIATION = 'insight.deviation';
const ANOMALY = 'insight.anomaly';

/** The catalogue with the bench's topics in the places of ours. */
export function leanCatalogue(topics: { input: string; deviation: string; anomaly: string }): Catalogue {
  return {
    ...catalogue,
    [RAW]: { ...catalogue[RAW], name: topics.input },
    [DEVIATION]: { ...catalogue[DEVIATION], name: topics.deviation },
    [ANOMALY]: { ...catalogue[ANOMALY], name: topics.anomaly },
  };
}

/** `name` tells its group and its checkpoints from those of other runs. */
export function leanSubTopology(name: string): SubTopology {
  const stages = [leanRate(), leanScore()];
  return {
    name,
    inputs: [RAW],
    preloaded: [],
    foldVersion: stages.map((stage) => `${stage.name} ${stage.version}`).join(),
    reconciled: ANOMALY,
    newProcessor: () => new LeanProcessor(),
  };
}

/** Its stages neither send nor count anything by themselves. */
const SILENT: StageOutput = {
  anomaly() {},
  baseline() {},
  features() {},
  evaluation() {},
  summary() {},
  count() {},
};

export class LeanProcessor implements Processor {
  readonly state = new StateStore();
  readonly #reading = newPeerReading();
  readonly #decode = peerDecoder();
  readonly #layouts = new EntityLayouts(this.state, this.#reading);
  readonly #stages: readonly Stage[] = [leanRate(), leanScore()].map((stage) =>
    stage.init(this.state.context(stage, this.#reading)),
  );
  readonly #encodeDeviation = deviationEncoder();
  readonly #encodeAnomaly = anomalyEncoder();
  readonly #scores = scoreColumns.map(({ rate, expected, scale, sigma }) => ({
    value: this.#reading.number(rate),
    expected: this.#reading.number(expected),
    scale: this.#reading.number(scale),
    sigma: this.#reading.number(sigma),
  }));
  readonly #indexes = this.#reading.number('if_index');
  readonly #anomalous = this.#reading.number(ANOMALOUS_COLUMN);
  /** Entities lie in the state's objects: a checkpoint's directory stays empty. */
  readonly #directory = new Directory(this.state);

  async prepare(_topic: TopicName, values: Iterable<Buffer | null>): Promise<void> {
    await this.#decode.prepare(values);
  }

  advance(_topic: TopicName, { appendedAtMs }: BrokerRecord): number {
    return appendedAtMs;
  }

  fold(topic: TopicName, record: BrokerRecord, out: ProcessorOutput): void {
    if (record.value === null) return out.deadLetter(topic, record, 'tombstone', '');
    const reading = this.#reading;
    const failure = this.#decode.decode(record.value, reading);
    if (failure !== undefined) return out.deadLetter(topic, record, failure.reason, failure.detail);
    const refusal = this.#layouts.resolve(reading);
    if (refusal !== undefined) return out.deadLetter(topic, record, refusal, '');
    reading.appendedAtMs = record.appendedAtMs;
    this.state.willFold(reading);
    for (const stage of this.#stages) if (!stage.process(reading, SILENT)) return;
    out.send(DEVIATION, record.key, this.#encodeDeviation.encode(reading));
    const anomalous = this.#anomalous.values;
    for (let row = 0; row < reading.rowCount; row += 1) {
      if (anomalous[row] !== 0) this.#sendAnomalies(row, record, out);
    }
  }

  punctuate(): void {
    // Nothing here waits for time.
  }

  snapshot(): StateSnapshot {
    return takeSnapshot(this.state, this.#directory);
  }

  load(counts: SlotCounts, layouts: readonly (readonly ColumnLayout[])[]): StateLoader {
    return loadSnapshot(counts, layouts, this.state, this.#directory);
  }

  /** Its anomalies have no course: one that was sent stays true. */
  async reconcile(): Promise<number> {
    return 0;
  }

  #sendAnomalies(row: number, record: BrokerRecord, out: ProcessorOutput): void {
    const { entity, observedAtMs } = this.#reading;
    for (const [metric, { value, expected, scale, sigma }] of this.#scores.entries()) {
      if ((this.#anomalous.values[row]! & (1 << metric)) === 0) continue;
      const anomaly = this.#encodeAnomaly.encode({
        entity,
        observed_at: observedAtMs,
        if_index: this.#indexes.values[row]!,
        metric,
        value: value.values[row]!,
        expected: expected.values[row]!,
        scale: scale.values[row]!,
        sigma: sigma.values[row]!,
      });
      out.send(ANOMALY, record.key, anomaly);
    }
  }
}
