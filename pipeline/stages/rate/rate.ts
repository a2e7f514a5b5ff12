/**
 * Counters to rates: each row's growth per second since its last sample, what follows from it, and a verdict.
 * All of it comes from the catalogue's rows: counters of raw.interface, metrics of metric.interface (`derive`).
 *
 * In order, as real devices need it (the verdict of a step makes the later ones moot):
 *   envelope   late readings, time between polls, agent restarts                       AgentClock
 *   row        first, reindexed, reset or agent_restart, discontinuity                 RowSamples
 *   counter    width_change, reset, wrap, growth                                       CounterSamples, CounterLine
 *   row        implausible octets                                                      judgePlausibility
 *   device     stale: everything repeats                                               RowSamples
 *   metrics    rates, utilisation, ppm, exceptions                                     deriving
 *
 * A row has one quality, the worst that happened to its octets (`missing` where it has none); a metric that lacks a
 * value for another reason than the row's quality has an exception. Samples are replaced after every verdict but
 * `stale` and `missing`. Nothing unknown is ever 0.
 */
import { AGENT_CLOCK_COLUMNS, AgentClock } from './agent-clock.ts';
import { CounterSamples } from './counter-samples.ts';
import { counterColumns } from './counter-state.ts';
import { deriving } from './derive.ts';
import { judgePlausibility } from './plausibility.ts';
import { RateExceptions } from './rate-exceptions.ts';
import {
  AGENT_RESTART,
  AMBIGUOUS_WRAP,
  GAP,
  GOOD,
  MISSING,
  NOT_SUPPORTED,
  RatePass,
  RESET,
  STALE,
  UNKNOWN,
} from './rate-pass.ts';
import { ratePlan, type RatePlan } from './rate-plan.ts';
import type { RateSettings } from './rate-settings.ts';
import { ROW_SAMPLE_COLUMNS, RowSamples } from './row-samples.ts';
import { Speeds } from './speed.ts';
import type { Reading } from '../../model/reading.ts';
import type { Stage, StageContext, StageDefinition, StageOutput } from '../stage.ts';
import type { Catalogue } from '../../../topics/catalogue.ts';

export { RATE_DEFAULTS, type RateSettings } from './rate-settings.ts';

/** Polls do not come to the millisecond: this share of an interval more is not another interval. */
const INTERVAL_JITTER = 0.1;

/** Seconds that the row's rates cover (NaN = no rates): one of the columns that the stage adds. */
export const COVERED_SECONDS_COLUMN = 'dt_s';

/**
 * Needs slots, instances and fresh of the reading and, where the inventory knows better, `speed_override_mbps`.
 * Adds the metrics' columns, `speed_mbps`, `dt_s`, quality and exceptions; counter columns hold the counter in use.
 * Drops (and counts as `late`) a reading that is not newer than the entity's last.
 * @throws ConfigError when the catalogue derives a metric from something that is not there.
 */
export function rate(catalogue: Catalogue, settings: RateSettings): StageDefinition {
  const plan = ratePlan(catalogue);
  return {
    name: 'rate',
    version: 2,
    settings,
    columns: [...AGENT_CLOCK_COLUMNS, ...ROW_SAMPLE_COLUMNS, ...plan.counters.flatMap(counterColumns)],
    init: (context) => new RateStage(context, plan, settings),
  };
}

class RateStage implements Stage {
  readonly #plan: RatePlan;
  readonly #settings: RateSettings;
  readonly #pass: RatePass;
  readonly #clock: AgentClock;
  readonly #rows: RowSamples;
  readonly #counters: readonly CounterSamples[];
  readonly #speeds: Speeds;
  readonly #exceptions: RateExceptions;
  readonly #derivations;
  readonly #carried;
  readonly #mtu;
  readonly #coveredSeconds;

  constructor(context: StageContext, plan: RatePlan, settings: RateSettings) {
    const { reading } = context;
    this.#plan = plan;
    this.#settings = settings;
    this.#pass = new RatePass(plan.counters.length);
    this.#clock = new AgentClock(context);
    this.#rows = new RowSamples(context);
    this.#counters = plan.counters.map(
      (counter, index) => new CounterSamples(context, counter, index, settings),
    );
    this.#speeds = new Speeds(reading);
    this.#exceptions = new RateExceptions(reading);
    reading.add(
      ['mtu', 'duplex', COVERED_SECONDS_COLUMN, ...plan.metrics.map(({ name }) => name)].map((name) => ({
        name,
        kind: 'number',
      })),
    );
    this.#mtu = reading.number('mtu');
    this.#coveredSeconds = reading.number(COVERED_SECONDS_COLUMN);
    this.#derivations = plan.metrics.map((metric) =>
      deriving(metric, reading, this.#exceptions.of(metric.name)),
    );
    const renamed = plan.carried.filter(({ from, to }) => from !== to);
    reading.add(renamed.map(({ to }) => ({ name: to, kind: 'counter' })));
    this.#carried = renamed.map(({ from, to }) => ({ from: reading.counter(from), to: reading.counter(to) }));
  }

  process(reading: Reading, out: StageOutput): boolean {
    const kind = this.#clock.kindOf(reading);
    if (kind === 'late') {
      out.count('rate', 'late');
      return false;
    }
    if (reading.status === 'failed') {
      // Silence is no reset: the next answer is computed over the longer interval.
      reading.quality.fill(UNKNOWN, 0, reading.rowCount);
      for (const counter of this.#counters) counter.withholdUnusable(reading);
      return true;
    }
    if (kind === 'poll') this.#clock.advance(reading, out);
    else this.#clock.markPart(reading);
    if (reading.rowCount === 0) return true;

    const pass = this.#begin(reading);
    // Loops by index: here V8 does not see through iterators, which would leave objects behind.
    const counters = this.#counters;
    this.#speeds.fill(pass);
    if (this.#rows.judge(pass, reading, this.#clock)) this.#tellRebootFromRestart(reading, out);
    for (let at = 0; at < counters.length; at += 1) counters[at]!.fold(pass, reading);
    if (judgePlausibility(pass, this.#plan.directions, this.#mtu.values, this.#settings)) {
      for (const counter of this.#counters) counter.forgetHeld(pass, reading);
    }
    const stale = this.#isStale(reading);
    this.#rows.store(pass, reading, stale);
    if (stale) this.#withhold();
    else if (pass.heldRepeats) for (const counter of this.#counters) counter.release(pass, reading);

    this.#exceptions.begin();
    this.#judgeRows(reading);
    for (let at = 0; at < this.#derivations.length; at += 1) this.#derivations[at]!(pass);
    for (let at = 0; at < this.#carried.length; at += 1) {
      const { from, to } = this.#carried[at]!;
      to.hi.set(from.hi);
      to.lo.set(from.lo);
      to.known.set(from.known);
    }
    return true;
  }

  #begin(reading: Reading): RatePass {
    const pass = this.#pass;
    pass.begin(reading.rowCount);
    pass.nowMs = this.#clock.nowMs(reading.entitySlot);
    pass.partial = reading.status !== 'complete';
    pass.gapMs =
      reading.intervalMs > 0
        ? (this.#settings.gapIntervals + INTERVAL_JITTER) * reading.intervalMs
        : Infinity;
    return pass;
  }

  /** The agent started anew. If a counter fell, so did the device; then those that are higher were reset as well. */
  #tellRebootFromRestart(reading: Reading, out: StageOutput): void {
    const pass = this.#pass;
    if (!this.#counters.some((counter) => counter.fell(pass, reading, AGENT_RESTART))) return;
    this.#clock.markReboot(reading.entitySlot);
    out.count('rate', 'device_reboot');
    for (let row = 0; row < pass.rows; row += 1) {
      if (pass.breaks[row] === AGENT_RESTART) pass.breaks[row] = RESET;
    }
  }

  #isStale(reading: Reading): boolean {
    const pass = this.#pass;
    const { staleMs, staleIntervals } = this.#settings;
    const intervalsMs = (staleIntervals + INTERVAL_JITTER) * reading.intervalMs;
    const limitMs = intervalsMs > staleMs ? intervalsMs : staleMs;
    if (this.#clock.movedBefore(reading.entitySlot)) return false;
    if (this.#rows.isStale(pass, reading, limitMs)) return true;
    if (this.#rows.anyMoved(pass)) this.#clock.markMoved(reading.entitySlot);
    return false;
  }

  /** A 0 that only says that the agent answered from its cache is not a number. */
  #withhold(): void {
    const { rows, breaks, deltas, codes } = this.#pass;
    for (let counter = 0; counter < codes.length; counter += 1) {
      for (let row = 0; row < rows; row += 1) {
        if (breaks[row] !== GOOD || codes[counter]![row] !== GOOD) continue;
        deltas[counter]![row] = Number.NaN;
        codes[counter]![row] = STALE;
      }
    }
  }

  #judgeRows(reading: Reading): void {
    const { rows, breaks, gaps, coveredMs, gapMs } = this.#pass;
    const seconds = this.#coveredSeconds.values;
    for (let row = 0; row < rows; row += 1) {
      let quality = breaks[row]!;
      seconds[row] = Number.NaN;
      if (quality === GOOD) {
        quality = this.#worstOfOctets(row);
        if (quality === GOOD && (gaps[row] === 1 || coveredMs[row]! > gapMs)) quality = GAP;
        if (quality !== STALE) seconds[row] = coveredMs[row]! / 1000;
      }
      reading.quality[row] = quality;
    }
  }

  #worstOfOctets(row: number): number {
    const { counters } = this.#plan;
    const { codes } = this.#pass;
    let worst = -1;
    for (let counter = 0; counter < counters.length && counters[counter]!.octets; counter += 1) {
      const code = codes[counter]![row]!;
      worst = Math.max(worst, code === NOT_SUPPORTED ? MISSING : code === AMBIGUOUS_WRAP ? GAP : code);
    }
    return worst < 0 ? GOOD : worst;
  }
}
