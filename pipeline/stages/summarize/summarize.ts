/**
 * `summarize`: totals of each entity over windows of 5 minutes of its observed time, for the sub-topology `domain`. A
 * window is closed by the entity's next record behind it. A poll counts in the window in which it was observed; windows
 * before that one which its rates cover as a whole (polls are rarer than windows) get what it says. Only good rows
 * count, and none in maintenance: what was not measured is left to those who sum up (see WindowMetric).
 */
import { QUALITIES } from '../../../topics/interface.ts';
import { WINDOW_MS } from '../../../topics/domain.ts';
import type { NumberColumn, Reading } from '../../model/reading.ts';
import type { StateColumn } from '../../model/state.ts';
import type { BaselinedMetric } from '../baseline/baselined-metrics.ts';
import { COVERED_SECONDS_COLUMN } from '../rate/rate.ts';
import { maintenanceColumn } from '../rules/maintenance-column.ts';
import type { Stage, StageContext, StageDefinition, StageOutput } from '../stage.ts';
import { MetricTotals, TOTAL_COLUMNS, totalColumns } from './metric-totals.ts';

const VERSION = 1;
const GOOD = QUALITIES.indexOf('good');

const PLAIN = { scope: 'entity', group: 'hot' } as const;
/** Number of the open window; 0 before the first record. */
const WINDOW = { ...PLAIN, name: 'window', type: 'u32' } as const;
/** observed_at of the poll that opened it, whose rates cover the windows from COVERED_FROM on. */
const OPENED_AT = { ...PLAIN, name: 'opened_at', type: 'f64', initial: Number.NaN } as const;
const COVERED_FROM = { ...PLAIN, name: 'covered_from', type: 'u32' } as const;

export function summarize(metrics: readonly Pick<BaselinedMetric, 'name'>[]): StageDefinition {
  return {
    name: 'summarize',
    version: VERSION,
    settings: {},
    columns: [
      WINDOW,
      OPENED_AT,
      COVERED_FROM,
      ...TOTAL_COLUMNS,
      ...metrics.flatMap(({ name }) => totalColumns(name)),
    ],
    init: (context) => new Summarize(context, metrics),
  };
}

class Summarize implements Stage {
  readonly #totals: MetricTotals;
  readonly #dtS: NumberColumn;
  readonly #maintenance: NumberColumn;
  readonly #window: StateColumn<'u32'>;
  readonly #openedAt: StateColumn<'f64'>;
  readonly #coveredFrom: StateColumn<'u32'>;

  constructor(context: StageContext, metrics: readonly Pick<BaselinedMetric, 'name'>[]) {
    const { reading } = context;
    this.#totals = new MetricTotals(context, metrics);
    this.#dtS = reading
      .add([{ name: COVERED_SECONDS_COLUMN, kind: 'number' }])
      .number(COVERED_SECONDS_COLUMN);
    this.#maintenance = maintenanceColumn(reading);
    this.#window = context.column(WINDOW);
    this.#openedAt = context.column(OPENED_AT);
    this.#coveredFrom = context.column(COVERED_FROM);
  }

  process(reading: Reading, out: StageOutput): boolean {
    const { entitySlot, observedAtMs } = reading;
    const window = Math.floor(observedAtMs / WINDOW_MS);
    const open = this.#window.get(entitySlot);
    // Its rates are `stale`: what came before the last poll is not summed up twice.
    if (window < open) return true;
    const longestS = this.#weigh(reading);
    if (window > open) {
      this.#send(reading, open, out);
      this.#window.set(entitySlot, window);
      this.#openedAt.set(entitySlot, observedAtMs);
      this.#coveredFrom.set(entitySlot, open === 0 ? window : open + 1);
    }
    if (longestS === 0) return true;
    this.#totals.sumUp(reading.rowCount);
    if (this.#openedAt.get(entitySlot) === observedAtMs) this.#sendCovered(reading, window, longestS, out);
    this.#totals.add(entitySlot, observedAtMs, longestS);
    return true;
  }

  /** Fills in for how many seconds each row counts. @returns the longest: what the poll covers. */
  #weigh({ rowCount, quality }: Reading): number {
    const { seconds } = this.#totals.room(rowCount);
    const dtS = this.#dtS.values;
    const maintenance = this.#maintenance.values;
    let longest = 0;
    for (let row = 0; row < rowCount; row += 1) {
      const counts = quality[row] === GOOD && dtS[row]! > 0 && maintenance[row] !== 1;
      const weight = counts ? dtS[row]! : 0;
      seconds[row] = weight;
      if (weight > longest) longest = weight;
    }
    return longest;
  }

  /** Closes the window. */
  #send(reading: Reading, window: number, out: StageOutput): void {
    const metrics = this.#totals.take(reading.entitySlot);
    if (metrics.length > 0)
      out.summary({ ...identityOf(reading), window_start: window * WINDOW_MS, metrics });
  }

  /** Windows in which nobody polled. Every part of the poll tells of its own rows. */
  #sendCovered(reading: Reading, window: number, longestS: number, out: StageOutput): void {
    const { entitySlot, observedAtMs } = reading;
    const reachesTo = Math.floor((observedAtMs - longestS * 1_000) / WINDOW_MS);
    for (let at = Math.max(this.#coveredFrom.get(entitySlot), reachesTo); at < window; at += 1) {
      const metrics = this.#totals.ofPoll(entitySlot, longestS);
      if (metrics.length > 0) out.summary({ ...identityOf(reading), window_start: at * WINDOW_MS, metrics });
    }
  }
}

function identityOf({ domain, entity, siteId, siteName, timeZone, deviceRole }: Reading) {
  return {
    domain,
    entity,
    site_id: Number.isNaN(siteId) ? null : siteId,
    // Without a site the zone is only a way out.
    time_zone: siteName === null ? null : timeZone,
    device_role: deviceRole,
  };
}
