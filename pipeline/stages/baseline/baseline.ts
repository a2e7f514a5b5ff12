/**
 * `baseline`: what each baselined metric should be now, learned as it goes. For every metric it adds the columns
 *   <metric>.expected    mean of the expectation in use (level, hour of day, hour of week), in the site's wall clock
 *   <metric>.scale       one sigma, floored
 *   <metric>.confidence  0-1: how much was seen
 *   <metric>.residual    signed distance to the closest of the expectations in use: what a score is made of
 *   <metric>.half_hour_residual  signed distance to the mean of the half hour of the day
 *   <metric>.shifted     1 at the poll that completed a level shift, and there
 *   <metric>.shift_from, <metric>.shift_to  the levels before it and after it
 * and for every status metric
 *   <metric>.confidence      0-1: how much was seen
 *   <metric>.surprise        bits: how unlikely its transition in this poll is; 0 without one
 *   <metric>.dwell_s         for how long it has had the value that it had until now
 *   <metric>.dwell_surprise  bits: how unlikely it is to stay for so long
 *   <metric>.usual_dwell_s   how long it stays on average; NaN if it never left
 *   <metric>.longest_dwell_s how long it stayed at most; NaN unless it stays for longer than usual
 * written before the value is learned, NaN where the value is not judged. Rows in maintenance (see `suspend`) are
 * neither judged nor learned from: clipping keeps an outage out of the cells, but not out of the errors, the residual
 * quantiles and the run of a level shift, and six hours of planned work would make a series forget itself.
 */
import { QUALITIES } from '../../../topics/interface.ts';
import type { NumberColumn, Reading } from '../../model/reading.ts';
import { SEGMENT_MASK } from '../../model/state.ts';
import type { BaselinedMetric, StatusMetric } from './baselined-metrics.ts';
import { baselineColumns, MAX_VALUE, SeriesColumns } from './baseline-columns.ts';
import { BaselinePlaces, PLACE_COLUMNS } from './baseline-places.ts';
import { BaselinePublication, PUBLICATION_COLUMNS } from './baseline-publication.ts';
import { BaselineCells } from './baseline-record.ts';
import { BASELINE_DEFAULTS, type BaselineSettings } from './baseline-settings.ts';
import { EntityTotals, totalsColumns } from './entity-totals.ts';
import { PortStatus } from '../port-status.ts';
import { COVERED_SECONDS_COLUMN } from '../rate/rate.ts';
import { hasMaintenance, maintenanceColumn } from '../rules/maintenance-column.ts';
import { forgetMoved } from './relearn.ts';
import { SeasonPosition } from './seasonal-cells.ts';
import { SeriesBaseline } from './series-baseline.ts';
import { StatusBaselines } from './status-baselines.ts';
import { statusColumns } from './status-columns.ts';
import type { Stage, StageContext, StageDefinition, StageOutput } from '../stage.ts';

export { BASELINE_DEFAULTS, type BaselineSettings };

const VERSION = 8;
const GOOD = QUALITIES.indexOf('good');

export function baseline(
  metrics: readonly BaselinedMetric[],
  settings: BaselineSettings = BASELINE_DEFAULTS,
  statuses: readonly StatusMetric[] = [],
): StageDefinition {
  return {
    name: 'baseline',
    version: VERSION,
    settings,
    columns: [
      ...PLACE_COLUMNS,
      ...PUBLICATION_COLUMNS,
      ...totalsColumns(metrics),
      ...metrics.flatMap(({ name }) => baselineColumns(name)),
      ...statuses.flatMap(({ name }) => statusColumns(name)),
    ],
    init: (context) => new Baseline(context, { metrics, settings, statuses }),
  };
}

interface BaselineOptions {
  readonly metrics: readonly BaselinedMetric[];
  readonly settings: BaselineSettings;
  readonly statuses: readonly StatusMetric[];
}

/** One metric's state and its columns in the reading. */
interface MetricColumns {
  readonly metric: BaselinedMetric;
  readonly columns: SeriesColumns;
  readonly value: NumberColumn;
  readonly expected: NumberColumn;
  readonly scale: NumberColumn;
  readonly confidence: NumberColumn;
  readonly residual: NumberColumn;
  readonly halfHourResidual: NumberColumn;
  readonly shifted: NumberColumn;
  readonly shiftFrom: NumberColumn;
  readonly shiftTo: NumberColumn;
}

class Baseline implements Stage {
  readonly #metrics: readonly MetricColumns[];
  readonly #series: SeriesBaseline;
  readonly #totals: EntityTotals;
  readonly #statuses: StatusBaselines;
  readonly #publication: BaselinePublication;
  readonly #status: PortStatus;
  readonly #maintenance: NumberColumn;
  readonly #dtS: NumberColumn;
  readonly #position = new SeasonPosition();
  readonly #places: BaselinePlaces;

  constructor(context: StageContext, { metrics, settings, statuses }: BaselineOptions) {
    const { reading } = context;
    const number = (name: string): NumberColumn => reading.add([{ name, kind: 'number' }]).number(name);
    this.#metrics = metrics.map((metric) => ({
      metric,
      columns: new SeriesColumns(context, metric.name),
      value: number(metric.name),
      expected: number(`${metric.name}.expected`),
      scale: number(`${metric.name}.scale`),
      confidence: number(`${metric.name}.confidence`),
      residual: number(`${metric.name}.residual`),
      halfHourResidual: number(`${metric.name}.half_hour_residual`),
      shifted: number(`${metric.name}.shifted`),
      shiftFrom: number(`${metric.name}.shift_from`),
      shiftTo: number(`${metric.name}.shift_to`),
    }));
    this.#places = new BaselinePlaces(context);
    this.#dtS = number(COVERED_SECONDS_COLUMN);
    this.#series = new SeriesBaseline(settings);
    this.#status = new PortStatus(reading);
    this.#maintenance = maintenanceColumn(reading);
    this.#statuses = new StatusBaselines(context, statuses, settings, {
      maintenance: this.#maintenance,
      port: this.#status,
    });
    this.#totals = new EntityTotals(context, this.#metrics, settings, this.#status);
    const rows = new BaselineCells(this.#metrics, settings);
    const totals = new BaselineCells(this.#totals.metrics, settings);
    this.#publication = new BaselinePublication(context, { rows, totals }, settings);
  }

  process(reading: Reading, out: StageOutput): boolean {
    if (reading.rowCount === 0) return true;
    const { observedAtMs } = reading;
    const clock = this.#places.place(reading, out);
    this.#position.set(observedAtMs + clock.offsetMs(observedAtMs));
    this.#series.atS = observedAtMs / 1000;
    const moved = this.#forgetMoved(reading, out);
    const suspended = hasMaintenance(reading, this.#maintenance);
    let shifts = 0;
    for (const metric of this.#metrics) shifts += this.#foldMetric(reading, metric, suspended);
    if (shifts > 0) out.count('baseline', 'level_shift', shifts);
    this.#statuses.process(reading, out);
    const totalShifted = this.#totals.process(reading, this.#position, suspended, out);
    this.#publication.afterReading(reading, this.#position.hour, shifts > 0 || totalShifted || moved);
    return true;
  }

  punctuate(tickMs: number, entityTimeMs: (entity: string) => number, out: StageOutput): void {
    this.#publication.punctuate(tickMs, entityTimeMs, out);
  }

  /** Rows whose site or zone is another one than at their last poll. @returns whether there are any. */
  #forgetMoved({ rowCount, slots, entitySlot }: Reading, out: StageOutput): boolean {
    const { atS } = this.#series;
    const moveOfAll = this.#places.moveOfTotals(entitySlot);
    if (moveOfAll !== 'none') this.#totals.forget(entitySlot, moveOfAll, atS);
    let moved = false;
    for (let row = 0; row < rowCount; row += 1) {
      const slot = slots[row]!;
      const move = this.#places.moveOf(slot);
      if (move === 'none') continue;
      moved = true;
      out.count('baseline', `${move}_changed`);
      if (move === 'site') this.#statuses.forget(slot);
      for (const { columns } of this.#metrics)
        forgetMoved(columns.arraysOf(slot), slot & SEGMENT_MASK, move, atS);
    }
    return moved;
  }

  /** @returns how many level shifts were completed. */
  #foldMetric(reading: Reading, into: MetricColumns, suspended: boolean): number {
    const { rowCount, slots, quality } = reading;
    const { columns, metric } = into;
    const series = this.#series;
    const status = this.#status;
    const position = this.#position;
    const values = into.value.values;
    const expected = into.expected.values;
    const scale = into.scale.values;
    const confidence = into.confidence.values;
    const residual = into.residual.values;
    const halfHourResidual = into.halfHourResidual.values;
    const seconds = this.#dtS.values;
    const maintenance = this.#maintenance.values;
    series.quantum = metric.quantum;
    let shifts = 0;
    for (let row = 0; row < rowCount; row += 1) {
      const value = values[row]!;
      const dtS = seconds[row]!;
      // Only `good` is judged and learned from. A gap's rate is right, but it is the mean of hours that may belong
      // to other cells, and smoother than any poll; the other qualities have no rate worth the name.
      if (quality[row] !== GOOD || !(Math.abs(value) <= MAX_VALUE) || !(dtS > 0) || status.idle(row))
        continue;
      if (suspended && maintenance[row] === 1) continue;
      const arrays = columns.arraysOf(slots[row]!);
      const slot = slots[row]! & SEGMENT_MASK;
      series.value = value;
      series.dtS = dtS;
      if (series.judge(arrays, slot, position)) {
        expected[row] = series.expected;
        scale[row] = series.scale;
        confidence[row] = series.confidence;
        residual[row] = series.residual;
        halfHourResidual[row] = series.halfHourResidual;
      }
      if (series.learn(arrays, slot)) {
        into.shifted.values[row] = 1;
        into.shiftFrom.values[row] = series.shift.from;
        into.shiftTo.values[row] = series.shift.to;
        shifts += 1;
      }
    }
    return shifts;
  }
}
