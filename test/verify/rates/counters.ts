/** Growth of one counter of one row in exact integers (notes, steps 3 and 6), and which of its two widths counts. */
import type { CounterOutcome, CounterState, PollPass, RowPass } from './row-pass.ts';
import type { Row } from '../records.ts';
import type { Reason } from './reasons.ts';

export interface Counter {
  readonly name: string;
  /** Has a 32-bit twin `<name>_32`; the others exist in 32 bits only. */
  readonly wide: boolean;
  readonly octets: boolean;
}

const counter = (name: string, wide: boolean): Counter => ({ name, wide, octets: name.endsWith('_octets') });

export const COUNTERS: readonly Counter[] = [
  ...['octets', 'unicast_packets', 'multicast_packets', 'broadcast_packets'].flatMap((what) => [
    counter(`in_${what}`, true),
    counter(`out_${what}`, true),
  ]),
  ...['errors', 'discards'].flatMap((what) => [counter(`in_${what}`, false), counter(`out_${what}`, false)]),
];

const TWO_32 = 1n << 32n;
/** Polls that a wide counter may stand still while its low half moves. */
const FROZEN_LIMIT = 3;
/** A fall fits a wrap up to this multiple of the speed. */
const WRAP_SLACK = 1.05;
const MIN_PACKET_OCTETS = 60;

interface Read {
  readonly wide: bigint | null;
  readonly low: bigint | null;
}

/** Folds the counter as read into its state. */
export function foldCounter(of: Counter, row: RowPass, poll: PollPass): CounterOutcome {
  const read: Read = {
    wide: unsigned(row.raw[of.name]),
    low: of.wide ? lowHalf(of, row) : null,
  };
  const state = row.state.counters.get(of.name) ?? nothing(false, false);
  row.state.counters.set(of.name, state);
  const { verdict } = row;

  if (verdict === 'unknown') return { delta: null, reason: 'unknown', carried: counterIn(of, row.raw) };
  if (verdict !== 'good') {
    // A disturbed counter is still of the same agent; after anything else the width is open again.
    const kept = verdict === 'discontinuity';
    return seed(of, row, read, verdict, kept && state.lapsed, kept && state.pinned);
  }
  if (state.width === 'none') {
    const seeded = seed(of, row, read, 'first', state.lapsed, state.pinned);
    if (seeded.carried === null) return { ...seeded, reason: 'not_supported' };
    stateOf(of, row).heldAt = poll.now;
    return seeded;
  }
  return state.width === 'wide'
    ? foldWide(of, row, poll, read, state)
    : foldNarrow(of, row, poll, read, state);
}

function foldWide(
  of: Counter,
  row: RowPass,
  poll: PollPass,
  read: Read,
  state: CounterState,
): CounterOutcome {
  const { wide, low } = read;
  if (wide === null || !usable(of, wide)) {
    // A column that a partial poll did not reach is no change of the agent.
    if (low !== null && (wide !== null || !poll.partial)) return narrow(of, row, low, state.lapsed);
    hold(row, state);
    return { delta: null, reason: 'missing', carried: null };
  }
  const delta = wide - state.value;
  if (delta === 0n && low !== null && state.low !== null && low !== state.low) {
    row.moved = true;
    if ((wide === 0n && state.low !== 0n) || state.frozen >= FROZEN_LIMIT) return narrow(of, row, low, true);
    hold(row, state);
    state.frozen += 1;
    return { delta: null, reason: 'stale', carried: wide };
  }
  state.value = wide;
  state.low = low;
  state.frozen = 0;
  if (delta < 0n) {
    row.moved = true;
    state.heldAt = null;
    return { delta: null, reason: 'reset', carried: wide };
  }
  return grow(of, row, poll, state, delta, wide);
}

function foldNarrow(
  of: Counter,
  row: RowPass,
  poll: PollPass,
  read: Read,
  state: CounterState,
): CounterOutcome {
  let value: bigint | null;
  if (of.wide) {
    const { wide, low } = read;
    const isBack = wide !== null && usable(of, wide) && (wide !== 0n || low === 0n);
    if (isBack && !state.pinned) {
      row.moved = true;
      return seed(of, row, read, 'width_change', state.lapsed, false);
    }
    value = low;
  } else {
    value = read.wide !== null && usable(of, read.wide) ? read.wide : null;
  }
  if (value === null) {
    hold(row, state);
    return { delta: null, reason: 'missing', carried: null };
  }
  const ms = heldMs(row, poll, state);
  const delta = value - state.value;
  state.value = value;
  const growth = growth32(of, row, delta, ms, of.wide && ms > poll.gapMs);
  if (typeof growth === 'bigint') return grow(of, row, poll, state, growth, value);
  row.moved = true;
  state.heldAt = null;
  return { delta: null, reason: growth, carried: value };
}

/** Growth of a 32-bit counter: a fall is a wrap where the speed allows it once and only once. */
function growth32(of: Counter, row: RowPass, delta: bigint, ms: number, isGap: boolean): bigint | Reason {
  const bits = of.octets ? 8 : MIN_PACKET_OCTETS * 8;
  const speed = row.speedMbps === null ? null : row.speedMbps * 1e6;
  const once = speed === null || (ms / 1000) * speed < 2 ** 32 * bits;
  if (delta >= 0n) return isGap && !once ? 'ambiguous_wrap' : delta;
  const growth = delta + TWO_32;
  if (speed === null) return growth < TWO_32 / 2n ? growth : 'reset';
  const fits = Number(growth) * bits <= WRAP_SLACK * speed * (ms / 1000);
  return fits && once ? growth : 'reset';
}

/** The value of now begins a new line. */
function seed(
  of: Counter,
  row: RowPass,
  { wide, low }: Read,
  reason: Reason,
  lapsed: boolean,
  pinned: boolean,
): CounterOutcome {
  const state = nothing(lapsed, pinned);
  row.state.counters.set(of.name, state);
  let carried: bigint | null = null;
  if (wide !== null && usable(of, wide) && !pinned) {
    Object.assign(state, { width: of.wide ? 'wide' : 'narrow', value: wide, low });
    carried = wide;
  } else if (low !== null) {
    Object.assign(state, { width: 'narrow', value: low });
    carried = low;
  }
  if (row.verdict !== 'good' && carried !== null && carried !== 0n) row.moved = true;
  return { delta: null, reason, carried };
}

function narrow(of: Counter, row: RowPass, low: bigint, pinned: boolean): CounterOutcome {
  row.moved = true;
  row.state.counters.set(of.name, { ...nothing(true, pinned), width: 'narrow', value: low });
  return { delta: null, reason: 'width_change', carried: low };
}

/** The sample stays: what it grew since then comes with the next one. */
function hold(row: RowPass, state: CounterState): void {
  state.heldAt ??= row.state.sampledAt;
}

function grow(
  of: Counter,
  row: RowPass,
  poll: PollPass,
  state: CounterState,
  delta: bigint,
  carried: bigint,
): CounterOutcome {
  const ms = heldMs(row, poll, state);
  // A held counter that repeats goes on with its row once the poll is known to be no stale one.
  if (delta > 0n) {
    state.heldAt = null;
    row.moved = true;
  }
  if (of.octets && ms !== row.dt) row.covered = ms;
  const growth = ms === row.dt ? Number(delta) : Number(delta) * (row.dt! / ms);
  return { delta: growth, reason: 'good', carried };
}

function heldMs(row: RowPass, poll: PollPass, state: CounterState): number {
  return state.heldAt === null ? row.dt! : poll.now - state.heldAt;
}

/** Whether a counter is below its last sample. */
export function hasFallen(of: Counter, row: RowPass): boolean {
  const state = row.state.counters.get(of.name);
  if (state === undefined || state.width === 'none') return false;
  const wide = unsigned(row.raw[of.name]);
  const value =
    state.width === 'narrow' && of.wide ? lowHalf(of, row) : wide !== null && usable(of, wide) ? wide : null;
  return value !== null && value < state.value;
}

/** A row that is passed on without being folded: its value as read, but only if it is a counter. */
export function counterIn(of: Counter, raw: Row): bigint | null {
  const value = unsigned(raw[of.name]);
  return value !== null && usable(of, value) ? value : null;
}

function lowHalf(of: Counter, { raw }: RowPass): bigint | null {
  const value = unsigned(raw[`${of.name}_32`]);
  return value !== null && value < TWO_32 ? value : null;
}

function stateOf(of: Counter, row: RowPass): CounterState {
  return row.state.counters.get(of.name)!;
}

function nothing(lapsed: boolean, pinned: boolean): CounterState {
  return { width: 'none', value: 0n, low: null, heldAt: null, lapsed, pinned, frozen: 0 };
}

/** Values of 2^63 and above (32 bits: 2^32) are no counters. */
function usable(of: Counter, value: bigint): boolean {
  return value < (of.wide ? 1n << 63n : TWO_32);
}

function unsigned(value: unknown): bigint | null {
  return typeof value === 'bigint' ? BigInt.asUintN(64, value) : null;
}
