/**
 * Links that are lost: oper_status leaves up while admin_status is up, on a port that had been up for a while. No
 * sigma: a status has transitions and dwell times. A port that people take down is no anomaly, nor is one that goes
 * down in a maintenance window; if it is still down when the window has settled, it is.
 */
import type { NumberColumn, Reading } from '../../model/reading.ts';
import type { StateColumn } from '../../model/state.ts';
import { QUALITIES } from '../../../topics/interface.ts';
import { describeDown } from './anomaly-description.ts';
import type { RuleReason } from './anomaly-lifecycle.ts';
import type { DetectSettings } from './detect-settings.ts';
import { OpenCases } from './open-cases.ts';
import { PortStatus } from '../port-status.ts';
import { maintenanceColumn } from '../rules/maintenance-column.ts';
import type { StageContext, StageOutput } from '../stage.ts';
import type { Stories } from './stories.ts';
import type { Thresholds } from './thresholds.ts';

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
  readonly #thresholds: Thresholds;
  readonly #maintenance: NumberColumn;
  readonly #status: PortStatus;
  readonly #ifIndex: NumberColumn;
  readonly #upSince: StateColumn<'f64'>;
  readonly #settlesAt: StateColumn<'f64'>;
  readonly #cases: OpenCases;

  constructor(context: StageContext, settings: DetectSettings, thresholds: Thresholds, stories: Stories) {
    this.#settings = settings;
    this.#thresholds = thresholds;
    this.#maintenance = maintenanceColumn(context.reading);
    this.#status = new PortStatus(context.reading);
    this.#ifIndex = context.reading.add([{ name: 'if_index', kind: 'number' }]).number('if_index');
    this.#upSince = context.column(UP_SINCE);
    this.#settlesAt = context.column(SETTLES_AT);
    this.#cases = new OpenCases(context, 'lost_links', METRIC, context.column(LOST), settings, stories);
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
      if (this.#cases.has(slot)) this.#endIfRuled(reading, row, slot, out);
      if (!this.#status.operKnown(row)) continue;
      if (this.#status.operUp(row)) this.#up(reading, row, slot, out);
      else if (this.#status.adminUp(row)) this.#down(reading, row, slot, out);
      else this.#takenDown(reading, row, slot, out);
    }
  }

  punctuate(entityTimeMs: (entity: string) => number, out: StageOutput): void {
    this.#cases.punctuate(entityTimeMs, out);
  }

  #up(reading: Reading, row: number, slot: number, out: StageOutput): void {
    const { observedAtMs } = reading;
    if (this.#cases.has(slot)) this.#cases.recover(reading, row, out);
    if (!Number.isNaN(this.#upSince.get(slot))) return;
    this.#upSince.set(slot, observedAtMs);
    this.#settle(slot, observedAtMs);
  }

  #down(reading: Reading, row: number, slot: number, out: StageOutput): void {
    const { observedAtMs, quality } = reading;
    if (this.#cases.has(slot)) {
      this.#cases.goOn(reading, row);
      return;
    }
    const upSince = this.#upSince.get(slot);
    if (Number.isNaN(upSince)) return;
    if (observedAtMs - upSince < this.#settings.upMs) {
      this.#upSince.set(slot, Number.NaN);
      return;
    }
    // A port that comes back late after its device's restart is judged once that has settled.
    if (quality[row] !== GOOD || !this.settled(slot, observedAtMs) || this.#ruledOut(reading, row)) return;
    this.#upSince.set(slot, Number.NaN);
    this.#open(reading, row, out);
  }

  #takenDown(reading: Reading, row: number, slot: number, out: StageOutput): void {
    if (this.#cases.has(slot)) this.#cases.recover(reading, row, out);
    this.#upSince.set(slot, Number.NaN);
  }

  #open(reading: Reading, row: number, out: StageOutput): void {
    const oper = this.#status.oper(row);
    const finding = {
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
      strength: 0,
      description: describeDown(reading.instances[row]!, STATES[oper] ?? String(oper)),
    } as const;
    this.#cases.open(reading, row, this.#ifIndex.values[row]!, finding, 1, out);
  }

  /** Why nothing may be open on the row's link. */
  #ruledOut(reading: Reading, row: number): RuleReason | undefined {
    if (this.#maintenance.values[row] === 1) return 'maintenance';
    return this.#thresholds.suppresses(reading, row, METRIC) ? 'suppressed' : undefined;
  }

  #endIfRuled(reading: Reading, row: number, slot: number, out: StageOutput): void {
    const reason = this.#ruledOut(reading, row);
    if (reason === undefined) return;
    const lost = this.#cases.end(reading, row, reason, out);
    if (lost === undefined) return;
    // It had been up for long enough before it was lost: if it is still down when it may open again, it does.
    this.#upSince.set(slot, lost.record.opened_at - this.#settings.upMs);
  }

  #settle(slot: number, observedAtMs: number): void {
    this.#settlesAt.set(slot, observedAtMs + this.#settings.settleMs);
  }
}
