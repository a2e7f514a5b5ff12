/** The stages over one metric of anyone's series, value by value, as a task would run them. */
import { Reading, type NumberColumn } from '../model/reading.ts';
import { StateStore } from '../runtime/state-store.ts';
import { baseline } from '../stages/baseline/baseline.ts';
import type { BaselinedMetric, JudgedStatus } from '../stages/baseline/baselined-metrics.ts';
import type { BaselineSettings } from '../stages/baseline/baseline-settings.ts';
import { detect } from '../stages/detect/detect.ts';
import type { DetectSettings } from '../stages/detect/detect-settings.ts';
import { COVERED_SECONDS_COLUMN } from '../stages/rate/rate.ts';
import type { Stage, StageDefinition, StageOutput } from '../stages/stage.ts';
import type { AnomalyRecord } from '../../topics/anomaly.ts';
import { TypicalInterval } from './typical-interval.ts';

export interface MetricSettings {
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
  /** Of a status the bits of its transition; 0 without one. */
  score: number;
  /** The score of the anomaly that it opened; 0 when it opened none, 1 when the detector gives no score. */
  opened: number;
  /** 0-1: how much was seen before. */
  confidence: number;
}

/** State of one series: each is an entity of its own, so that a file may hold them in any order. */
export interface SeriesPlace {
  /** Its own: no two series share it. */
  readonly entity: string;
  /** As sentences name it. */
  readonly instance: string;
  readonly entitySlot: number;
  readonly slot: number;
  readonly interval: TypicalInterval;
  lastMs: number;
  /** Anomalies that have not ended. */
  open: number;
}

export interface MetricAnalysisOptions {
  /** One of both: a status is judged by its transitions. */
  readonly metric?: BaselinedMetric;
  readonly status?: JudgedStatus;
  readonly settings: MetricSettings;
  /** What makes the metric's values of what was read; without it they are as they are read. */
  readonly before?: StageDefinition;
  /** `entity`: of the series' place. */
  readonly onAnomaly: (record: AnomalyRecord) => void;
}

/** So many intervals a value of a gauge stands for at most: a month of silence is not a month of it. */
const MOST_INTERVALS = 48;
/** After so many without a value nobody knows how it goes on. */
const SILENT_INTERVALS = 3;

export class MetricAnalysis {
  readonly judged: Judged = {
    timeMs: 0,
    value: 0,
    expected: 0,
    scale: 0,
    score: 0,
    opened: 0,
    confidence: 0,
  };
  readonly reading = new Reading();
  readonly #state = new StateStore();
  readonly #stages: readonly Stage[];
  readonly #settings: MetricSettings;
  readonly #value;
  readonly #expected;
  readonly #scale;
  readonly #score;
  readonly #confidence;
  readonly #seconds;
  readonly #out: StageOutput;
  /** Whose anomalies are sent. */
  #current: SeriesPlace | undefined;

  constructor({ metric, status, settings, before, onAnomaly }: MetricAnalysisOptions) {
    this.#settings = settings;
    const metrics = metric === undefined ? [] : [metric];
    const statuses = status === undefined ? [] : [status];
    const definitions = [
      ...(before === undefined ? [] : [before]),
      baseline(metrics, settings.baseline, statuses),
      detect(metrics, settings.detect, statuses),
    ];
    const { reading } = this;
    const number = (name: string): NumberColumn => reading.add([{ name, kind: 'number' }]).number(name);
    this.#stages = definitions.map((definition) => definition.init(this.#state.context(definition, reading)));
    const name = metric?.name ?? status?.name ?? '';
    this.#value = number(name);
    this.#expected = number(`${name}.expected`);
    this.#scale = number(`${name}.scale`);
    this.#score = number(`${name}.${status === undefined ? 'score' : 'surprise'}`);
    this.#confidence = number(`${name}.confidence`);
    this.#seconds = number(COVERED_SECONDS_COLUMN);
    this.#out = {
      anomaly: (record) => {
        if (record.state === 'opened') this.judged.opened = record.score ?? 1;
        if (record.state === 'opened') this.#current!.open += 1;
        if (record.state === 'closed') this.#current!.open -= 1;
        onAnomaly(record);
      },
      baseline: () => undefined,
      summary: () => undefined,
      features: () => undefined,
      evaluation: () => undefined,
      count: () => undefined,
    };
    // What is the same of every reading. Nothing is live: baselines need not be published.
    reading.domain = 'analyze';
    reading.timeZone = settings.timeZone;
    reading.appendedAtMs = Infinity;
  }

  newSeries(entity: string, instance: string): SeriesPlace {
    const entitySlot = this.#state.newEntity();
    const slot = this.#state.newRows(1);
    return {
      entity,
      instance,
      entitySlot,
      slot,
      interval: new TypicalInterval(),
      lastMs: Number.NaN,
      open: 0,
    };
  }

  /** Judges and learns one value of a gauge or a status; `judged` holds the verdict until the next. Times of a series rise. */
  take(series: SeriesPlace, timeMs: number, value: number): void {
    const elapsedMs = this.begin(series, timeMs);
    const mostMs = MOST_INTERVALS * series.interval.ms;
    this.#seconds.values[0] = (elapsedMs > mostMs ? mostMs : elapsedMs) / 1000;
    this.#value.values[0] = value;
    this.run();
  }

  /** Prepares the reading for a value of `series`: whoever has stages before fills their columns, then calls `run`. */
  begin(series: SeriesPlace, timeMs: number): number {
    const { reading } = this;
    const elapsedMs = timeMs - series.lastMs;
    if (elapsedMs > this.silenceMs(series)) this.endSilent(series);
    this.#current = series;
    if (!Number.isNaN(elapsedMs)) series.interval.add(elapsedMs);
    series.lastMs = timeMs;
    reading.reset(1);
    reading.entity = series.entity;
    reading.entitySlot = series.entitySlot;
    reading.slots[0] = series.slot;
    reading.instances[0] = series.instance;
    reading.fresh[0] = Number.isNaN(elapsedMs) ? 1 : 0;
    reading.observedAtMs = timeMs;
    reading.intervalMs = series.interval.ms;
    return elapsedMs;
  }

  run(): void {
    const { reading, judged } = this;
    judged.opened = 0;
    for (const stage of this.#stages) stage.process(reading, this.#out);
    judged.timeMs = reading.observedAtMs;
    judged.value = this.#value.values[0]!;
    judged.expected = this.#expected.values[0]!;
    judged.scale = this.#scale.values[0]!;
    judged.score = this.#score.values[0]!;
    judged.confidence = this.#confidence.values[0]!;
  }

  /** So long without a value nobody knows whether an anomaly goes on. */
  silenceMs({ interval }: SeriesPlace): number {
    const { silenceMs } = this.#settings.detect;
    const intervalsMs = SILENT_INTERVALS * interval.ms;
    return intervalsMs > silenceMs ? intervalsMs : silenceMs;
  }

  /** The recording ends at `endMs`: what was open on a series that fell silent before has ended. */
  finish(series: SeriesPlace, endMs: number): void {
    if (endMs > series.lastMs + this.silenceMs(series)) this.endSilent(series);
  }

  /** Ends what was open when the series fell silent. */
  endSilent(series: SeriesPlace): void {
    // The stages look at all that they know of any series.
    if (series.open === 0) return;
    this.#current = series;
    const silentMs = series.lastMs + this.silenceMs(series) + 1;
    const timeOf = (entity: string): number => (entity === series.entity ? silentMs : Number.NaN);
    for (const stage of this.#stages) stage.punctuate?.(silentMs, timeOf, this.#out);
  }
}
