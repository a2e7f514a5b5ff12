/**
 * Links that are lost: oper_status leaves up while admin_status is up, on a port that had been up for a while. No
 * sigma: a status has transitions and dwell times. A port that people take down is no anomaly.
 */
import type { NumberColumn, Reading } from '../../model/reading.ts';
import type { StateColumn } from '../../model/state.ts';
import { QUALITIES } from '../../../topics/interface.ts';
import { describeDown } from './anomaly-description.ts';
import { caseKey, closeCase, isSilent, openCase, type OpenCase } from './anomaly-lifecycle.ts';
import type { DetectSettings } from './detect-settings.ts';
import { PortStatus } from '../port-status.ts';
import type { ObjectState, StageContext, StageOutput } from '../stage.ts';

const METRIC = 'oper_status';
const UP = 1;
/** ifOperStatus (RFC 2863). */
const STATES = ['', 'up', 'down', 'testing', 'unknown', 'dormant', 'notPresent', 'lowerLayerDown'];

const GOOD = QUALITIES.indexOf('good');
/** After these the device or the port is starting: traffic and links take a while to come back. */
const RESTARTS: readonly number[] = [QUALITIES.indexOf('agent_restart'), QUALITIES.indexOf('reset')];

/** observed_at of the first poll since when the port has been up; NaN while it is not. */
const UP_SINCE = {
  name: 'up_since',
  type: 'f64',
  scope: 'row',
  group: 'hot',
  initial: Number.NaN,
} as const;
/** Nothing opens on the row before this instant. */
const SETTLES_AT = { name: 'settles_at', type: 'f64', scope: 'row', group: 'hot' } as const;
const LOST = { name: 'lost', type: 'u8', scope: 'row', group: 'hot' } as const;

export const STATUS_COLUMNS = [UP_SINCE, SETTLES_AT, LOST] as const;

export class StatusDetector {
  readonly #settings: DetectSettings;
  readonly #status: PortStatus;
  readonly #ifIndex: NumberColumn;
  readonly #upSince: StateColumn<'f64'>;
  readonly #settlesAt: StateColumn<'f64'>;
  readonly #lost: StateColumn<'u8'>;
  readonly #cases: ObjectState<{ readonly slot: number; readonly open: OpenCase }>;

  constructor(context: StageContext, settings: DetectSettings) {
    this.#settings = settings;
    this.#status = new PortStatus(context.reading);
    this.#ifIndex = context.reading.add([{ name: 'if_index', kind: 'number' }]).number('if_index');
    this.#upSince = context.column(UP_SINCE);
    this.#settlesAt = context.column(SETTLES_AT);
    this.#lost = context.column(LOST);
    this.#cases = context.objects('lost_links');
  }

  /** Whether anomalies may open on this row slot now. */
  settled(slot: number, observedAtMs: number): boolean {
    return observedAtMs >= this.#settlesAt.get(slot);
  }

  process(reading: Reading, out: StageOutput): void {
    const { rowCount, slots, quality, observedAtMs } = reading;
    for (let row = 0; row < rowCount; row += 1) {
      const slot = slots[row]!;
      if (quality[row] !== GOOD && RESTARTS.includes(quality[row]!)) this.#settle(slot, observedAtMs);
      if (!this.#status.operKnown(row)) continue;
      if (this.#status.operUp(row)) this.#up(reading, row, slot, out);
      else if (this.#status.adminUp(row)) this.#down(reading, row, slot, out);
      else this.#takenDown(reading, row, slot, out);
    }
  }

  punctuate(entityTimeMs: (entity: string) => number, out: StageOutput): void {
    for (const [key, { slot, open }] of this.#cases.entries()) {
      const nowMs = entityTimeMs(open.record.entity);
      if (isSilent(open, nowMs, this.#settings)) this.#close(key, slot, open, 'no_data', nowMs, out);
    }
  }

  #up(reading: Reading, row: number, slot: number, out: StageOutput): void {
    const { observedAtMs } = reading;
    if (this.#lost.get(slot) === 1) this.#recover(reading, row, slot, out);
    if (!Number.isNaN(this.#upSince.get(slot))) return;
    this.#upSince.set(slot, observedAtMs);
    this.#settle(slot, observedAtMs);
  }

  #down(reading: Reading, row: number, slot: number, out: StageOutput): void {
    const { observedAtMs, quality } = reading;
    if (this.#lost.get(slot) === 1) {
      const lost = this.#cases.get(caseKey(reading.entity, reading.instances[row]!, METRIC));
      if (lost === undefined) return;
      lost.open.seenAtMs = observedAtMs;
      lost.open.record.polls += 1;
      return;
    }
    const upSince = this.#upSince.get(slot);
    if (Number.isNaN(upSince)) return;
    if (observedAtMs - upSince < this.#settings.upMs) {
      this.#upSince.set(slot, Number.NaN);
      return;
    }
    // A port that comes back late after its device's restart is judged once that has settled.
    if (quality[row] !== GOOD || !this.settled(slot, observedAtMs)) return;
    this.#upSince.set(slot, Number.NaN);
    this.#lost.set(slot, 1);
    this.#open(reading, row, slot, out);
  }

  #takenDown(reading: Reading, row: number, slot: number, out: StageOutput): void {
    if (this.#lost.get(slot) === 1) this.#recover(reading, row, slot, out);
    this.#upSince.set(slot, Number.NaN);
  }

  #open(reading: Reading, row: number, slot: number, out: StageOutput): void {
    const instance = reading.instances[row]!;
    const oper = this.#status.oper(row);
    const open = openCase(
      reading,
      instance,
      this.#ifIndex.values[row]!,
      {
        metric: METRIC,
        detector: 'status',
        type: 'drop',
        severity: 'critical',
        value: oper,
        expected: UP,
        scale: null,
        sigma: null,
        score: null,
        confidence: null,
        description: describeDown(instance, STATES[oper] ?? String(oper)),
      },
      reading.observedAtMs,
      1,
      out,
    );
    this.#cases.set(caseKey(reading.entity, instance, METRIC), { slot, open });
  }

  #recover(reading: Reading, row: number, slot: number, out: StageOutput): void {
    const key = caseKey(reading.entity, reading.instances[row]!, METRIC);
    const lost = this.#cases.get(key);
    this.#lost.set(slot, 0);
    if (lost === undefined) return;
    lost.open.seenAtMs = reading.observedAtMs;
    this.#close(key, slot, lost.open, 'recovered', reading.observedAtMs, out);
  }

  #close(
    key: string,
    slot: number,
    open: OpenCase,
    reason: 'recovered' | 'no_data',
    atMs: number,
    out: StageOutput,
  ): void {
    closeCase(open, reason, atMs, out);
    this.#cases.delete(key);
    this.#lost.set(slot, 0);
  }

  #settle(slot: number, observedAtMs: number): void {
    this.#settlesAt.set(slot, observedAtMs + this.#settings.settleMs);
  }
}
