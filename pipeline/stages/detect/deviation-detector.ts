/**
 * Scores of one metric, row by row: where all is quiet, some divisions and comparisons. What is off, or was a moment
 * ago, goes on to the watches.
 */
import type { NumberColumn, Reading } from '../../model/reading.ts';
import { SEGMENT_BITS, SEGMENT_MASK, type ColumnDeclaration } from '../../model/state.ts';
import type { BaselinedMetric } from '../baseline/baselined-metrics.ts';
import type { DetectSettings } from './detect-settings.ts';
import { shapeOf } from './deviation-shape.ts';
import { DeviationWatches, WATCHED } from './deviation-watch.ts';
import { COVERED_SECONDS_COLUMN } from '../rate/rate.ts';
import { Novelty, noveltyColumns } from './novelty.ts';
import type { StageContext, StageOutput } from '../stage.ts';
import type { Stories } from './stories.ts';
import type { Thresholds } from './thresholds.ts';

export function deviationColumns(metric: string): ColumnDeclaration[] {
  return [...noveltyColumns(metric), { ...WATCHED, metric }];
}

/** What the detectors of one task share. */
export interface Shared {
  readonly thresholds: Thresholds;
  readonly stories: Stories;
  /** Whether anything may open on the row slot now. */
  readonly settled: (slot: number, observedAtMs: number) => boolean;
}

const JUDGED = [
  'expected',
  'scale',
  'confidence',
  'residual',
  'half_hour_residual',
  'shifted',
  'shift_from',
  'shift_to',
] as const;

export class DeviationDetector {
  readonly #settings: DetectSettings;
  readonly #metric: string;
  readonly #shared: Shared;
  readonly #novelty: Novelty;
  readonly #watches: DeviationWatches;
  readonly #value: NumberColumn;
  readonly #in: Readonly<Record<(typeof JUDGED)[number], NumberColumn>>;
  readonly #dtS: NumberColumn;
  readonly #ifIndex: NumberColumn;
  readonly #sigma: NumberColumn;
  readonly #score: NumberColumn;

  constructor(context: StageContext, metric: BaselinedMetric, settings: DetectSettings, shared: Shared) {
    const { name } = metric;
    const number = (column: string): NumberColumn =>
      context.reading.add([{ name: column, kind: 'number' }]).number(column);
    this.#settings = settings;
    this.#metric = name;
    this.#shared = shared;
    this.#novelty = new Novelty(context, name, settings);
    this.#watches = new DeviationWatches(context, metric, settings, this.#novelty.record, shared.stories);
    this.#value = number(name);
    this.#in = Object.fromEntries(JUDGED.map((column) => [column, number(`${name}.${column}`)])) as Readonly<
      Record<(typeof JUDGED)[number], NumberColumn>
    >;
    this.#dtS = number(COVERED_SECONDS_COLUMN);
    this.#ifIndex = number('if_index');
    this.#sigma = number(`${name}.sigma`);
    this.#score = number(`${name}.score`);
  }

  process(reading: Reading, out: StageOutput): void {
    const { rowCount, slots } = reading;
    const { minConfidence, alarmConfidence, openScore, alarmScore } = this.#settings;
    const novelty = this.#novelty;
    const watches = this.#watches;
    const values = this.#value.values;
    const expected = this.#in.expected.values;
    const scale = this.#in.scale.values;
    const confidence = this.#in.confidence.values;
    const residual = this.#in.residual.values;
    const halfHour = this.#in.half_hour_residual.values;
    const shifted = this.#in.shifted.values;
    const seconds = this.#dtS.values;
    const sigmas = this.#sigma.values;
    const scores = this.#score.values;
    let segment = -1;
    for (let row = 0; row < rowCount; row += 1) {
      // Baseline expects nothing where the quality is not good or the port is down: such a row neither opens nor
      // closes anything (a lost link is one anomaly, the status detector's, and not ten drops besides).
      const oneSigma = scale[row]!;
      if (Number.isNaN(oneSigma)) continue;
      const slot = slots[row]!;
      if (slot >>> SEGMENT_BITS !== segment) {
        segment = slot >>> SEGMENT_BITS;
        novelty.bind(segment);
      }
      const within = slot & SEGMENT_MASK;
      novelty.value = values[row]!;
      novelty.residual = residual[row]!;
      novelty.halfHourResidual = halfHour[row]!;
      novelty.scale = oneSigma;
      novelty.dtS = seconds[row]!;
      novelty.judge(within);
      const { score } = novelty;
      sigmas[row] = (values[row]! - expected[row]!) / oneSigma;
      scores[row] = score;
      const isNew = score > openScore || novelty.driftScore > openScore || novelty.scaledScore > alarmScore;
      const far = isNew && confidence[row]! >= minConfidence && novelty.isSettled(within);
      const isWatched = far || shifted[row] === 1 || watches.has(slot);
      const open = isWatched && this.#watch(reading, row, far, out);
      novelty.learn(within, !open && confidence[row]! >= alarmConfidence);
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

  #watch(reading: Reading, row: number, far: boolean, out: StageOutput): boolean {
    const { thresholds, settled } = this.#shared;
    const instance = reading.instances[row]!;
    const slot = reading.slots[row]!;
    const threshold = thresholds.of(reading, instance, this.#metric);
    const value = this.#value.values[row]!;
    const expected = this.#in.expected.values[row]!;
    const scale = this.#in.scale.values[row]!;
    const sigma = this.#sigma.values[row]!;
    const confidence = this.#in.confidence.values[row]!;
    const mayOpen = confidence >= this.#settings.minConfidence && settled(slot, reading.observedAtMs);
    const { drift, swing, residual, score, driftScore, scaledScore, driftRecord, swingRecord } =
      this.#novelty;
    const now = {
      atMs: reading.observedAtMs,
      instance,
      slot,
      ifIndex: this.#ifIndex.values[row]!,
      value,
      expected,
      scale,
      sigma,
      off: residual / scale,
      score: Math.max(score, driftScore),
      confidence,
      drift,
      swing,
      mayOpen,
      found:
        far && mayOpen
          ? shapeOf(this.#novelty, sigma, value - expected, this.#settings, threshold)
          : undefined,
      scaledScore,
      usualOvershoot: this.#novelty.record.usualOvershoot(slot, residual),
      driftRecord,
      swingRecord,
      shift:
        this.#in.shifted.values[row] === 1
          ? { from: this.#in.shift_from.values[row]!, to: this.#in.shift_to.values[row]! }
          : undefined,
    };
    return this.#watches.watch(reading, now, threshold, out);
  }
}
