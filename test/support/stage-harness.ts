/**
 * One stage alone: the runtime's state store, slots handed out by name, readings filled from plain objects, and
 * everything that the stage sends kept for the test to look at.
 */
import { Reading, type PollStatus } from '../../pipeline/model/reading.ts';
import type { ColumnType, StateColumn } from '../../pipeline/model/state.ts';
import { StateStore } from '../../pipeline/runtime/state-store.ts';
import type { Stage, StageDefinition, StageOutput } from '../../pipeline/stages/stage.ts';
import type { AnomalyRecord } from '../../topics/anomaly.ts';
import type { TopicName } from '../../topics/catalogue.ts';
import type { WindowSummary } from '../../topics/domain.ts';
import type { BaselineRecord } from '../../topics/insight.ts';
import type { EvaluationRecord, FeatureRecord } from '../../topics/ml.ts';
import { QUALITIES, type Quality } from '../../topics/interface.ts';
import { copyState } from './copy-state.ts';

/** bigint fills a counter column, number a number column, string a text column; what is left out is unknown. */
export type RowSample = Readonly<Record<string, bigint | number | string | null>>;

/** A reading as a plain object. The device, the collector and the interval are the same unless told. */
export interface ReadingSample {
  readonly entity?: string;
  readonly observedAtMs: number;
  readonly durationMs?: number;
  readonly intervalMs?: number;
  readonly sysUptime?: number;
  readonly hostUptime?: number;
  readonly engineBoots?: number;
  readonly engineTime?: number;
  readonly status?: PollStatus;
  readonly part?: number;
  readonly parts?: number;
  readonly timeZone?: string;
  readonly deviceId?: string;
  /** Of all rows; good unless told. */
  readonly quality?: Quality;
  /** By instance name. */
  readonly rows: Readonly<Record<string, RowSample>>;
}

export interface StageHarness {
  readonly reading: Reading;
  readonly stage: Stage;
  readonly state: StateStore;
  readonly anomalies: AnomalyRecord[];
  readonly baselines: BaselineRecord[];
  readonly features: FeatureRecord[];
  readonly evaluations: EvaluationRecord[];
  readonly summaries: WindowSummary[];
  /** Sum of the counts by outcome, of all stages. */
  readonly outcomes: ReadonlyMap<string, number>;
  /** Sizes the reading and gives the entity and its rows their slots; the test fills the columns itself. */
  place(entity: string, instances: readonly string[]): void;
  /** Folds the reading as it stands (or the one passed). */
  process(reading?: Reading): boolean;
  /** Fills the reading from the sample and folds it. */
  feed(sample: ReadingSample): boolean;
  punctuate(tickMs: number, entityTimeMs?: (entity: string) => number): void;
  /** A record of an inventory or control topic. */
  update(topic: TopicName, key: string, record: unknown): void;
  /** What an earlier stage sent. */
  anomaly(record: AnomalyRecord): void;
  /** A stage of the same definition that goes on from this one's state, as after a restart. */
  restart(): StageHarness;
  /** A state column of the stage. @throws Error when the stage declared none of this name and metric. */
  column<T extends ColumnType = ColumnType>(name: string, metric?: string): StateColumn<T>;
  entitySlot(entity: string): number | undefined;
  rowSlot(entity: string, instance: string): number | undefined;
  /** A number of the reading just folded, by column and instance: NaN is null. */
  number(column: string, instance: string): number;
  /** A counter of the reading just folded: undefined is null. */
  counter(column: string, instance: string): bigint | undefined;
  quality(instance: string): Quality;
  /** Why a metric of the instance has no value, as the reading's exceptions say. */
  reason(instance: string, metric: string): string | undefined;
}

const ENTITY = 'default/device/r1';

export function stageHarness(
  definition: StageDefinition,
  reading = new Reading(),
  slots = new Map<string, number>(),
): StageHarness {
  const state = new StateStore();
  const stage = definition.init(state.context(definition, reading));
  const outcomes = new Map<string, number>();
  const anomalies: AnomalyRecord[] = [];
  const baselines: BaselineRecord[] = [];
  const features: FeatureRecord[] = [];
  const evaluations: EvaluationRecord[] = [];
  const summaries: WindowSummary[] = [];
  const out: StageOutput = {
    anomaly: (record) => anomalies.push(record),
    baseline: (record) => baselines.push(record),
    features: (record) => features.push(record),
    evaluation: (record) => evaluations.push(record),
    summary: (summary) => summaries.push(summary),
    count: (_stage, outcome, by = 1) => outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + by),
  };

  function place(entity: string, instances: readonly string[]): void {
    reading.reset(instances.length);
    reading.entity = entity;
    let entitySlot = slots.get(entity);
    if (entitySlot === undefined) slots.set(entity, (entitySlot = state.newEntity()));
    reading.entitySlot = entitySlot;
    for (const [row, instance] of instances.entries()) {
      const key = rowKey(entity, instance);
      let slot = slots.get(key);
      if (slot === undefined) {
        slots.set(key, (slot = state.newRows(1)));
        reading.fresh[row] = 1;
      }
      reading.slots[row] = slot;
      reading.instances[row] = instance;
    }
  }

  function rowOf(instance: string): number {
    const row = reading.instances.indexOf(instance);
    if (row < 0 || row >= reading.rowCount) throw new Error(`the reading has no row ${instance}`);
    return row;
  }

  const process = (what = reading): boolean => {
    state.willFold(what);
    return stage.process(what, out);
  };
  return {
    reading,
    stage,
    state,
    anomalies,
    baselines,
    features,
    evaluations,
    summaries,
    outcomes,
    place,
    process,
    feed(sample) {
      const instances = Object.keys(sample.rows);
      // Before `place` resets the rows: a column that joins later holds zeros, not unknowns.
      for (const row of Object.values(sample.rows)) addColumns(reading, row);
      place(sample.entity ?? ENTITY, instances);
      fillEnvelope(reading, sample);
      for (const [row, instance] of instances.entries()) fillRow(reading, row, sample.rows[instance]!);
      return process();
    },
    punctuate: (tickMs, entityTimeMs = () => Number.NaN) => stage.punctuate?.(tickMs, entityTimeMs, out),
    update: (topic, key, record) => stage.update?.(topic, key, record, out),
    anomaly: (record) => stage.anomaly?.(record, out),
    restart() {
      const next = stageHarness(definition, new Reading(), new Map(slots));
      copyState({ state }, next);
      return next;
    },
    column<T extends ColumnType>(name: string, metric?: string) {
      for (const [, { column }] of state.columns()) {
        if (column.declaration.name === name && column.declaration.metric === metric)
          return column as StateColumn<T>;
      }
      throw new Error(`stage ${definition.name} has no state column ${name} ${metric ?? ''}`);
    },
    entitySlot: (entity) => slots.get(entity),
    rowSlot: (entity, instance) => slots.get(rowKey(entity, instance)),
    number: (column, instance) => reading.number(column).values[rowOf(instance)]!,
    counter(column, instance) {
      const { hi, lo, known } = reading.counter(column);
      const row = rowOf(instance);
      return known[row] === 1 ? (BigInt(hi[row]!) << 32n) | BigInt(lo[row]!) : undefined;
    },
    quality: (instance) => QUALITIES[reading.quality[rowOf(instance)]!]!,
    reason: (instance, metric) =>
      reading.exceptions.find((exception) => exception.row === rowOf(instance) && exception.metric === metric)
        ?.reason,
  };
}

function rowKey(entity: string, instance: string): string {
  return `${entity}\u0000${instance}`;
}

function fillEnvelope(reading: Reading, sample: ReadingSample): void {
  reading.domain = 'default';
  reading.collectorId = 'c1';
  reading.observedAtMs = sample.observedAtMs;
  reading.appendedAtMs = sample.observedAtMs;
  reading.pollId = `poll-${sample.observedAtMs}`;
  reading.durationMs = sample.durationMs ?? Number.NaN;
  reading.intervalMs = sample.intervalMs ?? 60_000;
  reading.sysUptime = sample.sysUptime ?? Number.NaN;
  reading.hostUptime = sample.hostUptime ?? Number.NaN;
  reading.engineBoots = sample.engineBoots ?? Number.NaN;
  reading.engineTime = sample.engineTime ?? Number.NaN;
  reading.status = sample.status ?? 'complete';
  reading.part = sample.part ?? 1;
  reading.parts = sample.parts ?? 1;
  reading.timeZone = sample.timeZone ?? 'UTC';
  reading.deviceId = sample.deviceId ?? 'd1';
  reading.quality.fill(QUALITIES.indexOf(sample.quality ?? 'good'), 0, reading.rowCount);
}

function addColumns(reading: Reading, sample: RowSample): void {
  for (const [name, value] of Object.entries(sample)) {
    if (value !== null)
      reading.add([{ name, kind: COLUMN_KINDS[typeof value as keyof typeof COLUMN_KINDS] }]);
  }
}

const COLUMN_KINDS = { bigint: 'counter', number: 'number', string: 'text' } as const;

function fillRow(reading: Reading, row: number, sample: RowSample): void {
  for (const [name, value] of Object.entries(sample)) {
    if (typeof value === 'bigint') {
      const column = reading.counter(name);
      column.hi[row] = Number(value >> 32n);
      column.lo[row] = Number(value & 0xffff_ffffn);
      column.known[row] = 1;
    } else if (typeof value === 'number') {
      reading.number(name).values[row] = value;
    } else if (value !== null) {
      reading.text(name).set(row, value);
    }
  }
}
