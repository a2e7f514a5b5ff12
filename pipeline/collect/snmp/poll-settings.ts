/** Limits of polls; `collect.snmp` of the configuration under the same names, where it has them. */

export interface SnmpSettings {
  /** Share of the interval after which a poll ends with what it has. */
  readonly deadlineShare: number;
  /** How long one request waits for its answer. */
  readonly timeoutMs: number;
  /** How often a request without an answer is repeated. */
  readonly retries: number;
  /** Rows asked for in one GETBULK at first. */
  readonly maxRepetitions: number;
  /** Polls under way at once. */
  readonly maxInFlight: number;
  readonly listenAddress: string;
  readonly listenPort: number;
  /** Failed polls in a row after which a device is asked less often. */
  readonly breakerFailures: number;
  /** The longest time between two polls of a device that does not answer. */
  readonly longestBackoffMs: number;
}

export const SNMP_DEFAULTS: SnmpSettings = {
  deadlineShare: 0.8,
  timeoutMs: 2_000,
  retries: 1,
  maxRepetitions: 25,
  maxInFlight: 256,
  listenAddress: '0.0.0.0',
  listenPort: 0,
  breakerFailures: 3,
  longestBackoffMs: 600_000,
};

/** No device has more interfaces; an agent that makes them up is stopped here. */
export const MAX_ROWS = 10_000;
