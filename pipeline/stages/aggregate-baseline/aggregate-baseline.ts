/**
 * `aggregate-baseline`: what the totals of a site, a role and the network should be, learned as `baseline` learns what
 * those of a port should be, of windows of 5 minutes as if each were a poll.
 *
 *   summary -> open window of each of its scopes -> (time of all tasks) -> closed: enough seen? -> learned -> published
 *
 * Outputs do not depend on the order in which the records of different tasks come: sums are exact, and windows are
 * closed by the time of all tasks.
 */
import { WINDOW_MS } from '../../../topics/domain.ts';
import { SEGMENT_MASK } from '../../model/state.ts';
import type { WallClock } from '../../model/wall-clock.ts';
import { SiteClocks } from '../site-clocks.ts';
import { baselineColumns, SeriesColumns } from '../baseline/baseline-columns.ts';
import { BaselineCells } from '../baseline/baseline-record.ts';
import type { BaselineSettings } from '../baseline/baseline-settings.ts';
import type { BaselinedMetric } from '../baseline/baselined-metrics.ts';
import { OwedCells, owedColumns } from '../baseline/owed-cells.ts';
import { forgetMoved } from '../baseline/relearn.ts';
import { SeasonPosition } from '../baseline/seasonal-cells.ts';
import { SeriesBaseline } from '../baseline/series-baseline.ts';
import type {
  RecordStage,
  RecordStageContext,
  RecordStageDefinition,
  RecordStageOutput,
  StageInput,
} from '../record-stage.ts';
import type { ObjectState } from '../stage.ts';
import { AGGREGATE_DEFAULTS, type AggregateSettings } from './aggregate-settings.ts';
import { Coverage, coverageColumns } from './coverage.ts';
import { dueWindow, graceEndMs } from './due-window.ts';
import { addSummary, sumsAt, totalOf, type OpenWindow, type WindowSums } from './open-window.ts';
import { newScope, scopesOf, zoneAfter, type Scope, type ScopeIdentity } from './scope.ts';
import { ScopePublication } from './scope-publication.ts';

const NAME = 'aggregate-baseline';
const VERSION = 1;
/** The zone of a scope while nobody has said one, or one that nobody knows: it still has days. */
const UNKNOWN_ZONE = 'UTC';

export function aggregateBaseline(
  metrics: readonly BaselinedMetric[],
  baseline: BaselineSettings,
  settings: AggregateSettings = AGGREGATE_DEFAULTS,
): RecordStageDefinition {
  return {
    name: NAME,
    version: VERSION,
    settings: { baseline, ...settings },
    columns: [
      ...owedColumns('row'),
      ...metrics.flatMap(({ name }) => [...baselineColumns(name), ...coverageColumns(name)]),
    ],
    init: (context) => new AggregateBaseline(context, metrics, baseline, settings),
  };
}

class AggregateBaseline implements RecordStage {
  readonly #context: RecordStageContext;
  readonly #settings: AggregateSettings;
  readonly #scopes: ObjectState<Scope>;
  readonly #names: readonly string[];
  readonly #metrics;
  readonly #series: SeriesBaseline;
  readonly #owed: OwedCells;
  readonly #publication: ScopePublication;
  readonly #position = new SeasonPosition();
  /** Derived: clocks by zone. */
  readonly #clocks = new SiteClocks();
  /** Derived: windows that are open, of all scopes; unknown until somebody asks. */
  #open: number | undefined;

  constructor(
    context: RecordStageContext,
    metrics: readonly BaselinedMetric[],
    baseline: BaselineSettings,
    settings: AggregateSettings,
  ) {
    this.#context = context;
    this.#settings = settings;
    this.#scopes = context.objects('scopes');
    this.#names = metrics.map(({ name }) => name);
    this.#metrics = metrics.map((metric) => ({
      metric,
      columns: new SeriesColumns(context, metric.name),
      coverage: new Coverage(context, metric.name, settings),
    }));
    this.#series = new SeriesBaseline(baseline);
    const cells = new BaselineCells(this.#metrics, baseline);
    this.#owed = new OwedCells(context, 'row');
    this.#publication = new ScopePublication(cells, this.#owed, baseline, settings.graceMs);
  }

  process(input: StageInput, out: RecordStageOutput): void {
    const { summary, sentAtMs } = input;
    const number = summary.window_start / WINDOW_MS;
    const isInTime = sentAtMs < graceEndMs(number, this.#settings);
    for (const identity of scopesOf(summary)) {
      const scope = this.#scope(identity);
      if (!scope.windows.has(number)) this.#makeRoom(scope, out);
      if (number > scope.closed) {
        const window = scope.windows.get(number) ?? this.#newWindow(scope, number);
        addSummary(window, summary, { sentAtMs, isInTime, names: this.#names });
      } else out.count(NAME, 'late');
      this.#scopes.set(scope.key, scope);
    }
  }

  punctuate(tickMs: number, out: RecordStageOutput): void {
    for (const [key, scope] of this.#scopes.entries()) {
      const due = dueWindow(scope, tickMs, this.#settings);
      if (due >= 0) this.#closeUpTo(scope, due, tickMs, out);
      this.#publication.punctuate(scope, tickMs, out);
      if (due >= 0) this.#scopes.set(key, scope);
    }
  }

  #scope(identity: ScopeIdentity): Scope {
    const known = this.#scopes.get(identity.key);
    return known ?? newScope(identity, this.#context.slotOf(identity.key));
  }

  /** Somebody upstream has stood still for long, or a lot of history comes at once: what is oldest has to go. */
  #makeRoom(scope: Scope, out: RecordStageOutput): void {
    if (this.#openWindows() < this.#settings.maxOpenWindows || scope.windows.size === 0) return;
    out.count(NAME, 'closed_early');
    this.#closeUpTo(scope, scope.oldest, Infinity, out);
  }

  #newWindow(scope: Scope, number: number): OpenWindow {
    const window: OpenWindow = { inTime: undefined, late: undefined };
    this.#open = this.#openWindows() + 1;
    scope.windows.set(number, window);
    scope.oldest = Math.min(scope.oldest, number);
    return window;
  }

  #openWindows(): number {
    return (this.#open ??= [...this.#scopes.entries()].reduce(
      (sum, [, { windows }]) => sum + windows.size,
      0,
    ));
  }

  /** In the order of time, however they came. */
  #closeUpTo(scope: Scope, last: number, tickMs: number, out: RecordStageOutput): void {
    const due = [...scope.windows.keys()].filter((number) => number <= last).sort((a, b) => a - b);
    for (const number of due) {
      const sums = sumsAt(scope.windows.get(number)!, tickMs);
      if (sums === undefined) out.count(NAME, 'late');
      else this.#close(scope, number, sums, out);
      scope.windows.delete(number);
      scope.closed = number;
    }
    scope.oldest = Infinity;
    for (const number of scope.windows.keys()) scope.oldest = Math.min(scope.oldest, number);
    if (this.#open !== undefined) this.#open -= due.length;
  }

  #close(scope: Scope, number: number, sums: WindowSums, out: RecordStageOutput): void {
    const { slot } = scope;
    this.#context.willWrite(slot);
    this.#series.atS = (number * WINDOW_MS) / 1_000;
    this.#keepZone(scope, zoneAfter(scope, sums), out);
    const middleMs = number * WINDOW_MS + WINDOW_MS / 2;
    this.#position.set(middleMs + this.#clock(scope.zone ?? UNKNOWN_ZONE, out).offsetMs(middleMs));
    let learned = 0;
    let shifts = 0;
    for (const { metric, columns, coverage } of this.#metrics) {
      const found = totalOf(sums, metric.name);
      if (found === undefined) continue;
      const whole = coverage.whole(slot, found);
      if (whole === undefined) {
        out.count(NAME, 'incomplete');
        continue;
      }
      learned += 1;
      if (this.#learn(columns, slot, whole, metric.quantum)) shifts += 1;
    }
    if (learned === 0) return;
    if (Number.isNaN(scope.sinceMs)) scope.sinceMs = number * WINDOW_MS;
    if (shifts > 0) out.count(NAME, 'level_shift', shifts);
    if (shifts > 0) this.#owed.oweAll(slot);
    this.#owed.turn(slot, this.#position.hour);
  }

  /** @returns whether it completed a level shift. */
  #learn(columns: SeriesColumns, slot: number, value: number, quantum: number): boolean {
    const series = this.#series;
    const arrays = columns.arraysOf(slot);
    series.value = value;
    series.dtS = WINDOW_MS / 1_000;
    series.quantum = quantum;
    series.judge(arrays, slot & SEGMENT_MASK, this.#position);
    return series.learn(arrays, slot & SEGMENT_MASK);
  }

  /** Hours of another zone are other hours: they are learned anew. */
  #keepZone(scope: Scope, zone: string | null, out: RecordStageOutput): void {
    const isOther = (zone ?? UNKNOWN_ZONE) !== (scope.zone ?? UNKNOWN_ZONE);
    scope.zone = zone;
    if (!isOther || Number.isNaN(scope.sinceMs)) return;
    const { slot } = scope;
    out.count(NAME, 'zone_changed');
    for (const { columns } of this.#metrics)
      forgetMoved(columns.arraysOf(slot), slot & SEGMENT_MASK, 'zone', this.#series.atS);
    this.#owed.oweAll(slot);
  }

  #clock(timeZone: string, out: RecordStageOutput): WallClock {
    const clock = this.#clocks.of(timeZone);
    if (clock.timeZone !== timeZone) out.count(NAME, 'unknown_time_zone');
    return clock;
  }
}
