/**
 * The time between two polls of a device, and whether its agent started anew in between.
 *
 * Each entity has a clock of its own: it starts at the first poll's observed_at and advances by the time that the
 * agent (sysUpTime) or else the collector saw pass. Rows remember it, so that a row that misses polls still knows
 * how long ago its last sample was, whichever of the two clocks measured the parts.
 */
import type { Reading } from '../../model/reading.ts';
import type { ColumnDeclaration, ColumnType, StateColumn } from '../../model/state.ts';
import type { StageContext, StageOutput } from '../stage.ts';

/** late: not newer than the entity's last; part: a further part of the poll that came last. */
export type PollKind = 'late' | 'part' | 'poll';

const NEVER = Number.NaN;
const UPTIME_WRAP_MS = 2 ** 32 * 10;

const entityColumn = <T extends ColumnType>(name: string, type: T, initial = 0): ColumnDeclaration<T> => ({
  name,
  type,
  scope: 'entity',
  group: 'hot',
  initial,
});

const OBSERVED = entityColumn('observed_at', 'f64', NEVER);
const CLOCK = entityColumn('clock', 'f64');
const DURATION = entityColumn('duration', 'f64', NEVER);
const UPTIME = entityColumn('sys_uptime', 'f64', NEVER);
const UPTIME_READ = entityColumn('sys_uptime_read_at', 'f64', NEVER);
const HOST_UPTIME = entityColumn('host_uptime', 'f64', NEVER);
const ENGINE_BOOTS = entityColumn('engine_boots', 'f64', NEVER);
const ENGINE_TIME = entityColumn('engine_time', 'f64', NEVER);
const PART = entityColumn('part', 'u16');
const MOVED = entityColumn('moved', 'u8');
const STARTS = entityColumn('starts', 'u32');
const REBOOT = entityColumn('reboot', 'u32');

export const AGENT_CLOCK_COLUMNS: readonly ColumnDeclaration[] = [
  OBSERVED,
  CLOCK,
  DURATION,
  UPTIME,
  UPTIME_READ,
  HOST_UPTIME,
  ENGINE_BOOTS,
  ENGINE_TIME,
  PART,
  MOVED,
  STARTS,
  REBOOT,
];

export class AgentClock {
  readonly #observed: StateColumn<'f64'>;
  readonly #clock: StateColumn<'f64'>;
  readonly #duration: StateColumn<'f64'>;
  readonly #uptime: StateColumn<'f64'>;
  readonly #uptimeRead: StateColumn<'f64'>;
  readonly #hostUptime: StateColumn<'f64'>;
  readonly #engineBoots: StateColumn<'f64'>;
  readonly #engineTime: StateColumn<'f64'>;
  readonly #part: StateColumn<'u16'>;
  readonly #moved: StateColumn<'u8'>;
  readonly #starts: StateColumn<'u32'>;
  readonly #reboot: StateColumn<'u32'>;

  constructor(context: StageContext) {
    this.#observed = context.column(OBSERVED);
    this.#clock = context.column(CLOCK);
    this.#duration = context.column(DURATION);
    this.#uptime = context.column(UPTIME);
    this.#uptimeRead = context.column(UPTIME_READ);
    this.#hostUptime = context.column(HOST_UPTIME);
    this.#engineBoots = context.column(ENGINE_BOOTS);
    this.#engineTime = context.column(ENGINE_TIME);
    this.#part = context.column(PART);
    this.#moved = context.column(MOVED);
    this.#starts = context.column(STARTS);
    this.#reboot = context.column(REBOOT);
  }

  /** What the reading is to the entity's last one. Changes nothing. */
  kindOf(reading: Reading): PollKind {
    const { entitySlot: slot, observedAtMs } = reading;
    const last = this.#observed.get(slot);
    if (Number.isNaN(last) ? !Number.isNaN(observedAtMs) : observedAtMs > last) return 'poll';
    return observedAtMs === last && reading.part > this.#part.get(slot) ? 'part' : 'late';
  }

  /** The entity's clock in ms, as of the last poll that was folded. */
  nowMs(slot: number): number {
    return this.#clock.get(slot);
  }

  /** How often the agent is known to have started anew. */
  starts(slot: number): number {
    return this.#starts.get(slot);
  }

  /** The last of these starts that was one of the whole device, counters and all. */
  reboot(slot: number): number {
    return this.#reboot.get(slot);
  }

  /** The last start was one of the whole device: counters fell, or its own uptime did. */
  markReboot(slot: number): void {
    this.#reboot.set(slot, this.#starts.get(slot));
  }

  /** Whether a counter of an earlier part of this poll moved. */
  movedBefore(slot: number): boolean {
    return this.#moved.get(slot) === 1;
  }

  markMoved(slot: number): void {
    this.#moved.set(slot, 1);
  }

  markPart(reading: Reading): void {
    this.#part.set(reading.entitySlot, reading.part);
  }

  /** Folds the envelope of a new poll. */
  advance(reading: Reading, out: StageOutput): void {
    const { entitySlot: slot, observedAtMs } = reading;
    const last = this.#observed.get(slot);
    if (Number.isNaN(last)) {
      this.#clock.set(slot, observedAtMs);
    } else {
      this.#clock.set(slot, this.#clock.get(slot) + this.#elapsedMs(reading, observedAtMs - last, out));
    }
    this.#observed.set(slot, observedAtMs);
    this.#part.set(slot, reading.part);
    this.#moved.set(slot, 0);
    this.#duration.set(slot, reading.durationMs);
    const uptime = ticks(reading.sysUptime);
    if (!Number.isNaN(uptime)) {
      // Kept over polls that did not read it: a restart in between still shows.
      this.#uptime.set(slot, uptime);
      this.#uptimeRead.set(slot, observedAtMs);
    }
    const boots = sane(reading.engineBoots);
    if (!Number.isNaN(boots)) this.#engineBoots.set(slot, boots);
    this.#hostUptime.set(slot, ticks(reading.hostUptime));
    this.#engineTime.set(slot, sane(reading.engineTime));
  }

  /** Milliseconds between the last poll and this one; notes every restart of the agent. */
  #elapsedMs(reading: Reading, seenMs: number, out: StageOutput): number {
    const slot = reading.entitySlot;
    const uptime = ticks(reading.sysUptime);
    const before = this.#uptime.get(slot);
    const readMs = reading.observedAtMs - this.#uptimeRead.get(slot);
    const toleranceMs = this.#toleranceMs(reading, readMs);
    // Modulo 2^32: right across a wrap, and nonsense (which agrees with nothing) after a restart.
    const agentMs = (uptime >= before ? uptime - before : uptime - before + 2 ** 32) * 10;
    const agrees = agentMs > 0 && Math.abs(agentMs - readMs) <= toleranceMs;
    const engineMs = (sane(reading.engineTime) - this.#engineTime.get(slot)) * 1000;

    if (this.#hostRebooted(reading, seenMs)) {
      this.#noteStart(slot, 'device_reboot', out);
      this.markReboot(slot);
      return seenMs;
    }
    if (sane(reading.engineBoots) > this.#engineBoots.get(slot)) {
      this.#noteStart(slot, 'agent_restart', out);
      return seenMs;
    }
    if (Number.isNaN(agentMs) && engineMs < 0) {
      this.#noteStart(slot, 'agent_restart', out);
      return seenMs;
    }
    if (uptime < before) {
      // engineTime counts seconds and does not wrap: if it fell too, the agent started anew.
      const crosses = before * 10 + readMs + toleranceMs >= UPTIME_WRAP_MS;
      const engineAgrees = Math.abs(engineMs - readMs) <= ENGINE_TIME_MS + toleranceMs;
      const wrapped = crosses && !(engineMs < 0) && (agrees || engineAgrees);
      if (!wrapped) {
        this.#noteStart(slot, 'agent_restart', out);
        return seenMs;
      }
      out.count('rate', 'uptime_wrap');
    } else if (!agrees && uptime * 10 + toleranceMs < readMs) {
      // Grown, but younger than the last poll is old: started anew during a long silence.
      this.#noteStart(slot, 'agent_restart', out);
      return seenMs;
    }
    if (readMs !== seenMs) return seenMs; // The last poll had no sysUpTime.
    if (agrees) return agentMs;
    if (agentMs > 0 && this.#collectorJumped(reading, agentMs, seenMs, engineMs)) {
      out.count('rate', 'clock_jump');
      return agentMs;
    }
    return seenMs;
  }

  /**
   * How far sysUpTime and the collector's clock may lie apart and mean the same: sysUpTime is read in the first PDU,
   * observed_at is the middle of the poll, so half of each poll's duration; 1 % for clocks that are off; 250 ms for
   * the network. Never more than a tenth of the time itself, plus sysUpTime's own 10 ms.
   */
  #toleranceMs(reading: Reading, elapsedMs: number): number {
    const durations = (known(reading.durationMs) + known(this.#duration.get(reading.entitySlot))) / 2;
    return 10 + Math.min(0.1 * elapsedMs, 250 + 0.01 * elapsedMs + durations);
  }

  /** The host says that it is younger than the last poll is old: its counters started at 0. */
  #hostRebooted(reading: Reading, seenMs: number): boolean {
    const uptime = ticks(reading.hostUptime);
    const before = this.#hostUptime.get(reading.entitySlot);
    if (!(uptime < before) || before * 10 + seenMs >= UPTIME_WRAP_MS) return false;
    return uptime * 10 <= seenMs + this.#toleranceMs(reading, seenMs);
  }

  /**
   * The collector's clock was set between the polls: two witnesses against it. sysUpTime is one; the other is
   * snmpEngineTime, or the poll interval if sysUpTime keeps to it and the collector's clock does not. Small
   * differences are no jump: there the agent's clock is the coarse one.
   */
  #collectorJumped(reading: Reading, agentMs: number, seenMs: number, engineMs: number): boolean {
    const apart = Math.abs(agentMs - seenMs);
    if (!(apart > ENGINE_TIME_MS + 0.05 * Math.max(agentMs, seenMs))) return false;
    if (!Number.isNaN(engineMs)) return Math.abs(engineMs - agentMs) <= ENGINE_TIME_MS;
    return Math.abs(agentMs - reading.intervalMs) <= this.#toleranceMs(reading, reading.intervalMs);
  }

  #noteStart(slot: number, what: 'agent_restart' | 'device_reboot', out: StageOutput): void {
    this.#starts.set(slot, this.#starts.get(slot) + 1);
    out.count('rate', what);
  }
}

/** snmpEngineTime counts whole seconds, at both ends. */
const ENGINE_TIME_MS = 2_000;

/** Hundredths of a second in 32 bits; NaN for what cannot be (some agents report negatives). */
function ticks(value: number): number {
  return value >= 0 && value < 2 ** 32 ? value : Number.NaN;
}

function sane(value: number): number {
  return value >= 0 ? value : Number.NaN;
}

function known(value: number): number {
  return value > 0 ? value : 0;
}
