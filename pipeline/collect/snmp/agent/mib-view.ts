/** What a simulated agent serves: the instances of a device's MIB, each read at the moment of the request. */

/** A 64-bit counter as two unsigned 32-bit halves. */
export interface Counter64 {
  hi: number;
  lo: number;
}

interface NumberInstance {
  readonly oid: string;
  readonly type: 'integer' | 'counter32' | 'gauge32' | 'timeticks';
  /** integer: a signed 32-bit value. The others: an unsigned 32-bit value. */
  read(): number;
}

interface Counter64Instance {
  readonly oid: string;
  readonly type: 'counter64';
  read(into: Counter64): void;
}

interface BytesInstance {
  readonly oid: string;
  /** oid: `read` gives the content octets of its encoding (`oidContent`). raw_timeticks: content octets as they go out. */
  readonly type: 'octets' | 'oid' | 'raw_timeticks';
  read(): Uint8Array;
}

/** One leaf: its full name in dotted decimals, its type and its value. */
export type MibInstance = NumberInstance | Counter64Instance | BytesInstance;

/** One device as its agent sees it. */
export interface MibView {
  /** Unique among the devices of one set of agents. */
  readonly name: string;
  /** Instances in any order, the same for the life of the view; no name occurs twice. */
  instances(): readonly MibInstance[];
  /** Brings all values to `nowMs`. False: no agent is running now, nothing is answered. */
  refresh(nowMs: number): boolean;
}
