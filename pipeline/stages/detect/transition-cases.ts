/**
 * The anomalies of one status, at most one a series at a time:
 *
 *   an unlikely state    drop ----- back in a usual state for `cooldownMs` ----> closed (recovered, as of its return)
 *     is entered          |  `--- the state has lasted for `newStateMs` -------> closed (level_shift)
 *                         | too many transitions
 *   many transitions     oscillation - calm for `cooldownMs`, or half of it ---> closed (recovered)
 *   a state lasts        flatline ---- the state is left ----------------------> closed (recovered)
 *
 * A state that is left and entered again within the cooldown is one anomaly. What may not open now (a maintenance window, a
 * rule, a device that has just restarted) is held, and opens if the state is still there when it may; so does what such a
 * thing or silence has closed.
 */
import type { NumberColumn, Reading } from '../../model/reading.ts';
import type { ColumnDeclaration, StateColumn } from '../../model/state.ts';
import { findingOf, type Finding, type OpenCase, type RuleReason } from './anomaly-lifecycle.ts';
import type { Shared } from './deviation-detector.ts';
import type { DetectSettings } from './detect-settings.ts';
import { OpenCases } from './open-cases.ts';
import type { ObjectState, StageContext, StageOutput } from '../stage.ts';

const HOT = { scope: 'series', group: 'hot' } as const;
const COLUMNS = {
  open: { ...HOT, name: 'unlikely', type: 'u8' },
  /** What is known of the present stay: nothing, HELD or TOLD. */
  held: { ...HOT, name: 'held', type: 'u8' },
  /** Of an open case: since when the series has been back in a usual state; 0 while it is not. Later: when the case ended. Seconds since 1970. */
  returned: { ...HOT, name: 'returned', type: 'u32' },
} as const satisfies Record<string, ColumnDeclaration>;

/** A finding waits until it may open. */
const HELD = 1;
/** All is said about the present stay. */
const TOLD = 2;

/** One poll of one series, as far as its cases are concerned. */
export interface StatusPoll {
  readonly row: number;
  readonly slot: number;
  readonly value: number;
  /** For how long it has had the value, and how long it usually has it; NaN if it never left it. */
  readonly dwellS: number;
  readonly usualDwellS: number;
}

export function caseColumns(metric: string): ColumnDeclaration[] {
  return Object.values(COLUMNS).map((declaration) => ({ ...declaration, metric }));
}

export class TransitionCases {
  readonly #metric: string;
  readonly #settings: DetectSettings;
  readonly #shared: Shared;
  readonly #ifIndex: NumberColumn;
  readonly #open: StateColumn<'u8'>;
  readonly #held: StateColumn<'u8'>;
  readonly #returned: StateColumn<'u32'>;
  readonly #cases: OpenCases;
  readonly #waiting: ObjectState<Finding>;

  constructor(context: StageContext, metric: string, settings: DetectSettings, shared: Shared) {
    this.#metric = metric;
    this.#settings = settings;
    this.#shared = shared;
    this.#ifIndex = context.reading.number('if_index');
    this.#open = context.column({ ...COLUMNS.open, metric });
    this.#held = context.column({ ...COLUMNS.held, metric });
    this.#returned = context.column({ ...COLUMNS.returned, metric });
    const name = `transitions.${metric}`;
    this.#cases = new OpenCases(context, name, metric, this.#open, settings, shared.stories);
    this.#waiting = context.objects(`held_${name}`);
  }

  /** Whether something is open or waits: every poll counts. */
  isBusy(slot: number): boolean {
    return this.#open.get(slot) !== 0 || this.#held.get(slot) === HELD;
  }

  /** Whether the present stay is no news any more. */
  isTold(slot: number): boolean {
    return this.#held.get(slot) === TOLD;
  }

  /** What is open on the series. */
  openOn(reading: Reading, { row, slot }: StatusPoll): OpenCase | undefined {
    return this.#cases.has(slot) ? this.#cases.get(reading, row) : undefined;
  }

  /** Opens it, or holds it until it may. `openedAtMs`: its first poll. */
  open(
    reading: Reading,
    poll: StatusPoll,
    finding: Finding,
    out: StageOutput,
    of = { openedAtMs: reading.observedAtMs, polls: 1 },
  ): void {
    const { row, slot } = poll;
    if (!this.#mayOpen(reading, poll)) {
      this.#hold(slot, this.#cases.keyOf(reading, row), finding);
      return;
    }
    // Not before the last one ended: both would have the same id.
    const openedAtMs = Math.max(of.openedAtMs, 1_000 * this.#returned.get(slot));
    this.#returned.set(slot, 0);
    this.#cases.open(reading, row, this.#ifIndex.values[row]!, finding, of.polls, out, openedAtMs);
  }

  /**
   * A transition: what waited for the state that was left is over, and what is open goes on or ends. `isCalm`: there are few.
   * @returns whether what was open has become usual.
   */
  change(
    reading: Reading,
    poll: StatusPoll,
    isCalm: boolean,
    out: StageOutput,
    description?: string,
  ): boolean {
    const { row, slot, value } = poll;
    this.#release(slot, this.#cases.keyOf(reading, row));
    const open = this.openOn(reading, poll);
    if (open === undefined) return false;
    const {
      anomaly_type: type,
      baseline_mean: left,
      metric_value: unlikely,
      opened_at: openedAtMs,
    } = open.record;
    if (this.#isSuppressed(reading, row)) this.#endByRule(reading, poll, 'suppressed', out);
    else if (type === 'flatline') this.#recover(reading, row, reading.observedAtMs, out);
    else {
      this.#cases.goOn(reading, row, description);
      if (type === 'oscillation' && !isCalm) {
        this.#returned.set(slot, 0);
        return this.#becomeUsual(reading, row, reading.observedAtMs - openedAtMs, out);
      }
      // Of a third state only its stay tells whether it is a usual one.
      if (left !== null && value === unlikely) this.#returned.set(slot, 0);
      else if (this.#returned.get(slot) !== 0) this.#endIfBack(reading, row, out);
      else if (left === null || value === left) this.#returned.set(slot, atS(reading));
    }
    return false;
  }

  /** It turns out to be something else. */
  turn(reading: Reading, { row }: StatusPoll, finding: Finding, out: StageOutput): void {
    this.#cases.turn(reading, row, finding, out);
  }

  /**
   * A poll without a transition. `isCalm`: there are few transitions.
   * @returns whether what was open has become usual.
   */
  stay(reading: Reading, poll: StatusPoll, isCalm: boolean, out: StageOutput): boolean {
    const { row } = poll;
    const open = this.openOn(reading, poll);
    if (open === undefined) this.#tryHeld(reading, poll, out);
    else if (this.#isSuppressed(reading, row)) this.#endByRule(reading, poll, 'suppressed', out);
    else return this.#goOn(reading, poll, open, isCalm, out);
    return false;
  }

  /** Ends what is open on the rows in maintenance: nothing else looks at them. */
  suspend(reading: Reading, { values }: NumberColumn, out: StageOutput): void {
    for (let row = 0; row < reading.rowCount; row += 1) {
      const slot = reading.slots[row]!;
      if (values[row] !== 1 || !this.#cases.has(slot)) continue;
      const open = this.#cases.end(reading, row, 'maintenance', out);
      if (open !== undefined) this.#holdAgain(slot, this.#cases.keyOf(reading, row), open);
    }
  }

  punctuate(entityTimeMs: (entity: string) => number, out: StageOutput): void {
    this.#cases.punctuate(entityTimeMs, out, this.#holdAgain);
  }

  #goOn(reading: Reading, poll: StatusPoll, open: OpenCase, isCalm: boolean, out: StageOutput): boolean {
    const { row, slot, dwellS } = poll;
    const { observedAtMs } = reading;
    const { anomaly_type: type, opened_at: openedAtMs } = open.record;
    const isStorm = type === 'oscillation' && !isCalm;
    if (isStorm || type === 'flatline' || this.#isAway(poll, open)) {
      this.#returned.set(slot, 0);
      this.#cases.goOn(reading, row);
      const lastsMs = type === 'drop' ? 1_000 * dwellS : observedAtMs - openedAtMs;
      if (!this.#becomeUsual(reading, row, lastsMs, out)) return false;
      this.#held.set(slot, TOLD);
      return isStorm;
    }
    if (this.#returned.get(slot) === 0) this.#returned.set(slot, atS(reading) - dwellS);
    this.#cases.see(reading, row);
    this.#endIfBack(reading, row, out);
    return false;
  }

  #endIfBack(reading: Reading, row: number, out: StageOutput): void {
    const returnedMs = 1_000 * this.#returned.get(reading.slots[row]!);
    if (reading.observedAtMs - returnedMs >= this.#settings.cooldownMs)
      this.#recover(reading, row, returnedMs, out);
  }

  #becomeUsual(reading: Reading, row: number, lastsMs: number, out: StageOutput): boolean {
    if (lastsMs < this.#settings.newStateMs) return false;
    this.#cases.recover(reading, row, out, 'level_shift');
    this.#returned.set(reading.slots[row]!, atS(reading));
    return true;
  }

  #recover(reading: Reading, row: number, atMs: number, out: StageOutput): void {
    this.#cases.recover(reading, row, out, 'recovered', atMs);
    this.#returned.set(reading.slots[row]!, atS(reading));
  }

  /** Not in the state that it left, nor in another one that it is known to leave. */
  #isAway({ value, usualDwellS }: StatusPoll, { record }: OpenCase): boolean {
    const { baseline_mean: left, metric_value: unlikely } = record;
    if (left === null || value === left) return false;
    return value === unlikely || Number.isNaN(usualDwellS);
  }

  #tryHeld(reading: Reading, poll: StatusPoll, out: StageOutput): void {
    const { row, slot, dwellS } = poll;
    const key = this.#cases.keyOf(reading, row);
    const finding = this.#held.get(slot) === HELD ? this.#waiting.get(key) : undefined;
    if (finding === undefined) return;
    if (1_000 * dwellS >= this.#settings.newStateMs) {
      this.#release(slot, key);
      this.#held.set(slot, TOLD);
    } else if (this.#mayOpen(reading, poll)) {
      this.#release(slot, key);
      this.open(reading, poll, finding, out);
    }
  }

  #mayOpen(reading: Reading, { row, slot }: StatusPoll): boolean {
    return this.#shared.settled(slot, reading.observedAtMs) && !this.#isSuppressed(reading, row);
  }

  #endByRule(reading: Reading, { row, slot }: StatusPoll, reason: RuleReason, out: StageOutput): void {
    const open = this.#cases.end(reading, row, reason, out);
    if (open !== undefined) this.#holdAgain(slot, this.#cases.keyOf(reading, row), open);
  }

  /** What was closed by a rule or in silence, while it went on. */
  readonly #holdAgain = (slot: number, key: string, open: OpenCase): void => {
    if (this.#returned.get(slot) === 0) this.#hold(slot, key, findingOf(open));
    this.#returned.set(slot, Math.floor((open.record.closed_at ?? 0) / 1_000));
  };

  /** The other types open by themselves while there is reason to. */
  #hold(slot: number, key: string, finding: Finding): void {
    if (finding.type !== 'drop') return;
    this.#held.set(slot, HELD);
    this.#waiting.set(key, finding);
  }

  #release(slot: number, key: string): void {
    if (this.#held.get(slot) === HELD) this.#waiting.delete(key);
    this.#held.set(slot, 0);
  }

  #isSuppressed(reading: Reading, row: number): boolean {
    return this.#shared.thresholds.suppresses(reading, row, this.#metric);
  }
}

function atS({ observedAtMs }: Reading): number {
  return Math.floor(observedAtMs / 1_000);
}
