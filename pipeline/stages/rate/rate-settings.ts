/** What an operator may change about rates. All of it changes the outputs: part of the fold version. */
export interface RateSettings {
  /** A rate over more than this many poll intervals has the quality `gap`. */
  readonly gapIntervals: number;
  /** Bits above this multiple of the speed are implausible: speeds are rounded and polls are not instants. */
  readonly utilizationSlack: number;
  /** A fall of a 32-bit counter is a wrap if the growth fits into this multiple of the speed. */
  readonly wrapSlack: number;
  /** Octets per packet are judged from this many packets on. */
  readonly minPacketsToJudge: number;
  /** Octets that a packet may have beyond the MTU: headers of the link and of tunnels. */
  readonly mtuSlack: number;
  /**
   * While a device that had traffic repeats all its counters, it is taken for a stale cache for this long, and for
   * this many poll intervals if they are longer: agents cache for 3 s (net-snmp) to 30 s (routers with line cards).
   * A silence that lasts longer is one: the rate is 0.
   */
  readonly staleMs: number;
  readonly staleIntervals: number;
}

export const RATE_DEFAULTS: RateSettings = {
  gapIntervals: 3,
  utilizationSlack: 1.2,
  wrapSlack: 1.05,
  minPacketsToJudge: 100,
  mtuSlack: 40,
  staleMs: 30_000,
  staleIntervals: 2,
};
