/** Status metrics of a reading against their baselines, row by row. The columns are those of `baseline`. */
import type { NumberColumn, Reading } from '../../model/reading.ts';
import { SEGMENT_MASK } from '../../model/state.ts';
import type { StatusMetric } from './baselined-metrics.ts';
import type { BaselineSettings } from './baseline-settings.ts';
import { forgetStatus, StatusBaseline } from './status-baseline.ts';
import { StatusColumns } from './status-columns.ts';
import type { PortStatus } from '../port-status.ts';
import type { StageContext, StageOutput } from '../stage.ts';

/** A status is a number that a MIB enumerates. */
const MAX_VALUE = 254;

interface StatusSeries {
  readonly columns: StatusColumns;
  /** NaN where every value is a state. */
  readonly unknown: number;
  readonly whileUp: boolean;
  readonly value: NumberColumn;
  readonly confidence: NumberColumn;
  readonly surprise: NumberColumn;
  readonly dwellS: NumberColumn;
  readonly dwellSurprise: NumberColumn;
  readonly usualDwellS: NumberColumn;
  readonly longestDwellS: NumberColumn;
}

export class StatusBaselines {
  readonly #series: readonly StatusSeries[];
  readonly #baseline: StatusBaseline;
  readonly #maintenance: NumberColumn;
  readonly #port: PortStatus;

  constructor(
    context: StageContext,
    metrics: readonly StatusMetric[],
    settings: BaselineSettings,
    { maintenance, port }: { readonly maintenance: NumberColumn; readonly port: PortStatus },
  ) {
    const number = (name: string): NumberColumn =>
      context.reading.add([{ name, kind: 'number' }]).number(name);
    this.#baseline = new StatusBaseline(settings);
    this.#maintenance = maintenance;
    this.#port = port;
    this.#series = metrics.map(({ name: metric, unknown, whileUp }) => ({
      columns: new StatusColumns(context, metric),
      unknown: unknown ?? Number.NaN,
      whileUp: whileUp ?? false,
      value: number(metric),
      confidence: number(`${metric}.confidence`),
      surprise: number(`${metric}.surprise`),
      dwellS: number(`${metric}.dwell_s`),
      dwellSurprise: number(`${metric}.dwell_surprise`),
      usualDwellS: number(`${metric}.usual_dwell_s`),
      longestDwellS: number(`${metric}.longest_dwell_s`),
    }));
  }

  /** A row whose site has changed. */
  forget(slot: number): void {
    for (const { columns } of this.#series) forgetStatus(columns.arraysOf(slot), slot & SEGMENT_MASK);
  }

  process(reading: Reading, out: StageOutput): void {
    let unusable = 0;
    for (let at = 0; at < this.#series.length; at += 1) unusable += this.#fold(reading, this.#series[at]!);
    if (unusable > 0) out.count('baseline', 'status_unusable', unusable);
  }

  /** A status is what it is, whatever the quality of the row's rates. @returns values that are none. */
  #fold({ rowCount, slots, observedAtMs }: Reading, of: StatusSeries): number {
    const baseline = this.#baseline;
    const values = of.value.values;
    const maintenance = this.#maintenance.values;
    baseline.atS = Math.floor(observedAtMs / 1000);
    let unusable = 0;
    for (let row = 0; row < rowCount; row += 1) {
      const value = values[row]!;
      if (Number.isNaN(value) || value === of.unknown || maintenance[row] === 1) continue;
      if (of.whileUp && this.#port.idle(row)) continue;
      if (!(value >= 0 && value <= MAX_VALUE && Number.isInteger(value))) {
        unusable += 1;
        continue;
      }
      baseline.value = value;
      if (!baseline.take(of.columns.arraysOf(slots[row]!), slots[row]! & SEGMENT_MASK)) continue;
      of.confidence.values[row] = baseline.confidence;
      of.surprise.values[row] = baseline.surprise;
      of.dwellS.values[row] = baseline.dwellS;
      of.dwellSurprise.values[row] = baseline.dwellSurprise;
      of.usualDwellS.values[row] = baseline.usualDwellS;
      of.longestDwellS.values[row] = baseline.longestDwellS;
    }
    return unusable;
  }
}
