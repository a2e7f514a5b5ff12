/**
 * Rates against what is usual, by the peer's rules (Model.java, `score`) in its order of arithmetic: expected value and
 * scale out of a Welford cell of the hour of the week or an EWMA, sigma, anomalies; then both learn the rate.
 */
import type { NumberColumn, Reading } from '../../../pipeline/model/reading.ts';
import {
  SEGMENT_BITS,
  SEGMENT_MASK,
  type ColumnDeclaration,
  type StateColumn,
} from '../../../pipeline/model/state.ts';
import type { Stage, StageContext, StageDefinition } from '../../../pipeline/stages/stage.ts';
import { QUALITIES } from '../../../topics/interface.ts';
import { ANOMALOUS_COLUMN, hourOfWeek, METRICS, scoreColumns } from './peer-topics.ts';

const GOOD = QUALITIES.indexOf('good');
const HOURS = 168;
/** Samples of a cell before it judges. */
const CELL_READY = 3;
/** Samples of a row before it can be anomalous. */
const WARM = 15;
const ALPHA = 0.05;
const SIGMAS = 6;

const hot = { scope: 'row', group: 'hot' } as const;
const SAMPLES = { ...hot, name: 'samples', type: 'u32' } as const satisfies ColumnDeclaration;
const MEAN = { ...hot, name: 'mean', type: 'f64', width: METRICS } as const satisfies ColumnDeclaration;
const VARIANCE = {
  ...hot,
  name: 'variance',
  type: 'f64',
  width: METRICS,
} as const satisfies ColumnDeclaration;
const cell = { group: 'cell', width: HOURS } as const;
const CELL_SAMPLES = {
  ...cell,
  name: 'cell_samples',
  type: 'u32',
  scope: 'row',
} as const satisfies ColumnDeclaration;
const cells = scoreColumns.map(({ rate: metric }) => ({
  mean: { ...cell, name: 'cell_mean', type: 'f64', scope: 'series', metric } as const,
  /** Welford's sum of squared differences. */
  m2: { ...cell, name: 'cell_m2', type: 'f64', scope: 'series', metric } as const,
}));

/** Needs slots, quality and rates; adds expected, scale and sigma of rows whose quality is good, and `anomalous_metrics`. */
export function leanScore(): StageDefinition {
  return {
    name: 'lean_score',
    version: 1,
    settings: null,
    columns: [SAMPLES, MEAN, VARIANCE, CELL_SAMPLES, ...cells.flatMap(({ mean, m2 }) => [mean, m2])],
    init: (context) => new LeanScore(context),
  };
}

interface Metric {
  readonly rate: NumberColumn;
  readonly expected: NumberColumn;
  readonly scale: NumberColumn;
  readonly sigma: NumberColumn;
  readonly cellMean: StateColumn<'f64'>;
  readonly cellM2: StateColumn<'f64'>;
}

class LeanScore implements Stage {
  readonly #metrics: readonly Metric[];
  readonly #anomalous: NumberColumn;
  readonly #samples;
  readonly #mean;
  readonly #variance;
  readonly #cellSamples;

  constructor({ reading, column }: StageContext) {
    const names = scoreColumns.flatMap(({ expected, scale, sigma }) => [expected, scale, sigma]);
    reading.add([...names, ANOMALOUS_COLUMN].map((name) => ({ name, kind: 'number' })));
    this.#metrics = scoreColumns.map(({ rate, expected, scale, sigma }, metric) => ({
      rate: reading.number(rate),
      expected: reading.number(expected),
      scale: reading.number(scale),
      sigma: reading.number(sigma),
      cellMean: column(cells[metric]!.mean),
      cellM2: column(cells[metric]!.m2),
    }));
    this.#anomalous = reading.number(ANOMALOUS_COLUMN);
    this.#samples = column(SAMPLES);
    this.#mean = column(MEAN);
    this.#variance = column(VARIANCE);
    this.#cellSamples = column(CELL_SAMPLES);
  }

  process(reading: Reading): boolean {
    const { rowCount, slots } = reading;
    const hour = hourOfWeek(reading.observedAtMs);
    this.#anomalous.values.fill(0, 0, rowCount);
    for (let from = 0; from < rowCount;) {
      const segment = slots[from]! >>> SEGMENT_BITS;
      let to = from + 1;
      while (to < rowCount && slots[to]! >>> SEGMENT_BITS === segment) to += 1;
      this.#countSamples(reading, segment, hour, from, to);
      for (let metric = 0; metric < METRICS; metric += 1) {
        this.#scoreMetric(metric, reading, segment, hour, from, to);
      }
      from = to;
    }
    return true;
  }

  #countSamples(reading: Reading, segment: number, hour: number, from: number, to: number): void {
    const { slots, quality } = reading;
    const samples = this.#samples.segments[segment]!;
    const cellSamples = this.#cellSamples.segments[segment]!;
    const cell = hour * this.#cellSamples.capacities[segment]!;
    const { marks } = this.#cellSamples;
    for (let row = from; row < to; row += 1) {
      if (quality[row] !== GOOD) continue;
      const at = slots[row]! & SEGMENT_MASK;
      // Of all cell columns: those of one stage and width are written together.
      marks.willWrite(slots[row]!, hour);
      samples[at]! += 1;
      cellSamples[cell + at]! += 1;
    }
  }

  #scoreMetric(
    metric: number,
    reading: Reading,
    segment: number,
    hour: number,
    from: number,
    to: number,
  ): void {
    const { slots, quality } = reading;
    const columns = this.#metrics[metric]!;
    const rates = columns.rate.values;
    const expectations = columns.expected.values;
    const scales = columns.scale.values;
    const sigmas = columns.sigma.values;
    const anomalous = this.#anomalous.values;
    const samples = this.#samples.segments[segment]!;
    const means = this.#mean.segments[segment]!;
    const variances = this.#variance.segments[segment]!;
    const cellSamples = this.#cellSamples.segments[segment]!;
    const cellMeans = columns.cellMean.segments[segment]!;
    const cellM2s = columns.cellM2.segments[segment]!;
    const cell = hour * this.#cellSamples.capacities[segment]!;
    for (let row = from; row < to; row += 1) {
      if (quality[row] !== GOOD) continue;
      const slot = slots[row]! & SEGMENT_MASK;
      const at = slot * METRICS + metric;
      const cellAt = cell + slot;
      const seen = samples[slot]!;
      const seenInCell = cellSamples[cellAt]!;
      const rate = rates[row]!;
      const mean = means[at]!;
      const variance = variances[at]!;
      const cellMean = cellMeans[cellAt]!;
      const m2 = cellM2s[cellAt]!;

      const isSeasonal = seenInCell > CELL_READY;
      const expected = isSeasonal ? cellMean : seen === 1 ? rate : mean;
      let scale = Math.sqrt(isSeasonal ? Math.max(variance, m2 / (seenInCell - 2)) : variance);
      scale = Math.max(scale, Math.max(1e-3 * Math.abs(expected), 1 / 60));
      const sigma = (rate - expected) / scale;
      expectations[row] = expected;
      scales[row] = scale;
      sigmas[row] = sigma;
      if (seen > WARM && Math.abs(sigma) > SIGMAS) anomalous[row]! += 1 << metric;

      if (seen === 1) {
        means[at] = rate;
        variances[at] = 0;
      } else {
        const difference = rate - mean;
        means[at] = mean + ALPHA * difference;
        variances[at] = (1 - ALPHA) * (variance + ALPHA * difference * difference);
      }
      const difference = rate - cellMean;
      const learned = cellMean + difference / seenInCell;
      cellMeans[cellAt] = learned;
      cellM2s[cellAt] = m2 + difference * (rate - learned);
    }
  }
}
