/**
 * A device's polls in log order to what metric.interface should hold: the nine steps of the notes on rates, written
 * plainly, with objects and exact integers. Imports nothing of the pipeline: a mistake there must show here.
 */
import type { MetricException, RawRecord, Row } from '../records.ts';
import { advance, kindOfPoll, type AgentTime } from './agent-time.ts';
import { COUNTERS, counterIn, foldCounter, hasFallen } from './counters.ts';
import { derive } from './derived.ts';
import { instancesOf, newNames, type Names, type Refusal } from './instances.ts';
import { judgePlausibility } from './plausibility.ts';
import { worst, type Reason } from './reasons.ts';
import { newRowState, type PollPass, type RowPass, type RowState } from './row-pass.ts';
import { minPacketOctets, speedMbps } from './speed.ts';

/** All that is remembered of one device: plain data, so that it can be cloned. */
export interface DeviceState {
  names: Names;
  time: AgentTime | undefined;
  rows: Map<string, RowState>;
}

/** The computed part of a metric record; undefined where the poll yields none. */
export interface Computed {
  readonly rows: readonly Row[];
  readonly exceptions: readonly MetricException[];
}

export type Outcome =
  | { readonly kind: 'metric'; readonly computed: Computed }
  | { readonly kind: 'nothing'; readonly reason: 'late' | 'no_rows' }
  | { readonly kind: 'refused'; readonly reason: Refusal };

/** A rate over more intervals has the quality gap. Polls do not come to the millisecond: a tenth is no interval. */
const GAP_INTERVALS = 3.1;
/** How long repeating counters are taken for a stale cache. */
const STALE_MS = 30_000;
const STALE_INTERVALS = 2.1;

/** Counters that metric rows carry. */
const CARRIED = COUNTERS.filter(({ name }) => !/multicast|broadcast/.test(name));

export function newDevice(): DeviceState {
  return { names: newNames(), time: undefined, rows: new Map() };
}

/** Folds one raw record. `overrides`: the inventory's Mb/s by instance. */
export function foldPoll(
  device: DeviceState,
  raw: RawRecord,
  overrides: ReadonlyMap<string, number>,
): Outcome {
  const instances = instancesOf(device.names, raw);
  if (typeof instances === 'string') return { kind: 'refused', reason: instances };
  const kind = kindOfPoll(device.time, raw);
  if (kind === 'late') return { kind: 'nothing', reason: 'late' };
  if (raw.status === 'failed') {
    // Silence is no reset: nothing is remembered of it.
    if (raw.rows.length === 0) return { kind: 'nothing', reason: 'no_rows' };
    return {
      kind: 'metric',
      computed: { rows: raw.rows.map((row, at) => unknownRow(row, instances[at]!)), exceptions: [] },
    };
  }
  if (kind === 'poll') device.time = advance(device.time, raw);
  else device.time = { ...device.time!, part: raw.part };
  if (raw.rows.length === 0) return { kind: 'nothing', reason: 'no_rows' };
  return { kind: 'metric', computed: foldRows(device, device.time, raw, instances, overrides) };
}

function foldRows(
  device: DeviceState,
  time: AgentTime,
  raw: RawRecord,
  instances: readonly string[],
  overrides: ReadonlyMap<string, number>,
): Computed {
  const interval = raw.interval_ms !== null && raw.interval_ms > 0 ? raw.interval_ms : null;
  const poll: PollPass = {
    now: time.clock,
    gapMs: interval === null ? Infinity : GAP_INTERVALS * interval,
    partial: raw.status !== 'complete',
  };
  const rows = raw.rows.map((row, at): RowPass => {
    const instance = instances[at]!;
    const state = device.rows.get(instance) ?? newRowState();
    device.rows.set(instance, state);
    return judgeRow(row, instance, state, time, poll, overrides.get(instance) ?? null);
  });
  // The agent started anew; if a counter fell, the device did, and counters that are higher were reset as well.
  const restarted = rows.filter(({ verdict }) => verdict === 'agent_restart');
  if (restarted.some((row) => COUNTERS.some((counter) => hasFallen(counter, row)))) {
    time.reboot = time.starts;
    for (const row of restarted) row.verdict = 'reset';
  }
  for (const row of rows) {
    for (const counter of COUNTERS) row.outcomes.set(counter.name, foldCounter(counter, row, poll));
  }
  for (const row of rows) judgePlausibility(row);
  const stale = isStale(rows, time, interval);
  for (const row of rows) {
    if (row.verdict === 'unknown' || (stale && row.verdict === 'good')) continue;
    row.state.sampledAt = poll.now;
    row.state.moved = row.moved;
  }
  for (const row of rows) settle(row, stale);
  const qualities = rows.map((row) => qualityOf(row, poll));
  const { metrics, exceptions } = derive(rows, qualities);
  return { exceptions, rows: rows.map((row, at) => metricRow(row, qualities[at]!, metrics[at]!)) };
}

/** Steps 1, 2, 4 and 5: what breaks the line of all counters of the row. */
function judgeRow(
  raw: Row,
  instance: string,
  state: RowState,
  time: AgentTime,
  poll: PollPass,
  override: number | null,
): RowPass {
  const discontinuity = (raw['discontinuity_time'] ?? null) as bigint | null;
  const physAddress = (raw['phys_address'] || null) as string | null;
  const dt = state.sampledAt === null ? null : poll.now - state.sampledAt;
  let verdict: Reason = 'good';
  if (dt === null) verdict = 'first';
  else if (dt <= 0) verdict = 'unknown';
  else if (physAddress !== null && state.physAddress !== null && physAddress !== state.physAddress)
    verdict = 'reindexed';
  else if (state.starts !== time.starts) verdict = state.starts < time.reboot ? 'reset' : 'agent_restart';
  else if (discontinuity !== null && state.discontinuity !== null && discontinuity !== state.discontinuity)
    verdict = 'discontinuity';

  if (verdict === 'first' || physAddress !== null) state.physAddress = physAddress;
  if (verdict === 'first' || verdict === 'reset' || verdict === 'agent_restart' || discontinuity !== null)
    state.discontinuity = discontinuity;
  state.starts = time.starts;
  return {
    raw,
    instance,
    state,
    verdict,
    dt,
    covered: dt,
    gap: dt !== null && dt > poll.gapMs,
    moved: false,
    speedMbps: speedMbps(raw, override),
    minPacketOctets: minPacketOctets(raw),
    outcomes: new Map(),
  };
}

/** Step 9: nothing of a poll moved though time went on, on a device that was moving a moment ago. */
function isStale(rows: readonly RowPass[], time: AgentTime, interval: number | null): boolean {
  if (time.moved) return false;
  const limit = Math.max(STALE_MS, interval === null ? 0 : STALE_INTERVALS * interval);
  const known = rows.filter(({ verdict }) => verdict !== 'first' && verdict !== 'unknown');
  const repeats = known.every(({ verdict, moved }) => verdict === 'good' && !moved);
  if (repeats && known.some(({ dt, state }) => dt! <= limit && state.moved)) return true;
  if (rows.some(({ verdict, moved }) => moved && verdict !== 'first')) time.moved = true;
  return false;
}

/** A stale poll's zeros are no numbers; after any other one, held counters that repeated go on with their rows. */
function settle(row: RowPass, stale: boolean): void {
  for (const [name, outcome] of row.outcomes) {
    if (outcome.reason !== 'good') continue;
    if (stale) {
      if (row.verdict === 'good') row.outcomes.set(name, { ...outcome, delta: null, reason: 'stale' });
    } else {
      row.state.counters.get(name)!.heldAt = null;
    }
  }
}

/** The worst that happened to the row's octets. */
function qualityOf(row: RowPass, poll: PollPass): Reason {
  if (row.verdict !== 'good') return row.verdict;
  const octets = ['in_octets', 'out_octets'].map((name): Reason => {
    const { reason } = row.outcomes.get(name)!;
    if (reason === 'not_supported') return 'missing';
    return reason === 'ambiguous_wrap' ? 'gap' : reason;
  });
  const quality = worst(octets);
  return quality === 'good' && (row.gap || row.covered! > poll.gapMs) ? 'gap' : quality;
}

function metricRow(row: RowPass, quality: Reason, metrics: ReadonlyMap<string, number | null>): Row {
  return {
    ...describing(row.raw, row.instance),
    speed_mbps: row.speedMbps,
    quality,
    ...Object.fromEntries(CARRIED.map(({ name }) => [name, row.outcomes.get(name)!.carried])),
    ...Object.fromEntries(metrics),
  };
}

/** A row of a failed poll: as read, no rates. */
function unknownRow(raw: Row, instance: string): Row {
  return {
    ...describing(raw, instance),
    quality: 'unknown',
    ...Object.fromEntries(CARRIED.map((counter) => [counter.name, counterIn(counter, raw)])),
  };
}

function describing(raw: Row, instance: string): Row {
  const names = ['if_index', 'if_alias', 'if_type', 'mtu', 'admin_status', 'oper_status', 'duplex'];
  return { interface_name: instance, ...Object.fromEntries(names.map((name) => [name, raw[name] ?? null])) };
}
