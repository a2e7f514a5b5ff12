/** What one call of `rate` works on: verdicts and deltas by row and counter, allocated once and reused. */
import { QUALITIES, type Quality } from '../../../topics/interface.ts';

/** Reasons for a metric without a value beside the qualities, which come first so that codes are theirs. */
const OWN_REASONS = ['not_supported', 'ambiguous_wrap', 'no_speed', 'no_packets'] as const;

/** Every reason that an exception may name; its code is its index. 0 = good, there is a value. */
export const REASONS = [...QUALITIES, ...OWN_REASONS] as const;
export type Reason = Quality | (typeof OWN_REASONS)[number];

function code(reason: Reason): number {
  return REASONS.indexOf(reason);
}

export const GOOD = code('good');
export const GAP = code('gap');
export const FIRST = code('first');
export const REINDEXED = code('reindexed');
export const WIDTH_CHANGE = code('width_change');
export const RESET = code('reset');
export const AGENT_RESTART = code('agent_restart');
export const DISCONTINUITY = code('discontinuity');
export const IMPLAUSIBLE = code('implausible');
export const STALE = code('stale');
export const MISSING = code('missing');
export const UNKNOWN = code('unknown');
/** The agent never gave this counter. */
export const NOT_SUPPORTED = code('not_supported');
/** A 32-bit counter after a gap in which it may have wrapped any number of times. */
export const AMBIGUOUS_WRAP = code('ambiguous_wrap');
export const NO_SPEED = code('no_speed');
/** A share of no packets at all. */
export const NO_PACKETS = code('no_packets');

export class RatePass {
  rows = 0;
  /** The entity's clock now: see AgentClock. */
  nowMs = 0;
  /** Not all rows and columns of the poll came. */
  partial = false;
  /** A row whose dt is above this has a gap. */
  gapMs = Infinity;
  /** A counter repeated its value though it keeps its own time: `release` it if the poll is no stale one. */
  heldRepeats = false;

  /** Code of what happened to the row as a whole, GOOD if nothing. */
  breaks = new Uint8Array(0);
  /** 1 where the row's last sample is further away than gapMs. */
  gaps = new Uint8Array(0);
  /** 1 where a counter of the row moved (or, in a row that starts anew, is not 0). */
  moved = new Uint8Array(0);
  /** Since the row's last sample. */
  dtMs = new Float64Array(0);
  /** What the row's rates cover: dtMs, or longer where its octets were held back. */
  coveredMs = new Float64Array(0);
  /** NaN where nobody knows. */
  bitsPerSecond = new Float64Array(0);
  /** The fewest octets that a packet of the row's interface has on average. */
  minPacketOctets = new Uint8Array(0);
  /** By counter: growth within dtMs, NaN where codes[counter][row] is not GOOD. */
  readonly deltas: Float64Array[];
  readonly codes: Uint8Array[];

  constructor(counters: number) {
    this.deltas = Array.from({ length: counters }, () => new Float64Array(0));
    this.codes = Array.from({ length: counters }, () => new Uint8Array(0));
  }

  begin(rows: number): void {
    this.rows = rows;
    this.heldRepeats = false;
    if (rows > this.breaks.length) this.#grow(2 ** Math.ceil(Math.log2(rows)));
    this.moved.fill(0, 0, rows);
  }

  /** Takes the values of all counters of the row away. */
  voidRow(row: number, why: number): void {
    this.breaks[row] = why;
    for (let counter = 0; counter < this.deltas.length; counter += 1) {
      this.deltas[counter]![row] = Number.NaN;
      this.codes[counter]![row] = why;
    }
  }

  #grow(capacity: number): void {
    this.breaks = new Uint8Array(capacity);
    this.gaps = new Uint8Array(capacity);
    this.moved = new Uint8Array(capacity);
    this.dtMs = new Float64Array(capacity);
    this.coveredMs = new Float64Array(capacity);
    this.bitsPerSecond = new Float64Array(capacity);
    this.minPacketOctets = new Uint8Array(capacity);
    for (let counter = 0; counter < this.deltas.length; counter += 1) {
      this.deltas[counter] = new Float64Array(capacity);
      this.codes[counter] = new Uint8Array(capacity);
    }
  }
}
