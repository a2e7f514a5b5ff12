/** What an operator may change about baselines. All of it changes the outputs: part of the fold version. */
export interface BaselineSettings {
  /** Nothing is expected of a series before this many polls. */
  readonly minPolls: number;
  /** Confidence is full after this many seconds and polls of learning; half of it without a seasonal cell. */
  readonly fullConfidenceS: number;
  readonly fullConfidencePolls: number;
  /** From this much on, updates are clipped to `clipScales`; before, everything is taken as it is. */
  readonly clipAfterS: number;
  readonly clipScales: number;
  /** Visits before a cell is used: another day, another week. */
  readonly dayVisits: number;
  readonly weekVisits: number;
  /** Least weight of a new visit: cells forget over 1 / weight days or weeks. */
  readonly dayWeight: number;
  readonly weekWeight: number;
  /** An hour of which less was seen is no visit. */
  readonly minVisitS: number;
  /** Time constants of the level and of the errors that choose between level, day and week. */
  readonly levelMemoryS: number;
  readonly errorMemoryS: number;
  /** A less specific expectation may excuse a value if its error is within this multiple of the best one's. */
  readonly excuseWithin: number;
  /** Weight, in visits, of the series' own error in the scale of a cell: a cell of three visits knows little. */
  readonly scalePriorVisits: number;
  /** The scale is at least this share of the expected value. */
  readonly minRelativeScale: number;
  /** Beyond this many scales on one side, for so many polls and so long: a level shift. */
  readonly shiftPolls: number;
  readonly shiftS: number;
  /** The cells are scaled to a new level within this factor; beyond it they are forgotten, after so long a time. */
  readonly shiftKeepsFactor: number;
  readonly shiftForgetsS: number;
  /** Cells are published while readings come within this of being observed. */
  readonly liveMs: number;
  /** And within so long after their hour, each entity at its own time; an hour of the day at a time. */
  readonly spreadMs: number;
}

export const BASELINE_DEFAULTS: BaselineSettings = {
  minPolls: 12,
  fullConfidenceS: 14 * 86_400,
  fullConfidencePolls: 100,
  clipAfterS: 2 * 86_400,
  clipScales: 3,
  dayVisits: 2,
  weekVisits: 2,
  dayWeight: 0.05,
  weekWeight: 0.1,
  minVisitS: 300,
  levelMemoryS: 7 * 86_400,
  errorMemoryS: 7 * 86_400,
  excuseWithin: 1.5,
  scalePriorVisits: 3,
  minRelativeScale: 1e-3,
  shiftPolls: 24,
  shiftS: 6 * 3_600,
  shiftKeepsFactor: 8,
  shiftForgetsS: 86_400,
  liveMs: 600_000,
  spreadMs: 600_000,
};
