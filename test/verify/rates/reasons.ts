/** Why a number has no value, the mildest first: of several the last one counts. */
export const REASONS = [
  'good',
  'gap',
  'first',
  'reindexed',
  'width_change',
  'reset',
  'agent_restart',
  'discontinuity',
  'implausible',
  'stale',
  'missing',
  'unknown',
  // Never the quality of a row:
  'not_supported',
  'ambiguous_wrap',
  'no_speed',
  'no_packets',
] as const;
export type Reason = (typeof REASONS)[number];

export function worst(reasons: readonly Reason[]): Reason {
  return reasons.reduce((a, b) => (REASONS.indexOf(b) > REASONS.indexOf(a) ? b : a), 'good');
}
