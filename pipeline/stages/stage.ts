/**
 * The contract of every stage (a Kafka Streams processor): a pure, synchronous function of (state, reading).
 * No clock, no chance, no I/O, no logger; it writes only the columns that it declared, and the Reading's columns
 * that it added. Everything else (replay, restore, tests) follows from that.
 */
import type { TopicName } from '../../topics/catalogue.ts';
import type { Reading } from '../model/reading.ts';
import type { ColumnDeclaration, ColumnType, StateColumn } from '../model/state.ts';
import type { Verdict } from '../../topics/rules.ts';
import type { AnomalyRecord } from '../../topics/anomaly.ts';
import type { WindowSummary } from '../../topics/domain.ts';
import type { BaselineRecord } from '../../topics/insight.ts';
import type { EvaluationRecord, FeatureRecord } from '../../topics/ml.ts';

/** What a stage may send besides the columns it adds to the reading. */
export interface StageOutput {
  anomaly(record: AnomalyRecord): void;
  baseline(record: BaselineRecord): void;
  features(record: FeatureRecord): void;
  evaluation(record: EvaluationRecord): void;
  /** Tells the sub-topology `domain`. */
  summary(summary: WindowSummary): void;
  /** Counts an outcome that is neither a record nor an error (`stage_outcomes_total{stage, outcome}`). */
  count(stage: string, outcome: string, by?: number): void;
}

/** Of one version of a detector, on one entity or several: to be summed. */
export interface DetectorCounts {
  readonly detector: string;
  readonly version: string;
  readonly predictions: number;
  readonly verdicts: Readonly<Record<Verdict, number>>;
}

/** The state of a stage. */
export interface StateContext {
  /** The column that the stage declared under this name (and metric). Ask once, at init. */
  column<T extends ColumnType>(declaration: ColumnDeclaration<T>): StateColumn<T>;
  /**
   * Rare, irregular state of an entity or row slot (an inventory record, an open anomaly): structured-cloneable
   * values by key. Not for the hot path.
   */
  objects<V>(name: string): ObjectState<V>;
}

export interface StageContext extends StateContext {
  /** The one Reading that every `process` call of this task passes. Look its columns up once, at init. */
  readonly reading: Reading;
}

/**
 * Irregular state by key, iterated in insertion order. `undefined` values are not stored. Whoever changes an object that
 * lies here calls `set` with it afterwards, in the same call of the stage: a checkpoint writes what was set.
 */
export interface ObjectState<V> {
  get(key: string): V | undefined;
  set(key: string, value: V): void;
  delete(key: string): boolean;
  entries(): IterableIterator<[string, V]>;
  readonly size: number;
}

/** What a checkpoint and a fold version have to know of a stage. */
export interface StageIdentity {
  /** A verb: rate, baseline, detect. The first part of its columns' names in a checkpoint. */
  readonly name: string;
  /** Raised by hand when the same records would give other outputs: part of the fold version. */
  readonly version: number;
  /** Settings that change the outputs: part of the fold version. */
  readonly settings: unknown;
  readonly columns: readonly ColumnDeclaration[];
}

export interface StageDefinition extends StageIdentity {
  init(context: StageContext): Stage;
}

export interface Stage {
  /** Folds one reading. `false` drops it: no later stage sees it and nothing is sent for it. */
  process(reading: Reading, out: StageOutput): boolean;
  /** A record of an inventory or control topic that concerns this task; null is a tombstone. */
  update?(topic: TopicName, key: string, record: unknown, out: StageOutput): void;
  /** What any stage has just sent about an anomaly: each record is an object of its own. */
  anomaly?(record: AnomalyRecord, out: StageOutput): void;
  /**
   * A tick of 5 seconds of append time has passed. `entityTimeMs(entity)` is each entity's own time
   * (design/topics.md, Time): NaN until its first reading.
   */
  punctuate?(tickMs: number, entityTimeMs: (entity: string) => number, out: StageOutput): void;
  /** How often detectors were right so far, for metrics. */
  detectorCounts?(): Iterable<DetectorCounts>;
}
