/**
 * Flatlines of one metric: a value that stands still to the last digit for far longer than it ever did. A run-length
 * test, never a z-score: the value may be perfectly usual. Series that repeat themselves by nature (idle ports, error
 * counters) have no flatlines.
 */
import type { NumberColumn, Reading } from '../../model/reading.ts';
import { SEGMENT_BITS, SEGMENT_MASK, type ColumnDeclaration, type StateColumn } from '../../model/state.ts';
import { describeFlatline } from './anomaly-description.ts';
import type { BaselinedMetric } from '../baseline/baselined-metrics.ts';
import type { DetectSettings } from './detect-settings.ts';
import { OpenCases } from './open-cases.ts';
import { COVERED_SECONDS_COLUMN } from '../rate/rate.ts';
import type { StageContext, StageOutput } from '../stage.ts';
import type { Stories } from './stories.ts';
import type { Thresholds } from './thresholds.ts';

const HOT = { scope: 'series', group: 'hot' } as const;
const COLUMNS = {
  /** The value of the poll before. */
  last: { ...HOT, name: 'last_value', type: 'f64', initial: Number.NaN },
  /** The present run: how often and how long the value has been repeated. */
  runPolls: { ...HOT, name: 'flat_polls', type: 'u32' },
  runSeconds: { ...HOT, name: 'flat_seconds', type: 'f32' },
  longestSeconds: { ...HOT, name: 'longest_flat_seconds', type: 'f32' },
  /** Polls and repeats of the past (without the present run), halved now and then: their ratio is what counts. */
  polls: { ...HOT, name: 'polls', type: 'u16' },
  repeats: { ...HOT, name: 'repeats', type: 'u16' },
  flat: { ...HOT, name: 'flat', type: 'u8' },
} as const satisfies Record<string, ColumnDeclaration>;

/** The past that must be known before a run can be called long. */
const MIN_POLLS = 500;
const HALVE_ABOVE_POLLS = 20_000;
/** A run that is the longest so far counts for this multiple of the old one at most. */
const LONGEST_GROWTH = 2;

export function flatlineColumns(metric: string): ColumnDeclaration[] {
  return Object.values(COLUMNS).map((declaration) => ({ ...declaration, metric }));
}

export class FlatlineDetector {
  readonly #metric: BaselinedMetric;
  readonly #settings: DetectSettings;
  readonly #thresholds: Thresholds;
  readonly #value: NumberColumn;
  readonly #expected: NumberColumn;
  readonly #confidence: NumberColumn;
  readonly #dtS: NumberColumn;
  readonly #ifIndex: NumberColumn;
  readonly #last: StateColumn<'f64'>;
  readonly #runPolls: StateColumn<'u32'>;
  readonly #runSeconds: StateColumn<'f32'>;
  readonly #longestSeconds: StateColumn<'f32'>;
  readonly #polls: StateColumn<'u16'>;
  readonly #repeats: StateColumn<'u16'>;
  readonly #cases: OpenCases;

  constructor(
    context: StageContext,
    metric: BaselinedMetric,
    settings: DetectSettings,
    thresholds: Thresholds,
    stories: Stories,
  ) {
    const { reading } = context;
    const { name } = metric;
    this.#metric = metric;
    this.#settings = settings;
    this.#thresholds = thresholds;
    this.#value = reading.number(name);
    this.#expected = reading.number(`${name}.expected`);
    this.#confidence = reading.number(`${name}.confidence`);
    this.#dtS = reading.number(COVERED_SECONDS_COLUMN);
    this.#ifIndex = reading.number('if_index');
    this.#last = context.column({ ...COLUMNS.last, metric: name });
    this.#runPolls = context.column({ ...COLUMNS.runPolls, metric: name });
    this.#runSeconds = context.column({ ...COLUMNS.runSeconds, metric: name });
    this.#longestSeconds = context.column({ ...COLUMNS.longestSeconds, metric: name });
    this.#polls = context.column({ ...COLUMNS.polls, metric: name });
    this.#repeats = context.column({ ...COLUMNS.repeats, metric: name });
    const flat = context.column({ ...COLUMNS.flat, metric: name });
    this.#cases = new OpenCases(context, `flatlines.${name}`, name, flat, settings, stories);
  }

  /** Whether a flatline of the series is open. */
  isOpen(slot: number): boolean {
    return this.#cases.has(slot);
  }

  /** `other`: whether another anomaly is open on the row's series, which already says that something is wrong. */
  process(
    reading: Reading,
    other: { isOpen(reading: Reading, row: number): boolean },
    out: StageOutput,
  ): void {
    const { rowCount, slots } = reading;
    const { flatPolls } = this.#settings;
    const expected = this.#expected.values;
    const values = this.#value.values;
    const seconds = this.#dtS.values;
    for (let row = 0; row < rowCount; row += 1) {
      // No expectation: the quality is not good, or the port is down, or the series is new.
      if (Number.isNaN(expected[row])) continue;
      const slot = slots[row]!;
      const segment = slot >>> SEGMENT_BITS;
      const within = slot & SEGMENT_MASK;
      const last = this.#last.segments[segment]!;
      const value = values[row]!;
      if (value !== last[within]) {
        if (this.#cases.has(slot)) this.#cases.recover(reading, row, out);
        this.#endRun(segment, within);
        last[within] = value;
        continue;
      }
      const runPolls = this.#runPolls.segments[segment]!;
      const runSeconds = this.#runSeconds.segments[segment]!;
      const polls = runPolls[within]! + 1;
      runPolls[within] = polls;
      runSeconds[within] = runSeconds[within]! + seconds[row]!;
      if (this.#cases.has(slot)) this.#goOn(reading, row, out);
      else if (polls >= flatPolls && this.#isFlat(segment, within, row) && !other.isOpen(reading, row)) {
        if (!this.#isSuppressed(reading, row)) this.#open(reading, row, slot, out);
      }
    }
  }

  /** Ends what is open on the rows in maintenance: they have no expectation, so `process` does not see them. */
  suspend(reading: Reading, { values }: NumberColumn, out: StageOutput): void {
    for (let row = 0; row < reading.rowCount; row += 1) {
      if (values[row] !== 1 || !this.#cases.has(reading.slots[row]!)) continue;
      this.#cases.end(reading, row, 'maintenance', out);
    }
  }

  punctuate(entityTimeMs: (entity: string) => number, out: StageOutput): void {
    this.#cases.punctuate(entityTimeMs, out);
  }

  /** Idle ports and error counters repeat themselves in every poll: they end at the second line. */
  #isFlat(segment: number, within: number, row: number): boolean {
    const { flatMs, flatTimesLongest, flatMaxRepeats, minConfidence } = this.#settings;
    const past = this.#polls.segments[segment]![within]!;
    if (past < MIN_POLLS || this.#repeats.segments[segment]![within]! > past * flatMaxRepeats) return false;
    const longest = this.#longestSeconds.segments[segment]![within]!;
    return (
      this.#runSeconds.segments[segment]![within]! >= Math.max(flatMs / 1000, longest * flatTimesLongest) &&
      this.#confidence.values[row]! >= minConfidence
    );
  }

  #endRun(segment: number, within: number): void {
    const runPolls = this.#runPolls.segments[segment]!;
    const polls = this.#polls.segments[segment]!;
    const repeats = this.#repeats.segments[segment]!;
    const run = runPolls[within]!;
    const halved = polls[within]! > HALVE_ABOVE_POLLS ? 2 : 1;
    polls[within] = Math.min(polls[within]! / halved + run + 1, 65_535);
    repeats[within] = Math.min(repeats[within]! / halved + run, 65_535);
    if (run === 0) return;
    const runSeconds = this.#runSeconds.segments[segment]!;
    const longest = this.#longestSeconds.segments[segment]!;
    const most = Math.max(longest[within]! * LONGEST_GROWTH, this.#settings.flatMs / 1000);
    longest[within] = Math.max(longest[within]!, Math.min(runSeconds[within]!, most));
    runPolls[within] = 0;
    runSeconds[within] = 0;
  }

  #open(reading: Reading, row: number, slot: number, out: StageOutput): void {
    const { name, unit } = this.#metric;
    const instance = reading.instances[row]!;
    const value = this.#value.values[row]!;
    const polls = this.#runPolls.get(slot);
    const seconds = this.#runSeconds.get(slot);
    const finding = {
      metric: name,
      detector: 'flatline',
      type: 'flatline',
      severity: 'warning',
      value,
      expected: this.#expected.values[row]!,
      scale: null,
      sigma: null,
      score: null,
      confidence: this.#confidence.values[row]!,
      strength: 0,
      description: describeFlatline({
        metric: name,
        unit,
        instance,
        value,
        seconds,
        longestSeconds: this.#longestSeconds.get(slot),
      }),
    } as const;
    this.#cases.open(reading, row, this.#ifIndex.values[row]!, finding, polls, out);
  }

  #goOn(reading: Reading, row: number, out: StageOutput): void {
    if (this.#isSuppressed(reading, row)) this.#cases.end(reading, row, 'suppressed', out);
    else this.#cases.goOn(reading, row);
  }

  #isSuppressed(reading: Reading, row: number): boolean {
    return this.#thresholds.suppresses(reading, row, this.#metric.name);
  }
}
