/**
 * Time between two polls of a device (notes, steps 2 and 4): by the agent's sysUpTime where that can be believed, else
 * by the collector's clock; and whether the agent started anew in between.
 */
import type { RawRecord } from '../records.ts';

/** sysUpTime, 2^32 hundredths of a second, in ms. */
const WRAP_MS = 42_949_672_960;

export interface AgentTime {
  /** observed_at of the last poll. */
  observedAt: number;
  part: number;
  /** The entity's own clock: starts at the first observed_at, advances by what passed. */
  clock: number;
  duration: number | null;
  /** The last sysUpTime that was read, and the observed_at of that poll. */
  uptime: { ticks: number; observedAt: number } | null;
  hostUptime: number | null;
  engineBoots: number | null;
  engineTime: number | null;
  /** How often the agent started anew; the number of the last start that reset the whole device. */
  starts: number;
  reboot: number;
  /** A counter of an earlier part of this poll moved. */
  moved: boolean;
}

export type PollKind = 'poll' | 'part' | 'late';

export function kindOfPoll(time: AgentTime | undefined, raw: RawRecord): PollKind {
  if (time === undefined || raw.observed_at > time.observedAt) return 'poll';
  return raw.observed_at === time.observedAt && raw.part > time.part ? 'part' : 'late';
}

/** The envelope of a new poll folded into the time of its entity. */
export function advance(time: AgentTime | undefined, raw: RawRecord): AgentTime {
  const next: AgentTime =
    time === undefined
      ? {
          observedAt: raw.observed_at,
          part: raw.part,
          clock: raw.observed_at,
          duration: null,
          uptime: null,
          hostUptime: null,
          engineBoots: null,
          engineTime: null,
          starts: 0,
          reboot: 0,
          moved: false,
        }
      : { ...time, part: raw.part, moved: false };
  if (time !== undefined) {
    const passed = elapsed(time, raw);
    next.clock = time.clock + passed.ms;
    if (passed.started !== undefined) next.starts = time.starts + 1;
    if (passed.started === 'device') next.reboot = next.starts;
  }
  const uptime = ticks(raw.sys_uptime);
  next.observedAt = raw.observed_at;
  next.duration = raw.duration_ms;
  if (uptime !== null) next.uptime = { ticks: uptime, observedAt: raw.observed_at };
  next.engineBoots = positive(raw.engine_boots) ?? next.engineBoots;
  next.hostUptime = ticks(raw.host_uptime);
  next.engineTime = positive(raw.engine_time);
  return next;
}

interface Elapsed {
  readonly ms: number;
  /** The agent alone, or the device with all its counters. */
  readonly started?: 'agent' | 'device';
}

function elapsed(time: AgentTime, raw: RawRecord): Elapsed {
  const seen = raw.observed_at - time.observedAt;
  const host = ticks(raw.host_uptime);
  // The host is younger than the last poll is old.
  if (
    host !== null &&
    time.hostUptime !== null &&
    host < time.hostUptime &&
    time.hostUptime * 10 + seen < WRAP_MS &&
    host * 10 <= seen + tolerance(time, raw, seen)
  )
    return { ms: seen, started: 'device' };

  const boots = positive(raw.engine_boots);
  if (boots !== null && time.engineBoots !== null && boots > time.engineBoots)
    return { ms: seen, started: 'agent' };

  const engineTime = positive(raw.engine_time);
  const engineMs =
    engineTime === null || time.engineTime === null ? null : (engineTime - time.engineTime) * 1000;
  const uptime = ticks(raw.sys_uptime);
  if (uptime === null || time.uptime === null) {
    return engineMs !== null && engineMs < 0 ? { ms: seen, started: 'agent' } : { ms: seen };
  }

  const before = time.uptime.ticks;
  const sinceRead = raw.observed_at - time.uptime.observedAt;
  const slack = tolerance(time, raw, sinceRead);
  const agentMs = (uptime >= before ? uptime - before : uptime - before + 2 ** 32) * 10;
  const agrees = agentMs > 0 && Math.abs(agentMs - sinceRead) <= slack;
  if (uptime < before) {
    const reachesWrap = before * 10 + sinceRead + slack >= WRAP_MS;
    const engineAgrees = engineMs !== null && Math.abs(engineMs - sinceRead) <= 2000 + slack;
    const engineFell = engineMs !== null && engineMs < 0;
    if (!reachesWrap || engineFell || !(agrees || engineAgrees)) return { ms: seen, started: 'agent' };
  } else if (!agrees && uptime * 10 + slack < sinceRead) {
    return { ms: seen, started: 'agent' };
  }
  // The last poll did not read sysUpTime: its clock is no base for this interval.
  if (time.uptime.observedAt !== time.observedAt) return { ms: seen };
  if (agrees || collectorJumped(time, raw, agentMs, seen, engineMs)) return { ms: agentMs };
  return { ms: seen };
}

/** Two witnesses against the collector's clock: sysUpTime and snmpEngineTime, or the poll interval. */
function collectorJumped(
  time: AgentTime,
  raw: RawRecord,
  agentMs: number,
  seen: number,
  engineMs: number | null,
): boolean {
  if (!(agentMs > 0)) return false;
  if (!(Math.abs(agentMs - seen) > 2000 + 0.05 * Math.max(agentMs, seen))) return false;
  if (engineMs !== null) return Math.abs(engineMs - agentMs) <= 2000;
  const interval = raw.interval_ms;
  return interval !== null && Math.abs(agentMs - interval) <= tolerance(time, raw, interval);
}

/** sysUpTime is of the first PDU, observed_at of the middle: half of both durations, 1 %, 250 ms; at most a tenth. */
function tolerance(time: AgentTime, raw: RawRecord, ms: number): number {
  const durations = (Math.max(raw.duration_ms ?? 0, 0) + Math.max(time.duration ?? 0, 0)) / 2;
  return 10 + Math.min(0.1 * ms, 250 + 0.01 * ms + durations);
}

function ticks(value: bigint | null): number | null {
  return value !== null && value >= 0n && value < 1n << 32n ? Number(value) : null;
}

function positive(value: bigint | null): number | null {
  return value !== null && value >= 0n ? Number(value) : null;
}
