/** The stage `aggregate-baseline` alone: entities report windows, time passes, and what it sends is kept. */
import { KeyDirectory } from '../../pipeline/runtime/key-directory.ts';
import { StateStore } from '../../pipeline/runtime/state-store.ts';
import { aggregateBaseline } from '../../pipeline/stages/aggregate-baseline/aggregate-baseline.ts';
import {
  AGGREGATE_DEFAULTS,
  type AggregateSettings,
} from '../../pipeline/stages/aggregate-baseline/aggregate-settings.ts';
import {
  BASELINE_DEFAULTS,
  type BaselineSettings,
} from '../../pipeline/stages/baseline/baseline-settings.ts';
import type { RecordStage, RecordStageOutput } from '../../pipeline/stages/record-stage.ts';
import { TICK_MS } from '../../topics/catalogue.ts';
import { WINDOW_MS, type WindowSummary } from '../../topics/domain.ts';
import type { BaselineRecord } from '../../topics/insight.ts';

export interface Reporter {
  /** `r1` unless told. */
  readonly name?: string;
  readonly siteId?: number | null;
  readonly role?: string | null;
  readonly zone?: string | null;
  readonly rows?: number;
  /** What its rows usually have: as now unless told. */
  readonly weight?: number;
}

const METRICS = [{ name: 'rx_bps', unit: 'bit/s', quantum: 0 }];

export class TotalsLab {
  readonly baselines: BaselineRecord[] = [];
  readonly outcomes = new Map<string, number>();
  readonly state = new StateStore();
  readonly directory = new KeyDirectory(this.state);
  readonly #stage: RecordStage;
  readonly #out: RecordStageOutput = {
    baseline: (record) => this.baselines.push(record),
    count: (_stage, outcome, by = 1) => this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + by),
  };
  #tickMs = Number.NaN;

  constructor(settings: Partial<AggregateSettings> = {}, baseline: Partial<BaselineSettings> = {}) {
    const definition = aggregateBaseline(
      METRICS,
      // Whatever is owed is paid at the next tick.
      { ...BASELINE_DEFAULTS, spreadMs: TICK_MS, ...baseline },
      { ...AGGREGATE_DEFAULTS, ...settings },
    );
    this.#stage = definition.init({
      ...this.state.stateContext(definition),
      slotOf: (key) => this.directory.slotOf(key),
      willWrite: (slot) => this.state.willWrite(slot),
    });
  }

  /** A total of the window that begins there; sent right after its end unless told. */
  report(windowMs: number, total: number, of: Reporter = {}, sentAtMs = windowMs + WINDOW_MS): void {
    const { name = 'r1', siteId = 7, role = 'router', zone = 'UTC', rows = 10, weight = total } = of;
    const summary: WindowSummary = {
      domain: 'default',
      entity: `default/device/${name}`,
      site_id: siteId,
      time_zone: zone,
      device_role: role,
      window_start: windowMs,
      metrics: [{ metric_name: 'rx_bps', total, rows, weight }],
    };
    this.#stage.process({ kind: 'summary', sentAtMs, summary }, this.#out);
  }

  /** Time passes up to here, tick by tick; at once the first time. */
  tickTo(timeMs: number): void {
    if (Number.isNaN(this.#tickMs)) this.#tickMs = timeMs - TICK_MS;
    while (this.#tickMs + TICK_MS <= timeMs) {
      this.#tickMs += TICK_MS;
      this.#stage.punctuate(this.#tickMs, this.#out);
    }
  }

  /** Reports of every window of the time; time goes along. */
  live(fromMs: number, toMs: number, report: (windowMs: number) => void): void {
    for (let windowMs = fromMs; windowMs < toMs; windowMs += WINDOW_MS) {
      report(windowMs);
      this.tickTo(windowMs + WINDOW_MS);
    }
  }

  /** The means of the newest cells of a scope, by hour of day. */
  means(key: string): Map<number, number> {
    const means = new Map<number, number>();
    for (const { entity, rows } of this.baselines) {
      if (entity !== key) continue;
      for (const { hour_of_day: hour, day_of_week: day, baseline_mean: mean } of rows[0]!.cells)
        if (day === null) means.set(hour, mean);
    }
    return means;
  }
}
