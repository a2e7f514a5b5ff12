/**
 * Scores of one metric, row by row: a division and a comparison where all is quiet. What is off, or was a moment
 * ago, goes on to the watches.
 */
import type { NumberColumn, Reading } from '../../model/reading.ts';
import type { ColumnDeclaration } from '../../model/state.ts';
import type { BaselinedMetric } from '../baseline/baselined-metrics.ts';
import type { DetectSettings } from './detect-settings.ts';
import { DeviationWatches, WATCHED } from './deviation-watch.ts';
import { COVERED_SECONDS_COLUMN } from '../rate/rate.ts';
import { recordColumns, SeriesRecord } from './series-record.ts';
import type { StageContext, StageOutput } from '../stage.ts';
import { isBeyond, type Thresholds } from './thresholds.ts';

export function deviationColumns(metric: string): ColumnDeclaration[] {
  return [...recordColumns(metric), { ...WATCHED, metric }];
}

export class DeviationDetector {
  readonly #settings: DetectSettings;
  readonly #metric: string;
  readonly #thresholds: Thresholds;
  readonly #settled: (slot: number, observedAtMs: number) => boolean;
  readonly #record: SeriesRecord;
  readonly #watches: DeviationWatches;
  readonly #value: NumberColumn;
  readonly #in: Readonly<Record<'expected' | 'scale' | 'confidence' | 'residual' | 'shifted', NumberColumn>>;
  readonly #dtS: NumberColumn;
  readonly #ifIndex: NumberColumn;
  readonly #sigma: NumberColumn;
  readonly #score: NumberColumn;

  /** `settled`: whether anything may open on the row slot now. */
  constructor(
    context: StageContext,
    metric: BaselinedMetric,
    settings: DetectSettings,
    thresholds: Thresholds,
    settled: (slot: number, observedAtMs: number) => boolean,
  ) {
    const { name } = metric;
    const number = (column: string): NumberColumn =>
      context.reading.add([{ name: column, kind: 'number' }]).number(column);
    this.#settings = settings;
    this.#metric = name;
    this.#thresholds = thresholds;
    this.#settled = settled;
    this.#record = new SeriesRecord(context, name, settings);
    this.#watches = new DeviationWatches(context, metric, settings, this.#record);
    this.#value = number(name);
    this.#in = {
      expected: number(`${name}.expected`),
      scale: number(`${name}.scale`),
      confidence: number(`${name}.confidence`),
      residual: number(`${name}.residual`),
      shifted: number(`${name}.shifted`),
    };
    this.#dtS = number(COVERED_SECONDS_COLUMN);
    this.#ifIndex = number('if_index');
    this.#sigma = number(`${name}.sigma`);
    this.#score = number(`${name}.score`);
  }

  process(reading: Reading, out: StageOutput): void {
    const { rowCount, slots } = reading;
    const { minConfidence, openScore } = this.#settings;
    const record = this.#record;
    const watches = this.#watches;
    const values = this.#value.values;
    const expected = this.#in.expected.values;
    const scale = this.#in.scale.values;
    const confidence = this.#in.confidence.values;
    const residual = this.#in.residual.values;
    const seconds = this.#dtS.values;
    const sigmas = this.#sigma.values;
    const scores = this.#score.values;
    for (let row = 0; row < rowCount; row += 1) {
      // Baseline expects nothing where the quality is not good or the port is down: such a row neither opens nor
      // closes anything (a lost link is one anomaly, the status detector's, and not ten drops besides).
      const oneSigma = scale[row]!;
      if (Number.isNaN(oneSigma)) continue;
      const slot = slots[row]!;
      const sigma = (values[row]! - expected[row]!) / oneSigma;
      const off = residual[row]! / oneSigma;
      const score = Math.abs(off) / record.of(slot, off);
      sigmas[row] = sigma;
      scores[row] = score;
      const confident = confidence[row]! >= minConfidence;
      const far = score > openScore && confident && record.isSettled(slot);
      const frozen = (far || watches.has(slot)) && this.#watch(reading, row, off, far, out);
      if (confident && !frozen) record.learn(slot, off, seconds[row]!);
    }
  }

  /** Whether an anomaly is open on the row's series: its flatline would be the same fact. */
  isOpen(reading: Reading, row: number): boolean {
    return this.#watches.isOpen(reading.entity, reading.instances[row]!, reading.slots[row]!);
  }

  punctuate(entityTimeMs: (entity: string) => number, out: StageOutput): void {
    this.#watches.punctuate(entityTimeMs, out);
  }

  /** Ends what is under way on the rows in maintenance: they have no expectation, so nobody else sees them. */
  suspend(
    { entity, rowCount, slots, instances, observedAtMs }: Reading,
    { values }: NumberColumn,
    out: StageOutput,
  ): void {
    for (let row = 0; row < rowCount; row += 1) {
      if (values[row] !== 1 || !this.#watches.has(slots[row]!)) continue;
      this.#watches.end(entity, instances[row]!, 'maintenance', observedAtMs, out);
    }
  }

  #watch(reading: Reading, row: number, off: number, far: boolean, out: StageOutput): boolean {
    const instance = reading.instances[row]!;
    const threshold = this.#thresholds.of(reading, instance, this.#metric);
    const value = this.#value.values[row]!;
    const expected = this.#in.expected.values[row]!;
    const sigma = this.#sigma.values[row]!;
    const now = {
      instance,
      slot: reading.slots[row]!,
      ifIndex: this.#ifIndex.values[row]!,
      value,
      expected,
      scale: this.#in.scale.values[row]!,
      sigma,
      off,
      score: this.#score.values[row]!,
      confidence: this.#in.confidence.values[row]!,
      exceeds:
        far &&
        isBeyond(threshold, sigma, value - expected) &&
        this.#settled(reading.slots[row]!, reading.observedAtMs),
      shifted: this.#in.shifted.values[row] === 1,
    };
    return this.#watches.watch(reading, now, threshold, out);
  }
}
