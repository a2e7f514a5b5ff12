/** What an operator may change about anomalies. All of it changes the outputs: part of the fold version. */
export interface DetectSettings {
  /** Severity: info beyond warn, warning beyond crit, critical beyond twice crit or for `criticalPolls` beyond crit. */
  readonly warnSigma: number;
  readonly critSigma: number;
  readonly criticalPolls: number;
  /** Series are judged from this confidence of their baseline on, and after so many judged polls. */
  readonly minConfidence: number;
  readonly minJudgedPolls: number;
  /** An anomaly opens at `confirmingPolls` of `windowPolls` polls above `openScore`, or at one above `loneScore`. */
  readonly openScore: number;
  readonly loneScore: number;
  readonly confirmingPolls: number;
  readonly windowPolls: number;
  /**
   * The record, in scales: its least value, the most that the first `minJudgedPolls` can make it, its growth in one
   * poll and by one anomaly, its decay.
   */
  readonly minRecord: number;
  readonly firstRecord: number;
  readonly recordGrowth: number;
  readonly recordGrowthByAnomaly: number;
  readonly recordDecayPerS: number;
  /** An open anomaly is reported again when its worst sigma has grown so far, at most so often. */
  readonly updateGrowth: number;
  readonly updateEveryMs: number;
  /** It closes after so many quiet polls, or after so long without a judged value (or three polls, if longer). */
  readonly quietPolls: number;
  readonly silenceMs: number;
  /** After closing, the series stays silent for so long unless it gets worse than before. */
  readonly cooldownMs: number;
  /** After a restart of the agent, a counter reset or a link that came up, nothing opens for so long. */
  readonly settleMs: number;
  /** A port's going down is an anomaly if it had been up for so long. */
  readonly upMs: number;
  /** A constant value is a flatline from so many polls, so long, and so many times its longest run on. */
  readonly flatPolls: number;
  readonly flatMs: number;
  readonly flatTimesLongest: number;
  /** Series that repeat their value in more than this share of polls are usually constant: never a flatline. */
  readonly flatMaxRepeats: number;
}

export const DETECT_DEFAULTS: DetectSettings = {
  warnSigma: 2,
  critSigma: 3,
  criticalPolls: 3,
  minConfidence: 0.5,
  minJudgedPolls: 100,
  openScore: 1.75,
  loneScore: 6,
  confirmingPolls: 2,
  windowPolls: 3,
  minRecord: 2,
  firstRecord: 10,
  recordGrowth: 1.1,
  recordGrowthByAnomaly: 1.3,
  // 0.9999 a poll of 300 s: half of a record is forgotten in 24 days, whatever the interval.
  recordDecayPerS: 1e-4 / 300,
  updateGrowth: 1.25,
  updateEveryMs: 60_000,
  quietPolls: 5,
  silenceMs: 900_000,
  cooldownMs: 600_000,
  settleMs: 120_000,
  upMs: 600_000,
  flatPolls: 12,
  flatMs: 900_000,
  flatTimesLongest: 3,
  flatMaxRepeats: 0.05,
};
