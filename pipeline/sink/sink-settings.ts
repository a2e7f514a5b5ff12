/** What may be set of a sink. */

export interface SinkSettings {
  /** Consumer group. */
  readonly group: string;
  /** First part of `sink_offsets.writer`: another name stores everything once more. */
  readonly writer: string;
  /** A row waits this long at most before its flush begins, unless another flush is running. */
  readonly flushMs: number;
  /** A flush begins with this many rows: 2,000-5,000 for latency, 20,000 for throughput. */
  readonly flushRows: number;
}

export interface SinkLimits {
  /** How long `stop` and a rebalance wait for the database; 10 s unless told. */
  readonly drainMs?: number;
  /** How long a COPY may make no progress before its connection is given up; 30 s unless told. */
  readonly silenceMs?: number;
}
