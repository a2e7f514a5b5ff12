/** One metric of anyone's series through the stages `baseline` and `detect`, value by value, as a task would run them. */
import { Reading } from '../model/reading.ts';
import { StateStore } from '../runtime/state-store.ts';
import { baseline } from '../stages/baseline/baseline.ts';
import type { BaselinedMetric } from '../stages/baseline/baselined-metrics.ts';
import type { BaselineSettings } from '../stages/baseline/baseline-settings.ts';
import { detect } from '../stages/detect/detect.ts';
import type { DetectSettings } from '../stages/detect/detect-settings.ts';
import { COVERED_SECONDS_COLUMN } from '../stages/rate/rate.ts';
import type { Stage, StageOutput } from '../stages/stage.ts';
import type { AnomalyRecord } from '../../topics/anomaly.ts';

export interface AnalysisSettings {
  readonly baseline: BaselineSettings;
  readonly detect: DetectSettings;
  /** Of all entities: their days and weeks follow it. */
  readonly timeZone: string;
}

/** A value as the stages judged it; numbers are NaN where nothing was expected yet. Reused. */
export interface Judged {
  timeMs: number;
  value: number;
  expected: number;
  /** One sigma. */
  scale: number;
  score: number;
  /** To the closest of the expectations in use. */
  residual: number;
}

/** State of one series: each is an entity of its own, so that a file may hold them in any order. */
export interface SeriesPlace {
  readonly entity: string;
  readonly instance: string;
  readonly entitySlot: number;
  readonly slot: number;
  lastMs: number;
}

export interface MetricAnalysisOptions {
  readonly metric: BaselinedMetric;
  readonly settings: AnalysisSettings;
  readonly onAnomaly: (record: AnomalyRecord) => void;
}

export class MetricAnalysis {
  readonly judged: Judged = { timeMs: 0, value: 0, expected: 0, scale: 0, score: 0, residual: 0 };
  readonly #reading = new Reading();
  readonly #state = new StateStore();
  readonly #stages: readonly Stage[];
  readonly #timeZone: string;
  readonly #value;
  readonly #expected;
  readonly #scale;
  readonly #score;
  readonly #residual;
  readonly #seconds;
  readonly #out: StageOutput;

  constructor({ metric, settings, onAnomaly }: MetricAnalysisOptions) {
    this.#timeZone = settings.timeZone;
    const metrics = [metric];
    const definitions = [baseline(metrics, settings.baseline), detect(metrics, settings.detect)];
    const reading = this.#reading;
    this.#stages = definitions.map((definition) => definition.init(this.#state.context(definition, reading)));
    this.#value = reading.number(metric.name);
    this.#expected = reading.number(`${metric.name}.expected`);
    this.#scale = reading.number(`${metric.name}.scale`);
    this.#score = reading.number(`${metric.name}.score`);
    this.#residual = reading.number(`${metric.name}.residual`);
    this.#seconds = reading.number(COVERED_SECONDS_COLUMN);
    this.#out = {
      anomaly: onAnomaly,
      baseline: () => undefined,
      summary: () => undefined,
      count: () => undefined,
    };
  }

  /** Bytes of state columns. */
  get stateBytes(): number {
    let bytes = 0;
    for (const [, { column }] of this.#state.columns()) bytes += column.bytes;
    return bytes;
  }

  newSeries(entity: string, instance: string): SeriesPlace {
    const entitySlot = this.#state.newEntity();
    return { entity, instance, entitySlot, slot: this.#state.newRows(1), lastMs: Number.NaN };
  }

  /** Judges and learns one value; `judged` holds the verdict until the next. Times of a series rise. */
  take(series: SeriesPlace, timeMs: number, value: number): void {
    const reading = this.#reading;
    reading.reset(1);
    reading.entity = series.entity;
    reading.entitySlot = series.entitySlot;
    reading.slots[0] = series.slot;
    reading.instances[0] = series.instance;
    reading.observedAtMs = timeMs;
    reading.appendedAtMs = timeMs;
    reading.timeZone = this.#timeZone;
    this.#seconds.values[0] = Number.isNaN(series.lastMs) ? Number.NaN : (timeMs - series.lastMs) / 1000;
    this.#value.values[0] = value;
    series.lastMs = timeMs;
    for (const stage of this.#stages) stage.process(reading, this.#out);
    const { judged } = this;
    judged.timeMs = timeMs;
    judged.value = value;
    judged.expected = this.#expected.values[0]!;
    judged.scale = this.#scale.values[0]!;
    judged.score = this.#score.values[0]!;
    judged.residual = this.#residual.values[0]!;
  }
}
