/**
 * Statuses against what they usually do, in the bits of `baseline`: how unlikely something was within an hour. There is no
 * sigma and no distance between states, and no order either: `drop` says that the usual state was lost.
 *   drop         a transition beyond `statusSurprise` bits, unless it leads back to where the series was for longer
 *   flatline     a state that it has left before lasts so long that less than one hour in 2^statusSurprise begins such a
 *                stay, and by half longer than ever; not right after a storm, which has taught the baseline short stays
 *   oscillation  more transitions in a short time than `flapTransitions`, and than it ever had by `flapTimesMost`
 * One of them is open at a time: see `TransitionCases`.
 */
import type { NumberColumn, Reading } from '../../model/reading.ts';
import { SEGMENT_BITS, SEGMENT_MASK, type ColumnDeclaration, type StateColumn } from '../../model/state.ts';
import { describeFlapping, describeStay, describeTransition } from './anomaly-description.ts';
import type { Finding } from './anomaly-lifecycle.ts';
import type { JudgedStatus } from '../baseline/baselined-metrics.ts';
import type { Shared } from './deviation-detector.ts';
import type { DetectSettings } from './detect-settings.ts';
import { FlapCount, flapColumns } from './flap-count.ts';
import type { StageContext, StageOutput } from '../stage.ts';
import { caseColumns, TransitionCases, type StatusPoll } from './transition-cases.ts';
import type { Severity } from '../../../topics/anomaly.ts';

const HOT = { scope: 'series', group: 'hot' } as const;
const COLUMNS = {
  /** The state of the poll before, plus 1; 0 before the first. */
  state: { ...HOT, name: 'state', type: 'u8' },
  /** The state that was lost last, plus 1, and for how long it had been there, in seconds. */
  home: { ...HOT, name: 'home', type: 'u8' },
  homeS: { ...HOT, name: 'home_s', type: 'f32' },
} as const satisfies Record<string, ColumnDeclaration>;

const IN = [
  'confidence',
  'surprise',
  'dwell_s',
  'dwell_surprise',
  'usual_dwell_s',
  'longest_dwell_s',
] as const;
const HOUR_S = 3_600;
/** A stay is long beyond this multiple of the longest in the same state so far. */
const BEYOND_LONGEST = 1.5;
/** A flap is calm below this share of the count that makes one, or when there was no transition for a cooldown. */
const CALM = 0.5;

interface Judged extends StatusPoll {
  readonly confidence: number;
  /** The state before this poll; -1 where it is not known. */
  readonly from: number;
  readonly surprise: number;
}

export function transitionColumns(metric: string): ColumnDeclaration[] {
  return [
    ...Object.values(COLUMNS).map((declaration) => ({ ...declaration, metric })),
    ...caseColumns(metric),
    ...flapColumns(metric),
  ];
}

export class TransitionDetector {
  readonly #status: JudgedStatus;
  readonly #settings: DetectSettings;
  readonly #value: NumberColumn;
  readonly #in: Readonly<Record<(typeof IN)[number], NumberColumn>>;
  readonly #state: StateColumn<'u8'>;
  readonly #home: StateColumn<'u8'>;
  readonly #homeS: StateColumn<'f32'>;
  readonly #flaps: FlapCount;
  readonly #cases: TransitionCases;

  constructor(context: StageContext, status: JudgedStatus, settings: DetectSettings, shared: Shared) {
    const { name: metric } = status;
    const number = (column: string): NumberColumn =>
      context.reading.add([{ name: column, kind: 'number' }]).number(column);
    this.#status = status;
    this.#settings = settings;
    this.#value = number(metric);
    this.#in = Object.fromEntries(IN.map((column) => [column, number(`${metric}.${column}`)])) as Readonly<
      Record<(typeof IN)[number], NumberColumn>
    >;
    this.#state = context.column({ ...COLUMNS.state, metric });
    this.#home = context.column({ ...COLUMNS.home, metric });
    this.#homeS = context.column({ ...COLUMNS.homeS, metric });
    this.#flaps = new FlapCount(context, metric, settings);
    this.#cases = new TransitionCases(context, metric, settings, shared);
  }

  process(reading: Reading, out: StageOutput): void {
    const { rowCount, slots } = reading;
    const { statusSurprise, minConfidence } = this.#settings;
    const cases = this.#cases;
    const values = this.#value.values;
    const confidence = this.#in.confidence.values;
    const surprise = this.#in.surprise.values;
    const dwellSurprise = this.#in.dwell_surprise.values;
    const dwellS = this.#in.dwell_s.values;
    const usualDwellS = this.#in.usual_dwell_s.values;
    const longestDwellS = this.#in.longest_dwell_s.values;
    for (let row = 0; row < rowCount; row += 1) {
      const bits = surprise[row]!;
      // Nothing is known of it in this poll, or this is its first value, or it is in maintenance.
      if (Number.isNaN(bits)) continue;
      const slot = slots[row]!;
      if (bits > 0) this.#change(reading, row, slot, out);
      else if (cases.isBusy(slot)) this.#stay(reading, row, slot, out);
      else if (dwellS[row]! > BEYOND_LONGEST * longestDwellS[row]! && confidence[row]! >= minConfidence) {
        const stayBits = dwellSurprise[row]! + Math.log2(usualDwellS[row]! / HOUR_S);
        if (stayBits > statusSurprise && !cases.isTold(slot) && !this.#flaps.wasFlapping(slot))
          this.#lasts(reading, row, slot, out);
      }
      this.#state.segments[slot >>> SEGMENT_BITS]![slot & SEGMENT_MASK] = values[row]! + 1;
    }
  }

  suspend(reading: Reading, maintenance: NumberColumn, out: StageOutput): void {
    this.#cases.suspend(reading, maintenance, out);
  }

  punctuate(entityTimeMs: (entity: string) => number, out: StageOutput): void {
    this.#cases.punctuate(entityTimeMs, out);
  }

  #change(reading: Reading, row: number, slot: number, out: StageOutput): void {
    const poll = this.#judged(row, slot);
    const { value, from, dwellS, confidence, surprise } = poll;
    const isKnown = confidence >= this.#settings.minConfidence;
    const flaps = this.#flaps;
    flaps.add(slot, Math.floor(reading.observedAtMs / 1_000), dwellS, isKnown);
    const isStorm = isKnown && flaps.isFlapping(slot);
    const open = this.#cases.openOn(reading, poll);
    if (open !== undefined && open.record.anomaly_type !== 'flatline') {
      const { anomaly_type: type, metric_value: unlikely, baseline_mean: left } = open.record;
      if (isStorm && type === 'drop')
        this.#cases.turn(reading, poll, this.#flapping(reading, poll, unlikely, left), out);
      const description = type === 'oscillation' ? this.#flapText(reading, poll) : undefined;
      const isCalm = flaps.now(slot, 0) <= CALM * flaps.limit(slot);
      if (this.#cases.change(reading, poll, isCalm, out, description)) flaps.accept(slot);
      return;
    }
    this.#cases.change(reading, poll, true, out);
    const isUnlikely = isKnown && surprise > this.#settings.statusSurprise && !this.#isReturn(poll);
    if (isUnlikely && from >= 0) {
      this.#home.set(slot, from + 1);
      this.#homeS.set(slot, dwellS);
    }
    if (isStorm) {
      const finding = this.#flapping(reading, poll, value, null);
      const of = { openedAtMs: flaps.sinceMs(slot), polls: flaps.transitions(slot) };
      this.#cases.open(reading, poll, finding, out, of);
    } else if (isUnlikely && from >= 0) this.#cases.open(reading, poll, this.#lost(reading, poll), out);
  }

  #stay(reading: Reading, row: number, slot: number, out: StageOutput): void {
    const poll = this.#judged(row, slot);
    const { dwellS } = poll;
    const flaps = this.#flaps;
    const isCalm =
      1_000 * dwellS >= this.#settings.cooldownMs || flaps.now(slot, dwellS) <= CALM * flaps.limit(slot);
    if (this.#cases.stay(reading, poll, isCalm, out)) flaps.accept(slot);
    const { anomaly_type: type, severity } = this.#cases.openOn(reading, poll)?.record ?? {};
    if (type !== 'flatline' || severity !== 'info') return;
    const finding = this.#lasting(reading, poll);
    if (finding.severity !== 'info') this.#cases.turn(reading, poll, finding, out);
  }

  /** The state has lasted too long. */
  #lasts(reading: Reading, row: number, slot: number, out: StageOutput): void {
    const poll = this.#judged(row, slot);
    this.#cases.open(reading, poll, this.#lasting(reading, poll), out);
  }

  /** What surprises by lasting is no news at once: a warning when it goes on. */
  #lasting(reading: Reading, poll: Judged): Finding {
    const { statusSurprise, criticalSurprise } = this.#settings;
    const bits = this.#stayBits(poll);
    return {
      ...this.#finding(poll),
      type: 'flatline',
      severity: bits > criticalSurprise ? this.#severity(poll.confidence, 'warning') : 'info',
      expected: null,
      score: bits / statusSurprise,
      strength: bits,
      description: describeStay(this.#described(reading, poll), poll.dwellS, poll.usualDwellS),
    };
  }

  /** Back where it had been for longer than it was away. */
  #isReturn({ slot, value, dwellS }: Judged): boolean {
    return this.#home.get(slot) === value + 1 && dwellS < this.#homeS.get(slot);
  }

  /** How unlikely it is that a stay as long as this one begins within an hour; NaN in a state that was never left. */
  #stayBits({ row, usualDwellS }: StatusPoll): number {
    return this.#in.dwell_surprise.values[row]! + Math.log2(usualDwellS / HOUR_S);
  }

  #lost(reading: Reading, poll: Judged): Finding {
    const { from, surprise, dwellS, confidence } = poll;
    const { statusSurprise, criticalSurprise } = this.#settings;
    const { wordOf } = this.#status;
    return {
      ...this.#finding(poll),
      type: 'drop',
      severity: this.#severity(confidence, surprise > criticalSurprise ? 'critical' : 'warning'),
      expected: from,
      score: surprise / statusSurprise,
      strength: surprise,
      description: describeTransition(this.#described(reading, poll), wordOf(from), dwellS, surprise),
    };
  }

  #flapping(reading: Reading, poll: Judged, value: number, expected: number | null): Finding {
    const score = this.#flaps.now(poll.slot, 0) / this.#flaps.limit(poll.slot);
    return {
      ...this.#finding(poll),
      type: 'oscillation',
      severity: this.#severity(poll.confidence, 'warning'),
      value,
      expected,
      score,
      strength: score * this.#settings.statusSurprise,
      description: this.#flapText(reading, poll),
    };
  }

  #flapText(reading: Reading, poll: Judged): string {
    const { slot } = poll;
    const seconds = (reading.observedAtMs - this.#flaps.sinceMs(slot)) / 1_000;
    return describeFlapping(this.#described(reading, poll), this.#flaps.transitions(slot), seconds);
  }

  #finding({ value, confidence }: Judged) {
    const nothing = { scale: null, sigma: null } as const;
    return { metric: this.#status.name, detector: 'transition', value, confidence, ...nothing } as const;
  }

  #described({ instances }: Reading, { row, value }: Judged) {
    const { name: metric, wordOf } = this.#status;
    return { metric, instance: instances[row]!, state: wordOf(value) };
  }

  #severity(confidence: number, severity: Severity): Severity {
    return confidence < this.#settings.alarmConfidence ? 'info' : severity;
  }

  #judged(row: number, slot: number): Judged {
    const { confidence, surprise, dwell_s: dwellS, usual_dwell_s: usualDwellS } = this.#in;
    return {
      row,
      slot,
      value: this.#value.values[row]!,
      from: this.#state.get(slot) - 1,
      dwellS: dwellS.values[row]!,
      usualDwellS: usualDwellS.values[row]!,
      confidence: confidence.values[row]!,
      surprise: surprise.values[row]!,
    };
  }
}
