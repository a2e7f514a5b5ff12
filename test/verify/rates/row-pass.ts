/** One interface in one poll: what was read, what is known of it from before, what comes out. */
import type { Row } from '../records.ts';
import type { Reason } from './reasons.ts';

export interface CounterState {
  width: 'none' | 'narrow' | 'wide';
  value: bigint;
  /** The low half that was read beside a wide counter. */
  low: bigint | null;
  /** The entity's clock at the sample where that is not the row's. */
  heldAt: number | null;
  /** Was wide once. */
  lapsed: boolean;
  /** Narrow for good. */
  pinned: boolean;
  /** Polls in a row in which the wide counter stood still while its low half moved. */
  frozen: number;
}

export interface RowState {
  /** The entity's clock at the last sample. */
  sampledAt: number | null;
  starts: number;
  discontinuity: bigint | null;
  physAddress: string | null;
  moved: boolean;
  counters: Map<string, CounterState>;
}

export interface CounterOutcome {
  /** Growth within the row's dt; null where reason is not good. */
  delta: number | null;
  reason: Reason;
  /** The counter in use, as metric.interface carries it. */
  carried: bigint | null;
}

export interface RowPass {
  readonly raw: Row;
  readonly instance: string;
  readonly state: RowState;
  /** What happened to the row as a whole. */
  verdict: Reason;
  /** ms since the row's last sample. */
  dt: number | null;
  /** ms that its octets cover, where that is another time. */
  covered: number | null;
  gap: boolean;
  moved: boolean;
  readonly speedMbps: number | null;
  readonly minPacketOctets: number;
  readonly outcomes: Map<string, CounterOutcome>;
}

/** What all rows of a poll share. */
export interface PollPass {
  readonly now: number;
  /** Above this a row's dt is a gap. */
  readonly gapMs: number;
  readonly partial: boolean;
}

export function newRowState(): RowState {
  return {
    sampledAt: null,
    starts: 0,
    discontinuity: null,
    physAddress: null,
    moved: false,
    counters: new Map(),
  };
}
