/** How totals of many entities are put together. All of it changes the outputs: part of the fold version. */
export interface AggregateSettings {
  /**
   * A window is closed when the time of all tasks has come so far behind its end. An entity sends a window with its first
   * record behind it: whoever is polled more rarely than this is not in the totals.
   */
  readonly graceMs: number;
  /** History, which is sent later than that: a window is closed when there is one so many windows later. */
  readonly historyWindows: number;
  /** Or when nothing came to it for so long. */
  readonly historyIdleMs: number;
  /** The share of what is usual, in rows and in weight, from which on a window says something about the whole. */
  readonly minCoverage: number;
  /** After so many windows without them, those who are missing are no longer expected. */
  readonly forgetWindows: number;
  /** Windows that a task holds open, of all scopes: beyond it, who opens another closes its oldest. About 1 KB each. */
  readonly maxOpenWindows: number;
}

export const AGGREGATE_DEFAULTS: AggregateSettings = {
  graceMs: 660_000,
  historyWindows: 24,
  historyIdleMs: 60_000,
  minCoverage: 0.9,
  forgetWindows: 288,
  maxOpenWindows: 50_000,
};
