/** What the SNMP collector tells of itself; metrics listen. Labels are bounded except where an entity is named. */
import type { ValueReason } from './reasons.ts';

/** Datagrams that were not given to any poll, by reason. */
export type DroppedDatagram =
  /** From an address and port that no session asks. */
  | 'unknown_source'
  /** Not an SNMP message. */
  | 'garbage'
  /** Shorter than it says; if it answers a request, that request fails at once. */
  | 'truncated'
  /** A request id that was never sent to that address. */
  | 'unknown_request'
  /** The answer to a request that was given up: too late. */
  | 'late'
  /** A second answer to the same request. */
  | 'duplicate'
  /** An answer below the security level of the request. */
  | 'unauthenticated';

export interface PollSummary {
  readonly entity: string;
  readonly status: 'success' | 'partial' | 'failed' | 'timeout';
  readonly durationMs: number;
  readonly lateMs: number;
  readonly rows: number;
  readonly requests: number;
  readonly retries: number;
  readonly errors: readonly string[];
}

export type MissedReason = 'still_running' | 'overload' | 'breaker_open' | 'clock_jump';

export interface SnmpObserver {
  polled(summary: PollSummary): void;
  /** Planned polls that did not take place. */
  missed(reason: MissedReason, polls: number): void;
  dropped(reason: DroppedDatagram): void;
  /** A value that was not taken as it came. */
  value(reason: ValueReason, field: string): void;
  socketError(code: string): void;
  breaker(entity: string, state: 'closed' | 'open' | 'probing'): void;
  /** Devices that this collector polls now, and how many of them wait behind an open breaker. */
  devices(assigned: number, open: number): void;
  /** An inventory record could not be decoded or used; it went to the dead-letter topic. */
  deadLetter(reason: string): void;
  /** Records could not be sent and were lost. */
  publishFailed(records: number): void;
}

export const silentSnmpObserver: SnmpObserver = {
  polled() {},
  missed() {},
  dropped() {},
  value() {},
  socketError() {},
  breaker() {},
  devices() {},
  deadLetter() {},
  publishFailed() {},
};
