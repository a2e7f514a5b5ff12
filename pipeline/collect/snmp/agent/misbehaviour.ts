/** What a simulated agent can be told to do wrong, one row each; any number at once. */

/** Wrong on the wire or in the protocol. */
export type WireMisbehaviour =
  | { readonly kind: 'silent' }
  | { readonly kind: 'delay'; readonly delayMs: number }
  | { readonly kind: 'answer_from_other_port' }
  | { readonly kind: 'wrong_request_id' }
  /** tooBig when the answer would hold more variable bindings (GetBulk: non-repeaters + repetitions x columns). */
  | { readonly kind: 'too_big'; readonly aboveVarbinds: number }
  /** Behind the last row of a column: rows without end (growing), or the first row again (looping). */
  | { readonly kind: 'endless_walk'; readonly order: 'growing' | 'looping' }
  /** The answer is cut in the middle. */
  | { readonly kind: 'truncated' }
  | { readonly kind: 'garbage' };

/** Wrong in what is served. `ifIndex`: only that row, else every row. */
export type ValueMisbehaviour =
  | { readonly kind: 'counter64_all_ones'; readonly ifIndex?: number }
  /** sysUpTime and snmpEngineTime below 0. */
  | { readonly kind: 'negative_uptime' }
  /** Every row has the first row's ifName. */
  | { readonly kind: 'duplicate_if_name' }
  | { readonly kind: 'non_utf8_alias'; readonly ifIndex?: number }
  | { readonly kind: 'nul_in_alias'; readonly ifIndex?: number }
  /** Counters stand still from now on while uptimes go on. */
  | { readonly kind: 'stale_cache' }
  /** 64-bit counters are 0 while their 32-bit halves move. */
  | { readonly kind: 'hc_zero'; readonly ifIndex?: number }
  /** The agent restarted just now and numbers its interfaces `by` higher; counters run on. */
  | { readonly kind: 'reindexed'; readonly by: number };

export type Misbehaviour = WireMisbehaviour | ValueMisbehaviour;

const WIRE: Record<WireMisbehaviour['kind'], true> = {
  silent: true,
  delay: true,
  answer_from_other_port: true,
  wrong_request_id: true,
  too_big: true,
  endless_walk: true,
  truncated: true,
  garbage: true,
};

export function isWireMisbehaviour(misbehaviour: Misbehaviour): misbehaviour is WireMisbehaviour {
  return misbehaviour.kind in WIRE;
}
